//! The book that the repository ships.

use rules::{Analysis, Decision, Money, RuleBook, Totals};

const DEFAULT: &str = include_str!("../../../../segments.toml");

fn decided(orders: u64, spent: &str) -> Option<String> {
    let book = RuleBook::from_toml(DEFAULT).unwrap();
    let spent = Money::new(spent.parse().unwrap(), book.currency());
    match book.decide(&Totals { orders, spent }) {
        Decision::Segment { segment, .. } => Some(segment.name().to_string()),
        Decision::NoSegment => None,
        Decision::OtherCurrency { found } => panic!("the book is in {found}"),
    }
}

#[test]
fn the_default_book_reads_as_people_say_it() {
    let book = RuleBook::from_toml(DEFAULT).unwrap();
    let lines: Vec<String> = book.segments().iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "vip: 6 orders or more, or 500.00 USD or more",
            "returning: 2 to 5 orders",
            "new: 1 order"
        ]
    );
}

#[test]
fn its_groups_and_personas_are_those_people_know() {
    let book = RuleBook::from_toml(DEFAULT).unwrap();
    let names: Vec<_> = book
        .segments()
        .iter()
        .map(|segment| {
            (segment.label(), segment.okta_group_name().as_str(), segment.persona_name())
        })
        .collect();
    assert_eq!(
        names,
        [
            ("VIP Customer", "Shopify VIP Customer", "Shopify VIP Customer"),
            ("Returning Buyer", "Shopify Returning Customer", "Shopify Returning Buyer"),
            ("New Buyer", "Shopify New Customer", "Shopify New Buyer"),
        ]
    );
}

#[test]
fn it_leaves_out_only_customers_without_orders() {
    let analysis = Analysis::of(&RuleBook::from_toml(DEFAULT).unwrap());
    assert!(analysis.is_clean());
    assert_eq!(analysis.to_string(), "note: no segment: 0 orders, below 500.00 USD");
}

#[test]
fn it_decides_as_it_says_at_every_edge() {
    let expected = [
        (0, "499.99", None),
        (0, "500", Some("vip")),
        (1, "45.50", Some("new")),
        (1, "499.99", Some("new")),
        (1, "500.00", Some("vip")),
        (2, "10", Some("returning")),
        (5, "499.99", Some("returning")),
        (5, "500", Some("vip")),
        (6, "0", Some("vip")),
    ];
    for (orders, spent, segment) in expected {
        assert_eq!(decided(orders, spent).as_deref(), segment, "{orders} orders, {spent}");
    }
}

#[test]
fn its_own_text_is_the_file_without_comments() {
    let text = RuleBook::from_toml(DEFAULT).unwrap().to_toml();
    let rules = |text: &'static str| text.lines().filter(|line| !line.starts_with('#'));
    let rules: Vec<&str> = rules(DEFAULT).filter(|line| !line.is_empty()).collect();
    assert_eq!(text.lines().filter(|line| !line.is_empty()).collect::<Vec<_>>(), rules);
}
