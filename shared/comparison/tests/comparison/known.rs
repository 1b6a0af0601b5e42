//! What is known is found, in whatever order it was pushed and is asked for.

use std::collections::BTreeSet;

use proptest::collection::btree_set;
use proptest::prelude::*;

use crate::export::Line;
use crate::shop::{Held, HeldState, at, compare, line, totals};

fn matched(id: u64, read: i64) -> Held {
    let shown = totals(1, "9.5");
    let state = HeldState::Matched {
        user: id,
        address: Some("ann@example.com"),
        shown: Some(shown),
        segment: Some("new"),
        in_place: true,
    };
    Held { id, read: Some((at(read), at(read), shown)), state, pin: None }
}

/// Ids close together, far apart, and at both ends.
fn any_ids() -> impl Strategy<Value = BTreeSet<u64>> {
    let id = prop_oneof![
        4 => 6_157_654_556_905_u64..6_157_654_557_405,
        2 => 1_u64..300,
        1 => any::<u64>(),
        1 => Just(u64::MAX),
    ];
    btree_set(id, 0..200)
}

proptest! {
    #[test]
    fn everybody_known_is_found_and_nobody_else(
        known in any_ids(),
        others in any_ids(),
        order in any::<u64>(),
    ) {
        let others: BTreeSet<u64> = others.difference(&known).copied().collect();
        // Any order will do, as long as it is another one for each.
        let shuffled = |ids: Vec<u64>, seed: u64| {
            let mut ids = ids;
            ids.sort_by_key(|id| id.wrapping_mul(seed | 1).rotate_left(17));
            ids
        };
        let held: Vec<Held> = shuffled(known.iter().copied().collect(), order)
            .into_iter()
            .map(|id| matched(id, 10))
            .collect();
        let exported: Vec<u64> = known.iter().chain(&others).copied().collect();
        let sorted = order % 3 == 0;
        let exported = if sorted { exported } else { shuffled(exported, order.rotate_left(9)) };
        let lines: Vec<Line> = exported.iter().map(|id| line(*id, 1, "9.5", 20)).collect();
        let differing: BTreeSet<u64> = compare(&lines, &held, None, |findings| {
            assert_eq!(findings.figures.duplicates.count, 0);
            findings.differences.iter().map(|differing| differing.id.get()).collect()
        });
        prop_assert_eq!(differing, others);
    }
}

#[test]
fn of_a_customer_pushed_twice_what_was_read_last_stays() {
    let mut later = matched(1, 30);
    later.read = Some((at(30), at(30), totals(9, "900")));
    if let HeldState::Matched { shown, segment, .. } = &mut later.state {
        (*shown, *segment) = (Some(totals(9, "900")), Some("vip"));
    }
    for held in [[matched(1, 10), later.clone()], [later, matched(1, 10)]] {
        compare(&[line(1, 9, "900", 20)], &held, None, |findings| {
            assert!(findings.differences.is_empty());
            assert_eq!(findings.figures.customers, 1);
        });
    }
}
