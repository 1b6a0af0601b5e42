//! The configuration as a full run needs it, and as a worker needs it during one.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use simulators::SimClock;
use state::{ConfigCache, GroupRow, GroupStatus, SeenGroup};

use crate::support::{BOOK, Chance, book, now, number, put, row, table};

#[tokio::test]
async fn reading_for_a_run_accepts_nothing() {
    let (client, table) = table().await;
    table.put_wanted(&book(BOOK)).await.unwrap();
    let config = table.for_run(&Chance(1), true).await.unwrap();
    assert!(config.accepted.is_none());
    assert_eq!(config.wanted.unwrap(), book(BOOK));
    assert!(row(&client, "book", "accepted").await.is_empty());
}

#[tokio::test]
async fn a_run_that_may_write_nothing_makes_no_salt() {
    let (client, table) = table().await;
    table.put_wanted(&book(BOOK)).await.unwrap();
    table.for_run(&Chance(1), false).await.unwrap();
    assert!(row(&client, "salt", "address").await.is_empty());
    let address = "ann@example.com".parse().unwrap();
    let kept = table.for_run(&Chance(2), true).await.unwrap().salt.hash(&address);
    let found = table.for_run(&Chance(3), false).await.unwrap().salt.hash(&address);
    assert_eq!(kept, found, "one that was made is used");
}

#[tokio::test]
async fn what_holds_or_ends_a_run_is_read_anew_and_the_books_are_not() {
    let (_, table) = table().await;
    table.put_wanted(&book(BOOK)).await.unwrap();
    let mut config = table.for_run(&Chance(1), true).await.unwrap();
    table.put_setting("paused", AttributeValue::Bool(true)).await.unwrap();
    let run: state::RunId = "1".parse().unwrap();
    table.cancel_run(&run).await.unwrap();
    table.put_wanted(&book(&BOOK.replace("500", "5"))).await.unwrap();
    table.refresh(&mut config).await.unwrap();
    assert!(config.settings.paused);
    assert!(config.cancelled.contains(&run));
    assert_eq!(config.wanted.unwrap(), book(BOOK));
}

#[tokio::test]
async fn a_run_sees_the_wanted_book_beside_the_accepted_one() {
    let (_, table) = table().await;
    table.put_wanted(&book(BOOK)).await.unwrap();
    let worker = table.load(None, now(), &Chance(1)).await.unwrap();
    let group: rules::GroupName = "Shopify VIP Customer".parse().unwrap();
    let found = GroupRow { id: Some("00g1".parse().unwrap()), status: GroupStatus::Found };
    table.put_group(&group, &found, &SeenGroup::default(), now()).await.unwrap();
    let edited = book(&BOOK.replace("500", "5"));
    table.put_wanted(&edited).await.unwrap();

    let config = table.for_run(&Chance(2), true).await.unwrap();
    let accepted = config.accepted.unwrap();
    assert_eq!((accepted.version, &*accepted.book), (1, &book(BOOK)));
    assert_eq!(config.wanted.unwrap(), edited);
    assert_eq!(config.groups[&group], found);
    let address = "ann@example.com".parse().unwrap();
    assert_eq!(config.salt.hash(&address), worker.salt.hash(&address));
}

#[tokio::test]
async fn a_wanted_book_that_is_wrong_keeps_the_rest_from_nobody() {
    let (client, table) = table().await;
    table.put_wanted(&book(BOOK)).await.unwrap();
    table.load(None, now(), &Chance(1)).await.unwrap();
    put(&client, "segment", "vip", &[("when", AttributeValue::L(Vec::new()))]).await;
    let config = table.for_run(&Chance(1), true).await.unwrap();
    assert!(config.wanted.unwrap_err().to_string().contains("segment \"vip\": when"));
    assert_eq!(config.accepted.unwrap().version, 1);
}

#[tokio::test]
async fn a_wrong_setting_keeps_a_run_from_being_planned() {
    let (client, table) = table().await;
    table.put_wanted(&book(BOOK)).await.unwrap();
    put(&client, "settings", "settings", &[("queue_shallow", number(0))]).await;
    let error = table.for_run(&Chance(1), true).await.unwrap_err();
    assert!(error.to_string().contains("queue_shallow is 0"), "{error}");
}

#[tokio::test]
async fn a_worker_with_an_older_book_than_the_run_s_reads_it_at_once() {
    let (_, table) = table().await;
    table.put_wanted(&book(BOOK)).await.unwrap();
    let cache = ConfigCache::new(table.clone(), Arc::new(SimClock::new()), Arc::new(Chance(1)));
    assert_eq!(cache.at_least(1).await.unwrap().book.version, 1);
    let edited = Arc::new(book(&BOOK.replace("500", "5")));
    table.accept(Arc::clone(&edited), Some(1), None, now()).await.unwrap().unwrap();

    assert_eq!(cache.at_least(1).await.unwrap().book.version, 1, "new enough, and fresh");
    let config = cache.at_least(2).await.unwrap();
    assert_eq!((config.book.version, &config.book.book), (2, &edited));
    assert_eq!(cache.current().await.unwrap().book.version, 2, "and keeps it");
    assert_eq!(cache.at_least(3).await.unwrap().book.version, 2, "there is no newer one");
}
