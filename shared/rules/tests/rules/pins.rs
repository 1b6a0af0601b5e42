//! What a person decides for one customer.

use proptest::prelude::*;
use rules::{
    Currency, Decision, Money, PinReason, PinnedTo, RuleBook, Ruling, SegmentName, Totals,
};

use crate::arbitrary::{any_book, any_totals};

/// A name that no generated book has.
fn unknown() -> PinnedTo {
    PinnedTo::Segment("gold".parse().unwrap())
}

fn to(book: &RuleBook, place: usize) -> PinnedTo {
    let segments = book.segments();
    PinnedTo::Segment(segments[place % segments.len()].name().clone())
}

proptest! {
    #[test]
    fn a_pin_wins_over_every_rule(book in any_book(), totals in any_totals(), place in 0_usize..5) {
        let pin = to(&book, place);
        let ruling = book.rule(&totals, Some(&pin));
        let segment = ruling.segment().unwrap().map(|segment| segment.name().clone());
        prop_assert_eq!(segment.as_ref(), pin.segment());
        prop_assert_eq!(ruling.range(), None);
        prop_assert_eq!(book.rule(&totals, Some(&PinnedTo::Outside)), Ruling::Pinned(None));
    }

    #[test]
    fn without_a_pin_and_with_one_to_an_unknown_segment_the_rules_decide(
        book in any_book(),
        totals in any_totals(),
    ) {
        let decision = book.decide(&totals);
        prop_assert_eq!(book.rule(&totals, None), Ruling::ByRules(decision));
        prop_assert_eq!(book.rule(&totals, Some(&unknown())), Ruling::PinUnknown(decision));
        let (segment, range) = match decision {
            Decision::Segment { segment, range } => (Some(segment), Some(range)),
            _ => (None, None),
        };
        for ruling in [book.rule(&totals, None), book.rule(&totals, Some(&unknown()))] {
            prop_assert_eq!((ruling.segment(), ruling.range()), (Ok(segment), range));
        }
    }

    #[test]
    fn a_pin_can_be_followed_if_it_decides(book in any_book(), totals in any_totals(), place in 0_usize..5) {
        for pin in [to(&book, place), PinnedTo::Outside, unknown()] {
            let decides = matches!(book.rule(&totals, Some(&pin)), Ruling::Pinned(_));
            prop_assert_eq!(book.can_follow(&pin), decides);
        }
    }
}

#[test]
fn a_pin_needs_no_figures_to_compare_so_their_currency_does_not_matter() {
    let book = RuleBook::from_toml(include_str!("../../../../segments.toml")).unwrap();
    let found: Currency = "EUR".parse().unwrap();
    let totals = Totals { orders: 1, spent: Money::new(1.into(), found) };
    let vip = PinnedTo::Segment("vip".parse().unwrap());
    assert_eq!(book.rule(&totals, Some(&vip)).segment(), Ok(Some(&book.segments()[0])));
    assert_eq!(book.rule(&totals, None).segment(), Err(found));
    assert_eq!(book.rule(&totals, Some(&unknown())).segment(), Err(found));
}

#[test]
fn a_reason_is_one_line_that_reads_as_it_is() {
    let longest = "\u{e9}".repeat(200);
    for good in ["asked by the press team", "  with space around it ", longest.as_str()] {
        assert_eq!(good.parse::<PinReason>().unwrap().as_str(), good.trim());
    }
    let too_long = "a".repeat(201);
    let breaks = ["two\nlines", "two\u{85}lines", "two\u{2028}lines", "two\u{2029}lines"];
    let marks = ['\u{200e}', '\u{200f}', '\u{61c}', '\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}'];
    let marked = marks.map(|mark| format!("a{mark}b"));
    let bad = ["", "   ", "\u{1b}[2J", &too_long].into_iter().chain(breaks);
    for bad in bad.chain(marked.iter().map(String::as_str)) {
        let error = bad.parse::<PinReason>().unwrap_err();
        assert_eq!(error.to_string(), "not a reason (one line of 1 to 200 characters)");
        assert!(serde_json::from_value::<PinReason>(bad.into()).is_err(), "{bad}");
    }
}

#[test]
fn a_reason_does_not_show_in_debug() {
    let reason: PinReason = "Ann called from 555-0100".parse().unwrap();
    assert_eq!(format!("{reason:?}"), "PinReason(…)");
}

#[test]
fn the_stored_form_tells_a_segment_called_none_from_no_segment() {
    let none: SegmentName = "outside".parse().unwrap();
    for (pin, stored) in
        [(PinnedTo::Segment(none), r#"{"segment":"outside"}"#), (PinnedTo::Outside, r#""outside""#)]
    {
        assert_eq!(serde_json::to_string(&pin).unwrap(), stored);
        assert_eq!(serde_json::from_str::<PinnedTo>(stored).unwrap(), pin);
    }
}
