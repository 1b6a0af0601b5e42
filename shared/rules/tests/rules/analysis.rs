//! The analysis, against examples and against brute force.

use std::collections::BTreeSet;

use proptest::prelude::*;
use rules::{Analysis, Decision, Finding, Money, Range, RuleBook, Segment, Totals};
use rust_decimal::Decimal;

use crate::arbitrary::any_book;

/// One segment, with the ranges of its `when`.
fn segment(name: &str, when: &str) -> String {
    format!(
        "[[segment]]\nname = \"{name}\"\nlabel = \"{name}\"\nokta_group_name = \"{name}\"\n\
         when = [{when}]\n"
    )
}

fn book_of(segments: impl Iterator<Item = String>) -> RuleBook {
    let segments: Vec<String> = segments.collect();
    RuleBook::from_toml(&format!("currency = \"USD\"\n{}", segments.concat())).unwrap()
}

/// A book of segments a, b, c and d.
fn book(whens: &[&str]) -> RuleBook {
    book_of(["a", "b", "c", "d"].into_iter().zip(whens).map(|(name, when)| segment(name, when)))
}

fn analysed(whens: &[&str]) -> String {
    Analysis::of(&book(whens)).to_string()
}

#[test]
fn a_book_for_everyone_has_nothing_to_say() {
    let analysis = Analysis::of(&book(&["{ orders_at_least = 6 }", "{ orders_at_least = 0 }"]));
    assert!(analysis.is_clean());
    assert_eq!(analysis.to_string(), "every customer has a segment, and every range can match");
}

#[test]
fn a_segment_below_one_that_takes_everything_is_shadowed() {
    assert_eq!(
        analysed(&["{ orders_at_least = 0 }", "{ orders_at_least = 6 }"]),
        "warning: segment \"b\" can never win: \"a\" takes every customer of it"
    );
}

#[test]
fn several_segments_can_shadow_one_together() {
    assert_eq!(
        analysed(&[
            "{ orders_at_least = 3 }",
            "{ spend_at_least = 500 }",
            "{ orders_at_most = 2, spend_below = 500 }",
            "{ spend_at_least = 499.99, spend_below = 500.01, orders_at_least = 2 }",
        ]),
        "warning: segment \"d\" can never win: \"a\", \"b\" and \"c\" take every customer of it"
    );
}

#[test]
fn two_segments_can_shadow_one_together() {
    assert_eq!(
        analysed(&[
            "{ orders_at_least = 3 }",
            "{ orders_at_least = 1, orders_at_most = 2 }",
            "{ orders_at_least = 2 }",
            "{ orders_at_most = 0 }",
        ]),
        "warning: segment \"c\" can never win: \"a\" and \"b\" take every customer of it"
    );
}

#[test]
fn one_cent_less_and_it_is_not_shadowed() {
    let shadow = "{ spend_at_least = 10, spend_below = 20 }";
    assert!(
        !Analysis::of(&book(&[shadow, "{ spend_at_least = 10, spend_below = 20 }"])).is_clean()
    );
    assert!(
        Analysis::of(&book(&[shadow, "{ spend_at_least = 9.99, spend_below = 20 }"])).is_clean()
    );
}

#[test]
fn a_range_below_one_that_takes_it_can_never_match() {
    let whens = [
        "{ orders_at_least = 6 }",
        "{ orders_at_least = 1 }, { orders_at_least = 7, spend_at_least = 5 }",
    ];
    let analysis = Analysis::of(&book(&whens));
    assert!(!analysis.is_clean());
    assert_eq!(
        analysis.to_string(),
        "warning: segment \"b\": when[1] (7 orders or more and 5.00 USD or more) can never match: \
         \"a\" takes every customer of it\n\
         note: no segment: 0 orders, any spend"
    );
}

#[test]
fn a_range_that_adds_nothing_is_redundant_and_of_two_equal_ones_the_later() {
    assert_eq!(
        analysed(&["{ orders_at_least = 6 }, { orders_at_least = 0 }, { orders_at_least = 0 }"]),
        "note: segment \"a\": when[0] (6 orders or more) is redundant: without it, every customer \
         has the same segment\n\
         note: segment \"a\": when[2] (any customer) is redundant: without it, every customer has \
         the same segment"
    );
}

#[test]
fn gaps_read_as_people_would_say_them() {
    assert_eq!(
        analysed(&[
            "{ orders_at_least = 6 }, { orders_at_least = 1, spend_below = 100 }, { orders_at_least = 1, spend_at_least = 500 }"
        ]),
        "note: no segment: 0 orders, any spend\n\
         note: no segment: 1 to 5 orders, 100.00 USD or more and below 500.00 USD"
    );
    assert_eq!(
        analysed(&["{ orders_at_least = 1, spend_at_least = 10 }"]),
        "note: no segment: 0 orders, any spend\n\
         note: no segment: 1 order or more, below 10.00 USD"
    );
    assert_eq!(
        analysed(&["{ spend_at_least = 10 }"]),
        "note: no segment: any number of orders, below 10.00 USD"
    );
}

#[test]
fn gaps_are_joined_the_way_that_makes_fewer() {
    // Joined along the orders first, the gap would be in three parts.
    assert_eq!(
        analysed(&[
            "{ orders_at_most = 4, spend_at_least = 10 }, { orders_at_least = 6, spend_at_least = 10 }"
        ]),
        "note: no segment: any number of orders, below 10.00 USD\n\
         note: no segment: 5 orders, 10.00 USD or more"
    );
}

#[test]
fn a_book_as_large_as_can_be_is_analysed() {
    let when = |number: usize| {
        let edges = (0..rules::MAX_RANGES).map(|range| number * rules::MAX_RANGES + range);
        let ranges: Vec<String> = edges
            .map(|edge| format!("{{ orders_at_least = {edge}, orders_at_most = {edge} }}"))
            .collect();
        ranges.join(", ")
    };
    let segments =
        (0..rules::MAX_SEGMENTS).map(|number| segment(&format!("s{number}"), &when(number)));
    let analysis = Analysis::of(&book_of(segments));
    assert_eq!(analysis.to_string(), "note: no segment: 1000 orders or more, any spend");
}

/// Every edge of a book and its neighbours, on both axes. Between them nothing can change.
fn grid(book: &RuleBook) -> Vec<Totals> {
    let cent = Decimal::new(1, 2);
    let mut orders = BTreeSet::from([0]);
    let mut spend = BTreeSet::from([Decimal::ZERO]);
    for range in book.segments().iter().flat_map(Segment::when) {
        for edge in range.orders_at_least().into_iter().chain(range.orders_at_most()) {
            orders.extend([edge.saturating_sub(1), edge, edge + 1]);
        }
        for edge in range.spend_at_least().into_iter().chain(range.spend_below()) {
            spend.extend([
                (edge.amount - cent).max(Decimal::ZERO),
                edge.amount,
                edge.amount + cent,
            ]);
        }
    }
    let currency = book.currency();
    let row = |orders| spend.iter().map(move |spend| (orders, *spend));
    orders
        .iter()
        .flat_map(|orders| row(*orders))
        .map(|(orders, spend)| Totals { orders, spent: Money::new(spend, currency) })
        .collect()
}

/// The names of who takes what matches the ranges before the segment at this place is asked; none if
/// a customer is left for it.
fn takers(book: &RuleBook, place: usize, ranges: &[Range], grid: &[Totals]) -> Option<Vec<String>> {
    let mut takers = BTreeSet::new();
    for totals in grid.iter().filter(|totals| ranges.iter().any(|range| range.matches(totals))) {
        let first = book.segments()[..place]
            .iter()
            .position(|segment| segment.when().iter().any(|range| range.matches(totals)));
        takers.insert(first?);
    }
    Some(takers.into_iter().map(|place| book.segments()[place].name().to_string()).collect())
}

fn names(by: &[rules::SegmentName]) -> Vec<String> {
    by.iter().map(ToString::to_string).collect()
}

/// The book without the redundant ranges its analysis names.
fn without_redundant(book: &RuleBook, analysis: &Analysis) -> RuleBook {
    let mut stored = serde_json::to_value(book).unwrap();
    for finding in analysis.findings().iter().rev() {
        if let Finding::RedundantRange { segment, index, .. } = finding {
            let place = book.segments().iter().position(|other| other.name() == segment).unwrap();
            stored["segments"][place]["when"].as_array_mut().unwrap().remove(*index);
        }
    }
    serde_json::from_value(stored).unwrap()
}

fn winner<'book>(book: &'book RuleBook, totals: &Totals) -> Option<&'book rules::SegmentName> {
    match book.decide(totals) {
        Decision::Segment { segment, .. } => Some(segment.name()),
        _ => None,
    }
}

proptest! {
    #[test]
    fn a_segment_is_shadowed_exactly_if_nobody_is_ever_in_it(book in any_book()) {
        let grid = grid(&book);
        let analysis = Analysis::of(&book);
        for (place, segment) in book.segments().iter().enumerate() {
            let wins = grid.iter().any(|totals| winner(&book, totals) == Some(segment.name()));
            let found = analysis.findings().iter().find_map(|finding| match finding {
                Finding::ShadowedSegment { segment: name, by } if name == segment.name() => Some(names(by)),
                _ => None,
            });
            prop_assert_eq!(found.is_some(), !wins);
            prop_assert_eq!(found, takers(&book, place, segment.when(), &grid));
        }
    }

    #[test]
    fn a_range_is_unreachable_exactly_if_those_above_take_everybody(book in any_book()) {
        let grid = grid(&book);
        let analysis = Analysis::of(&book);
        for (place, segment) in book.segments().iter().enumerate() {
            let shadowed = takers(&book, place, segment.when(), &grid).is_some();
            for (at, range) in segment.when().iter().enumerate() {
                let found = analysis.findings().iter().find_map(|finding| match finding {
                    Finding::UnreachableRange { segment: name, index, by, .. }
                        if name == segment.name() && *index == at => Some(names(by)),
                    _ => None,
                });
                let expected = takers(&book, place, &[*range], &grid);
                prop_assert_eq!(found, expected.filter(|_| !shadowed));
            }
        }
    }

    #[test]
    fn without_its_redundant_ranges_a_book_decides_the_same_and_needs_the_rest(book in any_book()) {
        let slim = without_redundant(&book, &Analysis::of(&book));
        let grid = grid(&book);
        for totals in &grid {
            prop_assert_eq!(winner(&book, totals), winner(&slim, totals));
        }
        for (place, segment) in slim.segments().iter().enumerate() {
            for range in segment.when() {
                let unreachable = takers(&slim, place, &[*range], &grid).is_some();
                let needed = grid.iter().any(|totals| {
                    let mut matching = segment.when().iter().filter(|other| other.matches(totals));
                    winner(&slim, totals) == Some(segment.name())
                        && matching.next() == Some(range)
                        && matching.next().is_none()
                });
                prop_assert!(needed != unreachable, "{} of {}", range, segment);
            }
        }
    }

    #[test]
    fn gaps_cover_exactly_who_has_no_segment_and_each_once(book in any_book()) {
        let analysis = Analysis::of(&book);
        for totals in grid(&book) {
            let gaps = analysis.findings().iter().filter(|finding| match finding {
                Finding::Gap(range) => range.matches(&totals),
                _ => false,
            });
            let expected = usize::from(book.decide(&totals) == Decision::NoSegment);
            prop_assert_eq!(gaps.count(), expected, "{}", totals);
        }
    }

    #[test]
    fn gaps_are_in_order_and_have_no_bound_that_says_nothing(book in any_book()) {
        let analysis = Analysis::of(&book);
        let gaps = analysis.findings().iter().filter_map(|finding| match finding {
            Finding::Gap(range) => Some((range.orders_at_least(), range.spend_at_least())),
            _ => None,
        });
        let gaps: Vec<_> =
            gaps.map(|(orders, spend)| (orders, spend.map(|spend| spend.amount))).collect();
        prop_assert!(gaps.is_sorted(), "{}", analysis);
        for (orders, spend) in gaps {
            prop_assert!(orders != Some(0) && spend != Some(Decimal::ZERO));
        }
    }

    #[test]
    fn warnings_come_before_notes(book in any_book()) {
        let analysis = Analysis::of(&book);
        prop_assert!(analysis.findings().is_sorted_by_key(Finding::severity));
        prop_assert_eq!(analysis.is_clean(), !analysis.to_string().contains("warning: "));
    }
}
