//! An export's id.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

/// A bulk operation's id as Shopify writes it: `gid://shopify/BulkOperation/1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ExportId(String);

/// A text that is no bulk operation's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the id of a bulk operation of Shopify")]
pub struct InvalidExportId;

impl fmt::Display for ExportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for ExportId {
    type Err = InvalidExportId;

    fn from_str(text: &str) -> Result<Self, InvalidExportId> {
        let number = text.strip_prefix("gid://shopify/BulkOperation/").ok_or(InvalidExportId)?;
        let valid =
            (1..=20).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
        valid.then(|| Self(text.to_owned())).ok_or(InvalidExportId)
    }
}

impl<'de> Deserialize<'de> for ExportId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bulk_operation_s_id_is_an_export_s() {
        let gid = "gid://shopify/BulkOperation/7933223797042";
        let id: ExportId = gid.parse().unwrap();
        assert_eq!(id.to_string(), gid);
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<ExportId>(&json).unwrap(), id);
        for other in ["", "1", "gid://shopify/BulkOperation/", "gid://shopify/Customer/1"] {
            assert_eq!(other.parse::<ExportId>(), Err(InvalidExportId), "{other}");
        }
    }
}
