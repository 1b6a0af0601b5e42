//! What Shopify's secret holds.

use std::fmt;
use std::str::FromStr;

use outbound::{InvalidCredentials, is_token};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

/// What authorises calls to Shopify, read from the secret's JSON. `Debug` shows none of it.
pub enum ShopifyCredentials {
    /// `{"access_token"}`: the token of an app made in the shop's admin. It does not expire.
    AccessToken(SecretString),
    /// `{"client_id", "client_secret"}`: what tokens are granted for
    /// ([client credentials](https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant)).
    Client {
        /// The app's client id.
        id: String,
        /// The app's client secret.
        secret: SecretString,
    },
}

#[derive(Deserialize)]
struct SecretJson {
    access_token: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
}

impl FromStr for ShopifyCredentials {
    type Err = InvalidCredentials;

    fn from_str(json: &str) -> Result<Self, InvalidCredentials> {
        let invalid = |detail| InvalidCredentials { detail };
        let secret: SecretJson = serde_json::from_str(json).map_err(|_| {
            invalid("the secret for Shopify is not JSON such as {\"access_token\": \"…\"}")
        })?;
        match secret {
            SecretJson { access_token: Some(token), .. } if is_token(&token) => {
                Ok(Self::AccessToken(token.into()))
            }
            SecretJson { access_token: None, client_id: Some(id), client_secret: Some(secret) }
                if is_token(&id) && is_token(&secret) =>
            {
                Ok(Self::Client { id, secret: secret.into() })
            }
            SecretJson { access_token: Some(_), .. }
            | SecretJson { client_id: Some(_), client_secret: Some(_), .. } => Err(invalid(
                "a value in the secret for Shopify is empty or holds spaces or control characters",
            )),
            _ => Err(invalid(
                "the secret for Shopify needs \"access_token\", or \"client_id\" and \"client_secret\"",
            )),
        }
    }
}

impl ShopifyCredentials {
    /// The app's client secret, which also signs the webhooks that the app subscribed. A fixed token does
    /// not tell it.
    pub fn client_secret(&self) -> Option<&SecretString> {
        match self {
            Self::AccessToken(_) => None,
            Self::Client { secret, .. } => Some(secret),
        }
    }
}

/// By content: credentials read anew are mostly the same ones.
impl PartialEq for ShopifyCredentials {
    fn eq(&self, other: &Self) -> bool {
        let same = |a: &SecretString, b: &SecretString| a.expose_secret() == b.expose_secret();
        match (self, other) {
            (Self::AccessToken(token), Self::AccessToken(other)) => same(token, other),
            (Self::Client { id, secret }, Self::Client { id: other_id, secret: other_secret }) => {
                id == other_id && same(secret, other_secret)
            }
            _ => false,
        }
    }
}

impl Eq for ShopifyCredentials {}

impl fmt::Debug for ShopifyCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShopifyCredentials(…)")
    }
}
