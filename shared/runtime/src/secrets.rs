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
const SERVICE: &str = "secret store";
const OPERATION: &str = "read secret";

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
        Some("AccessDeniedException") => {
            ErrorKind::Credentials { detail: "this function may not read the secret" }
        }
        _ => ErrorKind::Unavailable { status: 503 },
    }
}

/// Turns a secret's text into what it stands for; an error says what is wrong, and what to do, and
/// repeats none of it.
pub type Parse<C> = fn(&str) -> Result<C, &'static str>;

/// A secret, read at most every five minutes, or every minute while it is being refused.
pub struct CachedSecret<C> {
    store: Arc<dyn SecretStore>,
    id: String,
    parse: Parse<C>,
    clock: Arc<dyn Clock>,
    held: Mutex<Option<Held<C>>>,
}

struct Held<C> {
    value: Arc<C>,
    read: Timestamp,
}

impl<C> CachedSecret<C> {
    /// The secret with this id.
    pub fn new(
        store: Arc<dyn SecretStore>,
        id: impl Into<String>,
        parse: Parse<C>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { store, id: id.into(), parse, clock, held: Mutex::default() }
    }

    /// The value, read again if it is older than `oldest`.
    async fn at_most(&self, oldest: Duration) -> Result<Arc<C>, Error> {
        let mut held = self.held.lock().await;
        let now = self.clock.now();
        if let Some(held) = held.as_ref()
            && now < held.read + oldest
        {
            return Ok(Arc::clone(&held.value));
        }
        let text = self.store.read(&self.id).await?;
        let value = (self.parse)(text.expose_secret())
            .map_err(|detail| Error::new(SERVICE, OPERATION, ErrorKind::Credentials { detail }))?;
        let value = Arc::new(value);
        *held = Some(Held { value: Arc::clone(&value), read: now });
        Ok(value)
    }
}

impl<C: Send + Sync> Credentials<C> for CachedSecret<C> {
    fn current(&self) -> BoxFuture<'_, Result<Arc<C>, Error>> {
        Box::pin(self.at_most(FRESH))
    }

    fn renewed<'a>(&'a self, _: &'a Arc<C>) -> BoxFuture<'a, Result<Arc<C>, Error>> {
        Box::pin(self.at_most(SHORTEST_INTERVAL))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use simulators::SimClock;

    use super::*;

    #[derive(Default)]
    struct Store(AtomicU32);

    impl SecretStore for Store {
        fn read<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<SecretString, Error>> {
            let reads = self.0.fetch_add(1, Ordering::SeqCst) + 1;
            Box::pin(async move { Ok(SecretString::from(reads.to_string())) })
        }
    }

    fn secret() -> (SimClock, CachedSecret<String>) {
        let clock = SimClock::new();
        let parse = |text: &str| Ok(text.to_owned());
        let secret =
            CachedSecret::new(Arc::new(Store::default()), "id", parse, Arc::new(clock.clone()));
        (clock, secret)
    }

    #[tokio::test]
    async fn a_secret_is_read_again_after_five_minutes() {
        let (clock, secret) = secret();
        assert_eq!(*secret.current().await.unwrap(), "1");
        clock.advance(Duration::from_secs(299));
        assert_eq!(*secret.current().await.unwrap(), "1");
        clock.advance(Duration::from_secs(1));
        assert_eq!(*secret.current().await.unwrap(), "2");
    }

    #[tokio::test]
    async fn refusals_cause_one_read_a_minute() {
        let (clock, secret) = secret();
        let refused = secret.current().await.unwrap();
        for _ in 0..60 {
            assert_eq!(*secret.renewed(&refused).await.unwrap(), "1");
            clock.advance(Duration::from_secs(1));
        }
        assert_eq!(*secret.renewed(&refused).await.unwrap(), "2");
    }

    #[tokio::test]
    async fn a_secret_that_cannot_be_read_says_why_and_shows_nothing() {
        let parse: Parse<String> = |_| Err("store it as JSON");
        let store = Arc::new(Store::default());
        let secret = CachedSecret::new(store, "id", parse, Arc::new(SimClock::new()));
        let error = secret.current().await.unwrap_err();
        assert_eq!(error.to_string(), "secret store read secret: store it as JSON");
    }
}
