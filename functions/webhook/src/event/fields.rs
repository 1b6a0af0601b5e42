//! The fields of a JSON object, each read only when it is asked for.
//!
//! An order's body can exceed a megabyte and we need three of its fields. A field of another type than
//! expected counts as absent, so that a change in what we do not use breaks nothing.

use std::borrow::Cow;
use std::collections::HashMap;
use std::str::FromStr;

use rules::{CustomerId, OrderId};
use serde::Deserialize;
use serde_json::value::RawValue;

/// An object's fields, unread.
pub(super) struct Fields<'a>(HashMap<Cow<'a, str>, &'a RawValue>);

/// An id as payloads hold it: a number, its digits, or a global id.
pub(super) trait Id: FromStr + Sized {
    fn from_global(text: &str) -> Option<Self>;
}

impl Id for CustomerId {
    fn from_global(text: &str) -> Option<Self> {
        Self::from_gid(text).ok()
    }
}

impl Id for OrderId {
    fn from_global(text: &str) -> Option<Self> {
        Self::from_gid(text).ok()
    }
}

impl<'a> Fields<'a> {
    pub(super) fn parse(json: &'a [u8]) -> Option<Self> {
        serde_json::from_slice(json).ok().map(Self)
    }

    fn read<T: Deserialize<'a>>(&self, name: &str) -> Option<T> {
        serde_json::from_str(self.0.get(name)?.get()).ok()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Whether the field is there and not null.
    pub(super) fn holds(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| value.get() != "null")
    }

    pub(super) fn has_list(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| value.get().starts_with('['))
    }

    pub(super) fn are_only(&self, names: &[&str]) -> bool {
        self.0.keys().all(|name| names.contains(&name.as_ref()))
    }

    /// Whether this is all that is left of a body too large to be delivered.
    pub(super) fn is_stub(&self) -> bool {
        self.are_only(&["admin_graphql_api_id", "id", "updated_at"])
    }

    pub(super) fn object(&self, name: &str) -> Option<Self> {
        Self::parse(self.0.get(name)?.get().as_bytes())
    }

    pub(super) fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        self.read(name)
    }

    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.digits(name)?.parse().ok()
    }

    /// The text of a text, or the digits of a number. Numbers are not converted: ids exceed what a
    /// floating-point number holds.
    fn digits(&self, name: &str) -> Option<Cow<'a, str>> {
        let raw = self.0.get(name)?.get();
        if raw.starts_with('"') { self.read(name) } else { Some(Cow::Borrowed(raw)) }
    }

    pub(super) fn id<T: Id>(&self, name: &str) -> Option<T> {
        let text = self.digits(name)?;
        T::from_global(&text).or_else(|| text.parse().ok())
    }

    /// The global id where there is one: a relay that passes numbers through floating point rounds
    /// the other. A global id of another kind means that the number is another thing's.
    fn own_id<T: Id>(&self) -> Option<T> {
        let global = self.text("admin_graphql_api_id");
        global.map_or_else(|| self.id("id"), |global| T::from_global(&global))
    }

    pub(super) fn customer_id(&self) -> Option<CustomerId> {
        self.own_id()
    }

    pub(super) fn order_id(&self) -> Option<OrderId> {
        self.own_id()
    }
}
