//! The API's version: the one we ask for, and the one we are given.

use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use http::HeaderMap;

/// A version of the Admin API, such as `2026-10`: one a quarter
/// ([versioning](https://shopify.dev/docs/api/usage/versioning)). Later versions are greater.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApiVersion(String);

/// Not a version of the Admin API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a version of Shopify's API (a quarter's first month, such as 2026-10)")]
pub struct InvalidVersion;

impl ApiVersion {
    /// The version as it stands in an address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The version that this product's documents are validated against.
impl Default for ApiVersion {
    fn default() -> Self {
        Self("2026-10".to_owned())
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for ApiVersion {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Self, InvalidVersion> {
        let (year, month) = text.split_once('-').ok_or(InvalidVersion)?;
        let dated = year.len() == 4
            && year.bytes().all(|byte| byte.is_ascii_digit())
            && matches!(month, "01" | "04" | "07" | "10");
        dated.then(|| Self(text.to_owned())).ok_or(InvalidVersion)
    }
}

/// Watches which version is served. Shopify answers a version that is too old with the oldest it
/// still has, and says so in a header alone.
#[derive(Default)]
pub(crate) struct Watch(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    served: Option<ApiVersion>,
    warned: bool,
}

impl Watch {
    /// Notes the version an answer was served by, and warns the first time it is another one.
    pub(crate) fn note(&self, asked: &ApiVersion, headers: &HeaderMap) {
        let served = headers.get("x-shopify-api-version").and_then(|value| value.to_str().ok());
        let Some(served) = served.and_then(|text| text.parse::<ApiVersion>().ok()) else {
            return;
        };
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if served != *asked && !std::mem::replace(&mut seen.warned, true) {
            tracing::warn!(
                code = "shopify_api_version",
                %asked,
                %served,
                "Shopify serves another API version than the one asked for: \
                 set SHOPIFY_API_VERSION to a supported one"
            );
        }
        seen.served = Some(served);
    }

    pub(crate) fn served(&self) -> Option<ApiVersion> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).served.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_a_quarter_s_first_month() {
        assert_eq!("2026-10".parse(), Ok(ApiVersion::default()));
        for other in ["", "2026", "2026-02", "26-10", "unstable", "2026-10/..", "２026-10"] {
            assert_eq!(other.parse::<ApiVersion>(), Err(InvalidVersion), "{other}");
        }
    }
}
