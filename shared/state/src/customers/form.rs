//! Entries and claims as items of the table.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use rules::{CustomerId, UserId};

use crate::entry::key;
use crate::items::{self, Item, number, text};
use crate::{Entry, Error, Version, Versioned};

/// The sort key of everything that has but one item: the design keeps room for more.
pub(super) const STATE: &str = "state";
pub(super) const CLAIM: &str = "claim";

/// A condition of a write, with the values it names.
pub(super) struct Condition {
    pub(super) expression: &'static str,
    pub(super) values: Option<Item>,
}

impl Condition {
    pub(super) fn version(from: Option<Version>) -> Self {
        match from {
            None => Self { expression: "attribute_not_exists(pk)", values: None },
            Some(Version(version)) => Self {
                expression: "version = :version",
                values: Some(HashMap::from([(
                    ":version".to_owned(),
                    AttributeValue::N(version.to_string()),
                )])),
            },
        }
    }

    pub(super) fn holder(customer: CustomerId) -> Self {
        Self {
            expression: "attribute_not_exists(pk) OR customer_id = :customer",
            values: Some(HashMap::from([(
                ":customer".to_owned(),
                AttributeValue::S(customer.to_string()),
            )])),
        }
    }
}

pub(super) fn keys(pk: String, sk: &str) -> Item {
    HashMap::from([
        ("pk".to_owned(), AttributeValue::S(pk)),
        ("sk".to_owned(), AttributeValue::S(sk.to_owned())),
    ])
}

pub(super) fn claim_key(user: &UserId) -> String {
    format!("user#{user}")
}

pub(super) fn write_entry(
    customer: CustomerId,
    entry: &Entry,
    from: Option<Version>,
) -> Result<(Item, Version), Error> {
    let version = Version(from.map_or(0, |version| version.0) + 1);
    let mut item: Item = serde_dynamo::to_item(entry).map_err(|error| Error::Unreadable {
        item: key(customer),
        detail: format!("cannot be written: {error}"),
    })?;
    item.extend(keys(key(customer), STATE));
    item.insert("version".into(), AttributeValue::N(version.0.to_string()));
    Ok((item, version))
}

/// Whose entry an item is.
pub(super) fn owner(item: &Item) -> Result<CustomerId, Error> {
    text(item, "pk")
        .and_then(|pk| pk.strip_prefix("customer#"))
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| unreadable(item, "pk holds no customer id"))
}

pub(super) fn read_entry(customer: CustomerId, item: Item) -> Result<Versioned, Error> {
    let version = number(&item, "version")
        .ok_or_else(|| unreadable(&item, "version is missing or no number"))?;
    let entry = items::read(AttributeValue::M(item))
        .map_err(|error| Error::Unreadable { item: key(customer), detail: error.to_string() })?;
    Ok(Versioned { version: Version(version), entry })
}

pub(super) fn unreadable(item: &Item, detail: &str) -> Error {
    Error::Unreadable {
        item: text(item, "pk").unwrap_or("an item without pk").to_owned(),
        detail: detail.to_owned(),
    }
}
