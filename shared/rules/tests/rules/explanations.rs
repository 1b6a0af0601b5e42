//! Why a book decides as it does.

use proptest::prelude::*;
use rules::{Decision, Explanation, Money, RuleBook, Totals, Verdict};

use crate::arbitrary::{any_book, any_totals};

const DEFAULT: &str = include_str!("../../../../segments.toml");

fn totals(orders: u64, spent: &str, currency: &str) -> Totals {
    Totals { orders, spent: Money::new(spent.parse().unwrap(), currency.parse().unwrap()) }
}

/// A line for each range: its segment, what it asks for, and what does not hold.
fn lines(explanation: &Explanation<'_>) -> Vec<String> {
    let of = |judged: &rules::SegmentVerdict<'_>| -> Vec<String> {
        let said = judged.ranges.iter().map(|range| {
            let misses: Vec<String> = range.misses.iter().map(ToString::to_string).collect();
            format!("{}: {}: {}", judged.segment.name(), range.range, misses.join("; "))
        });
        said.collect()
    };
    explanation.segments().iter().flat_map(of).collect()
}

#[test]
fn every_rule_says_what_does_not_hold() {
    let book = RuleBook::from_toml(DEFAULT).unwrap();
    let explanation = book.explain(&totals(1, "45.5", "USD"));
    assert_eq!(
        lines(&explanation),
        [
            "vip: 6 orders or more: 1 order, and 6 or more are asked for",
            "vip: 500.00 USD or more: 45.50 USD spent, and 500.00 USD or more is asked for",
            "returning: 2 to 5 orders: 1 order, and 2 or more are asked for",
            "new: 1 order: ",
        ]
    );
    let verdicts: Vec<_> = explanation.segments().iter().map(|judged| judged.verdict).collect();
    assert_eq!(verdicts, [Verdict::NoMatch, Verdict::NoMatch, Verdict::Wins]);
}

#[test]
fn a_rule_that_matches_below_the_first_one_says_which_one_wins() {
    let book = RuleBook::from_toml(DEFAULT).unwrap();
    let explanation = book.explain(&totals(3, "500", "USD"));
    let by = &book.segments()[0];
    let verdicts: Vec<_> = explanation.segments().iter().map(|judged| judged.verdict).collect();
    assert_eq!(verdicts, [Verdict::Wins, Verdict::Outranked { by }, Verdict::NoMatch]);
    let misses = &explanation.segments()[2].ranges[0].misses;
    assert_eq!(misses[0].to_string(), "3 orders, and 1 is the most");
}

#[test]
fn another_currency_is_the_only_reason_there_is() {
    let book = RuleBook::from_toml(DEFAULT).unwrap();
    let explanation = book.explain(&totals(9, "900", "EUR"));
    let told = lines(&explanation);
    assert!(told.iter().all(|line| line.ends_with("the money is in EUR, and the book is in USD")));
    let found = "EUR".parse().unwrap();
    assert_eq!(explanation.decision(), Decision::OtherCurrency { found });
}

#[test]
fn an_amount_that_is_too_high_is_told_as_it_is_compared() {
    let book = RuleBook::from_toml(
        "currency = \"USD\"\n[[segment]]\nname = \"low\"\nlabel = \"Low\"\nokta_group_name = \"Low\"\n\
         when = [{ spend_at_least = 1, spend_below = 20 }]\n",
    )
    .unwrap();
    let miss = |spent| book.explain(&totals(1, spent, "USD")).segments()[0].ranges[0].misses[0];
    assert_eq!(miss("20").to_string(), "20.00 USD spent, and it has to be below 20.00 USD");
    assert_eq!(miss("-5").to_string(), "0.00 USD spent, and 1.00 USD or more is asked for");
}

proptest! {
    #[test]
    fn an_explanation_agrees_with_the_decision(book in any_book(), totals in any_totals()) {
        let explanation = book.explain(&totals);
        prop_assert_eq!(explanation.decision(), book.decide(&totals));
        for (judged, segment) in explanation.segments().iter().zip(book.segments()) {
            prop_assert_eq!(judged.segment, segment);
            for (said, range) in judged.ranges.iter().zip(segment.when()) {
                prop_assert_eq!(said.range, range);
                prop_assert_eq!(said.matches(), range.matches(&totals));
            }
        }
    }

    #[test]
    fn of_the_rules_that_match_the_first_wins_and_outranks_the_others(
        book in any_book(),
        totals in any_totals(),
    ) {
        let explanation = book.explain(&totals);
        let mut matching = explanation
            .segments()
            .iter()
            .filter(|judged| judged.ranges.iter().any(|range| range.misses.is_empty()));
        if let Some(first) = matching.next() {
            prop_assert_eq!(first.verdict, Verdict::Wins);
            for later in matching {
                prop_assert_eq!(later.verdict, Verdict::Outranked { by: first.segment });
            }
        }
    }
}
