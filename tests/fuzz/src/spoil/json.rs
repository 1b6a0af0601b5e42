//! JSON, spoilt so that it mostly stays JSON.

use serde_json::{Map, Value, json};

use crate::chance::Chance;

/// Numbers at the edges of what somebody can hold.
const NUMBERS: [&str; 20] = [
    "0",
    "-0",
    "-1",
    "1.5",
    "0.1",
    "1e400",
    "-1e400",
    "1e-400",
    "255",
    "65536",
    "2147483648",
    "4294967296",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "79228162514264337593543950335",
    "79228162514264337593543950336",
];
/// Texts at the edges of what somebody can read.
const TEXTS: [&str; 28] = [
    "",
    " ",
    "\0",
    "\u{feff}",
    "\u{202e}",
    "é",
    "İ",
    "ß",
    "ﬁ",
    "\u{1f600}",
    "null",
    "true",
    "../..",
    "%00",
    "'",
    "\"",
    "gid://shopify/Customer/",
    "gid://shopify/Customer/18446744073709551616",
    "gid://shopify/Order/1",
    "-",
    "+1",
    "9999-12-31T23:59:59.999999999Z",
    "-9999-01-01T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "NaN",
    "https://169.254.169.254/",
    "USD",
    "a@b",
];
const MOST: usize = 3;
const DEEPEST: usize = 2_000;

/// The text of a value after a few changes.
pub(crate) fn spoilt(mut value: Value, chance: &mut Chance) -> String {
    for _ in 0..=chance.below(MOST) {
        change(&mut value, chance);
    }
    let mut text = value.to_string();
    match chance.below(12) {
        0 => repeat_a_name(&mut text, chance),
        1 => nest(&mut text, chance),
        2 => number_in_place(&mut text, chance),
        _ => {}
    }
    text
}

pub(crate) fn odd_text(chance: &mut Chance) -> String {
    let text = chance.pick(&TEXTS).copied().unwrap_or_default();
    if chance.once_in(6) { text.repeat(chance.below(400)) } else { text.to_owned() }
}

pub(crate) fn odd_number(chance: &mut Chance) -> String {
    let number = chance.pick(&NUMBERS).copied().unwrap_or_default().to_owned();
    if chance.once_in(8) { "9".repeat(chance.below(400)) } else { number }
}

fn change(value: &mut Value, chance: &mut Chance) {
    let place = chance.below(count(value));
    let Some(node) = nth(value, &mut { place }) else { return };
    match (chance.below(7), node) {
        (0 | 1, Value::Object(fields)) => remove_or_rename(fields, chance),
        (0 | 1, Value::Array(items)) => remove_or_repeat(items, chance),
        (2, node) => *node = json!({ "wrapped": [node.take()] }),
        (3, Value::String(text)) => *text = chance_text(text, chance),
        (_, node) => *node = other(chance),
    }
}

fn remove_or_rename(fields: &mut Map<String, Value>, chance: &mut Chance) {
    let place = chance.below(fields.len());
    let Some(name) = fields.keys().nth(place).cloned() else { return };
    let value = fields.remove(&name).unwrap_or_default();
    if chance.once_in(3) {
        fields.insert(odd_text(chance), value);
    }
}

fn remove_or_repeat(items: &mut Vec<Value>, chance: &mut Chance) {
    let place = chance.below(items.len());
    let Some(item) = items.get(place).cloned() else { return };
    if chance.once_in(2) {
        items.remove(place);
    } else {
        let times = chance.below(20);
        items.extend(std::iter::repeat_n(item, times));
    }
}

fn chance_text(text: &str, chance: &mut Chance) -> String {
    let bytes = super::raw::spoilt(text.as_bytes(), chance);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn other(chance: &mut Chance) -> Value {
    match chance.below(9) {
        0 => Value::Null,
        1 => json!({}),
        2 => json!([]),
        3 => json!(chance.once_in(2)),
        4 | 5 => Value::String(odd_text(chance)),
        6 => Value::String(odd_number(chance)),
        _ => serde_json::from_str(&odd_number(chance)).unwrap_or_default(),
    }
}

/// Says a field of an object twice.
fn repeat_a_name(text: &mut String, chance: &mut Chance) {
    let opened: Vec<usize> = text.match_indices("{\"").map(|(place, _)| place + 1).collect();
    let Some(place) = chance.pick(&opened).copied() else { return };
    let Some(name) = text.get(place..).and_then(|rest| rest.split_once("\":")) else { return };
    let again = format!("{}\":{},", name.0, other(chance));
    text.insert_str(place, &again);
}

/// Puts a deep nest where a value begins.
fn nest(text: &mut String, chance: &mut Chance) {
    let (open, close) = if chance.once_in(2) { ("[", "]") } else { ("{\"a\":", "}") };
    let values: Vec<usize> = text.match_indices("\":").map(|(place, _)| place + 2).collect();
    let (place, depth) = (chance.pick(&values).copied().unwrap_or(0), chance.below(DEEPEST));
    let closes = if chance.once_in(2) { close.repeat(depth) } else { String::new() };
    let nested = format!("{}1{closes},\"rest\":", open.repeat(depth));
    text.insert_str(place, &nested);
}

/// Writes a number that no value can hold in place of another.
fn number_in_place(text: &mut String, chance: &mut Chance) {
    let digits: Vec<usize> =
        text.match_indices(|it: char| it.is_ascii_digit()).map(|it| it.0).collect();
    let Some(place) = chance.pick(&digits).copied() else { return };
    let number = odd_number(chance);
    text.replace_range(place..=place, &number);
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Object(fields) => fields.values().map(count).sum(),
        Value::Array(items) => items.iter().map(count).sum(),
        _ => 0,
    }
}

/// The value at a place, counted from 0, with all that is inside of each before the next.
fn nth<'a>(value: &'a mut Value, place: &mut usize) -> Option<&'a mut Value> {
    if *place == 0 {
        return Some(value);
    }
    *place -= 1;
    match value {
        Value::Object(fields) => fields.values_mut().find_map(|inner| nth(inner, place)),
        Value::Array(items) => items.iter_mut().find_map(|inner| nth(inner, place)),
        _ => None,
    }
}
