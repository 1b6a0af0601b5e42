//! What a line means, and what becomes of one that means nothing.

use comparison::{Bad, BadLine, Comparison, Fields, Known, MAX_LINE, Options, Why};
use proptest::prelude::*;
use rules::CustomerId;
use rust_decimal::Decimal;

use crate::export::{Line, Style, any_style};
use crate::shop::{Held, HeldState, at, book, compare, compare_text, line, totals};

fn matched(id: u64) -> Held {
    let totals = totals(1, "9.5");
    let state = HeldState::Matched {
        user: id,
        address: Some("ann@example.com"),
        shown: Some(totals),
        segment: Some("new"),
        in_place: true,
    };
    Held { id, read: None, state, pin: None }
}

/// Which line is bad, and how, of an export that also holds a good one.
fn bad(text: &str) -> Vec<(Bad, BadLine)> {
    let good = line(1, 1, "9.5", 20).text(&Style::usual());
    compare_text(&format!("{good}\n{text}\n"), &[matched(1), matched(77)], None, |findings| {
        assert_eq!((findings.figures.lines, findings.figures.customers), (2, 1));
        assert_eq!(findings.figures.unreadable(), 1);
        let bad = findings.figures.bad.iter();
        bad.map(|(bad, counted)| (*bad, counted.examples[0])).collect()
    })
}

fn usual() -> String {
    line(77, 1, "9.5", 20).text(&Style::usual())
}

#[test]
fn every_way_to_be_bad_has_a_name_and_names_the_customer() {
    let whose = BadLine::Customer(CustomerId::new(77));
    for (old, new, expected) in [
        ("\"1\"", "\"-1\"", Bad::Orders),
        ("\"1\"", "\"+1\"", Bad::Orders),
        ("\"1\"", "\"1.0\"", Bad::Orders),
        ("\"1\"", "1.5", Bad::Fields),
        ("\"1\"", "null", Bad::Fields),
        ("9.5", "9,5", Bad::Amount),
        ("9.5", "NaN", Bad::Amount),
        ("9.5", "99999999999999999999999999999999", Bad::Amount),
        ("\"9.5\"", "9.5", Bad::Fields),
        ("USD", "usd", Bad::Currency),
        ("USD", "", Bad::Currency),
        ("updatedAt", "createdAt", Bad::Fields),
        ("defaultEmailAddress", "email", Bad::Fields),
        ("amountSpent", "totalSpent", Bad::Fields),
        (
            "\"numberOfOrders\"",
            "\"updatedAt\":\"2026-11-21T12:00:00Z\",\"numberOfOrders\"",
            Bad::Fields,
        ),
        ("2023-11-14", "2023-11-31", Bad::UpdatedAt),
        ("2023-11-14T", "T", Bad::UpdatedAt),
        ("Z\"}", "Z\"", Bad::NotJson),
        ("Z\"}", "Z\"}}", Bad::NotJson),
        ("Z\"}", "Z\"},", Bad::NotJson),
        ("\"numberOfOrders\"", "numberOfOrders", Bad::NotJson),
    ] {
        let text = usual().replace(old, new);
        assert_ne!(text, usual(), "{old}");
        assert_eq!(bad(&text), [(expected, whose)], "{new} for {old}");
    }
}

#[test]
fn a_line_without_a_customers_id_is_named_by_its_place() {
    for (text, expected) in [
        (usual().replace("Customer", "Order"), Bad::Id),
        (usual().replace("\"id\"", "\"no\""), Bad::Fields),
        ("{}".into(), Bad::Fields),
        ("[]".into(), Bad::Fields),
        ("null".into(), Bad::Fields),
        ("Internal Server Error".into(), Bad::NotJson),
    ] {
        let found = bad(&text);
        let expected_line = if text.contains("Customer\\/77") {
            BadLine::Customer(CustomerId::new(77))
        } else {
            BadLine::Line(2)
        };
        assert_eq!(found, [(expected, expected_line)], "{text}");
    }
}

#[test]
fn the_customer_of_a_bad_line_is_not_gone() {
    for text in [
        usual().replace("USD", "usd"),
        usual()[..60].to_owned(),
        usual().replace("\"updatedAt\"", "updatedAt"),
        usual().replace("\\/", "/")[..50].to_owned(),
        usual().replace("\\/", "\\u002f").replace("USD", "usd"),
        usual().replace('}', &format!("{}}}", " ".repeat(MAX_LINE))),
    ] {
        compare_text(&text, &[matched(77)], None, |findings| {
            assert_eq!(findings.figures.unreadable(), 1, "{text:.80}");
            assert!(findings.differences.is_empty(), "{text:.80}");
            assert_eq!((findings.figures.placed, findings.figures.moved), (1, 0));
        });
    }
    compare_text("", &[matched(77)], None, |findings| {
        assert_eq!(findings.differences.iter().next().map(|d| d.why), Some(Why::Gone));
    });
}

#[test]
fn examples_end_at_twenty_and_counting_does_not() {
    let lines = "x\n".repeat(50);
    compare_text(&lines, &[], None, |findings| {
        let bad = &findings.figures.bad[&Bad::NotJson];
        assert_eq!((bad.count, bad.examples.len()), (50, 20));
        assert_eq!(bad.examples[19], BadLine::Line(20));
    });
}

#[test]
fn blank_lines_and_a_missing_last_newline_mean_nothing() {
    let text = format!("\n{}\r\n \n\n{}", usual(), line(78, 1, "1.0", 20).text(&Style::usual()));
    compare_text(&text, &[], None, |findings| {
        assert_eq!((findings.figures.lines, findings.figures.customers), (2, 2));
        assert_eq!(findings.figures.unreadable(), 0);
    });
}

#[test]
fn of_two_lines_of_one_customer_the_first_that_can_be_read_counts() {
    let bad = usual().replace("USD", "usd");
    let (one, two) = (line(77, 1, "9.5", 20), line(77, 9, "999.0", 20));
    let style = Style::usual();
    let text = format!("{bad}\n{}\n{}\n", one.text(&style), two.text(&style));
    for held in [vec![matched(77)], vec![]] {
        compare_text(&text, &held, None, |findings| {
            assert_eq!(findings.figures.customers, 1);
            assert_eq!(findings.figures.duplicates.count, 1);
            assert_eq!(findings.figures.duplicates.examples, [CustomerId::new(77)]);
            assert_eq!(findings.figures.segments[2].cohort.customers(), 1);
        });
    }
}

#[test]
fn customers_out_of_order_are_found_and_doubled_ones_noticed() {
    let ids = [9, 3, 12, 3, 9, 1, 12, 7, 5_000_000_000_000, 2];
    let lines: Vec<Line> = ids.into_iter().map(|id| line(id, 1, "9.5", 20)).collect();
    let held: Vec<Held> = [12, 9, 3].into_iter().map(matched).collect();
    compare(&lines, &held, None, |findings| {
        assert_eq!(findings.figures.duplicates.count, 3);
        let new: Vec<u64> = findings.differences.iter().map(|d| d.id.get()).collect();
        assert_eq!(new, [1, 2, 7, 5_000_000_000_000]);
    });
}

#[test]
fn figures_no_shop_has_are_decided_and_summed_exactly() {
    let lines = [
        line(1, 1, "0.000000000000000000001", 20),
        line(2, 1, "79228162514264337593543950335", 20),
        line(3, u64::MAX, "-5.5", 20),
        line(4, 1, "922337203685477.5807", 20),
    ];
    compare(&lines, &[], None, |findings| {
        let [vip, _, new] = findings.figures.segments.as_slice() else { panic!("three segments") };
        assert_eq!((vip.cohort.customers(), new.cohort.customers()), (1, 1));
        assert_eq!(new.cohort.spent().to_string(), "0.000000000000000000001");
        assert_eq!(findings.figures.unsummed, 2);
        assert_eq!(findings.differences.len(), 4);
    });
}

#[test]
fn without_some_fields_lines_can_be_compared_by_totals() {
    let text = r#"{"id":"gid:\/\/shopify\/Customer\/77","numberOfOrders":"1","amountSpent":{"amount":"9.5","currencyCode":"USD"}}"#;
    let (book, known) = (book(), Known::default());
    for (fields, customers) in [(Fields::All, 0), (Fields::Totals, 1)] {
        let options = Options { fields, ..Options::default() };
        let mut comparison = Comparison::new(&book, &known, options);
        comparison.feed(text.as_bytes());
        assert_eq!(comparison.finish().figures.customers, customers);
    }
}

proptest! {
    #[test]
    fn a_line_means_the_same_however_it_is_written(
        style in any_style(),
        id in 1_u64..=u64::MAX,
        orders in 0_u64..20,
        cents in -1_i64..100_000,
        decimals in 0_u32..7,
        email in prop::sample::select(vec![None, Some("ann@example.com"), Some(" \u{e9}@x.y"), Some("no")]),
        currency in prop::sample::select(vec!["USD", "USD", "EUR"]),
        fraction in prop::sample::select(vec!["", ".000", ".5"]),
    ) {
        let mut spent = Decimal::new(cents, 2);
        if decimals >= 2 {
            spent.rescale(decimals);
        }
        let updated_at = at(20).to_string().replace('Z', &format!("{fraction}Z"));
        let spent = spent.to_string();
        let line = Line { id, email: email.map(Into::into), orders, spent, currency, updated_at };
        let held = [Held { read: Some((at(20), at(20), totals(1, "9.5"))), ..matched(id) }];
        let said = |style: &Style| {
            compare_text(&line.text(style), &held, None, |findings| {
                let differing: Vec<_> = findings.differences.iter().collect();
                (findings.figures, differing)
            })
        };
        prop_assert_eq!(said(&style), said(&Style::usual()));
    }
}
