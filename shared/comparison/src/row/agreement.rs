//! The fast way says what the exact way says, or nothing.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use rules::Currency;

use super::{Email, Fast, PADDING, Row, read};
use crate::Fields;

/// What a row says, however its address is kept.
fn plain(row: &Row<'_>) -> (Row<'static>, bool) {
    let email = row.email.address().map_or(Email::None, Email::Address);
    let is_missing = row.email == Email::Missing;
    (Row { email, id: row.id, bought: row.bought, updated: row.updated }, is_missing)
}

/// Whether the fast way took the line. Panics if it says something else than the exact way.
fn is_taken(fast: &mut Fast, line: &[u8], fields: Fields) -> bool {
    let mut padded = line.to_vec();
    padded.push(b'\n');
    padded.resize(line.len() + 1 + PADDING, b'"');
    let Some((row, used)) = fast.row(&padded) else { return false };
    // A newline within is the end of the line.
    let line = &padded[..used - 1];
    assert!(!line.contains(&b'\n'));
    let exact = read(line, Currency::USD, fields);
    let exact = exact.unwrap_or_else(|refused| {
        panic!("{:?} for {}", refused.bad, String::from_utf8_lossy(line))
    });
    assert_eq!(plain(&row), plain(&exact), "{}", String::from_utf8_lossy(line));
    true
}

const USUAL: &str = concat!(
    r#"{"id":"gid:\/\/shopify\/Customer\/706405506930370084","defaultEmailAddress":"#,
    r#"{"emailAddress":"ann.b+c@example.com"},"numberOfOrders":"18","amountSpent":"#,
    r#"{"amount":"231.1","currencyCode":"USD"},"updatedAt":"2026-11-21T12:00:00Z"}"#,
);

const WIDE: &str = concat!(
    r#"{ "id" : "gid://shopify/Customer/1" ,"note":"a \"b\" \u00e9 \/","tags":["x",{"y":[]},-1.5e+3,{}],"#,
    "\"name\":\"\u{e9}\u{1f600}\",\"defaultEmailAddress\":null,\"is\":true,\"no\":false,\"z\":0, ",
    r#""numberOfOrders": 0,"amountSpent":{"currencyCode":"USD" , "amount":"0.0"},"x":{"a":{"b":null}},"#,
    r#""updatedAt":"1999-02-28T23:59:59Z"}"#,
);

#[test]
fn lines_as_shopify_writes_them_are_read_fast() {
    for line in [USUAL, WIDE] {
        let mut fast = Fast::new(Currency::USD, Fields::All);
        assert!(is_taken(&mut fast, line.as_bytes(), Fields::All), "{line}");
        assert!(is_taken(&mut fast, line.as_bytes(), Fields::All), "{line}");
    }
}

#[test]
fn lines_of_two_forms_in_turn_are_read_fast() {
    let mut fast = Fast::new(Currency::USD, Fields::All);
    for line in [USUAL, WIDE, USUAL, WIDE] {
        assert!(is_taken(&mut fast, line.as_bytes(), Fields::All), "{line}");
    }
}

#[test]
fn what_a_line_lacks_is_missed() {
    for field in ["id", "defaultEmailAddress", "numberOfOrders", "amountSpent", "updatedAt"] {
        let line = USUAL.replace(field, "other");
        let mut fast = Fast::new(Currency::USD, Fields::All);
        assert!(!is_taken(&mut fast, line.as_bytes(), Fields::All), "{line}");
        assert!(read(line.as_bytes(), Currency::USD, Fields::All).is_err());
    }
}

/// What careless or hostile writers put into lines.
fn any_piece() -> impl Strategy<Value = &'static str> {
    select(vec![
        "",
        "\"",
        "\\",
        "\\\"",
        "\\u0041",
        "\\ud800",
        "\\x",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        " ",
        "\t",
        "\r",
        "\n",
        "\0",
        "\u{7f}",
        "0",
        "00",
        "1",
        "9",
        "99999999",
        "123456789012345678901",
        "-",
        "-1",
        "+1",
        ".",
        "0.5",
        "1.00001",
        "1e5",
        "1_0",
        "null",
        "true",
        "@",
        "a@b",
        " a@b.c ",
        "\u{e9}@example.com",
        "USD",
        "EUR",
        "usd",
        "XXX",
        "Z",
        "+02:00",
        "12",
        "31",
        "60",
        "2026-02-29T00:00:00Z",
        "2024-02-29T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "2100-01-01T00:00:00Z",
        "2026-11-21T12:00:00.5Z",
        "2026-11-21t12:00:00z",
        "\"id\":\"1\",",
        "\"numberOfOrders\":\"1\",",
        "gid://shopify/Customer/",
        "gid:\\/\\/shopify\\/Order\\/",
        "\"other\":[1,2,{\"a\":\"b\"}],",
        "\"updatedAt\":null,",
        "\"defaultEmailAddress\":null,",
    ])
}

/// Replaces some bytes of a line.
fn changed(line: &str, changes: &[(Index, usize, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = line.as_bytes().to_vec();
    for (place, length, piece) in changes {
        let start = place.index(bytes.len() + 1);
        let end = (start + length).min(bytes.len());
        bytes.splice(start..end, piece.iter().copied());
    }
    bytes
}

/// Few changes, so that most lines stay nearly right.
fn any_changes() -> impl Strategy<Value = Vec<(Index, usize, Vec<u8>)>> {
    let piece = prop_oneof![
        4 => any_piece().prop_map(|piece| piece.as_bytes().to_vec()),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
    ];
    proptest::collection::vec((any::<Index>(), 0_usize..4, piece), 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn a_line_of_any_bytes_is_never_read_in_two_ways(
        line in select(vec![USUAL, WIDE]),
        before in select(vec![USUAL, WIDE]),
        changes in any_changes(),
        fields in select(vec![Fields::All, Fields::Totals]),
    ) {
        let mut fast = Fast::new(Currency::USD, fields);
        is_taken(&mut fast, before.as_bytes(), fields);
        is_taken(&mut fast, &changed(line, &changes), fields);
        // Whatever was learnt, the next line is read right.
        is_taken(&mut fast, line.as_bytes(), fields);
    }

    #[test]
    fn values_in_their_usual_place_are_never_read_in_two_ways(
        old in select(vec![
            "706405506930370084", "ann.b+c@example.com", "18", "231.1", "USD", "2026-11-21T12:00:00Z",
            "\"18\"", "{\"emailAddress\":\"ann.b+c@example.com\"}", "\"2026-11-21T12:00:00Z\"",
        ]),
        new in prop_oneof![
            any_piece().prop_map(str::to_owned),
            "[0-9]{1,21}", "-?[0-9]{1,16}(\\.[0-9]{0,6})?", "[a@. \"é]{0,12}",
            "(19|20|21)[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9]Z",
        ],
    ) {
        let mut fast = Fast::new(Currency::USD, Fields::All);
        is_taken(&mut fast, USUAL.replace(old, &new).as_bytes(), Fields::All);
    }

    #[test]
    fn what_is_no_number_is_never_passed_over(
        number in "-?[0-9]{0,3}(\\.[0-9]{0,2})?([eE][+-]?[0-9]{0,2})?",
    ) {
        let mut fast = Fast::new(Currency::USD, Fields::All);
        is_taken(&mut fast, WIDE.replace("-1.5e+3", &number).as_bytes(), Fields::All);
    }
}
