//! What is sent about a persona.

use std::collections::BTreeMap;

use outbound::{Call, Error, ErrorKind};
use rules::PersonaContent;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

/// A JSON object whose values are written as they are: an average goes through no float.
pub(crate) type Object<'a> = BTreeMap<&'a str, Box<RawValue>>;

/// The body that makes a persona: the fields, with the content's own in their places.
pub(crate) fn whole<'a>(
    call: &Call,
    content: &PersonaContent,
    fields: &'a Map<String, Value>,
) -> Result<Object<'a>, Error> {
    let mut body = as_written(fields).map_err(|_| unsendable(call))?;
    body.extend(own(call, content, fields)?);
    Ok(body)
}

/// The content alone, as a change sends it. Whether a change of `demographic` leaves or drops what it
/// does not name is undocumented, so what the fields add there is sent again.
pub(crate) fn own(
    call: &Call,
    content: &PersonaContent,
    fields: &Map<String, Value>,
) -> Result<Object<'static>, Error> {
    written(content, fields).map_err(|_| unsendable(call))
}

fn written(
    content: &PersonaContent,
    fields: &Map<String, Value>,
) -> serde_json::Result<Object<'static>> {
    let nothing = Map::new();
    let theirs = below(fields, "demographic").unwrap_or(&nothing);
    let attributes = with(
        below(theirs, "custom_attributes").unwrap_or(&nothing),
        [
            ("cohort", to_raw_value(content.cohort())?),
            ("avg_order_count", RawValue::from_string(content.avg_order_count().to_string())?),
        ],
    )?;
    Ok(Object::from([
        ("name", to_raw_value(content.name())?),
        ("description", to_raw_value(content.description())?),
        ("demographic", with(theirs, [("custom_attributes", attributes)])?),
    ]))
}

fn below<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Map<String, Value>> {
    object.get(name).and_then(Value::as_object)
}

/// An object with some of its values replaced or added.
fn with<const N: usize>(
    object: &Map<String, Value>,
    values: [(&str, Box<RawValue>); N],
) -> serde_json::Result<Box<RawValue>> {
    let mut whole = as_written(object)?;
    whole.extend(values);
    to_raw_value(&whole)
}

fn as_written(object: &Map<String, Value>) -> serde_json::Result<Object<'_>> {
    object.iter().map(|(name, value)| Ok((name.as_str(), to_raw_value(value)?))).collect()
}

fn unsendable(call: &Call) -> Error {
    call.error(ErrorKind::Unsendable { detail: "it cannot be written as JSON" })
}
