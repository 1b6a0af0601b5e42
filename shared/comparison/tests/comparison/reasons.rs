//! Why a customer differs, one reason at a time.

use std::slice::from_ref;

use comparison::{Standing, Why};
use jiff::Timestamp;
use rules::{CustomerId, PinnedTo, Totals};

use crate::export::Line;
use crate::shop::{EXPORT, Held, HeldState, at, compare, line, totals, totals_in};

/// A customer for whom a user stands, read in this minute before the last change of most lines.
fn matched(id: u64, segment: Option<&'static str>, shown: Totals) -> Held {
    Held {
        id,
        read: Some((at(10), at(10), shown)),
        state: HeldState::Matched {
            user: id,
            address: Some("ann@example.com"),
            shown: Some(shown),
            segment,
            in_place: true,
        },
        pin: None,
    }
}

fn unmatched(id: u64, address: Option<&'static str>, looked: bool, retry: bool) -> Held {
    Held { id, read: None, state: HeldState::Unmatched { address, looked, retry }, pin: None }
}

fn tombstone(id: u64, seen: Timestamp) -> Held {
    Held { id, read: None, state: HeldState::Tombstone { seen }, pin: None }
}

/// Why the only customer differs.
fn why(line: Line, held: Option<Held>) -> Option<Why> {
    let held: Vec<Held> = held.into_iter().collect();
    compare(&[line], &held, None, |findings| findings.differences.iter().next().map(|d| d.why))
}

#[test]
fn a_customer_of_a_segment_nobody_knows_is_new() {
    assert_eq!(why(line(1, 1, "9.5", 20), None), Some(Why::New));
    assert_eq!(why(line(1, 1, "9.5", 20), Some(unmatched(1, None, false, false))), Some(Why::New));
}

#[test]
fn ten_thousand_customers_without_orders_cost_nothing() {
    let lines: Vec<Line> = (1..=10_000).map(|id| line(id, 0, "0.0", 20)).collect();
    compare(&lines, &[], None, |findings| {
        assert!(findings.differences.is_empty());
        assert_eq!(findings.figures.unchanged, 10_000);
        assert_eq!(findings.figures.outside.customers(), 10_000);
    });
}

#[test]
fn a_customer_without_an_address_whom_nobody_knows_is_not_looked_for() {
    let line = Line { email: None, ..line(1, 1, "9.5", 20) };
    compare(&[line], &[], None, |findings| {
        assert!(findings.differences.is_empty());
        assert_eq!(findings.figures.no_email.count, 1);
        assert_eq!(findings.figures.segments[2].cohort.customers(), 1);
    });
}

#[test]
fn an_address_nobody_could_have_is_none() {
    for address in ["ann", "a n@example.com", "@example.com", "ann@", ""] {
        let line = Line { email: Some(address.into()), ..line(1, 1, "9.5", 20) };
        compare(&[line], &[], None, |findings| {
            assert_eq!(findings.figures.no_email.count, 1, "{address}");
            assert!(findings.differences.is_empty(), "{address}");
        });
    }
}

#[test]
fn nothing_differs_when_nothing_changed() {
    let held = matched(1, Some("new"), totals(1, "9.50"));
    assert_eq!(why(line(1, 1, "9.5", 20), Some(held)), None);
}

#[test]
fn a_customer_moves_enters_and_leaves() {
    let was = |segment| Some(matched(1, segment, totals(1, "9.5")));
    assert_eq!(why(line(1, 2, "20.0", 20), was(Some("new"))), Some(Why::Moved));
    assert_eq!(why(line(1, 1, "9.5", 20), was(None)), Some(Why::Entered));
    assert_eq!(why(line(1, 0, "0.0", 20), was(Some("new"))), Some(Why::Left));
    assert_eq!(why(line(1, 1, "9.5", 20), was(Some("gold"))), Some(Why::Moved));
    assert_eq!(why(line(1, 0, "0.0", 20), was(Some("gold"))), Some(Why::Left));
}

#[test]
fn what_we_read_later_than_the_export_is_believed() {
    let mut held = matched(1, Some("new"), totals(1, "9.5"));
    held.read = Some((at(30), at(21), totals(1, "9.5")));
    let line = Line { email: Some("other@example.com".into()), ..line(1, 7, "700.0", 20) };
    assert_eq!(why(line.clone(), Some(held.clone())), None);
    held.read = Some((at(30), at(19), totals(1, "9.5")));
    assert_eq!(why(line, Some(held)), Some(Why::Moved));
}

#[test]
fn figures_that_caught_up_without_another_mark_are_believed_if_they_were_read_later() {
    let mut held = matched(1, Some("new"), totals(1, "9.5"));
    let line = line(1, 7, "700.0", 20);
    held.read = Some((at(EXPORT - 1), at(20), totals(1, "9.5")));
    assert_eq!(why(line.clone(), Some(held.clone())), Some(Why::Moved));
    held.read = Some((at(EXPORT), at(20), totals(1, "9.5")));
    assert_eq!(why(line, Some(held)), None);
}

#[test]
fn a_matched_customer_without_an_address_any_more_counts_as_leaving() {
    let held = matched(1, Some("new"), totals(1, "9.5"));
    let line = Line { email: None, ..line(1, 1, "9.5", 21) };
    compare(&[line], &[held], None, |findings| {
        assert_eq!((findings.figures.placed, findings.figures.moved), (1, 1));
    });
}

#[test]
fn a_matched_customer_with_another_address_counts_as_leaving_whatever_else_differs() {
    let held = matched(1, Some("new"), totals(1, "9.5"));
    for (orders, to) in [(1, Why::Address), (7, Why::Moved), (0, Why::Left)] {
        let line = Line { email: Some("bea@example.com".into()), ..line(1, orders, "9.5", 20) };
        compare(&[line], from_ref(&held), None, |findings| {
            assert_eq!(findings.differences.iter().next().unwrap().why, to);
            assert_eq!((findings.figures.placed, findings.figures.moved), (1, 1));
            assert_eq!(findings.figures.movements[0].to, Standing::Outside);
        });
    }
}

#[test]
fn an_address_that_we_read_later_than_the_export_moves_nobody() {
    let mut held = matched(1, Some("new"), totals(1, "9.5"));
    held.read = Some((at(30), at(21), totals(1, "9.5")));
    let line = Line { email: Some("bea@example.com".into()), ..line(1, 1, "9.5", 20) };
    compare(&[line], &[held], None, |findings| assert_eq!(findings.figures.moved, 0));
}

#[test]
fn a_segment_whose_group_is_another_counts_as_a_movement() {
    let mut held = matched(1, Some("new"), totals(1, "9.5"));
    if let HeldState::Matched { in_place, .. } = &mut held.state {
        *in_place = false;
    }
    compare(&[line(1, 1, "9.5", 20)], &[held], None, |findings| {
        assert_eq!((findings.figures.placed, findings.figures.moved), (1, 1));
    });
}

#[test]
fn a_book_that_changed_moves_whom_we_read_later_too() {
    let mut held = matched(1, Some("vip"), totals(1, "9.5"));
    held.read = Some((at(30), at(21), totals(1, "9.5")));
    assert_eq!(why(line(1, 7, "700.0", 20), Some(held)), Some(Why::Moved));
}

#[test]
fn another_group_for_the_same_segment_is_noticed() {
    let mut held = matched(1, Some("new"), totals(1, "9.5"));
    if let HeldState::Matched { in_place, .. } = &mut held.state {
        *in_place = false;
    }
    assert_eq!(why(line(1, 1, "9.5", 20), Some(held)), Some(Why::Remapped));
}

#[test]
fn other_totals_differ_and_so_do_uncertain_ones() {
    let mut held = matched(1, Some("new"), totals(1, "9.5"));
    assert_eq!(why(line(1, 1, "9.51", 20), Some(held.clone())), Some(Why::Totals));
    if let HeldState::Matched { shown, .. } = &mut held.state {
        *shown = None;
    }
    assert_eq!(why(line(1, 1, "9.5", 20), Some(held)), Some(Why::Totals));
}

#[test]
fn another_address_or_none_differs() {
    let held = matched(1, Some("new"), totals(1, "9.5"));
    let with = |email: Option<&str>| Line { email: email.map(Into::into), ..line(1, 1, "9.5", 20) };
    assert_eq!(why(with(Some("ANN@example.com")), Some(held.clone())), None);
    assert_eq!(why(with(Some("bea@example.com")), Some(held.clone())), Some(Why::Address));
    assert_eq!(why(with(None), Some(held)), Some(Why::Address));
}

#[test]
fn who_was_not_found_is_looked_for_again_only_with_reason() {
    let not_found = |address, retry| Some(unmatched(1, Some(address), true, retry));
    assert_eq!(why(line(1, 1, "9.5", 20), not_found("ann@example.com", false)), None);
    assert_eq!(why(line(1, 1, "9.5", 20), not_found("ann@example.com", true)), Some(Why::Retry));
    assert_eq!(why(line(1, 1, "9.5", 20), not_found("old@example.com", false)), Some(Why::Address));
    assert_eq!(why(line(1, 0, "0.0", 20), not_found("old@example.com", true)), None);
    let had_none = Some(unmatched(1, None, true, false));
    assert_eq!(why(line(1, 1, "9.5", 20), had_none), Some(Why::Address));
}

#[test]
fn a_tombstone_is_lifted_only_by_a_later_change() {
    assert_eq!(why(line(1, 1, "9.5", 20), Some(tombstone(1, at(20)))), None);
    assert_eq!(why(line(1, 1, "9.5", 21), Some(tombstone(1, at(20)))), Some(Why::Returned));
    assert_eq!(why(line(1, 0, "0.0", 21), Some(tombstone(1, at(20)))), None);
}

#[test]
fn a_customer_whose_tombstone_stands_counts_in_no_sum() {
    compare(&[line(1, 1, "9.5", 20)], &[tombstone(1, at(20))], None, |findings| {
        assert_eq!(findings.figures.tombstones, 1);
        assert_eq!(findings.figures.unchanged, 1);
        assert_eq!(findings.figures.segments[2].cohort.customers(), 0);
    });
}

#[test]
fn a_known_customer_who_is_not_exported_is_gone_unless_read_since() {
    let mut held = matched(1, Some("new"), totals(1, "9.5"));
    let gone = |held: &[Held]| {
        compare(&[line(2, 0, "0.0", 20)], held, None, |findings| {
            findings.differences.iter().map(|d| (d.id.get(), d.why)).collect::<Vec<_>>()
        })
    };
    assert_eq!(gone(&[held.clone()]), [(1, Why::Gone)]);
    assert_eq!(gone(&[unmatched(1, None, true, false)]), [(1, Why::Gone)]);
    assert_eq!(gone(&[tombstone(1, at(1))]), []);
    held.read = Some((at(EXPORT), at(EXPORT), totals(1, "9.5")));
    assert_eq!(gone(&[held]), []);
}

#[test]
fn another_currency_never_differs_and_is_counted() {
    let held = matched(1, Some("new"), totals(1, "9.5"));
    let line = Line { currency: "EUR", ..line(1, 7, "700.0", 20) };
    compare(&[line], &[held], None, |findings| {
        assert!(findings.differences.is_empty());
        assert_eq!(findings.figures.other_currency.count, 1);
        assert_eq!(findings.figures.unchanged, 0);
        assert_eq!((findings.figures.placed, findings.figures.moved), (1, 0));
    });
}

#[test]
fn what_we_read_later_may_be_in_another_currency_too() {
    let mut held = matched(1, Some("new"), totals(1, "9.5"));
    held.read = Some((at(30), at(30), totals_in(1, "9.5", "EUR")));
    compare(&[line(1, 7, "700.0", 20)], &[held], None, |findings| {
        assert!(findings.differences.is_empty());
        assert_eq!(findings.figures.other_currency.count, 1);
    });
}

#[test]
fn movements_say_who_would_go_where_and_what_they_spent() {
    let held = [
        matched(1, Some("new"), totals(1, "9.5")),
        matched(2, Some("new"), totals(1, "9.5")),
        matched(3, Some("gold"), totals(1, "9.5")),
        matched(4, Some("vip"), totals(9, "900")),
    ];
    let lines = [
        line(1, 2, "20.25", 20),
        line(2, 3, "30.5", 20),
        line(3, 0, "0.0", 20),
        line(5, 1, "5.0", 20),
    ];
    compare(&lines, &held, None, |findings| {
        let segment = |name: &str| Standing::Segment(name.parse().unwrap());
        let movements = findings.figures.movements.iter();
        let movements: Vec<_> = movements
            .map(|m| (m.from.clone(), m.to.clone(), m.customers, m.spent.to_string()))
            .collect();
        assert_eq!(movements[0], (segment("new"), segment("returning"), 2, "50.75".into()));
        assert_eq!(
            findings.figures.movements[0].examples,
            [CustomerId::new(1), CustomerId::new(2)]
        );
        assert_eq!(movements.len(), 4);
        assert!(movements.contains(&(segment("gold"), Standing::Outside, 1, "0".into())));
        assert!(movements.contains(&(Standing::Outside, segment("new"), 1, "5".into())));
        assert!(movements.contains(&(segment("vip"), Standing::Gone, 1, "900".into())));
        let shift = findings.figures.shift(None);
        assert_eq!((shift.placed, shift.moved, shift.customers), (4, 4, 4));
    });
}

/// A matched customer whom a person wants to be somewhere else.
fn pinned(to: PinnedTo, segment: Option<&'static str>, shown: Totals) -> Held {
    Held { pin: Some(to), ..matched(1, segment, shown) }
}

fn vip() -> PinnedTo {
    PinnedTo::Segment("vip".parse().unwrap())
}

#[test]
fn a_pinned_customer_differs_from_where_a_person_wants_them_and_from_nowhere_else() {
    let shown = totals(1, "9.5");
    let line = || line(1, 1, "9.5", 20);
    assert_eq!(why(line(), Some(pinned(vip(), Some("new"), shown))), Some(Why::Moved));
    assert_eq!(why(line(), Some(pinned(vip(), Some("vip"), shown))), None);
    assert_eq!(why(line(), Some(pinned(vip(), None, shown))), Some(Why::Entered));
    assert_eq!(why(line(), Some(pinned(PinnedTo::Outside, Some("new"), shown))), Some(Why::Left));
    assert_eq!(why(line(), Some(pinned(PinnedTo::Outside, None, shown))), None);
}

#[test]
fn the_figures_say_who_is_pinned_and_whose_pin_cannot_be_followed() {
    let shown = totals(1, "9.5");
    compare(&[line(1, 1, "9.5", 20)], &[pinned(vip(), Some("new"), shown)], None, |findings| {
        let figures = &findings.figures;
        assert_eq!((figures.pinned, figures.pins_unknown.count), (1, 0));
        assert_eq!(figures.segments[0].cohort.customers(), 1, "they count as VIP");
        assert_eq!((figures.placed, figures.moved), (1, 1), "the guard counts them");
    });
    let gold = PinnedTo::Segment("gold".parse().unwrap());
    compare(&[line(1, 1, "9.5", 20)], &[pinned(gold, Some("new"), shown)], None, |findings| {
        let figures = &findings.figures;
        assert!(findings.differences.is_empty(), "the rules decide");
        assert_eq!(
            (figures.pinned, &figures.pins_unknown.examples[..]),
            (0, &[CustomerId::new(1)][..])
        );
    });
}

#[test]
fn who_is_pinned_before_anybody_has_looked_for_them_is_looked_for() {
    let never_ordered = line(1, 0, "0.0", 20);
    let unlooked = Held { pin: Some(vip()), ..unmatched(1, None, false, false) };
    assert_eq!(why(never_ordered, Some(unlooked)), Some(Why::New));
    let outside = Held { pin: Some(PinnedTo::Outside), ..unmatched(1, None, false, false) };
    assert_eq!(why(line(1, 9, "900.0", 20), Some(outside)), None);
}

#[test]
fn a_pin_is_followed_whatever_the_currency() {
    let shown = totals(1, "9.5");
    let line = Line { currency: "EUR", ..line(1, 1, "9.5", 20) };
    compare(&[line], &[pinned(vip(), Some("new"), shown)], None, |findings| {
        let figures = &findings.figures;
        assert_eq!(findings.differences.iter().next().unwrap().why, Why::Moved);
        assert_eq!((figures.pinned, figures.other_currency.count), (1, 0));
        assert_eq!(figures.segments[0].cohort.customers(), 0, "no sum holds another currency");
    });
}

#[test]
fn who_is_pinned_and_has_another_currency_is_looked_at_as_their_totals_are_not_compared() {
    let shown = totals_in(1, "9.5", "EUR");
    let line = || Line { currency: "EUR", ..line(1, 1, "9.5", 20) };
    assert_eq!(why(line(), Some(pinned(vip(), Some("vip"), shown))), Some(Why::Totals));
    assert_eq!(why(line(), Some(matched(1, Some("new"), shown))), None, "nobody decided for them");
}
