//! Numbers of Shopify's scalar types.

use serde::Deserialize;

/// [`UnsignedInt64`](https://shopify.dev/docs/api/admin-graphql/2026-10/scalars/UnsignedInt64) is a
/// JSON text, so that it survives readers that know only floats.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum UnsignedInt64 {
    Text(String),
    Number(u64),
}

impl UnsignedInt64 {
    /// The number, if it is one.
    pub(crate) fn read(self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(number),
            // `parse` alone would take a leading plus sign.
            Self::Text(text) if text.starts_with('+') => None,
            Self::Text(text) => text.parse().ok(),
        }
    }
}
