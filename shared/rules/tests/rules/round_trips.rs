//! A book written down and read again is the same book.

use proptest::prelude::*;
use rules::{Raw, RuleBook, SegmentDraft};

use crate::arbitrary::{any_book, any_draft, any_valid_draft};

const BOOK: &str = r#"
currency = "USD"

[[segment]]
name = "vip"
label = "VIP \"gold\""
okta_group_name = 'Shopify \ VIP'
when = [{ spend_at_least = 99.50 }, { orders_at_least = 6, spend_below = "1000.00" }, { orders_at_most = 0x0 }]
"#;

#[test]
fn a_number_with_decimals_is_taken_as_it_is_written() {
    let book = RuleBook::from_toml(BOOK).unwrap();
    assert_eq!(book.segments()[0].when()[0].to_string(), "99.50 USD or more");
    for (number, words) in [
        ("+1.50", "1.50 USD or more"),
        ("1_000.5", "1000.50 USD or more"),
        ("+7", "7.00 USD or more"),
        ("0x10", "16.00 USD or more"),
        ("0.1", "0.10 USD or more"),
        ("999999999999.99", "999999999999.99 USD or more"),
    ] {
        let book = RuleBook::from_toml(&BOOK.replace("99.50", number)).unwrap();
        assert_eq!(book.segments()[0].when()[0].to_string(), words, "{number}");
    }
}

#[test]
fn toml_is_written_in_one_way() {
    let expected = r#"currency = "USD"

[[segment]]
name = "vip"
label = 'VIP "gold"'
okta_group_name = 'Shopify \ VIP'
persona_name = 'Shopify VIP "gold"'
when = [
    { spend_at_least = "99.5" },
    { orders_at_least = 6, spend_below = "1000" },
    { orders_at_most = 0 },
]
"#;
    assert_eq!(RuleBook::from_toml(BOOK).unwrap().to_toml(), expected);
}

#[test]
fn the_stored_form_has_the_names_of_configuration_rows_and_amounts_as_text() {
    let stored = serde_json::to_value(RuleBook::from_toml(BOOK).unwrap()).unwrap();
    let expected = serde_json::json!({
        "currency": "USD",
        "segments": [{
            "name": "vip",
            "priority": 10,
            "label": "VIP \"gold\"",
            "okta_group_name": "Shopify \\ VIP",
            "persona_name": "Shopify VIP \"gold\"",
            "when": [
                { "spend_at_least": "99.5" },
                { "spend_below": "1000", "orders_at_least": 6 },
                { "orders_at_most": 0 },
            ],
        }],
    });
    assert_eq!(stored, expected);
}

#[test]
fn a_stored_book_passes_the_same_validation() {
    let stored = serde_json::to_string(&RuleBook::from_toml(BOOK).unwrap()).unwrap();
    let refused = |from: &str, to: &str| {
        assert!(stored.contains(from));
        serde_json::from_str::<RuleBook>(&stored.replace(from, to)).unwrap_err().to_string()
    };
    assert_eq!(
        refused("\"99.5\"", "\"NaN\""),
        "segment \"vip\": when[0].spend_at_least: \"NaN\" is not an amount"
    );
    assert_eq!(
        refused("\"99.5\"", "99.5"),
        "segment \"vip\": when[0].spend_at_least: a floating-point number is not an amount"
    );
    assert!(refused("\"label\"", "\"lable\"").contains("unknown field `lable`"));
}

#[test]
fn a_row_keeps_what_is_not_the_rules_concern() {
    let text = |text: &str| Raw::Text(text.to_owned());
    let mut row = [
        ("kind", text("segment")),
        ("name", text("vip")),
        ("priority", Raw::Number("3".to_owned())),
        ("okta_group_id", text("00g1")),
        ("persona_fields", Raw::Map([].into())),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    let draft = SegmentDraft::take_from(&mut row);
    let expected = SegmentDraft {
        name: Some(text("vip")),
        priority: Some(Raw::Number("3".to_owned())),
        ..SegmentDraft::default()
    };
    assert_eq!(draft, expected);
    let left: Vec<&str> = row.keys().map(String::as_str).collect();
    assert_eq!(left, ["kind", "okta_group_id", "persona_fields"]);
}

proptest! {
    #[test]
    fn toml_reads_back_to_the_same_book_and_the_same_text(book in any_book()) {
        let text = book.to_toml();
        let again = RuleBook::from_toml(&text).unwrap();
        prop_assert_eq!(&again, &book);
        prop_assert_eq!(again.to_toml(), text);
    }

    #[test]
    fn whatever_people_call_a_segment_is_read_back_from_toml(
        label in "\\PC{1,90}".prop_filter("a label", |label| label.trim() == label),
    ) {
        let draft = RuleBook::from_toml(BOOK).unwrap().to_toml();
        let quoted = toml::Value::from("VIP \"gold\"").to_string();
        prop_assert!(draft.contains(&quoted), "{}", draft);
        let text = draft.replace(&quoted, &toml::Value::from(label.as_str()).to_string());
        let book = RuleBook::from_toml(&text).unwrap();
        prop_assert_eq!(book.segments()[0].label(), &label);
        prop_assert_eq!(RuleBook::from_toml(&book.to_toml()).unwrap(), book);
    }

    #[test]
    fn the_stored_form_reads_back_to_the_same_book_and_the_same_text(book in any_book()) {
        let stored = serde_json::to_string(&book).unwrap();
        let again: RuleBook = serde_json::from_str(&stored).unwrap();
        prop_assert_eq!(&again, &book);
        prop_assert_eq!(serde_json::to_string(&again).unwrap(), stored);
        prop_assert_eq!(serde_json::from_value::<RuleBook>(serde_json::to_value(&book).unwrap()).unwrap(), book);
    }

    #[test]
    fn rows_may_come_in_any_order_and_with_any_ascending_priorities(draft in any_valid_draft()) {
        let book = RuleBook::try_from(draft.clone()).unwrap();
        let mut other = draft;
        other.segments.reverse();
        for segment in &mut other.segments {
            let Some(Raw::Number(priority)) = &segment.priority else { panic!("no priority") };
            let doubled = 2 * priority.parse::<u32>().unwrap() + 7;
            segment.priority = Some(Raw::Text(format!("{doubled}.0")));
        }
        let other = RuleBook::try_from(other).unwrap();
        prop_assert_eq!(&other, &book);
        prop_assert_eq!(serde_json::to_string(&other).unwrap(), serde_json::to_string(&book).unwrap());
    }

    #[test]
    fn whatever_a_draft_holds_it_is_judged_and_what_is_refused_is_short_and_printable(
        draft in any_draft(),
    ) {
        if let Err(errors) = RuleBook::try_from(draft) {
            prop_assert!(errors.clone().into_iter().count() > 0);
            for error in errors {
                let line = error.to_string();
                prop_assert!(!line.chars().any(char::is_control), "{line:?}");
                prop_assert!(line.chars().count() < 1500, "{line:?}");
            }
        }
    }

    #[test]
    fn whatever_a_file_holds_it_is_judged(text in any::<String>(), cut in 0..BOOK.len(), junk in ".{0,3}") {
        let _ = RuleBook::from_toml(&text);
        let mut text = BOOK.to_owned();
        text.insert_str(cut, &junk);
        if let Err(errors) = RuleBook::from_toml(&text) {
            prop_assert!(!errors.to_string().is_empty());
        }
    }
}
