//! Who is asked about.

use rules::{CustomerId, EmailAddress};

/// A customer, as people name one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    /// By id.
    Id(CustomerId),
    /// By address.
    Address(EmailAddress),
}

impl Asked {
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let id = CustomerId::from_gid(text).or_else(|_| text.parse()).ok().map(Self::Id);
        id.or_else(|| text.parse().ok().map(Self::Address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_is_named_by_id_gid_or_address() {
        let id = Some(Asked::Id(CustomerId::new(706_405_506_930_370_084)));
        assert_eq!(Asked::read("706405506930370084"), id);
        assert_eq!(Asked::read(" gid://shopify/Customer/706405506930370084 "), id);
        assert!(matches!(Asked::read("Ann@example.com"), Some(Asked::Address(_))));
        for other in ["", "ann", "-1", "gid://shopify/Order/1", "ann@", "99999999999999999999999"] {
            assert_eq!(Asked::read(other), None, "{other}");
        }
    }
}
