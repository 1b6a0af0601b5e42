//! The comparison finds what the naive model finds, whatever is exported, known and read.

use std::collections::BTreeMap;

use comparison::{Findings, Movement};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use rules::{PinnedTo, Totals};

use crate::export::{Line, Style, any_style};
use crate::model::{Found, model};
use crate::shop::{Held, HeldState, Read, at, book, compare_text, totals_in};

const ADDRESSES: [&str; 3] = ["a@x.yz", "b@x.yz", "c@x.yz"];
/// The last one is no segment of the book any more.
const SEGMENTS: [&str; 4] = ["vip", "returning", "new", "gold"];

fn any_totals() -> impl Strategy<Value = Totals> {
    let spent = select(vec!["0", "9.5", "499.99", "500", "-3", "9.500001", "1000000000000000"]);
    let orders = prop_oneof![9 => 0_u64..8, 1 => Just(5_000_000_000)];
    let currency = select(vec!["USD", "USD", "USD", "USD", "EUR"]);
    (orders, spent, currency)
        .prop_map(|(orders, spent, currency)| totals_in(orders, spent, currency))
}

/// A few minutes, on both sides of the export's begin, some with a fraction of a second.
fn any_moment() -> impl Strategy<Value = jiff::Timestamp> {
    let fraction = select(vec![0, 0, 0, 500]).prop_map(jiff::SignedDuration::from_millis);
    (98_i64..103, fraction).prop_map(|(minute, fraction)| at(minute) + fraction)
}

fn any_line() -> impl Strategy<Value = Line> {
    let email = select(vec![
        None,
        Some("a@x.yz"),
        Some("A@x.yz"),
        Some("b@x.yz"),
        Some("c@x.yz"),
        Some("none"),
    ]);
    (1_u64..9, email, any_totals(), any_moment()).prop_map(|(id, email, totals, updated)| Line {
        id,
        email: email.map(str::to_owned),
        orders: totals.orders,
        spent: totals.spent.amount.to_string(),
        currency: totals.spent.currency.code(),
        updated_at: updated.to_string(),
    })
}

fn any_state(read: Option<Totals>) -> impl Strategy<Value = HeldState> {
    let address = || option::weighted(0.8, select(ADDRESSES.to_vec()));
    // Most profiles show what was read.
    let shown = prop_oneof![3 => Just(read), 1 => option::of(any_totals())];
    let segment = option::weighted(0.8, select(SEGMENTS.to_vec()));
    let matched = (1_u64..5, address(), shown, segment, any::<bool>()).prop_map(
        |(user, address, shown, segment, in_place)| HeldState::Matched {
            user,
            address,
            shown,
            segment,
            in_place,
        },
    );
    let unmatched =
        (address(), any::<bool>(), any::<bool>()).prop_map(|(address, looked, retry)| {
            // An address is kept only if somebody was looked for by it.
            HeldState::Unmatched { address: address.filter(|_| looked), looked, retry }
        });
    let tombstone = any_moment().prop_map(|seen| HeldState::Tombstone { seen });
    prop_oneof![4 => matched, 2 => unmatched, 1 => tombstone]
}

fn any_pin() -> impl Strategy<Value = Option<PinnedTo>> {
    let segment = |name: &str| PinnedTo::Segment(name.parse().unwrap());
    let pins = SEGMENTS.map(segment).into_iter().chain([PinnedTo::Outside]).collect::<Vec<_>>();
    option::weighted(0.4, select(pins))
}

fn any_held() -> impl Strategy<Value = Held> {
    let read = option::weighted(0.8, (any_moment(), any_moment(), any_totals()));
    (1_u64..9, read)
        .prop_flat_map(|(id, read)| {
            (Just(id), Just(read), any_state(read.map(|(_, _, totals)| totals)), any_pin())
        })
        .prop_map(|(id, read, state, pin)| Held { id, read, state, pin })
}

fn any_read() -> impl Strategy<Value = Read> {
    let whole = subsequence(SEGMENTS.to_vec(), 0..=4);
    let user = (subsequence(ADDRESSES.to_vec(), 0..=2), subsequence(SEGMENTS.to_vec(), 0..=2));
    (whole, vec(user, 0..6)).prop_map(|(whole, users)| {
        let users = (1..).zip(users).map(|(user, (addresses, groups))| (user, addresses, groups));
        Read { whole, users: users.collect() }
    })
}

/// The findings in the model's terms.
fn found(findings: &Findings<'_>) -> Found {
    let figures = &findings.figures;
    let mut segments: BTreeMap<_, _> = figures
        .segments
        .iter()
        .map(|figures| (Some(figures.segment.to_string()), figures.cohort))
        .chain([(None, figures.outside)])
        .map(|(segment, cohort)| (segment, (cohort.customers(), cohort.spent())))
        .collect();
    segments.retain(|_, (customers, _)| *customers > 0);
    let user = |user: rules::UserId| user.as_str()[3..].parse().unwrap();
    Found {
        differing: findings
            .differences
            .iter()
            .map(|d| (d.id.get(), (d.why, d.recheck, d.user.map(user))))
            .collect(),
        segments,
        movements: figures
            .movements
            .iter()
            .map(|Movement { from, to, customers, spent, examples }| {
                let first = examples.iter().map(|id| id.get()).collect();
                ((from.clone(), to.clone()), (*customers, *spent, first))
            })
            .collect(),
        customers: figures.customers,
        unchanged: figures.unchanged,
        duplicates: figures.duplicates.count,
        other_currency: figures.other_currency.count,
        no_email: figures.no_email.count,
        unmatched: figures.unmatched,
        tombstones: figures.tombstones,
        pinned: figures.pinned,
        pins_unknown: figures.pins_unknown.count,
        placed: figures.placed,
        moved: figures.moved,
        strangers: figures.strangers.examples.iter().cloned().map(user).collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn the_comparison_finds_what_the_model_finds(
        lines in vec((any_line(), any_style()), 0..10),
        held in vec(any_held(), 0..8),
        read in option::of(any_read()),
    ) {
        let mut held = held;
        // A customer is known once.
        held.sort_by_key(|held| held.id);
        held.dedup_by_key(|held| held.id);
        let text: Vec<String> = lines.iter().map(|(line, style)| line.text(style)).collect();
        let lines: Vec<Line> = lines.into_iter().map(|(line, _)| line).collect();
        let expected = model(book(), &lines, &held, read.as_ref());
        compare_text(&text.join("\n"), &held, read.as_ref(), |findings| {
            prop_assert_eq!(found(&findings), expected);
            let figures = &findings.figures;
            prop_assert_eq!(figures.lines, figures.customers + figures.duplicates.count);
            let differing: u64 = figures.differing.values().sum();
            prop_assert_eq!(differing, findings.differences.len() as u64);
            let gone = figures.differing.get(&comparison::Why::Gone).copied().unwrap_or(0);
            let rest = figures.unchanged + figures.other_currency.count;
            prop_assert_eq!(figures.customers, rest + differing - gone);
            Ok(())
        })?;
    }
}

#[test]
fn the_usual_style_is_what_shopify_writes() {
    let line = Line {
        id: 123,
        email: Some("a@b.c".into()),
        orders: 18,
        spent: "231.1".into(),
        currency: "USD",
        updated_at: "2026-11-21T12:00:00Z".into(),
    };
    let expected = concat!(
        r#"{"id":"gid:\/\/shopify\/Customer\/123","defaultEmailAddress":{"emailAddress":"a@b.c"},"#,
        r#""numberOfOrders":"18","amountSpent":{"amount":"231.1","currencyCode":"USD"},"#,
        r#""updatedAt":"2026-11-21T12:00:00Z"}"#,
    );
    assert_eq!(line.text(&Style::usual()), expected);
}
