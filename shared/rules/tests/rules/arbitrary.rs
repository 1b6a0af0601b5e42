//! Books, totals and drafts by the million.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use rules::{BookDraft, Currency, Money, Raw, RuleBook, SegmentDraft, Totals};
use rust_decimal::Decimal;

/// Few values, so that edges meet and ranges cover each other often.
fn any_range() -> impl Strategy<Value = Raw> {
    let amounts = (option::of(0_i64..6), option::of(1_i64..6));
    let orders = (option::of(0_u64..6), option::of(0_u64..6));
    (amounts, orders).prop_map(|((spend, span), (least, more))| {
        let mut bounds = BTreeMap::new();
        let mut amount = |name: &str, halves: i64| {
            bounds.insert(name.to_owned(), Raw::Text(Decimal::new(halves * 50, 2).to_string()));
        };
        if let Some(spend) = spend {
            amount("spend_at_least", spend);
        }
        if let Some(span) = span {
            amount("spend_below", spend.unwrap_or(0) + span);
        }
        let mut count = |name: &str, number: u64| {
            bounds.insert(name.to_owned(), Raw::Number(number.to_string()));
        };
        // A range has at least one bound.
        if least.is_some() || more.is_none() {
            count("orders_at_least", least.unwrap_or(0));
        }
        if let Some(more) = more {
            count("orders_at_most", least.unwrap_or(0) + more);
        }
        Raw::Map(bounds)
    })
}

/// A valid draft of 1 to 5 segments, in no order, amounts written with two decimals.
pub(crate) fn any_valid_draft() -> impl Strategy<Value = BookDraft> {
    let whens = vec(vec(any_range(), 1..5), 1..6);
    let priorities = btree_map(0_u32..1000, Just(()), 5).prop_map(|map| map.into_keys().collect());
    (whens, priorities.prop_shuffle()).prop_map(|(whens, priorities): (_, Vec<u32>)| {
        let segments = whens.into_iter().zip(priorities).enumerate();
        let segments = segments.map(|(index, (when, priority))| SegmentDraft {
            name: Some(Raw::Text(format!("segment-{index}"))),
            priority: Some(Raw::Number(priority.to_string())),
            label: Some(Raw::Text(format!("Segment \"{index}\" \\ \u{e9}"))),
            okta_group_name: Some(Raw::Text(format!("Group {index}"))),
            persona_name: None,
            when: Some(Raw::List(when)),
        });
        BookDraft { currency: Some(Raw::Text("USD".to_owned())), segments: segments.collect() }
    })
}

/// A valid book.
pub(crate) fn any_book() -> impl Strategy<Value = RuleBook> {
    any_valid_draft().prop_map(|draft| RuleBook::try_from(draft).unwrap())
}

/// Totals on and around the edges of [`any_book`].
pub(crate) fn any_totals() -> impl Strategy<Value = Totals> {
    (0_u64..14, -2_i64..650).prop_map(|(orders, cents)| Totals {
        orders,
        spent: Money::new(Decimal::new(cents, 2), Currency::USD),
    })
}

/// Text as careless or hostile people write it.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "",
            " ",
            "NaN",
            "nan",
            "inf",
            "-inf",
            "-0",
            "-1",
            "+1",
            "1e3",
            "1e999",
            "0x10",
            "1_000",
            "1,000",
            "$5",
            "5 USD",
            ".",
            "1.",
            ".5",
            "1.005",
            "5.00",
            "00000000000000000000000001",
            "99999999999999999999999999999999999999",
            "0.00000000000000000000000000000000000001",
            "1000000000000",
            "1000000000001",
            "\u{661}",
            "vip",
            "USD",
            "XAU",
            "ANG",
            "usd",
            "\u{7}\n",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
        "-?[0-9]{0,30}(\\.[0-9]{0,30})?",
    ]
}

fn any_raw() -> impl Strategy<Value = Raw> {
    let leaf = prop_oneof![
        any_text().prop_map(Raw::Text),
        any_text().prop_map(Raw::Number),
        Just(Raw::Other("true")),
    ];
    let key = prop_oneof![
        prop::sample::select(vec![
            "spend_at_least",
            "spend_below",
            "orders_at_least",
            "orders_at_most",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    leaf.prop_recursive(3, 24, 4, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Raw::List),
            btree_map(key.clone(), inner, 0..4).prop_map(Raw::Map),
        ]
    })
}

/// A draft that may be anything.
pub(crate) fn any_draft() -> impl Strategy<Value = BookDraft> {
    let raw = || option::weighted(0.9, any_raw());
    let segment = (raw(), raw(), raw(), raw(), raw(), raw()).prop_map(
        |(name, priority, label, okta_group_name, persona_name, when)| SegmentDraft {
            name,
            priority,
            label,
            okta_group_name,
            persona_name,
            when,
        },
    );
    (raw(), vec(segment, 0..5)).prop_map(|(currency, segments)| BookDraft { currency, segments })
}
