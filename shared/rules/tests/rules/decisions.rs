//! What a book says about a customer.

use proptest::prelude::*;
use rules::{Currency, Decision, Money, RuleBook, TABLE_DECIMALS, Totals};

use crate::arbitrary::{any_book, any_totals};

fn book(when: &str) -> RuleBook {
    RuleBook::from_toml(&format!(
        "currency = \"USD\"\n[[segment]]\nname = \"only\"\nlabel = \"Only\"\n\
         okta_group_name = \"Only\"\nwhen = {when}\n"
    ))
    .unwrap()
}

fn totals(orders: u64, spent: &str, currency: &str) -> Totals {
    let currency = currency.parse().unwrap();
    Totals { orders, spent: Money::new(spent.parse().unwrap(), currency) }
}

#[test]
fn the_lower_amount_belongs_and_the_upper_does_not() {
    let book = book(r#"[{ spend_at_least = "10", spend_below = "20" }]"#);
    let matches = |spent: &str| book.decide(&totals(1, spent, "USD")) != Decision::NoSegment;
    assert!(!matches("9.99") && matches("10.00") && matches("19.99") && !matches("20"));
}

#[test]
fn both_numbers_of_orders_belong() {
    let book = book("[{ orders_at_least = 2, orders_at_most = 5 }]");
    let matches = |orders| book.decide(&totals(orders, "0", "USD")) != Decision::NoSegment;
    assert!(!matches(1) && matches(2) && matches(5) && !matches(6));
}

#[test]
fn all_bounds_of_a_range_must_hold_and_any_range_will_do() {
    let book = book(r#"[{ orders_at_least = 2, spend_at_least = "10" }, { orders_at_most = 0 }]"#);
    let segment = &book.segments()[0];
    let decide = |orders, spent| book.decide(&totals(orders, spent, "USD"));
    assert_eq!(decide(2, "10"), Decision::Segment { segment, range: 0 });
    assert_eq!(decide(0, "10"), Decision::Segment { segment, range: 1 });
    assert_eq!(decide(2, "9"), Decision::NoSegment);
    assert_eq!(decide(1, "10"), Decision::NoSegment);
}

#[test]
fn ranges_read_as_people_would_say_them() {
    for (range, words) in [
        ("orders_at_least = 0", "any customer"),
        ("orders_at_least = 1", "1 order or more"),
        ("orders_at_most = 0", "0 orders"),
        ("orders_at_most = 5", "0 to 5 orders"),
        ("orders_at_least = 1, orders_at_most = 1", "1 order"),
        ("spend_at_least = 0", "any customer"),
        ("spend_at_least = 0, spend_below = 5", "below 5.00 USD"),
        ("spend_at_least = 0, orders_at_least = 2", "2 orders or more"),
        (
            "orders_at_least = 2, orders_at_most = 5, spend_at_least = 100, spend_below = 500",
            "2 to 5 orders and 100.00 USD or more and below 500.00 USD",
        ),
    ] {
        let book = book(&format!("[{{ {range} }}]"));
        assert_eq!(book.segments()[0].when()[0].to_string(), words, "{range}");
    }
}

#[test]
fn money_below_zero_counts_as_zero() {
    let book = book(r#"[{ spend_at_least = "0", spend_below = "1" }]"#);
    let segment = &book.segments()[0];
    let decision = book.decide(&totals(1, "-25.50", "USD"));
    assert_eq!(decision, Decision::Segment { segment, range: 0 });
}

#[test]
fn another_currency_is_never_compared_even_if_only_orders_matter() {
    let book = book("[{ orders_at_least = 0 }]");
    for code in ["EUR", "ANG"] {
        let found: Currency = code.parse().unwrap();
        assert_eq!(book.decide(&totals(9, "900", code)), Decision::OtherCurrency { found });
    }
}

proptest! {
    #[test]
    fn the_first_range_that_holds_in_order_of_priority_decides(
        book in any_book(),
        totals in any_totals(),
    ) {
        let mut expected = Decision::NoSegment;
        let spent = totals.spent.amount.max(0.into());
        for segment in book.segments().iter().rev() {
            for (index, range) in segment.when().iter().enumerate().rev() {
                let above = range.spend_at_least().is_none_or(|least| least.amount <= spent);
                let below = range.spend_below().is_none_or(|limit| spent < limit.amount);
                let orders = range.orders_at_least().unwrap_or(0)
                    ..=range.orders_at_most().unwrap_or(u64::MAX);
                if above && below && orders.contains(&totals.orders) {
                    expected = Decision::Segment { segment, range: index };
                }
            }
        }
        prop_assert_eq!(book.decide(&totals), expected);
    }
}

/// Which segment a decision names, by its place in the book.
fn place(book: &RuleBook, totals: &Totals) -> Option<usize> {
    match book.decide(totals) {
        Decision::Segment { segment, .. } => {
            book.segments().iter().position(|other| other == segment)
        }
        _ => None,
    }
}

proptest! {
    #[test]
    fn a_table_decides_as_its_book_does(book in any_book(), totals in any_totals()) {
        let mut spent = totals.spent.amount;
        spent.rescale(TABLE_DECIMALS);
        let spent = i64::try_from(spent.mantissa()).unwrap();
        prop_assert_eq!(book.table().segment(totals.orders, spent), place(&book, &totals));
    }
}

#[test]
fn a_table_knows_the_largest_bounds_and_figures() {
    let book = book(r#"[{ spend_at_least = "1000000000000", orders_at_least = 1000000000 }]"#);
    let table = book.table();
    assert_eq!(table.segment(1_000_000_000, 10_000_000_000_000_000), Some(0));
    assert_eq!(table.segment(1_000_000_000, 9_999_999_999_999_999), None);
    assert_eq!(table.segment(999_999_999, i64::MAX), None);
    assert_eq!(table.segment(u64::MAX, i64::MAX), Some(0));
    assert_eq!(table.segment(0, i64::MIN), None);
}
