//! Any line, whatever its form. Slow, and the measure of what the fast way may say.

use std::borrow::Cow;

use jiff::Timestamp;
use memchr::memmem;
use rules::{Currency, CustomerId};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer};

use super::{Email, Refused, Row};
use crate::Fields;
use crate::amount::{Bought, leading_id};
use crate::figures::Bad;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CustomerNode<'line> {
    #[serde(borrow)]
    id: Cow<'line, str>,
    #[serde(default, deserialize_with = "present")]
    default_email_address: Option<Nullable<EmailNode>>,
    number_of_orders: Count,
    amount_spent: MoneyNode,
    updated_at: Option<String>,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Nullable<T>(Option<T>);

/// Tells a field that is null from one that is not there.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EmailNode {
    email_address: String,
}

/// `UnsignedInt64` is a JSON text, so that it survives readers that know only floats.
#[derive(Deserialize)]
#[serde(untagged)]
enum Count {
    Text(String),
    Number(u64),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MoneyNode {
    amount: String,
    currency_code: String,
}

#[derive(Deserialize)]
struct IdNode {
    id: String,
}

/// Reads a line.
pub(crate) fn read(
    line: &[u8],
    currency: Currency,
    fields: Fields,
) -> Result<Row<'static>, Refused> {
    let refused = |bad| Refused { bad, id: None };
    let text = std::str::from_utf8(line).map_err(|_| refused(Bad::NotJson))?;
    // A struct would be read from an array too.
    if !text.trim_start_matches([' ', '\t', '\r']).starts_with('{') {
        let valid = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
        return Err(refused(if valid { Bad::Fields } else { Bad::NotJson }));
    }
    let node: CustomerNode<'_> = serde_json::from_str(text).map_err(|error| {
        refused(if error.is_data() && is_json(text) { Bad::Fields } else { Bad::NotJson })
    })?;
    let id = CustomerId::from_gid(&node.id).map_err(|_| refused(Bad::Id))?;
    let refused = |bad| Refused { bad, id: Some(id) };
    let email = match node.default_email_address {
        None if fields == Fields::All => return Err(refused(Bad::Fields)),
        None => Email::Missing,
        Some(Nullable(email)) => email
            .and_then(|email| email.email_address.parse().ok())
            .map_or(Email::None, Email::Address),
    };
    let orders = node.number_of_orders.read().ok_or(refused(Bad::Orders))?;
    // Exact: a plain `parse` rounds what has too many digits.
    let spent = Decimal::from_str_exact(&node.amount_spent.amount);
    let spent = spent.map_err(|_| refused(Bad::Amount))?.into();
    let found: Currency =
        node.amount_spent.currency_code.parse().map_err(|_| refused(Bad::Currency))?;
    let updated = match node.updated_at {
        None if fields == Fields::All => return Err(refused(Bad::Fields)),
        None => None,
        Some(text) => {
            let moment: Timestamp = text.parse().map_err(|_| refused(Bad::UpdatedAt))?;
            Some(moment.into())
        }
    };
    let bought = (found == currency).then_some(Bought { orders, spent });
    Ok(Row { id: id.get(), email, bought, updated })
}

/// Whether the whole text is JSON: a field of a wrong kind is reported before the rest is read.
fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// Whose line it is, of a line that cannot be read otherwise. A customer whose line is bad must not be
/// taken for gone, so this looks closely: at the id of the object, and if that is none, for anything
/// that reads like a customer's id.
pub(crate) fn readable_id(line: &[u8]) -> Option<CustomerId> {
    let id = serde_json::from_slice::<IdNode>(line).ok();
    id.and_then(|node| CustomerId::from_gid(&node.id).ok())
        .or_else(|| id_after(line, br"shopify\/Customer\/"))
        .or_else(|| id_after(line, b"shopify/Customer/"))
}

fn id_after(line: &[u8], mark: &[u8]) -> Option<CustomerId> {
    let start = memmem::find(line, mark)? + mark.len();
    leading_id(&line[start..])
}

impl Count {
    fn read(self) -> Option<u64> {
        match self {
            Self::Number(count) => Some(count),
            // `parse` alone would take a leading plus sign.
            Self::Text(text) if text.starts_with('+') => None,
            Self::Text(text) => text.parse().ok(),
        }
    }
}
