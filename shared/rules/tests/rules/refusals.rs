//! What a book is refused for, and how each refusal reads.

use rules::{BookDraft, MAX_RANGES, MAX_SEGMENTS, Raw, RuleBook, SegmentDraft};

/// A segment that is fine, to be spoiled.
fn segment(name: &str) -> String {
    format!(
        "[[segment]]\nname = \"{name}\"\nlabel = \"{name}\"\nokta_group_name = \"Group {name}\"\n\
         when = [{{ orders_at_least = 1 }}]\n"
    )
}

fn refused(toml: &str) -> String {
    RuleBook::from_toml(toml).unwrap_err().to_string()
}

/// The refusal of a book with one segment, `vip`, in which one line is replaced.
fn refused_with(key: &str, line: &str) -> String {
    let toml = format!("currency = \"USD\"\n{}", segment("vip"));
    let lines: Vec<&str> =
        toml.lines().map(|old| if old.starts_with(key) { line } else { old }).collect();
    refused(&lines.join("\n"))
}

fn refused_when(when: &str) -> String {
    refused_with("when", &format!("when = {when}"))
}

#[test]
fn what_is_no_amount() {
    for (value, shown) in [
        ("\"NaN\"", "\"NaN\""),
        ("nan", "nan"),
        ("-inf", "-inf"),
        ("\"\"", "\"\""),
        ("\"$5\"", "\"$5\""),
        ("\"1,000\"", "\"1,000\""),
        ("\"1_000\"", "\"1_000\""),
        ("\"+5\"", "\"+5\""),
        ("\"5.\"", "\"5.\""),
        ("5e2", "5e2"),
        ("true", "true"),
        ("2026-11-21", "a date or time"),
        ("[5]", "a list"),
        ("{ amount = 5 }", "a map"),
    ] {
        assert_eq!(
            refused_when(&format!("[{{ orders_at_least = 6 }}, {{ spend_at_least = {value} }}]")),
            format!("segment \"vip\": when[1].spend_at_least: {shown} is not an amount")
        );
    }
}

#[test]
fn an_amount_below_zero() {
    assert_eq!(
        refused_when("[{ spend_below = \"-0.01\" }]"),
        "segment \"vip\": when[0].spend_below: \"-0.01\" is negative"
    );
    assert!(
        RuleBook::from_toml(&segment_with_currency("USD", "[{ spend_at_least = -0.0 }]")).is_ok()
    );
}

fn segment_with_currency(currency: &str, when: &str) -> String {
    let segment = segment("vip");
    let head = segment.split("when").next().unwrap();
    format!("currency = \"{currency}\"\n{head}when = {when}\n")
}

#[test]
fn more_decimals_than_the_currency_has() {
    let refused_in = |currency, when| refused(&segment_with_currency(currency, when));
    assert_eq!(
        refused_in("USD", "[{ spend_at_least = \"1.005\" }]"),
        "segment \"vip\": when[0].spend_at_least: \"1.005\" has more decimals than USD, which has 2"
    );
    assert_eq!(
        refused_in("JPY", "[{ spend_at_least = 0.5 }]"),
        "segment \"vip\": when[0].spend_at_least: 0.5 has more decimals than JPY, which has 0"
    );
    let accepted =
        |currency, when| RuleBook::from_toml(&segment_with_currency(currency, when)).is_ok();
    assert!(accepted("KWD", "[{ spend_at_least = \"1.005\" }]"));
    assert!(accepted("JPY", "[{ spend_at_least = \"500.00\" }]"), "zeros are no decimals");
}

#[test]
fn an_amount_or_a_number_of_orders_beyond_reason() {
    assert_eq!(
        refused_when("[{ spend_at_least = \"1000000000000.01\" }]"),
        "segment \"vip\": when[0].spend_at_least: \"1000000000000.01\" is more than 1000000000000"
    );
    let digits = "9".repeat(100);
    assert_eq!(
        refused_when(&format!("[{{ spend_below = {digits} }}]")),
        format!(
            "segment \"vip\": when[0].spend_below: {}… is more than 1000000000000",
            "9".repeat(60)
        )
    );
    assert_eq!(
        refused_when("[{ orders_at_most = 18446744073709551615 }]"),
        "segment \"vip\": when[0].orders_at_most: 18446744073709551615 is more than 1000000000"
    );
    let most = "[{ spend_at_least = 1000000000000, orders_at_least = 1000000000 }]";
    assert!(RuleBook::from_toml(&segment_with_currency("USD", most)).is_ok());
}

#[test]
fn what_is_no_number_of_orders() {
    for (value, problem) in [
        ("1.5", "1.5 is not a whole number"),
        ("\"six\"", "\"six\" is not a whole number"),
        ("false", "false is not a whole number"),
        ("-1", "-1 is negative"),
    ] {
        assert_eq!(
            refused_when(&format!("[{{ orders_at_least = {value} }}]")),
            format!("segment \"vip\": when[0].orders_at_least: {problem}")
        );
    }
}

#[test]
fn ranges_in_which_nobody_can_be() {
    assert_eq!(
        refused_when("[{ spend_at_least = \"500\", spend_below = \"100.50\" }]"),
        "segment \"vip\": when[0]: spend_at_least 500 is not less than spend_below 100.5, so nobody \
         can match"
    );
    assert_eq!(
        refused_when("[{ spend_at_least = 5, spend_below = \"5.00\" }]"),
        "segment \"vip\": when[0]: spend_at_least 5 is not less than spend_below 5, so nobody can \
         match"
    );
    assert_eq!(
        refused_when("[{ spend_below = 0 }]"),
        "segment \"vip\": when[0]: no amount spent is below 0, so nobody can match"
    );
    assert_eq!(
        refused_when("[{ orders_at_least = 2, orders_at_most = 1 }]"),
        "segment \"vip\": when[0]: orders_at_least 2 is more than orders_at_most 1, so nobody can \
         match"
    );
}

#[test]
fn a_when_that_says_nothing() {
    assert_eq!(
        refused_when("[]"),
        "segment \"vip\": when: a segment needs at least one range; for everyone, write \
         orders_at_least = 0"
    );
    assert_eq!(
        refused_when("[{ orders_at_least = 1 }, {}]"),
        "segment \"vip\": when[1]: a range needs at least one bound; for everyone, write \
         orders_at_least = 0"
    );
    assert_eq!(
        refused_when("{ orders_at_least = 1 }"),
        "segment \"vip\": when: a map is not a list of ranges"
    );
    assert_eq!(refused_when("[6]"), "segment \"vip\": when[0]: 6 is not a map of bounds");
}

#[test]
fn names_that_mean_nothing_here() {
    assert_eq!(
        refused_when("[{ spend_atleast = 5 }]"),
        "segment \"vip\": when[0]: \"spend_atleast\" is not known; known are spend_at_least, \
         spend_below, orders_at_least and orders_at_most"
    );
    assert_eq!(
        refused_with("label", "label = \"VIP\"\ncolour = \"gold\""),
        "segment \"vip\": \"colour\" is not known; known are name, label, okta_group_name, \
         persona_name and when"
    );
    assert_eq!(
        refused(&format!("curency = \"USD\"\ncurrency = \"USD\"\n{}", segment("vip"))),
        "\"curency\" is not known; known are currency and segment"
    );
    assert_eq!(
        refused_with("label", "label = \"VIP\"\npriority = 1"),
        "segment \"vip\": priority: the order of the segments is their priority; remove this line"
    );
}

#[test]
fn what_is_missing_or_of_the_wrong_kind() {
    assert_eq!(
        refused("currency = \"USD\"\n[[segment]]\n"),
        "segment[0]: name: is missing\n\
         segment[0]: label: is missing\n\
         segment[0]: okta_group_name: is missing\n\
         segment[0]: when: is missing"
    );
    assert_eq!(refused(&segment("vip")), "currency: is missing");
    assert_eq!(refused_with("name", "name = 7"), "segment[0]: name: 7 is not text");
    assert_eq!(refused_with("label", "label = true"), "segment \"vip\": label: true is not text");
    assert_eq!(
        refused("currency = \"USD\"\nsegment = \"vip\"\n"),
        "segment: \"vip\" is not a list of tables\na book needs at least one segment"
    );
}

#[test]
fn texts_that_are_no_names() {
    assert_eq!(
        refused_with("name", "name = \"VIP!\""),
        "segment \"VIP!\": name: \"VIP!\" is not a segment name (1 to 64 of a-z, 0-9, - and _)"
    );
    assert_eq!(
        refused_with("label", "label = \" VIP\""),
        "segment \"vip\": label: \" VIP\" is not a label (1 to 100 characters, no space at either \
         end)"
    );
    assert_eq!(
        refused_with("okta_group_name", "okta_group_name = \"\""),
        "segment \"vip\": okta_group_name: \"\" is not a group name (1 to 255 characters, no space \
         at either end)"
    );
    assert_eq!(
        refused_with("label", "label = \"VIP\"\npersona_name = \"a\\u0007b\""),
        "segment \"vip\": persona_name: \"a\\u{7}b\" is not a persona name (2 to 100 characters, no \
         space at either end)"
    );
    assert_eq!(
        refused_with("label", &format!("label = \"{}\"", "x".repeat(101))),
        format!(
            "segment \"vip\": label: \"{}\"… is not a label (1 to 100 characters, no space at \
             either end)",
            "x".repeat(60)
        )
    );
}

#[test]
fn texts_may_be_as_long_as_they_say() {
    let toml = |label: usize, persona: usize| {
        let texts = format!(
            "label = \"{}\"\npersona_name = \"{}\"",
            "\u{e9}".repeat(label),
            "x".repeat(persona)
        );
        let toml = format!("currency = \"USD\"\n{}", segment("vip"));
        RuleBook::from_toml(&toml.replace("label = \"vip\"", &texts))
    };
    assert!(toml(100, 100).is_ok() && toml(1, 2).is_ok());
    assert!(toml(101, 100).is_err() && toml(100, 101).is_err() && toml(1, 1).is_err());
}

#[test]
fn a_label_that_makes_too_long_a_persona_name_needs_one_of_its_own() {
    let label = |length: usize| format!("label = \"{}\"", "x".repeat(length));
    assert_eq!(
        refused_with("label", &label(93)),
        format!(
            "segment \"vip\": persona_name: \"Shopify {}\"… is not a persona name (2 to 100 \
             characters, no space at either end)",
            "x".repeat(52)
        )
    );
    let toml = format!("currency = \"USD\"\n{}", segment("vip"));
    assert!(RuleBook::from_toml(&toml.replace("label = \"vip\"", &label(92))).is_ok());
}

#[test]
fn what_is_no_currency_to_count_in() {
    assert_eq!(
        refused(&segment_with_currency("usd", "[{ orders_at_least = 1 }]")),
        "currency: \"usd\" is not a currency code of ISO 4217 (three capital letters, such as USD)"
    );
    assert_eq!(
        refused(&segment_with_currency("XAU", "[{ orders_at_least = 1 }]")),
        "currency: XAU is no currency that shops count in today"
    );
    let digits = "[{ spend_at_least = \"0.1234567890123456789012345678901234567890\" }]";
    assert_eq!(
        refused(&segment_with_currency("ANG", digits)),
        "currency: ANG is no currency that shops count in today",
        "without a currency, decimals cannot be judged"
    );
}

#[test]
fn two_segments_that_share_what_must_be_one_alone() {
    let second = "[[segment]]\nname = \"gold\"\nlabel = \"vip\"\nokta_group_name = \"group VIP\"\n\
                  when = [{ orders_at_least = 1 }]\n";
    assert_eq!(
        refused(&format!("currency = \"USD\"\n{}{second}", segment("vip"))),
        "segment \"gold\": okta_group_name: \"group VIP\" is already used by segment \"vip\"\n\
         segment \"gold\": persona_name: \"Shopify vip\" is already used by segment \"vip\""
    );
    let twice = segment("vip").replace("label = \"vip\"", "label = \"Gold\"");
    let twice = twice.replace("Group vip", "Gold");
    assert_eq!(
        refused(&format!("currency = \"USD\"\n{}{twice}", segment("vip"))),
        "segment \"vip\": name: \"vip\" is already used by segment[0]"
    );
}

/// A configuration row that is fine.
fn row(name: &str, priority: &str) -> SegmentDraft {
    let text = |text: &str| Some(Raw::Text(text.to_owned()));
    let bound = ("orders_at_least".to_owned(), Raw::Text("1".to_owned()));
    SegmentDraft {
        name: text(name),
        priority: Some(Raw::Number(priority.to_owned())),
        label: text(name),
        okta_group_name: text(name),
        persona_name: None,
        when: Some(Raw::List(vec![Raw::Map([bound].into())])),
    }
}

fn refused_rows(segments: Vec<SegmentDraft>) -> String {
    let currency = Some(Raw::Text("USD".to_owned()));
    RuleBook::try_from(BookDraft { currency, segments }).unwrap_err().to_string()
}

#[test]
fn rows_of_equal_or_impossible_priority() {
    assert_eq!(
        refused_rows(vec![row("vip", "10"), row("new", "10.0")]),
        "segment \"new\": priority: 10 is already used by segment \"vip\""
    );
    assert_eq!(
        refused_rows(vec![row("vip", "1.5")]),
        "segment \"vip\": priority: 1.5 is not a whole number"
    );
    assert_eq!(
        refused_rows(vec![SegmentDraft { priority: None, ..row("vip", "1") }]),
        "segment \"vip\": priority: is missing"
    );
}

#[test]
fn too_little_or_too_much_of_everything() {
    assert_eq!(refused("currency = \"USD\""), "a book needs at least one segment");
    let rows = |count: usize| -> Vec<_> {
        (0..count).map(|index| row(&format!("s{index}"), &index.to_string())).collect()
    };
    assert_eq!(refused_rows(rows(MAX_SEGMENTS + 1)), "51 segments are too many; the most are 50");
    let currency = Some(Raw::Text("USD".to_owned()));
    assert!(RuleBook::try_from(BookDraft { currency, segments: rows(MAX_SEGMENTS) }).is_ok());
    let when = |count: usize| format!("[{}]", vec!["{ orders_at_most = 1 }"; count].join(", "));
    assert_eq!(
        refused_when(&when(MAX_RANGES + 1)),
        "segment \"vip\": when: 21 ranges are too many; the most are 20"
    );
    assert!(RuleBook::from_toml(&segment_with_currency("USD", &when(MAX_RANGES))).is_ok());
}

#[test]
fn everything_at_once() {
    let first = segment("vip").replace("orders_at_least = 1", "spend_below = \"x\", orders = 1");
    let second = segment("new").replace("Group new", "").replace("orders_at_least = 1", "");
    assert_eq!(
        refused(&format!("money = 1\ncurrency = \"EURO\"\n{first}{second}")),
        "\"money\" is not known; known are currency and segment\n\
         currency: \"EURO\" is not a currency code of ISO 4217 (three capital letters, such as USD)\n\
         segment \"vip\": when[0]: \"orders\" is not known; known are spend_at_least, spend_below, \
         orders_at_least and orders_at_most\n\
         segment \"vip\": when[0].spend_below: \"x\" is not an amount\n\
         segment \"new\": okta_group_name: \"\" is not a group name (1 to 255 characters, no space \
         at either end)\n\
         segment \"new\": when[0]: a range needs at least one bound; for everyone, write \
         orders_at_least = 0"
    );
}

#[test]
fn what_is_no_toml_at_all() {
    assert_eq!(
        refused("currency = \"USD\"\ncurrency = \"EUR\"\n"),
        "line 2, column 1: duplicate key"
    );
    assert_eq!(
        refused("currency = USD\n\n[[segment]\n"),
        "line 1, column 12: string values must be quoted, expected literal string\n\
         line 3, column 11: unclosed array table, expected `]`"
    );
}
