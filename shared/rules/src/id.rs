//! Names and ids. Each is parsed once, where it enters; inside, one cannot be taken for another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A text that is no id or name of the kind asked for. Holds the kind, never the text: what was
/// mistaken for an id may be personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not {expected}")]
pub struct InvalidId {
    /// What was asked for, as it reads after "not": "a Shopify customer id".
    pub expected: &'static str,
}

macro_rules! shopify_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $expected:literal) => {
        $(#[$doc])*
        ///
        /// Ids exceed 2^53, so they never pass through a floating-point number; in JSON of our own
        /// they are text.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u64);

        impl $name {
            /// The id as a number, as Shopify's REST-shaped payloads hold it.
            pub const fn new(id: u64) -> Self {
                Self(id)
            }

            /// The bare number.
            pub const fn get(self) -> u64 {
                self.0
            }

            /// Reads the global id that GraphQL uses.
            ///
            /// # Errors
            /// If the text is not a global id of this kind.
            pub fn from_gid(gid: &str) -> Result<Self, InvalidId> {
                gid.strip_prefix(concat!("gid://shopify/", $kind, "/"))
                    .ok_or(InvalidId { expected: $expected })?
                    .parse()
            }

            /// The global id that GraphQL uses.
            pub fn gid(self) -> String {
                format!(concat!("gid://shopify/", $kind, "/{}"), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($kind, "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                // `parse` alone would take a leading plus sign.
                if !text.starts_with(|first: char| first.is_ascii_digit()) {
                    return Err(InvalidId { expected: $expected });
                }
                text.parse().map(Self).map_err(|_| InvalidId { expected: $expected })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

shopify_id!(
    /// A customer of the shop
    /// ([`Customer.id`](https://shopify.dev/docs/api/admin-graphql/2026-10/objects/Customer)).
    CustomerId, "Customer", "a Shopify customer id"
);
shopify_id!(
    /// An order of the shop
    /// ([`Order.id`](https://shopify.dev/docs/api/admin-graphql/2026-10/objects/Order)). A later
    /// order has a larger id.
    OrderId, "Order", "a Shopify order id"
);

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(InvalidId { expected: $expected })
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

fn is_okta_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

pub(crate) fn is_plain_text(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.chars().count())
        && text.trim() == text
        && !text.chars().any(char::is_control)
}

text_id!(
    /// An Okta user's id. Letters and digits only, so it is safe in a path.
    UserId, "an Okta user id", is_okta_id
);
text_id!(
    /// An Okta group's id. Letters and digits only, so it is safe in a path.
    GroupId, "an Okta group id", is_okta_id
);
text_id!(
    /// An Okta group's name, 1 to 255 characters
    /// ([group profile](https://developer.okta.com/docs/api/openapi/okta-management/management/tag/Group/)).
    GroupName,
    "a group name (1 to 255 characters, no space at either end)",
    |text| is_plain_text(text, 255)
);
text_id!(
    /// A Mavera persona's id. Its form is undocumented; a dot or two alone would climb a path.
    PersonaId,
    "a Mavera persona id (1 to 128 printable ASCII characters)",
    |text| {
        (1..=128).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic())
            && !matches!(text, "." | "..")
    }
);
text_id!(
    /// A segment's short name: what configuration, logs and metrics call it.
    SegmentName,
    "a segment name (1 to 64 of a-z, 0-9, - and _)",
    |text| {
        (1..=64).contains(&text.len())
            && text
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_above_two_to_the_53_survive() {
        let id: CustomerId = "706405506930370084".parse().unwrap();
        assert_eq!(id.gid(), "gid://shopify/Customer/706405506930370084");
        assert_eq!(CustomerId::from_gid(&id.gid()), Ok(id));
        assert_eq!(serde_json::to_string(&id).unwrap(), r#""706405506930370084""#);
    }

    #[test]
    fn an_order_is_no_customer() {
        assert!(CustomerId::from_gid("gid://shopify/Order/1").is_err());
        assert!("+1".parse::<CustomerId>().is_err());
        assert!("".parse::<CustomerId>().is_err());
    }

    #[test]
    fn an_okta_id_cannot_climb_a_path() {
        assert!("../users".parse::<UserId>().is_err());
        assert!("00u1a2B3".parse::<UserId>().is_ok());
    }

    #[test]
    fn a_persona_s_id_is_whatever_can_be_put_into_a_path() {
        for good in ["persona_8f3a1b2c", "clx1abc2d0001abcdef123456", "a/b?c", "..."] {
            assert!(good.parse::<PersonaId>().is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "a b", "\u{e9}", "a\n", &"a".repeat(129)] {
            assert!(bad.parse::<PersonaId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_error_does_not_repeat_what_was_given() {
        let error = "ann@example.com".parse::<CustomerId>().unwrap_err();
        assert_eq!(error.to_string(), "not a Shopify customer id");
    }
}
