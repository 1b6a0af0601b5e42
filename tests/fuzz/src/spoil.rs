//! Ways to spoil a message.

mod json;
mod raw;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};

use crate::chance::Chance;
use crate::input::Part;

/// Statuses that mean something to somebody.
const STATUSES: [u16; 18] =
    [200, 201, 204, 206, 301, 302, 304, 400, 401, 402, 403, 404, 409, 410, 422, 429, 500, 503];
/// Headers that somebody reads.
const HEADERS: [&str; 19] = [
    "content-length",
    "content-type",
    "date",
    "dpop-nonce",
    "etag",
    "link",
    "location",
    "retry-after",
    "www-authenticate",
    "x-rate-limit-limit",
    "x-rate-limit-remaining",
    "x-rate-limit-reset",
    "x-ratelimit-reset",
    "x-shopify-api-version",
    "x-shopify-hmac-sha256",
    "x-shopify-shop-domain",
    "x-shopify-topic",
    "x-shopify-triggered-at",
    "x-shopify-webhook-id",
];

/// Spoils some of the messages, in some ways.
pub(crate) fn parts(parts: &[Part], others: &[Part], chance: &mut Chance) -> Vec<Part> {
    let mut spoilt = parts.to_vec();
    let which = chance.below(spoilt.len());
    for (place, part) in spoilt.iter_mut().enumerate() {
        if place == which || chance.once_in(3) {
            one(part, others, chance);
        }
    }
    // A single message stays: without any nothing would be read.
    if spoilt.len() > 1 && chance.once_in(12) {
        spoilt.truncate(1 + chance.below(spoilt.len() - 1));
    }
    spoilt
}

fn one(part: &mut Part, others: &[Part], chance: &mut Chance) {
    if chance.once_in(6) {
        header(part, chance);
    }
    if chance.once_in(12) {
        let status = chance.pick(&STATUSES).and_then(|status| StatusCode::from_u16(*status).ok());
        part.status = status.unwrap_or(StatusCode::OK);
    }
    part.body = body(part, others, chance);
}

fn body(part: &Part, others: &[Part], chance: &mut Chance) -> Bytes {
    let other = || others.iter().map(|other| &other.body);
    match chance.below(16) {
        0 => {
            let length = chance.below(256);
            chance.bytes(length).into()
        }
        1 => {
            let place = chance.below(others.len());
            other().nth(place).cloned().unwrap_or_default()
        }
        2..6 => raw::spoilt(&part.body, chance).into(),
        _ => match &part.json {
            Some(json) => json::spoilt(json.clone(), chance).into(),
            None => raw::spoilt(&part.body, chance).into(),
        },
    }
}

fn header(part: &mut Part, chance: &mut Chance) {
    let present: Vec<HeaderName> = part.headers.keys().cloned().collect();
    let name = match chance.pick(&present) {
        Some(name) if !chance.once_in(4) => name.clone(),
        _ => HeaderName::from_static(chance.pick(&HEADERS).unwrap_or(&"link")),
    };
    let value = part.headers.get(&name).map(|value| value.as_bytes().to_vec()).unwrap_or_default();
    let value = match chance.below(6) {
        0 => {
            part.headers.remove(&name);
            return;
        }
        1 => json::odd_text(chance).into_bytes(),
        2 => json::odd_number(chance).into_bytes(),
        _ => raw::spoilt(&value, chance),
    };
    if let Ok(value) = HeaderValue::from_bytes(&value) {
        if chance.once_in(4) {
            part.headers.append(name, value);
        } else {
            part.headers.insert(name, value);
        }
    }
}
