//! What is otherwise in one book than in another.

use proptest::prelude::*;
use rules::{BookChange, RuleBook, SegmentName};

use crate::arbitrary::any_book;

const BOOK: &str = r#"
currency = "USD"
[[segment]]
name = "vip"
label = "VIP Customer"
okta_group_name = "VIPs"
when = [{ orders_at_least = 6 }, { spend_at_least = 500 }]
[[segment]]
name = "returning"
label = "Returning Buyer"
okta_group_name = "Returning"
when = [{ orders_at_least = 2, orders_at_most = 5 }]
[[segment]]
name = "new"
label = "New Buyer"
okta_group_name = "New"
when = [{ orders_at_least = 1 }]
"#;

fn book(text: &str) -> RuleBook {
    RuleBook::from_toml(text).unwrap()
}

/// What is said of the book after these replacements.
fn after(edits: &[(&str, &str)]) -> Vec<String> {
    let edited = edits.iter().fold(BOOK.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    lines(&book(&edited), &book(BOOK))
}

fn lines(later: &RuleBook, earlier: &RuleBook) -> Vec<String> {
    later.changes_since(earlier).iter().map(ToString::to_string).collect()
}

#[test]
fn each_changed_field_is_a_line() {
    assert_eq!(
        after(&[("VIP Customer", "VIP"), ("VIPs", "Best"), ("= 500", "= \"400\"")]),
        [
            "segment \"vip\": label \"VIP Customer\" becomes \"VIP\"",
            "segment \"vip\": group \"VIPs\" becomes \"Best\"",
            "segment \"vip\": persona \"Shopify VIP Customer\" becomes \"Shopify VIP\"",
            "segment \"vip\": 500.00 USD or more becomes 400.00 USD or more",
        ]
    );
}

#[test]
fn ranges_come_and_go() {
    assert_eq!(
        after(&[("{ orders_at_least = 6 }, ", "")]),
        ["segment \"vip\": or 6 orders or more is removed"]
    );
    assert_eq!(
        after(&[("{ orders_at_least = 1 }", "{ orders_at_least = 1 }, { spend_at_least = 1 }")]),
        ["segment \"new\": or 1.00 USD or more is added"]
    );
    let swapped = "{ spend_at_least = 500 }, { orders_at_least = 6 }";
    assert_eq!(
        after(&[("{ orders_at_least = 6 }, { spend_at_least = 500 }", swapped)]),
        ["segment \"vip\": the same ranges in another order"]
    );
}

#[test]
fn a_segment_that_comes_or_goes_is_told_whole_and_moves_no_other() {
    let gold = "[[segment]]\nname = \"gold\"\nlabel = \"Gold\"\nokta_group_name = \"Gold\"\n\
                when = [{ spend_at_least = 5000 }]\n[[segment]]\nname = \"vip\"";
    let added = after(&[("[[segment]]\nname = \"vip\"", gold)]);
    let told = "segment \"gold\" is added, at place 1: 5000.00 USD or more; group \"Gold\", \
                persona \"Shopify Gold\"";
    assert_eq!(added, [told]);
    let with_gold = book(&BOOK.replace("[[segment]]\nname = \"vip\"", gold));
    assert_eq!(lines(&book(BOOK), &with_gold), [told.replace("added, at place 1", "removed")]);
}

#[test]
fn another_order_is_one_line() {
    let mut parts: Vec<&str> = BOOK.split("[[segment]]").collect();
    let last = parts.pop().unwrap();
    parts.insert(1, last);
    let reordered = book(&parts.join("[[segment]]"));
    assert_eq!(
        lines(&reordered, &book(BOOK)),
        ["order: vip, returning, new becomes new, vip, returning"]
    );
}

#[test]
fn another_currency_is_one_line() {
    assert_eq!(after(&[("USD", "EUR")]), ["currency: USD becomes EUR; no amount is converted"]);
}

#[test]
fn a_change_is_written_down_by_its_kind() {
    let later = book(&BOOK.replace("= 500", "= 400"));
    let written = serde_json::to_value(later.changes_since(&book(BOOK))).unwrap();
    let expected = serde_json::json!([{
        "change": "range",
        "segment": "vip",
        "from": { "spend_at_least": "500" },
        "to": { "spend_at_least": "400" },
    }]);
    assert_eq!(written, expected);
}

/// Two books, equal or not. Their segments have the same few names, so that they have some in common.
fn any_pair() -> impl Strategy<Value = (RuleBook, RuleBook)> {
    (any_book(), any_book(), any::<bool>())
        .prop_map(|(one, other, same)| if same { (one.clone(), one) } else { (one, other) })
}

proptest! {
    #[test]
    fn nothing_has_changed_if_and_only_if_the_books_are_equal((one, other) in any_pair()) {
        prop_assert_eq!(one.changes_since(&other).is_empty(), one == other);
        let names = |book: &RuleBook| -> Vec<SegmentName> {
            book.segments().iter().map(|segment| segment.name().clone()).collect()
        };
        let (changes, back) = (one.changes_since(&other), other.changes_since(&one));
        prop_assert_eq!(changes.len(), back.len(), "as much in either direction");
        for change in &changes {
            let (in_one, in_other) = match change {
                BookChange::SegmentAdded { segment, .. } => (segment, None),
                BookChange::SegmentRemoved { segment, .. } => (segment, Some(segment)),
                _ => continue,
            };
            prop_assert_eq!(names(&other).contains(in_one), in_other.is_some());
        }
    }
}
