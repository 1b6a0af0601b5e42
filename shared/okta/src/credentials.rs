//! What Okta's secret holds.

use std::fmt;
use std::str::FromStr;

use http::header::AUTHORIZATION;
use outbound::{Call, Error, InvalidCredentials, is_token};
use secrecy::SecretString;
use serde::Deserialize;

/// What authorises calls to Okta, read from the secret's JSON. `Debug` shows none of it.
pub enum OktaCredentials {
    /// `{"api_token"}`: an [API token](https://developer.okta.com/docs/guides/create-an-api-token/main/).
    /// It has its administrator's rights and dies after 30 idle days.
    ApiToken(SecretString),
}

#[derive(Deserialize)]
struct Secret {
    api_token: Option<String>,
    client_id: Option<String>,
    key_id: Option<String>,
    private_key: Option<String>,
}

impl FromStr for OktaCredentials {
    type Err = InvalidCredentials;

    fn from_str(json: &str) -> Result<Self, InvalidCredentials> {
        let invalid = |detail| InvalidCredentials { detail };
        let secret: Secret = serde_json::from_str(json).map_err(|_| {
            invalid("the secret for Okta is not JSON such as {\"api_token\": \"…\"}")
        })?;
        match secret {
            Secret { api_token: Some(token), .. } if is_token(&token) => {
                Ok(Self::ApiToken(token.into()))
            }
            Secret { api_token: Some(_), .. } => Err(invalid(
                "the API token for Okta is empty or holds spaces or control characters",
            )),
            Secret { client_id: Some(_), key_id: Some(_), private_key: Some(_), .. } => Err(
                invalid("only API tokens are supported for Okta yet: store {\"api_token\": \"…\"}"),
            ),
            _ => Err(invalid("the secret for Okta has no \"api_token\"")),
        }
    }
}

impl OktaCredentials {
    /// Gives a call its rights. The only place that does, for every attempt anew.
    pub(crate) fn authorise(&self, call: Call) -> Result<Call, Error> {
        match self {
            Self::ApiToken(token) => call.token(AUTHORIZATION, "SSWS ", token),
        }
    }
}

impl fmt::Debug for OktaCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OktaCredentials(…)")
    }
}
