//! The form of the lines, and that one event can be followed through them.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::output::OUTPUT;
use crate::play::FOLLOWED;

/// The keys that every line has.
const COMMON: [&str; 7] = [
    "level",
    "timestamp",
    "message",
    "service",
    "function_request_id",
    "cold_start",
    "xray_trace_id",
];

fn text<'a>(line: &'a Value, key: &str) -> &'a str {
    line[key].as_str().unwrap_or_default()
}

#[test]
fn every_line_is_flat_and_says_which_call_it_is_from() {
    for line in OUTPUT.logs() {
        for key in COMMON {
            assert!(line.get(key).is_some(), "no {key} in {line}");
        }
        assert!(line.as_object().unwrap().values().all(|it| !it.is_object() && !it.is_array()));
        assert!(text(&line, "timestamp").parse::<jiff::Timestamp>().is_ok(), "{line}");
    }
}

#[test]
fn no_line_says_a_key_twice() {
    for line in OUTPUT.lines() {
        let keys = Keys::of(line);
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len(), "{line}");
    }
}

/// The keys of an object in the order they stand there.
struct Keys;

impl Keys {
    fn of(line: &str) -> Vec<String> {
        let mut keys = serde_json::Deserializer::from_str(line);
        serde::de::Deserializer::deserialize_map(&mut keys, Self).unwrap()
    }
}

impl<'de> serde::de::Visitor<'de> for Keys {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: serde::de::MapAccess<'de>>(self, mut map: M) -> Result<Vec<String>, M::Error> {
        let mut keys = Vec::new();
        while let Some((key, _)) = map.next_entry::<String, serde::de::IgnoredAny>()? {
            keys.push(key);
        }
        Ok(keys)
    }
}

#[test]
fn a_webhook_can_be_followed_to_the_write_at_okta() {
    let lines = OUTPUT.logs();
    let of_it: Vec<_> =
        lines.iter().filter(|line| text(line, "correlation_id") == FOLLOWED).collect();
    let told: Vec<_> =
        of_it.iter().map(|line| (text(line, "service"), text(line, "outcome"))).collect();
    assert_eq!(told[0], ("webhook", "queued"), "{told:?}");
    let applied = of_it.iter().find(|line| text(line, "outcome") == "applied");
    let applied = applied.unwrap_or_else(|| panic!("{told:?}"));
    assert_eq!(text(applied, "service"), "sync-customer");
    assert_eq!((text(applied, "from"), text(applied, "to")), ("new", "returning"), "{applied}");
    assert_eq!(text(applied, "reason"), "order");
    assert!(applied["okta_calls"].as_u64() > Some(0), "{applied}");
    assert!(applied["event_to_applied_ms"].as_u64() >= Some(10_000), "{applied}");
    // The other webhook of the same order was looked at with it, and says so.
    let joined = lines.iter().find(|line| text(line, "outcome") == "joined").unwrap();
    assert_ne!(text(joined, "correlation_id"), text(joined, "joined_to"));
}

#[test]
fn every_outcome_of_a_call_is_said() {
    let lines = OUTPUT.logs();
    let outcomes: BTreeSet<(&str, &str)> =
        lines.iter().map(|line| (text(line, "service"), text(line, "outcome"))).collect();
    for (service, outcome) in [
        ("webhook", "queued"),
        ("webhook", "guest"),
        ("webhook", "ignored"),
        ("webhook", "mismatched"),
        ("webhook", "unauthorized"),
        ("webhook", "not_an_object"),
        ("webhook", "unavailable"),
        ("webhook", "not_found"),
        ("webhook", "method_not_allowed"),
        ("sync-customer", "applied"),
        ("sync-customer", "unchanged"),
        ("sync-customer", "covered"),
        ("sync-customer", "deferred"),
        ("sync-customer", "unmatched"),
        ("sync-customer", "redacted"),
        ("sync-customer", "data_request"),
        ("sync-customer", "shop_forgotten"),
        ("sync-customer", "failed"),
        ("sync-customer", "panicked"),
        ("sync-customer", "unreadable_record"),
        ("resegment", "done"),
        ("resegment", "refused"),
        ("resegment", "failed"),
        ("resegment", "cancelled"),
        ("resegment", "wait"),
        ("refresh-groups", "refreshed"),
        ("refresh-groups", "problems"),
        ("refresh-groups", "failed"),
    ] {
        assert!(outcomes.contains(&(service, outcome)), "{service} {outcome}: {outcomes:?}");
    }
}
