//! The rows of the configuration table, between DynamoDB's form and ours.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use rules::{BookDraft, BookErrors, Currency, GroupId, GroupName, Raw, RuleBook, SegmentDraft};
use serde::Serialize;

use crate::Error;
use crate::items::{Item, text};

/// Kinds of rows.
pub(super) const SEGMENT: &str = "segment";
pub(super) const SETTINGS: &str = "settings";
pub(super) const BOOK: &str = "book";
pub(super) const GROUP: &str = "group";
pub(super) const SALT: &str = "salt";
pub(super) const RUN: &str = "run";
/// The row of kind `run` that lists the runs whose messages are to be dropped.
pub(super) const CANCELLED: &str = "cancelled";
/// The row of kind `book` that says which one is accepted.
pub(super) const ACCEPTED: &str = "accepted";
/// When a book was accepted.
pub(super) const ACCEPTED_AT: &str = "accepted_at";
/// The run that accepted a book; none accepted the first one.
pub(super) const BY_RUN: &str = "run_id";
/// The row of kind `book` that counts how often the wanted one was written as a whole.
pub(super) const WANTED: &str = "wanted";
/// The row of kind `salt` that addresses are hashed with.
pub(super) const ADDRESS: &str = "address";

/// What is known of a group that a segment names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRow {
    /// Its id in Okta; none if it has none that can be told. The status says whether it can be used.
    pub id: Option<GroupId>,
    /// What was found when it was last resolved.
    pub status: GroupStatus,
}

/// What resolving a group's name found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupStatus {
    /// One group of this name that can take members.
    Found,
    /// The id is still good, but Okta calls the group by another name now.
    Renamed,
    /// No group of this name.
    Missing,
    /// Several groups of this name.
    Ambiguous,
    /// A group that an application or Okta itself manages: it takes no members by API.
    NotOktaGroup,
    /// A group that an active rule fills: a member taken out by us would be excluded from the rule
    /// ([group rules](https://developer.okta.com/docs/api/openapi/okta-management/management/tag/GroupRule/)).
    RuleManaged,
}

impl GroupStatus {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Found,
        Self::Renamed,
        Self::Missing,
        Self::Ambiguous,
        Self::NotOktaGroup,
        Self::RuleManaged,
    ];

    /// The name used in rows, records and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::Renamed => "renamed",
            Self::Missing => "missing",
            Self::Ambiguous => "ambiguous",
            Self::NotOktaGroup => "not_okta_group",
            Self::RuleManaged => "rule_managed",
        }
    }

    /// Whether customers can be put into such a group.
    pub fn is_usable(self) -> bool {
        matches!(self, Self::Found | Self::Renamed)
    }
}

pub(super) fn key(kind: &str, name: &str) -> Item {
    HashMap::from([
        ("kind".to_owned(), AttributeValue::S(kind.to_owned())),
        ("name".to_owned(), AttributeValue::S(name.to_owned())),
    ])
}

/// An error that names the row.
pub(super) fn unreadable(item: &Item, detail: impl Into<String>) -> Error {
    let part = |name| text(item, name).unwrap_or("?").to_owned();
    Error::Unreadable { item: [part("kind"), part("name")].join("/"), detail: detail.into() }
}

/// The version of a book in a row's name: padded, so that the table keeps them in order.
pub(super) fn book_name(version: u64) -> String {
    format!("{version:08}")
}

pub(super) fn read_group(item: &Item) -> Result<(GroupName, GroupRow), Error> {
    let name = text(item, "name")
        .and_then(|name| name.parse().ok())
        .ok_or_else(|| unreadable(item, "name is no group name"))?;
    let status = text(item, "status")
        .and_then(|status| GroupStatus::ALL.into_iter().find(|known| known.as_str() == status))
        .ok_or_else(|| unreadable(item, "status is missing or unknown: run refresh-groups"))?;
    let id = text(item, "okta_group_id")
        .map(|id| id.parse().map_err(|_| unreadable(item, "okta_group_id is no Okta group id")))
        .transpose()?;
    Ok((name, GroupRow { id, status }))
}

/// The book that the rows of segments make up.
pub(super) fn book(rows: Vec<Item>, currency: Currency) -> Result<RuleBook, BookErrors> {
    book_in(rows, Raw::Text(currency.code().to_owned()))
}

/// The same in a currency that nobody has judged yet.
pub(super) fn book_in(
    rows: impl IntoIterator<Item = Item>,
    currency: Raw,
) -> Result<RuleBook, BookErrors> {
    let rows = rows.into_iter().map(|row| SegmentDraft::take_from(&mut raw_fields(row)));
    RuleBook::try_from(BookDraft { currency: Some(currency), segments: rows.collect() })
}

/// A row as the rules read it: numbers stay text, so no amount passes through a float.
fn raw_fields(item: Item) -> BTreeMap<String, Raw> {
    item.into_iter().map(|(name, value)| (name, raw(value))).collect()
}

pub(super) fn raw(value: AttributeValue) -> Raw {
    match value {
        AttributeValue::S(text) => Raw::Text(text),
        AttributeValue::N(number) => Raw::Number(number),
        AttributeValue::L(list) => Raw::List(list.into_iter().map(raw).collect()),
        AttributeValue::M(map) => Raw::Map(raw_fields(map)),
        AttributeValue::Bool(true) => Raw::Other("true"),
        AttributeValue::Bool(false) => Raw::Other("false"),
        AttributeValue::Null(_) => Raw::Other("nothing"),
        _ => Raw::Other("a set or binary value"),
    }
}
