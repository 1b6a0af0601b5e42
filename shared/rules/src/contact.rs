//! The shop, and the address a customer is matched by.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::InvalidId;

/// A shop's permanent domain, such as `my-store.myshopify.com`
/// ([`Shop.myshopifyDomain`](https://shopify.dev/docs/api/admin-graphql/2026-10/objects/Shop)).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ShopDomain(String);

impl ShopDomain {
    /// The domain in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ShopDomain {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = InvalidId { expected: "a shop domain such as my-store.myshopify.com" };
        let domain = text.to_ascii_lowercase();
        let handle = domain.strip_suffix(".myshopify.com").ok_or_else(|| invalid.clone())?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let valid = !handle.is_empty() && !handle.starts_with('-') && handle.bytes().all(plain);
        valid.then_some(Self(domain)).ok_or(invalid)
    }
}

impl TryFrom<String> for ShopDomain {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<ShopDomain> for String {
    fn from(domain: ShopDomain) -> Self {
        domain.0
    }
}

impl fmt::Display for ShopDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A customer's e-mail address: personal data. It can be compared, hashed and sent to Okta; it has no
/// `Display`, and `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress {
    given: String,
    folded: String,
}

impl EmailAddress {
    /// The address as it was given, without space around it.
    pub fn as_str(&self) -> &str {
        &self.given
    }

    /// The address in lower case: two addresses are taken for one person's if this is equal.
    pub fn folded(&self) -> &str {
        &self.folded
    }

    /// Whether a text is this address, whatever the case of its letters.
    pub fn matches(&self, other: &str) -> bool {
        self.folded == other.trim().to_lowercase()
    }
}

impl FromStr for EmailAddress {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let given = text.trim();
        let sized = (3..=254).contains(&given.len());
        let odd = |letter: char| letter.is_control() || letter.is_whitespace();
        let shaped =
            given.split_once('@').is_some_and(|(who, at)| !who.is_empty() && !at.is_empty());
        if !sized || !shaped || given.contains(odd) {
            return Err(InvalidId { expected: "an e-mail address" });
        }
        Ok(Self { given: given.to_owned(), folded: given.to_lowercase() })
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shop_domain_is_a_myshopify_domain() {
        assert_eq!(
            "My-Store.myshopify.com".parse::<ShopDomain>().unwrap().as_str(),
            "my-store.myshopify.com"
        );
        for other in
            ["store.example.com", ".myshopify.com", "a.b.myshopify.com", "x/y.myshopify.com"]
        {
            assert!(other.parse::<ShopDomain>().is_err(), "{other}");
        }
    }

    #[test]
    fn addresses_match_whatever_their_case() {
        let address: EmailAddress = " Ann@Example.com ".parse().unwrap();
        assert!(address.matches("ANN@example.COM"));
        assert!(!address.matches("ann@example.co"));
        assert!("ann".parse::<EmailAddress>().is_err());
        assert!("ann @example.com".parse::<EmailAddress>().is_err());
    }

    #[test]
    fn an_address_does_not_show_in_debug() {
        let address: EmailAddress = "ann@example.com".parse().unwrap();
        assert_eq!(format!("{address:?}"), "EmailAddress(…)");
    }
}
