//! Customers as lines of an export, written in as many ways as JSON allows.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

/// A customer of the export.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    pub(crate) id: u64,
    pub(crate) email: Option<String>,
    pub(crate) orders: u64,
    pub(crate) spent: String,
    pub(crate) currency: &'static str,
    pub(crate) updated_at: String,
}

/// How a line is written. None of it changes what the line says.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub(crate) struct Style {
    order: Vec<usize>,
    /// What stands between tokens.
    space: &'static str,
    is_count_a_number: bool,
    /// Whether every letter is written as a number.
    is_escaped: bool,
    are_slashes_escaped: bool,
    is_currency_first: bool,
    extra: Option<&'static str>,
}

impl Style {
    /// As Shopify writes it.
    pub(crate) fn usual() -> Self {
        Self {
            order: (0..5).collect(),
            space: "",
            is_count_a_number: false,
            is_escaped: false,
            are_slashes_escaped: true,
            is_currency_first: false,
            extra: None,
        }
    }
}

/// Half of them as Shopify writes.
pub(crate) fn any_style() -> impl Strategy<Value = Style> {
    let order = Just((0..5).collect::<Vec<usize>>()).prop_shuffle();
    let extra = select(vec![
        None,
        Some("null"),
        Some("-1.5e3"),
        Some(r#""a \"b\" \\ c""#),
        Some(r#"{"id":"gid:\/\/shopify\/Customer\/1","numberOfOrders":["x",{}]}"#),
        Some("[[],[{\"\u{e9}\":true}],false]"),
    ]);
    let space = select(vec!["", "", " ", "\t \r"]);
    let style = (order, space, any::<[bool; 4]>(), extra);
    let style = style.prop_map(|(order, space, is, extra)| Style {
        order,
        space,
        is_count_a_number: is[0],
        is_escaped: is[1] && is[2],
        are_slashes_escaped: is[2],
        is_currency_first: is[3],
        extra,
    });
    prop_oneof![Just(Style::usual()), style]
}

impl Line {
    /// The line as text, without a newline.
    pub(crate) fn text(&self, style: &Style) -> String {
        let space = style.space;
        let pair = |key: &str, value: &str| format!("{}{space}:{space}{value}", text(key, style));
        let object = |pairs: &[String]| {
            format!("{{{space}{}{space}}}", pairs.join(&format!("{space},{space}")))
        };
        let email = self.email.as_ref().map_or("null".to_owned(), |email| {
            object(&[pair("emailAddress", &text(email, style))])
        });
        let mut money = [
            pair("amount", &text(&self.spent, style)),
            pair("currencyCode", &text(self.currency, style)),
        ];
        if style.is_currency_first {
            money.reverse();
        }
        let orders = self.orders.to_string();
        let orders = if style.is_count_a_number { orders } else { text(&orders, style) };
        let fields = [
            pair("id", &text(&format!("gid://shopify/Customer/{}", self.id), style)),
            pair("defaultEmailAddress", &email),
            pair("numberOfOrders", &orders),
            pair("amountSpent", &object(&money)),
            pair("updatedAt", &text(&self.updated_at, style)),
        ];
        let mut pairs: Vec<String> =
            style.order.iter().map(|place| fields[*place].clone()).collect();
        if let Some(extra) = style.extra {
            pairs.insert(style.order[0], pair("lastOrder", extra));
        }
        object(&pairs)
    }
}

fn text(text: &str, style: &Style) -> String {
    let escaped: String = text
        .chars()
        .map(|letter| match letter {
            '/' if style.are_slashes_escaped => "\\/".to_owned(),
            letter if style.is_escaped => format!("\\u{:04x}", u32::from(letter)),
            '"' | '\\' => format!("\\{letter}"),
            letter => letter.to_string(),
        })
        .collect();
    format!("\"{escaped}\"")
}

#[test]
fn a_line_says_the_same_however_it_is_written() {
    let line = Line {
        id: 7,
        email: Some("a@example.com".into()),
        orders: 3,
        spent: "1.5".into(),
        currency: "USD",
        updated_at: "2026-11-21T12:00:00Z".into(),
    };
    let said = |style: &Style| -> Map<String, Value> {
        let mut said: Map<String, Value> = serde_json::from_str(&line.text(style)).unwrap();
        said.remove("lastOrder");
        said
    };
    let mut escaped = Style { is_escaped: true, space: " ", extra: Some("[]"), ..Style::usual() };
    escaped.order.reverse();
    assert_eq!(said(&Style::usual()), said(&escaped));
    assert_eq!(said(&escaped)["amountSpent"], json!({ "amount": "1.5", "currencyCode": "USD" }));
}
