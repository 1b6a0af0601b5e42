//! `segments rules`, run as a person runs it.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

use crate::support::{self, File, code, stderr, stdout};

const SHADOWED: &str = r#"
currency = "USD"

[[segment]]
name = "all"
label = "Everyone"
okta_group_name = "Everyone who buys"
when = [{ orders_at_least = 0 }]

[[segment]]
name = "vip"
label = "VIP"
okta_group_name = "VIP"
when = [{ orders_at_least = 6 }]
"#;

fn default_book() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../segments.toml")
}

fn segments(arguments: &[&str], file: &Path) -> Output {
    support::segments(["rules"]).args(arguments).arg(file).output().unwrap()
}

#[test]
fn the_default_book_is_clean_and_its_gap_is_noted() {
    let output = segments(&["check"], &default_book());
    assert_eq!(code(&output), 0);
    assert!(stdout(&output).contains("note: no segment: 0 orders, "), "{}", stdout(&output));
}

#[test]
fn a_segment_that_can_never_win_is_a_warning() {
    let book = File::new("shadowed.toml", SHADOWED);
    let output = segments(&["check"], &book.0);
    assert_eq!(code(&output), 1);
    assert!(stdout(&output).contains("warning: segment \"vip\" can never win"));
}

#[test]
fn an_invalid_book_is_refused_with_every_reason() {
    let text = SHADOWED.replace("= 6", "= -6").replace("USD", "Dollar");
    let book = File::new("invalid.toml", &text);
    let output = segments(&["check"], &book.0);
    assert_eq!(code(&output), 2);
    let complaint = stderr(&output);
    assert!(complaint.contains("currency") && complaint.contains("segment \"vip\": when[0]"));
    assert!(stdout(&output).is_empty());
}

#[test]
fn a_file_that_is_not_there_says_what_to_do() {
    let output = segments(&["check"], Path::new("no-such-book.toml"));
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("no-such-book.toml cannot be read"));
}

#[test]
fn check_answers_in_json() {
    let book = File::new("json.toml", SHADOWED);
    let answer: Value =
        serde_json::from_slice(&segments(&["check", "--json"], &book.0).stdout).unwrap();
    assert_eq!((answer["valid"].as_bool(), answer["clean"].as_bool()), (Some(true), Some(false)));
    assert_eq!(answer["findings"][0]["severity"], "warning");

    let invalid = File::new("json-invalid.toml", "currency = 5");
    let output = segments(&["check", "--json"], &invalid.0);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((answer["valid"].as_bool(), code(&output)), (Some(false), 2));
    assert!(!answer["errors"].as_array().unwrap().is_empty());
}

#[test]
fn show_puts_the_book_into_words() {
    let shown = stdout(&segments(&["show"], &default_book()));
    for words in ["vip", "6 orders or more", "500.00 USD or more", "Shopify New Customer"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(shown.lines().all(|line| line.chars().count() <= 100));
    let output = segments(&["show", "--json"], &default_book());
    let book: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(book["segments"][0]["name"], "vip");
}
