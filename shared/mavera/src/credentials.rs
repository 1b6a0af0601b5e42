//! What Mavera's secret holds.

use std::fmt;
use std::str::FromStr;

use http::header::AUTHORIZATION;
use outbound::{Call, Error, InvalidCredentials, is_token};
use secrecy::SecretString;
use serde::Deserialize;

/// What authorises calls to Mavera, read from the secret's JSON. `Debug` shows none of it.
pub struct MaveraCredentials {
    /// An [API key](https://docs.mavera.io/api-reference/introduction), which begins with
    /// `mvra_live_`.
    api_key: SecretString,
}

#[derive(Deserialize)]
struct Secret {
    api_key: Option<String>,
}

impl FromStr for MaveraCredentials {
    type Err = InvalidCredentials;

    fn from_str(json: &str) -> Result<Self, InvalidCredentials> {
        let invalid = |detail| InvalidCredentials { detail };
        let secret: Secret = serde_json::from_str(json).map_err(|_| {
            invalid("the secret for Mavera is not JSON such as {\"api_key\": \"…\"}")
        })?;
        match secret.api_key {
            Some(key) if is_token(&key) => Ok(Self { api_key: key.into() }),
            Some(_) => Err(invalid(
                "the API key for Mavera is empty or holds spaces or control characters",
            )),
            None => Err(invalid("the secret for Mavera has no \"api_key\"")),
        }
    }
}

impl MaveraCredentials {
    /// Gives a call its rights. The only place that does, for every attempt anew.
    pub(crate) fn authorise(&self, call: Call) -> Result<Call, Error> {
        call.token(AUTHORIZATION, "Bearer ", &self.api_key)
    }
}

impl fmt::Debug for MaveraCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MaveraCredentials(…)")
    }
}
