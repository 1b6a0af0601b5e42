//! The customer whom a command is about, as people name one.

use jiff::Timestamp;
use rules::{CustomerId, EmailAddress};
use shopify::Shopify;

/// A customer, as people name one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// By id.
    Id(CustomerId),
    /// By address.
    Address(EmailAddress),
}

impl Asked {
    /// Reads an id, a global id or an address. The complaint does not repeat what was given: it may be an
    /// address with a slip in it.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let complaint =
            "that is no customer: give a numeric id, gid://shopify/Customer/… or an e-mail address";
        Self::of(text).ok_or_else(|| complaint.to_owned())
    }

    /// Who it is. Only for an address somebody has to be asked.
    pub(crate) async fn find(
        &self,
        shopify: impl FnOnce() -> Result<Shopify, crate::target::TargetError>,
        deadline: Timestamp,
    ) -> Result<CustomerId, String> {
        match self {
            Self::Id(customer) => Ok(*customer),
            Self::Address(address) => {
                let shopify = shopify().map_err(|error| error.to_string())?;
                with_address(&shopify, address, deadline).await
            }
        }
    }

    fn of(text: &str) -> Option<Self> {
        let text = text.trim();
        let id = CustomerId::from_gid(text).or_else(|_| text.parse()).ok().map(Self::Id);
        id.or_else(|| text.parse().ok().map(Self::Address))
    }
}

/// The one customer with an address.
async fn with_address(
    shopify: &Shopify,
    address: &EmailAddress,
    deadline: Timestamp,
) -> Result<CustomerId, String> {
    let found = shopify.customers_with_email(address, deadline).await;
    match found.map_err(|error| error.to_string())?.as_slice() {
        [one] => Ok(*one),
        [] => Err(
            "Shopify's search finds no customer with that address; it takes a while to know of \
                   new ones: try again later, or give the customer's id"
                .to_owned(),
        ),
        several => {
            let ids: Vec<String> = several.iter().map(ToString::to_string).collect();
            Err(format!(
                "{} customers have that address: {}; name one of them by id",
                several.len(),
                ids.join(", ")
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_is_named_by_id_gid_or_address() {
        let id = Some(Asked::Id(CustomerId::new(706_405_506_930_370_084)));
        assert_eq!(Asked::of("706405506930370084"), id);
        assert_eq!(Asked::of(" gid://shopify/Customer/706405506930370084 "), id);
        assert!(matches!(Asked::of("Ann@example.com"), Some(Asked::Address(_))));
        for other in ["", "ann", "-1", "gid://shopify/Order/1", "ann@", "99999999999999999999999"] {
            assert_eq!(Asked::of(other), None, "{other}");
        }
    }
}
