//! Secrets, read from their store and kept for a few minutes.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_secretsmanager::error::ProvideErrorMetadata;
use jiff::Timestamp;
use outbound::{BoxFuture, Clock, Credentials, Error, ErrorKind};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

/// How long a secret is used before it is read again.
const FRESH: Duration = Duration::from_mins(5);
/// A refusal makes us read again at most this often, so that forged requests cannot drive the store.
const SHORTEST_INTERVAL: Duration = Duration::from_mins(1);
/// How long a failure is repeated before the store is asked again: short, because a secret that was
/// just stored for the first time should be seen soon; long enough that requests which need it cannot
/// drive the store.
const AFTER_FAILURE: Duration = Duration::from_secs(10);
const SERVICE: &str = "secret store";
const OPERATION: &str = "read secret";

/// What the error says if whoever asks lacks the right to read a secret. Nothing is known of the secret then.
pub const MAY_NOT_READ: &str = "this function may not read the secret";

/// Where secrets are kept.
pub trait SecretStore: Send + Sync {
    /// Reads a secret's text by its id.
    fn read<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<SecretString, Error>>;
}

/// AWS Secrets Manager.
pub struct SecretsManager {
    client: aws_sdk_secretsmanager::Client,
}

impl SecretsManager {
    /// A store over this client.
    pub fn new(client: aws_sdk_secretsmanager::Client) -> Self {
        Self { client }
    }
}

impl SecretStore for SecretsManager {
    fn read<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<SecretString, Error>> {
        Box::pin(async move {
            let answer = self.client.get_secret_value().secret_id(id).send().await;
            let answer = answer.map_err(|error| {
                let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
                Error::new(SERVICE, OPERATION, refusal(code))
            })?;
            answer.secret_string.map(SecretString::from).ok_or_else(|| {
                let detail = "the secret is binary: store it as text";
                Error::new(SERVICE, OPERATION, ErrorKind::Credentials { detail })
            })
        })
    }
}

fn refusal(code: Option<&str>) -> ErrorKind {
    match code {
        Some("ResourceNotFoundException") => {
            ErrorKind::Credentials { detail: "there is no such secret, or it has no value yet" }
        }
        Some("AccessDeniedException") => ErrorKind::Credentials { detail: MAY_NOT_READ },
        _ => ErrorKind::Unavailable { status: 503 },
    }
}

/// Turns a secret's text into what it stands for; an error says what is wrong, and what to do, and
/// repeats none of it.
pub type Parse<C> = fn(&str) -> Result<C, &'static str>;

/// A secret, read at most every five minutes, or every minute while it is being refused. A read that
/// failed is not tried again for ten seconds.
pub struct CachedSecret<C> {
    store: Arc<dyn SecretStore>,
    id: String,
    parse: Parse<C>,
    clock: Arc<dyn Clock>,
    known: Mutex<Known<C>>,
}

/// What the reads brought.
struct Known<C> {
    held: Option<Held<C>>,
    last_attempt: Option<Attempt>,
}

struct Held<C> {
    value: Arc<C>,
    read: Timestamp,
}

struct Attempt {
    begun: Timestamp,
    failure: Option<Error>,
}

impl<C> CachedSecret<C> {
    /// The secret with this id.
    pub fn new(
        store: Arc<dyn SecretStore>,
        id: impl Into<String>,
        parse: Parse<C>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let known = Mutex::new(Known { held: None, last_attempt: None });
        Self { store, id: id.into(), parse, clock, known }
    }

    /// The value if it is fresh, or else a new one. Who has to wait for another's read shares what
    /// came of it.
    async fn fresh(&self) -> Result<Arc<C>, Error> {
        let mut known = self.known.lock().await;
        let now = self.clock.now();
        if let Some(held) = known.held.as_ref().filter(|held| now < held.read + FRESH) {
            return Ok(Arc::clone(&held.value));
        }
        if let Some(attempt) = known.attempt_since(now, AFTER_FAILURE)
            && let Some(failure) = &attempt.failure
        {
            return Err(failure.clone());
        }
        self.read(&mut known, now).await
    }

    /// A value read within the last minute, if the store gives one, or else the one at hand.
    async fn renew(&self) -> Result<Arc<C>, Error> {
        let mut known = self.known.lock().await;
        let now = self.clock.now();
        let held = known.held.as_ref().map(|held| Arc::clone(&held.value));
        match held {
            Some(held) if known.attempt_since(now, SHORTEST_INTERVAL).is_some() => Ok(held),
            Some(held) => Ok(self.read(&mut known, now).await.unwrap_or(held)),
            None => {
                drop(known);
                self.fresh().await
            }
        }
    }

    async fn read(&self, known: &mut Known<C>, now: Timestamp) -> Result<Arc<C>, Error> {
        let outcome = self.read_now().await;
        let failure = outcome.as_ref().err().cloned();
        if let Some(error) = &failure {
            tracing::warn!(%error, secret = self.id, "a secret could not be read");
        }
        known.last_attempt = Some(Attempt { begun: now, failure });
        let value = outcome?;
        known.held = Some(Held { value: Arc::clone(&value), read: now });
        Ok(value)
    }

    async fn read_now(&self) -> Result<Arc<C>, Error> {
        let text = self.store.read(&self.id).await?;
        (self.parse)(text.expose_secret())
            .map(Arc::new)
            .map_err(|detail| Error::new(SERVICE, OPERATION, ErrorKind::Credentials { detail }))
    }
}

impl<C> Known<C> {
    /// The last attempt to read, if it was begun so short a time ago.
    fn attempt_since(&self, now: Timestamp, interval: Duration) -> Option<&Attempt> {
        self.last_attempt.as_ref().filter(|attempt| now < attempt.begun + interval)
    }
}

impl<C: Send + Sync> Credentials<C> for CachedSecret<C> {
    fn current(&self) -> BoxFuture<'_, Result<Arc<C>, Error>> {
        Box::pin(self.fresh())
    }

    fn renewed<'a>(&'a self, _: &'a Arc<C>) -> BoxFuture<'a, Result<Arc<C>, Error>> {
        Box::pin(self.renew())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

    use simulators::SimClock;

    use super::*;

    /// A store whose secret is the number of the read, and which may be down.
    #[derive(Default)]
    struct Store {
        reads: AtomicU32,
        down: AtomicBool,
    }

    impl Store {
        fn reads(&self) -> u32 {
            self.reads.load(Ordering::SeqCst)
        }

        fn set_down(&self, down: bool) {
            self.down.store(down, Ordering::SeqCst);
        }
    }

    impl SecretStore for Store {
        fn read<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<SecretString, Error>> {
            let reads = self.reads.fetch_add(1, Ordering::SeqCst) + 1;
            let outage = Error::new(SERVICE, OPERATION, ErrorKind::Unavailable { status: 503 });
            let down = self.down.load(Ordering::SeqCst);
            Box::pin(async move {
                if down { Err(outage) } else { Ok(SecretString::from(reads.to_string())) }
            })
        }
    }

    fn cached(parse: Parse<String>) -> (SimClock, Arc<Store>, CachedSecret<String>) {
        let (clock, store) = (SimClock::new(), Arc::new(Store::default()));
        let secret = CachedSecret::new(store.clone(), "id", parse, Arc::new(clock.clone()));
        (clock, store, secret)
    }

    fn secret() -> (SimClock, Arc<Store>, CachedSecret<String>) {
        cached(|text| Ok(text.to_owned()))
    }

    #[tokio::test]
    async fn a_secret_is_read_again_after_five_minutes() {
        let (clock, _, secret) = secret();
        assert_eq!(*secret.current().await.unwrap(), "1");
        clock.advance(Duration::from_secs(299));
        assert_eq!(*secret.current().await.unwrap(), "1");
        clock.advance(Duration::from_secs(1));
        assert_eq!(*secret.current().await.unwrap(), "2");
    }

    #[tokio::test]
    async fn refusals_cause_one_read_a_minute() {
        let (clock, _, secret) = secret();
        let refused = secret.current().await.unwrap();
        for _ in 0..60 {
            assert_eq!(*secret.renewed(&refused).await.unwrap(), "1");
            clock.advance(Duration::from_secs(1));
        }
        assert_eq!(*secret.renewed(&refused).await.unwrap(), "2");
    }

    #[tokio::test]
    async fn refusals_while_the_store_is_down_cause_one_read_a_minute_and_keep_what_is_held() {
        let (clock, store, secret) = secret();
        let refused = secret.current().await.unwrap();
        store.set_down(true);
        clock.advance(Duration::from_mins(1));
        for _ in 0..60 {
            assert_eq!(*secret.renewed(&refused).await.unwrap(), "1");
            clock.advance(Duration::from_secs(1));
        }
        assert_eq!(store.reads(), 2);
        store.set_down(false);
        assert_eq!(*secret.renewed(&refused).await.unwrap(), "3");
    }

    #[tokio::test]
    async fn a_failed_renewal_does_not_spoil_what_is_fresh() {
        let (clock, store, secret) = secret();
        let refused = secret.current().await.unwrap();
        store.set_down(true);
        clock.advance(Duration::from_mins(1));
        secret.renewed(&refused).await.unwrap();
        assert_eq!(*secret.current().await.unwrap(), "1");
        assert_eq!(store.reads(), 2);
    }

    #[tokio::test]
    async fn while_the_store_is_down_it_is_asked_every_ten_seconds() {
        let (clock, store, secret) = secret();
        store.set_down(true);
        for _ in 0..30 {
            assert_eq!(secret.current().await.unwrap_err().code(), "unavailable");
            clock.advance(Duration::from_secs(1));
        }
        assert_eq!(store.reads(), 3);
        store.set_down(false);
        assert_eq!(*secret.current().await.unwrap(), "4");
    }

    #[tokio::test]
    async fn a_value_that_is_no_longer_fresh_is_not_used_while_the_store_is_down() {
        let (clock, store, secret) = secret();
        secret.current().await.unwrap();
        store.set_down(true);
        clock.advance(FRESH);
        assert_eq!(secret.current().await.unwrap_err().code(), "unavailable");
    }

    #[tokio::test]
    async fn a_secret_that_makes_no_sense_says_why_shows_nothing_and_is_not_read_all_the_time() {
        let (_, store, secret) = cached(|_| Err("store it as JSON"));
        for _ in 0..10 {
            let error = secret.current().await.unwrap_err();
            assert_eq!(error.to_string(), "secret store read secret: store it as JSON");
        }
        assert_eq!(store.reads(), 1);
    }
}
