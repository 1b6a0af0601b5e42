//! A book as it was found, before anybody has judged it.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// The most characters of a value that an error repeats.
const SHOWN: usize = 60;

/// A value as it was found where it entered. Numbers stay text: none ever passes through a float, so
/// a fraction that a deserialiser hands over as a float is no number here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Raw {
    /// Text.
    Text(String),
    /// A number, as it was written: what a `DynamoDB` attribute of type N holds.
    Number(String),
    /// A list.
    List(Vec<Raw>),
    /// A map from names to values.
    Map(BTreeMap<String, Raw>),
    /// Anything else, as it reads in "... is not an amount": "true", "a date".
    Other(&'static str),
}

impl Raw {
    /// The text of a text or a number.
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Number(text) => Some(text),
            Self::List(_) | Self::Map(_) | Self::Other(_) => None,
        }
    }

    /// The value as an error repeats it: short, and without control characters.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Text(text) => quoted(text),
            Self::Number(number) => shortened(number, |text| text.escape_debug().to_string()),
            Self::List(_) => "a list".to_owned(),
            Self::Map(_) => "a map".to_owned(),
            Self::Other(words) => (*words).to_owned(),
        }
    }
}

/// Text in quotes, short, and without control characters.
pub(super) fn quoted(text: &str) -> String {
    shortened(text, |text| format!("{text:?}"))
}

fn shortened(text: &str, escape: impl Fn(&str) -> String) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => escape(&text[..end]) + "…",
        None => escape(text),
    }
}

/// A whole book as it was found. `RuleBook::try_from` judges it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BookDraft {
    /// The code of the one currency.
    pub currency: Option<Raw>,
    /// The segments, in any order: their priorities tell.
    pub segments: Vec<SegmentDraft>,
}

/// A segment as it was found. What was not found is none, and refused where it is required.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SegmentDraft {
    /// Required: a [`SegmentName`](crate::SegmentName).
    pub name: Option<Raw>,
    /// Required: a whole number, the lowest is asked first. No two segments share one.
    pub priority: Option<Raw>,
    /// Required: text of 1 to 100 characters.
    pub label: Option<Raw>,
    /// Required: a [`GroupName`](crate::GroupName).
    pub okta_group_name: Option<Raw>,
    /// Text of 2 to 100 characters, which is what Mavera takes; "Shopify", a space and the label if
    /// absent.
    pub persona_name: Option<Raw>,
    /// Required: a list of maps of bounds.
    pub when: Option<Raw>,
}

impl SegmentDraft {
    /// Takes what concerns the rules out of a configuration row (or any other map) and leaves the
    /// rest, which is somebody else's: the ids of the group and the persona, a note of a colleague.
    pub fn take_from(fields: &mut BTreeMap<String, Raw>) -> Self {
        Self {
            name: fields.remove("name"),
            priority: fields.remove("priority"),
            label: fields.remove("label"),
            okta_group_name: fields.remove("okta_group_name"),
            persona_name: fields.remove("persona_name"),
            when: fields.remove("when"),
        }
    }

    /// What errors call the segment: by its name, valid or not, or by its place in the list.
    pub(super) fn in_words(&self, index: usize) -> String {
        match &self.name {
            Some(Raw::Text(name)) => format!("segment {}", quoted(name)),
            _ => place_in_list(index),
        }
    }
}

/// What errors call a segment by its place in the list.
pub(super) fn place_in_list(index: usize) -> String {
    format!("segment[{index}]")
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Raw, E> {
        Ok(Raw::Number(number.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Raw, E> {
        Ok(Raw::Number(number.to_string()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Raw, E> {
        Ok(Raw::Other("a floating-point number"))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Other(if value { "true" } else { "false" }))
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Other("nothing"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = access.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut map = BTreeMap::new();
        while let Some((key, value)) = access.next_entry()? {
            map.insert(key, value);
        }
        Ok(Raw::Map(map))
    }
}
