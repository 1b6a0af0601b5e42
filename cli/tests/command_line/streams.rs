//! Standard output and standard error that are closed or full.

use std::io::PipeWriter;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use state::Outcome;

use crate::serve::SERVE;
use crate::store::Store;
use crate::support::{BOOK, File, code, run, segments, stderr, stdout};

/// A pipe that nobody reads from any more.
fn closed() -> PipeWriter {
    let (_, writer) = std::io::pipe().unwrap();
    writer
}

/// A device that is always full.
#[cfg(target_os = "linux")]
fn full() -> std::fs::File {
    std::fs::File::create("/dev/full").unwrap()
}

/// The command, begun with this standard output.
fn said_to(mut command: Command, stdout: impl Into<Stdio>) -> Output {
    let child = command.stdout(stdout).stderr(Stdio::piped()).spawn().unwrap();
    child.wait_with_output().unwrap()
}

/// Command lines about a book in which a rule can never win, with their exit codes.
const LINES: [(&[&str], i32); 4] = [
    (&["rules", "show"], 0),
    (&["rules", "show", "--json"], 0),
    (&["rules", "check"], 1),
    (&["rules", "check", "--json"], 1),
];

fn book(name: &str) -> File {
    File::new(name, &BOOK.replace("orders_at_least = 6", "orders_at_least = 0"))
}

fn about(line: &[&str], book: &Path) -> Command {
    let mut command = segments(line);
    command.arg(book);
    command
}

#[test]
fn a_reader_who_has_had_enough_does_not_change_what_a_command_says_by_its_exit_code() {
    let book = book("streams-closed.toml");
    for (line, expected) in LINES {
        let output = said_to(about(line, &book.0), closed());
        assert_eq!((code(&output), stderr(&output)), (expected, String::new()), "{line:?}");
    }
}

#[tokio::test]
async fn a_reader_who_has_had_enough_of_a_long_csv_is_no_error() {
    let store = Store::set_up().await;
    // More than any buffer on the way holds.
    for customer in 1..=800 {
        store.keep(customer, Outcome::Unmatched).await;
    }
    let command = store.command(&["unmatched", "--csv"]);
    let output = tokio::task::spawn_blocking(move || said_to(command, closed())).await.unwrap();
    assert_eq!((code(&output), stderr(&output)), (0, String::new()));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_output_is_an_error_in_one_line() {
    let book = book("streams-full.toml");
    for (line, _) in LINES {
        let output = said_to(about(line, &book.0), full());
        let told = stderr(&output);
        assert_eq!(code(&output), 2, "{line:?}: {told}");
        assert!(told.starts_with("standard output cannot be written: "), "{told}");
        assert_eq!(told.lines().count(), 1, "{told}");
    }
}

#[test]
fn a_complaint_that_nobody_can_read_leaves_the_exit_code() {
    let mut command = segments(["rules", "check", "no-such-book.toml"]);
    let output = command.stdout(Stdio::piped()).stderr(closed()).output().unwrap();
    assert_eq!(code(&output), 2);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn serve_and_the_commands_that_list_end_where_their_output_is_full() {
    let store = Store::set_up().await;
    for line in [&SERVE[..], &["members", "vip"], &["pins", "--csv"], &["status"]] {
        let command = store.command(line);
        let output = tokio::task::spawn_blocking(move || said_to(command, full())).await.unwrap();
        let told = stderr(&output);
        assert_eq!(code(&output), 2, "{line:?}: {told}");
        assert!(told.contains("standard output cannot be written: "), "{line:?}: {told}");
    }
}

#[tokio::test]
async fn nothing_is_made_if_nobody_can_read_what_would_be() {
    let store = Store::set_up().await;
    let mut command = store.command(&["setup", "--webhook-url", "https://hooks.example.com"]);
    command.stderr(closed());
    let output = run(command).await;
    assert_eq!((code(&output), stdout(&output)), (2, String::new()));
    assert!(store.world.shopify.subscriptions().is_empty());
}
