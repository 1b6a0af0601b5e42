//! The books that were accepted, against a real engine.

use std::sync::Arc;

use rules::RuleBook;
use state::ConfigTable;

use crate::support::{BOOK, Chance, book, now, number, put, run, table, text};

fn cheaper(amount: u32) -> Arc<RuleBook> {
    Arc::new(book(&BOOK.replace("500", &amount.to_string())))
}

/// A table that has accepted two books: the first at once, the second by a run.
async fn two_books() -> (aws_sdk_dynamodb::Client, ConfigTable) {
    let (client, table) = table().await;
    table.put_wanted(&book(BOOK)).await.unwrap();
    table.load(None, now(), &Chance(1)).await.unwrap();
    let at = "2026-11-21T12:00:00Z".parse().unwrap();
    table.accept(cheaper(400), Some(1), Some(&run("4f21aa")), at).await.unwrap().unwrap();
    (client, table)
}

#[tokio::test]
async fn the_history_says_when_each_book_was_accepted_and_by_which_run() {
    let (_, table) = two_books().await;
    let history = table.history().await.unwrap();
    assert_eq!(history.in_use, Some(2));
    let told: Vec<_> = history.books.iter().map(|it| (it.version, it.by.clone())).collect();
    assert_eq!(told, [(2, Some(run("4f21aa"))), (1, None)]);
    assert_eq!(history.books[0].accepted_at, "2026-11-21T12:00:00Z".parse().ok());
    assert_eq!(history.books[1].accepted_at, Some(now()));
    assert_eq!(history.version(2).unwrap().book, Ok((*cheaper(400)).clone()));
    assert_eq!(history.before(2).unwrap().version, 1);
    assert!(history.before(1).is_none() && history.version(3).is_none());
}

#[tokio::test]
async fn before_any_book_is_accepted_there_is_no_history() {
    let (_, table) = table().await;
    table.put_wanted(&book(BOOK)).await.unwrap();
    let history = table.history().await.unwrap();
    assert_eq!((history.in_use, history.books.len()), (None, 0));
}

#[tokio::test]
async fn a_book_that_cannot_be_read_is_told_of_and_hides_no_other() {
    let (client, table) = two_books().await;
    put(&client, "book", "00000001", &[("content", text("no book"))]).await;
    let history = table.history().await.unwrap();
    assert!(history.books[0].book.is_ok());
    let error = history.books[1].book.as_ref().unwrap_err().to_string();
    assert!(error.starts_with("book/00000001"), "{error}");
    put(&client, "book", "accepted", &[("version", text("two"))]).await;
    let error = table.history().await.unwrap_err().to_string();
    assert!(error.starts_with("book/accepted"), "{error}");
    put(&client, "book", "accepted", &[("version", number(2))]).await;
    assert_eq!(table.history().await.unwrap().in_use, Some(2));
}
