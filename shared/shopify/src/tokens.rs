//! Access tokens: a fixed one, or one granted for the client's secret and kept until shortly before
//! it expires.

use std::sync::{Arc, Mutex, PoisonError};

use http::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use outbound::{BaseUrl, Call, Credentials, Error, ErrorKind, Outbound, Repeat};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::answer;
use crate::client::{SERVICE, UNTOLD, after};
use crate::credentials::ShopifyCredentials;

/// A granted token is renewed so long before its end that no call begun with it can meet the end.
const MARGIN: i64 = 300;

/// Gives tokens; one cache for all clones of a client.
pub(crate) struct Tokens {
    outbound: Outbound,
    base: BaseUrl,
    source: Arc<dyn Credentials<ShopifyCredentials>>,
    granted: Mutex<Option<Granted>>,
}

/// A token, and the credentials it rests on.
pub(crate) struct Access {
    pub(crate) token: SecretString,
    credentials: Arc<ShopifyCredentials>,
}

struct Granted {
    token: SecretString,
    to: Arc<ShopifyCredentials>,
    renew_at: Timestamp,
}

#[derive(Deserialize)]
struct GrantAnswer {
    access_token: String,
    /// Seconds; none if the token does not expire.
    expires_in: Option<i64>,
}

impl Tokens {
    pub(crate) fn new(
        outbound: Outbound,
        base: BaseUrl,
        source: Arc<dyn Credentials<ShopifyCredentials>>,
    ) -> Self {
        Self { outbound, base, source, granted: Mutex::default() }
    }

    /// What tokens are made from.
    pub(crate) async fn credentials(&self) -> Result<Arc<ShopifyCredentials>, Error> {
        self.source.current().await
    }

    /// A token to call with. Credentials for which none is granted are read again, once.
    pub(crate) async fn access(&self, deadline: Timestamp) -> Result<Access, Error> {
        let credentials = self.source.current().await?;
        let outcome = self.access_with(&credentials, deadline).await;
        match outcome {
            Err(Error { kind: ErrorKind::Unauthorized, .. }) => {
                let renewed = self.source.renewed(&credentials).await?;
                if Arc::ptr_eq(&renewed, &credentials) {
                    return outcome;
                }
                self.access_with(&renewed, deadline).await
            }
            outcome => outcome,
        }
    }

    /// Another token after this one was refused; none if there is no other.
    pub(crate) async fn instead_of(
        &self,
        refused: &Access,
        deadline: Timestamp,
    ) -> Result<Option<Access>, Error> {
        match &*refused.credentials {
            ShopifyCredentials::AccessToken(_) => {
                let renewed = self.source.renewed(&refused.credentials).await?;
                if Arc::ptr_eq(&renewed, &refused.credentials) {
                    return Ok(None);
                }
                self.access_with(&renewed, deadline).await.map(Some)
            }
            ShopifyCredentials::Client { .. } => {
                self.forget(&refused.token);
                self.access(deadline).await.map(Some)
            }
        }
    }

    async fn access_with(
        &self,
        credentials: &Arc<ShopifyCredentials>,
        deadline: Timestamp,
    ) -> Result<Access, Error> {
        let token = match &**credentials {
            ShopifyCredentials::AccessToken(token) => token.clone(),
            ShopifyCredentials::Client { id, secret } => {
                if let Some(token) = self.kept(credentials) {
                    token
                } else {
                    let granted = self.grant(id, secret, deadline).await?;
                    self.keep(credentials, granted)
                }
            }
        };
        Ok(Access { token, credentials: Arc::clone(credentials) })
    }

    /// Asks for a token. Asking twice only brings another one.
    async fn grant(
        &self,
        id: &str,
        secret: &SecretString,
        deadline: Timestamp,
    ) -> Result<GrantAnswer, Error> {
        let address = self.base.resource(&["admin", "oauth", "access_token"]);
        let call = Call::new(SERVICE, "grant token", Method::POST, address, Repeat::Safe).form(&[
            ("grant_type", "client_credentials"),
            ("client_id", id),
            ("client_secret", secret.expose_secret()),
        ]);
        let answer = self.outbound.send(&call, deadline).await?;
        let kind = match answer.status() {
            StatusCode::OK => match serde_json::from_slice(answer.body()) {
                Ok(granted) => return Ok(granted),
                Err(_) => ErrorKind::Unreadable { detail: "no token was granted" },
            },
            // An unknown client or a wrong secret comes with this status.
            StatusCode::BAD_REQUEST => {
                self.outbound.count_failed();
                ErrorKind::Unauthorized
            }
            StatusCode::TOO_MANY_REQUESTS => {
                let pause = answer::retry_after(answer.headers());
                ErrorKind::Throttled { retry_at: after(pause.unwrap_or(UNTOLD), self.now()) }
            }
            status => answer::refusal(status),
        };
        Err(call.error(kind))
    }

    fn kept(&self, credentials: &ShopifyCredentials) -> Option<SecretString> {
        let granted = self.granted.lock().unwrap_or_else(PoisonError::into_inner);
        let granted = granted.as_ref()?;
        (self.now() < granted.renew_at && *granted.to == *credentials)
            .then(|| granted.token.clone())
    }

    fn keep(&self, credentials: &Arc<ShopifyCredentials>, answer: GrantAnswer) -> SecretString {
        let token = SecretString::from(answer.access_token);
        let renew_at = renew_at(answer.expires_in, self.now());
        let granted = Granted { token: token.clone(), to: Arc::clone(credentials), renew_at };
        *self.granted.lock().unwrap_or_else(PoisonError::into_inner) = Some(granted);
        token
    }

    /// Drops the token from the cache, unless another has taken its place.
    fn forget(&self, refused: &SecretString) {
        let mut granted = self.granted.lock().unwrap_or_else(PoisonError::into_inner);
        granted.take_if(|granted| granted.token.expose_secret() == refused.expose_secret());
    }

    fn now(&self) -> Timestamp {
        self.outbound.clock().now()
    }
}

fn renew_at(expires_in: Option<i64>, now: Timestamp) -> Timestamp {
    let Some(lifetime) = expires_in else { return Timestamp::MAX };
    let kept = lifetime.saturating_sub(MARGIN).max(lifetime / 2);
    after(SignedDuration::from_secs(kept), now)
}
