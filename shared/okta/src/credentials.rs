//! What Okta's secret holds.

use std::fmt;
use std::str::FromStr;

use outbound::{InvalidCredentials, is_token};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::key::{NamedKey, SigningKey};

/// What authorises calls to Okta, read from the secret's JSON. `Debug` shows none of it.
pub enum OktaCredentials {
    /// `{"api_token"}`: an [API token](https://developer.okta.com/docs/guides/create-an-api-token/main/).
    /// It has its administrator's rights and dies after 30 idle days.
    ApiToken(SecretString),
    /// `{"client_id", "private_key", "key_id"}`: a
    /// [service app](https://developer.okta.com/docs/guides/implement-oauth-for-okta-serviceapp/main/),
    /// to which tokens are granted that last an hour.
    ServiceApp(ServiceApp),
}

/// An app that proves with a signature who it is (`private_key_jwt`).
pub struct ServiceApp {
    pub(crate) client_id: String,
    /// By which of the app's public keys Okta checks the signature.
    pub(crate) key_id: String,
    pub(crate) key: SigningKey,
}

#[derive(Deserialize)]
struct Secret {
    api_token: Option<String>,
    client_id: Option<String>,
    key_id: Option<String>,
    /// A JWK, or text that holds a JWK or PEM.
    private_key: Option<Box<RawValue>>,
}

impl FromStr for OktaCredentials {
    type Err = InvalidCredentials;

    fn from_str(json: &str) -> Result<Self, InvalidCredentials> {
        let invalid = |detail| InvalidCredentials { detail };
        let secret: Secret = serde_json::from_str(json).map_err(|_| {
            invalid(
                "the secret for Okta is not JSON such as {\"client_id\": \"…\", \"private_key\": …} \
                 or {\"api_token\": \"…\"}",
            )
        })?;
        match secret {
            Secret { api_token: Some(_), client_id: Some(_), .. } => Err(invalid(
                "the secret for Okta holds an API token and a service app: take one of them out",
            )),
            Secret { api_token: Some(token), .. } if is_token(&token) => {
                Ok(Self::ApiToken(token.into()))
            }
            Secret { api_token: Some(_), .. } => Err(invalid(
                "the API token for Okta is empty or holds spaces or control characters",
            )),
            Secret { client_id: Some(id), private_key: Some(key), key_id, .. } => {
                ServiceApp::read(id, &key, key_id).map(Self::ServiceApp).map_err(invalid)
            }
            _ => Err(invalid(
                "the secret for Okta has no \"client_id\" with \"private_key\", and no \"api_token\"",
            )),
        }
    }
}

impl ServiceApp {
    fn read(
        client_id: String,
        key: &RawValue,
        key_id: Option<String>,
    ) -> Result<Self, &'static str> {
        let text: Option<String> = serde_json::from_str(key.get()).ok();
        let NamedKey { key, id } = match text.as_deref().map(str::trim) {
            None => NamedKey::from_jwk(key.get())?,
            Some(jwk) if jwk.starts_with('{') => NamedKey::from_jwk(jwk)?,
            Some(pem) => NamedKey { key: SigningKey::from_pem(pem)?, id: None },
        };
        let key_id = key_id.or(id).ok_or(
            "the secret for Okta has no \"key_id\": it is the key's KID in Okta's console, under the \
             app's public keys",
        )?;
        if !is_token(&client_id) || !is_token(&key_id) {
            return Err(
                "the client id or the key id in the secret for Okta is empty or holds spaces \
                        or control characters",
            );
        }
        Ok(Self { client_id, key_id, key })
    }
}

/// By content: credentials read anew are mostly the same ones.
impl PartialEq for OktaCredentials {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::ApiToken(token), Self::ApiToken(other)) => {
                token.expose_secret() == other.expose_secret()
            }
            (Self::ServiceApp(app), Self::ServiceApp(other)) => {
                app.client_id == other.client_id
                    && app.key_id == other.key_id
                    && app.key.public() == other.key.public()
            }
            _ => false,
        }
    }
}

impl Eq for OktaCredentials {}

impl fmt::Debug for OktaCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OktaCredentials(…)")
    }
}

impl fmt::Debug for ServiceApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceApp(…)")
    }
}
