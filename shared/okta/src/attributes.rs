//! The two attributes of a user's profile that hold the totals.

use std::str::FromStr;

/// The profile attributes that every org has
/// ([default profile](https://developer.okta.com/docs/api/openapi/okta-management/management/tag/User/)).
/// None of them may hold a total: a slip in the settings would overwrite logins or names.
const BASE_ATTRIBUTES: [&str; 31] = [
    "city",
    "costCenter",
    "countryCode",
    "department",
    "displayName",
    "division",
    "email",
    "employeeNumber",
    "firstName",
    "honorificPrefix",
    "honorificSuffix",
    "lastName",
    "locale",
    "login",
    "manager",
    "managerId",
    "middleName",
    "mobilePhone",
    "nickName",
    "organization",
    "postalAddress",
    "preferredLanguage",
    "primaryPhone",
    "profileUrl",
    "secondEmail",
    "state",
    "streetAddress",
    "timezone",
    "title",
    "userType",
    "zipCode",
];

/// The variable name of a custom number attribute: 1 to 64 letters, digits and underscores, the first
/// a letter, and none of Okta's own attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeName(String);

/// Not the variable name of a custom attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAttributeName {
    /// Not made as a variable name is.
    #[error("not an attribute's variable name (1 to 64 letters, digits and _, a letter first)")]
    Shape,
    /// One of Okta's own attributes.
    #[error("one of Okta's own profile attributes, which is never overwritten")]
    Base,
}

impl AttributeName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AttributeName {
    type Err = InvalidAttributeName;

    fn from_str(name: &str) -> Result<Self, InvalidAttributeName> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let shaped = name.len() <= 64
            && name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.bytes().all(plain);
        if !shaped {
            return Err(InvalidAttributeName::Shape);
        }
        if BASE_ATTRIBUTES.iter().any(|base| base.eq_ignore_ascii_case(name)) {
            return Err(InvalidAttributeName::Base);
        }
        Ok(Self(name.to_owned()))
    }
}

/// Which attribute holds which total. They are two different ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeNames {
    total_spent: AttributeName,
    orders_count: AttributeName,
}

/// One attribute cannot hold both totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the total spent and the number of orders need two different attributes")]
pub struct SameAttribute;

impl AttributeNames {
    /// The two attributes.
    ///
    /// # Errors
    /// If they are one and the same.
    pub fn new(
        total_spent: AttributeName,
        orders_count: AttributeName,
    ) -> Result<Self, SameAttribute> {
        if total_spent == orders_count {
            return Err(SameAttribute);
        }
        Ok(Self { total_spent, orders_count })
    }

    /// What holds the money spent.
    pub fn total_spent(&self) -> &AttributeName {
        &self.total_spent
    }

    /// What holds the number of orders.
    pub fn orders_count(&self) -> &AttributeName {
        &self.orders_count
    }
}

/// The names that Okta's own template for Shopify segments uses.
impl Default for AttributeNames {
    fn default() -> Self {
        Self {
            total_spent: AttributeName("shopify_total_spent".to_owned()),
            orders_count: AttributeName("shopify_orders_count".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_of_okta_s_own_is_refused_whatever_its_case() {
        for own in ["login", "email", "Login", "secondEmail"] {
            assert_eq!(own.parse::<AttributeName>(), Err(InvalidAttributeName::Base), "{own}");
        }
    }

    #[test]
    fn a_name_that_is_no_variable_is_refused() {
        for odd in ["", "1st", "_x", "total spent", "a.b", "tötal", &"x".repeat(65)] {
            assert_eq!(odd.parse::<AttributeName>(), Err(InvalidAttributeName::Shape), "{odd}");
        }
    }

    #[test]
    fn the_two_totals_need_two_attributes() {
        let name: AttributeName = "shopify_total_spent".parse().unwrap();
        assert_eq!(AttributeNames::new(name.clone(), name), Err(SameAttribute));
    }

    #[test]
    fn the_default_names_are_valid() {
        let names = AttributeNames::default();
        for name in [names.total_spent(), names.orders_count()] {
            assert_eq!(name.as_str().parse().as_ref(), Ok(name));
        }
    }
}
