//! What holds a full run back.

use proptest::prelude::*;
use rules::{Guard, Refusal, Shift};

const GUARD: Guard = Guard { max_moved_percent: 20, min_customers: 25, max_shrink_percent: 50 };

/// A run over 1,000 customers, 100 of whom have a segment, in which nobody moves.
const QUIET: Shift = Shift {
    lines: 1_000,
    unreadable: 0,
    customers: 1_000,
    customers_before: Some(1_000),
    placed: 100,
    moved: 0,
};

#[test]
fn a_run_in_which_a_share_moves_passes_up_to_the_limit_and_no_further() {
    assert_eq!(GUARD.refuses(&Shift { moved: 20, ..QUIET }), None);
    let refusal = GUARD.refuses(&Shift { moved: 21, ..QUIET });
    assert_eq!(refusal, Some(Refusal::Moved { moved: 21, placed: 100, max_percent: 20 }));
}

#[test]
fn few_customers_may_all_move() {
    assert_eq!(GUARD.refuses(&Shift { placed: 24, moved: 24, ..QUIET }), None);
    assert!(GUARD.refuses(&Shift { placed: 25, moved: 25, ..QUIET }).is_some());
}

#[test]
fn a_shop_that_lost_more_than_half_of_its_customers_is_not_believed() {
    assert_eq!(GUARD.refuses(&Shift { lines: 500, customers: 500, ..QUIET }), None);
    let refusal = GUARD.refuses(&Shift { lines: 499, customers: 499, ..QUIET });
    assert_eq!(refusal, Some(Refusal::Shrunk { before: 1_000, now: 499, max_percent: 50 }));
}

#[test]
fn a_small_shop_that_lost_more_than_half_of_its_customers_is_not_believed_either() {
    let small = Shift { lines: 2, customers: 2, customers_before: Some(5), ..Shift::default() };
    let refusal = GUARD.refuses(&Shift { placed: 4, moved: 2, ..small });
    assert_eq!(refusal, Some(Refusal::Shrunk { before: 5, now: 2, max_percent: 50 }));
    assert_eq!(GUARD.refuses(&Shift { lines: 3, customers: 3, placed: 5, ..small }), None);
}

#[test]
fn an_empty_export_is_not_believed_while_anybody_has_a_segment() {
    let empty = Shift { lines: 0, customers: 0, customers_before: None, ..QUIET };
    assert_eq!(GUARD.refuses(&empty), Some(Refusal::Empty { placed: 100 }));
    let one = Shift { placed: 1, ..empty };
    assert_eq!(GUARD.refuses(&one), Some(Refusal::Empty { placed: 1 }));
    assert_eq!(GUARD.refuses(&Shift { placed: 0, ..empty }), None);
}

#[test]
fn more_than_one_unreadable_line_in_a_hundred_refuses_and_cannot_be_accepted() {
    assert_eq!(GUARD.refuses(&Shift { unreadable: 10, ..QUIET }), None);
    let refusal = GUARD.refuses(&Shift { unreadable: 11, ..QUIET }).unwrap();
    assert_eq!(refusal, Refusal::Unreadable { unreadable: 11, lines: 1_000 });
    assert!(!refusal.can_be_accepted());
}

#[test]
fn what_an_operator_has_seen_covers_no_more_than_was_shown() {
    let seen = Shift { moved: 60, ..QUIET };
    assert!(Shift { moved: 60, ..QUIET }.is_within(&seen));
    assert!(!Shift { moved: 61, ..QUIET }.is_within(&seen));
    assert!(!Shift { moved: 60, customers: 999, ..QUIET }.is_within(&seen));
}

#[test]
fn a_refusal_says_what_how_many_and_which_setting() {
    let refusal = Refusal::Moved { moved: 21, placed: 100, max_percent: 20 };
    assert_eq!(
        refusal.to_string(),
        "21 of the 100 customers with a segment would leave their group \
         (guard_max_moved_percent is 20)"
    );
}

proptest! {
    #[test]
    fn a_run_that_moves_nobody_in_a_shop_of_the_same_size_always_passes(
        customers in 0_u64..1_000_000,
        placed in 0_u64..1_000_000,
        moved_percent in 0_u32..=100,
        shrink_percent in 0_u32..=100,
    ) {
        let guard = Guard {
            max_moved_percent: moved_percent,
            min_customers: 0,
            max_shrink_percent: shrink_percent,
        };
        let shift = Shift {
            lines: customers,
            customers,
            customers_before: Some(customers),
            placed: placed.min(customers),
            ..Shift::default()
        };
        prop_assert_eq!(guard.refuses(&shift), None);
    }

    #[test]
    fn moving_more_is_never_judged_more_mildly(placed in 25_u64..10_000, moved in 0_u64..10_000) {
        let shift = |moved| Shift { placed, moved, ..QUIET };
        let refused = |moved: u64| GUARD.refuses(&shift(moved.min(placed))).is_some();
        prop_assert!(!refused(moved) || refused(moved + 1));
    }
}
