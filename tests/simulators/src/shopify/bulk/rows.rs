//! The file that a bulk operation leaves: JSON, one customer a line.

use async_graphql::Result;
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;

use crate::shopify::bulk::document::{Column, Plan};
use crate::shopify::bulk::fields::{Fields, Part, Row};
use crate::shopify::queries::found;
use crate::shopify::state::Shop;

/// Rows of JSON, each with a line feed at its end.
pub(crate) struct Rows {
    pub(crate) bytes: Bytes,
    pub(crate) count: u64,
}

impl Rows {
    pub(crate) fn none() -> Self {
        Self { bytes: Bytes::new(), count: 0 }
    }

    /// What a query finds in the shop at a moment.
    pub(crate) fn of(plan: &Plan, shop: &Shop, now: Timestamp) -> Result<Self> {
        let (mut text, mut count) = (String::new(), 0);
        for customer in found(shop, &plan.search, now) {
            write(&Row::of(shop, customer, now)?, &plan.columns, &mut text);
            text.push('\n');
            count += 1;
        }
        Ok(Self { bytes: text.into(), count })
    }

    /// The first rows, as many as asked for.
    pub(crate) fn first(&self, count: u64) -> Bytes {
        let ends = self.bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let end = usize::try_from(count).ok().and_then(|count| ends.take(count).last());
        self.bytes.slice(..end.map_or(0, |(end, _)| end + 1))
    }
}

/// Writes what is asked for of one thing, in the order in which it is asked for.
fn write(thing: &dyn Fields, columns: &[Column], out: &mut String) {
    for (number, column) in columns.iter().enumerate() {
        out.push(if number == 0 { '{' } else { ',' });
        quote(&column.key, out);
        out.push(':');
        match thing.field(&column.field) {
            Part::Null => out.push_str("null"),
            Part::Text(text) => quote(text, out),
            Part::Object(part) => write(part, &column.parts, out),
        }
    }
    out.push('}');
}

/// Writes text in JSON with `/` escaped, as Shopify does.
fn quote(text: &str, out: &mut String) {
    let plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\' && byte != b'/';
    if text.bytes().all(plain) {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&Value::from(text).to_string().replace('/', "\\/"));
    }
}
