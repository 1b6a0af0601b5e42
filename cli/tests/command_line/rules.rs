//! `segments rules`, run as a person runs it.

use std::path::{Path, PathBuf};
use std::process::Output;

use segments::local::{LocalSystem, Options};
use serde_json::Value;
use simulators::World;

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

/// Runs `rules apply` against the embedded engine of a system, as against a deployed table.
async fn apply(system: &LocalSystem, book: &Path) -> Output {
    apply_to(system, book, system.tables().config).await
}

async fn apply_to(system: &LocalSystem, book: &Path, table: &str) -> Output {
    let mut command = support::segments(["rules", "apply", "--config-table", table]);
    command.args(["--endpoint", system.dynamodb_url()]).arg(book);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

async fn system() -> LocalSystem {
    let world = World::new("my-store.myshopify.com".parse().unwrap());
    LocalSystem::start(Options::simulated(&world).unwrap()).await.unwrap()
}

#[tokio::test]
async fn apply_makes_a_book_the_wanted_one() {
    let system = system().await;
    let output = apply(&system, &default_book()).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("3 segments written. It is accepted with the first webhook"));
    let config = system.worker().config.current().await.unwrap();
    assert_eq!(config.book.book.segments().len(), 3);
}

#[tokio::test]
async fn apply_says_that_an_accepted_book_stays_in_use() {
    let system = system().await;
    apply(&system, &default_book()).await;
    system.worker().config.current().await.unwrap();
    let book = File::new("applied.toml", SHADOWED);
    let told = stdout(&apply(&system, &book.0).await);
    assert!(told.contains("go on using the accepted book, version 1"), "{told}");
    assert!(told.contains("warning: segment \"vip\" can never win"), "{told}");
}

#[tokio::test]
async fn apply_brings_the_currency_with_it() {
    let system = system().await;
    let book = File::new("euro.toml", &SHADOWED.replace("USD", "EUR"));
    assert_eq!(code(&apply(&system, &book.0).await), 0);
    let config = system.worker().config.current().await.unwrap();
    assert_eq!(config.book.book.currency().code(), "EUR");
}

#[tokio::test]
async fn apply_writes_nothing_of_an_invalid_book() {
    let system = system().await;
    let book = File::new("invalid-applied.toml", &SHADOWED.replace("= 6", "= -6"));
    assert_eq!(code(&apply(&system, &book.0).await), 2);
    assert!(system.config_table().group_names().await.unwrap().wanted.is_empty());
}

#[tokio::test]
async fn apply_says_what_to_check_if_there_is_no_such_table() {
    let system = system().await;
    let complaint = stderr(&apply_to(&system, &default_book(), "elsewhere").await);
    assert!(complaint.contains("ResourceNotFoundException"), "{complaint}");
    assert!(complaint.contains("Check the table's name"), "{complaint}");
}
