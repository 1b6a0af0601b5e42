//! Accepting a book against a real engine.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use rules::RuleBook;
use state::{AcceptedBook, ConfigTable};

use crate::support::{
    BOOK, CONFIG, Chance, Fault, Faults, book, delete, engine_with, now, number, put, row, table,
    text,
};

fn cheaper(amount: u32) -> Arc<RuleBook> {
    Arc::new(book(&BOOK.replace("500", &amount.to_string())))
}

/// A table that has accepted the book, as its first one.
async fn accepted() -> (Client, ConfigTable) {
    let (client, table) = table().await;
    table.put_wanted(&book(BOOK)).await.unwrap();
    table.load(None, now(), &Chance(1)).await.unwrap();
    (client, table)
}

async fn in_use(table: &ConfigTable) -> (u64, RuleBook) {
    let AcceptedBook { version, book } = table.load(None, now(), &Chance(1)).await.unwrap().book;
    (version, (*book).clone())
}

#[tokio::test]
async fn a_book_takes_the_place_of_the_one_it_was_planned_against() {
    let (client, table) = accepted().await;
    let at = "2026-11-21T12:00:00Z".parse().unwrap();
    let book = table.accept(cheaper(400), Some(1), None, at).await.unwrap().unwrap();
    assert_eq!((book.version, &book.book), (2, &cheaper(400)));
    assert_eq!(in_use(&table).await, (2, (*cheaper(400)).clone()));
    let pointer = row(&client, "book", "accepted").await;
    assert_eq!(
        (&pointer["version"], &pointer["accepted_at"]),
        (&number(2), &text(&at.to_string()))
    );
    assert_eq!(table.book(1).await.unwrap().book, cheaper(500), "the one before is kept");
}

#[tokio::test]
async fn a_book_is_not_accepted_if_another_one_was_meanwhile() {
    let (client, table) = accepted().await;
    table.accept(cheaper(400), Some(1), None, now()).await.unwrap().unwrap();
    assert!(table.accept(cheaper(300), Some(1), None, now()).await.unwrap().is_none());
    assert!(table.accept(cheaper(300), None, None, now()).await.unwrap().is_none());
    assert_eq!(in_use(&table).await, (2, (*cheaper(400)).clone()));
    assert!(row(&client, "book", "00000003").await.is_empty(), "all or nothing");
}

#[tokio::test]
async fn a_book_is_accepted_once_however_often_that_is_asked() {
    let faults = Faults::default();
    let client = engine_with(faults.clone()).await;
    let table = ConfigTable::new(client.clone(), CONFIG);
    table.put_wanted(&book(BOOK)).await.unwrap();
    in_use(&table).await;
    faults.next(Fault::LostAnswer);
    let first = table.accept(cheaper(400), Some(1), None, now()).await.unwrap().unwrap();
    let second = table.accept(cheaper(400), Some(1), None, now()).await.unwrap().unwrap();
    assert_eq!((first.version, second.version), (2, 2));
    assert_eq!(second.book, cheaper(400));
    assert!(row(&client, "book", "00000003").await.is_empty());
}

#[tokio::test]
async fn a_book_whose_acceptance_another_write_hinders_may_be_accepted_later() {
    let faults = Faults::default();
    let table = ConfigTable::new(engine_with(faults.clone()).await, CONFIG);
    table.put_wanted(&book(BOOK)).await.unwrap();
    in_use(&table).await;
    faults.next(Fault::conflict().await);
    let error = table.accept(cheaper(400), Some(1), None, now()).await.unwrap_err();
    assert!(error.to_string().contains("accept a book: TransactionConflict"), "{error}");
    assert_eq!(in_use(&table).await.0, 1);
    assert!(table.accept(cheaper(400), Some(1), None, now()).await.unwrap().is_some());
}

#[tokio::test]
async fn a_book_can_come_back_under_a_version_of_its_own() {
    let (_, table) = accepted().await;
    table.accept(cheaper(400), Some(1), None, now()).await.unwrap().unwrap();
    let back = table.accept(cheaper(500), Some(2), None, now()).await.unwrap().unwrap();
    assert_eq!(back.version, 3);
    assert_eq!(in_use(&table).await, (3, book(BOOK)));
}

#[tokio::test]
async fn no_version_is_given_twice_whatever_was_deleted() {
    let (client, table) = accepted().await;
    table.accept(cheaper(400), Some(1), None, now()).await.unwrap().unwrap();
    delete(&client, "book", "accepted").await;
    let third = table.accept(cheaper(300), None, None, now()).await.unwrap().unwrap();
    assert_eq!(third.version, 3);
    delete(&client, "book", "00000003").await;
    let fourth = table.accept(cheaper(200), Some(3), None, now()).await.unwrap().unwrap();
    assert_eq!(fourth.version, 4);
    assert_eq!(in_use(&table).await, (4, (*cheaper(200)).clone()));
}

#[tokio::test]
async fn of_many_workers_that_find_no_book_one_accepts_it_and_all_use_it() {
    let (client, table) = table().await;
    table.put_wanted(&book(BOOK)).await.unwrap();
    let workers = (0..6).map(|_| {
        let table = table.clone();
        tokio::spawn(async move { in_use(&table).await })
    });
    for worker in workers.collect::<Vec<_>>() {
        assert_eq!(worker.await.unwrap(), (1, book(BOOK)));
    }
    assert!(row(&client, "book", "00000002").await.is_empty());
}

#[tokio::test]
async fn a_pointer_to_a_book_that_is_missing_is_refused_by_name() {
    let (client, table) = accepted().await;
    put(&client, "book", "accepted", &[("version", number(9))]).await;
    let error = table.load(None, now(), &Chance(1)).await.unwrap_err();
    assert!(error.to_string().contains("book/00000009"), "{error}");
}
