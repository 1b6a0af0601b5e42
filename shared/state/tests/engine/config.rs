//! The configuration table against a real engine.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use simulators::SimClock;
use state::{ConfigCache, ConfigError, GroupRow, GroupStatus};

use crate::support::{BOOK, CONFIG, Chance, book, now, put, row, table};

#[tokio::test]
async fn the_first_valid_book_is_accepted_at_once_and_later_edits_are_not() {
    let (_, table) = table().await;
    table.put_wanted(&book(BOOK)).await.unwrap();
    let first = table.load(None, now(), &Chance(1)).await.unwrap();
    assert_eq!(first.book.version, 1);
    assert_eq!(*first.book.book, book(BOOK));

    table.put_wanted(&book(&BOOK.replace("500", "5"))).await.unwrap();
    let second = table.load(None, now(), &Chance(1)).await.unwrap();
    assert_eq!(*second.book.book, book(BOOK));
}

#[tokio::test]
async fn a_book_accepted_anew_is_told_from_the_one_a_worker_holds() {
    let (client, table) = table().await;
    table.put_wanted(&book(BOOK)).await.unwrap();
    let held = table.load(None, now(), &Chance(1)).await.unwrap();
    let edited = book(&BOOK.replace("500", "5"));
    table.put_wanted(&edited).await.unwrap();
    let key = |text: &str| AttributeValue::S(text.into());
    client
        .delete_item()
        .table_name(CONFIG)
        .key("kind", key("book"))
        .key("name", key("accepted"))
        .send()
        .await
        .unwrap();
    let other = table.load(None, now(), &Chance(1)).await.unwrap();
    let seen = table.load(Some(&held.book), now(), &Chance(1)).await.unwrap();
    assert_eq!((other.book.version, seen.book.version), (2, 2));
    assert_eq!(*seen.book.book, edited);
}

#[tokio::test]
async fn rows_written_by_hand_make_a_book() {
    let (client, table) = table().await;
    let text = |text: &str| AttributeValue::S(text.into());
    let number = |number: &str| AttributeValue::N(number.into());
    let range = |name: &str, value| AttributeValue::M(HashMap::from([(name.to_owned(), value)]));
    for (name, priority, group, when) in [
        (
            "vip",
            "10",
            "VIPs",
            vec![range("spend_at_least", number("500.5")), range("orders_at_least", text("6"))],
        ),
        ("new", "20", "Others", vec![range("orders_at_least", number("1"))]),
    ] {
        put(
            &client,
            "segment",
            name,
            &[
                ("priority", number(priority)),
                ("label", text(name)),
                ("okta_group_name", text(group)),
                ("okta_group_id", text("00g1")),
                ("when", AttributeValue::L(when)),
                ("note", text("kept")),
            ],
        )
        .await;
    }
    let config = table.load(None, now(), &Chance(1)).await.unwrap();
    let segments = config.book.book.segments();
    assert_eq!(segments[0].to_string(), "vip: 500.50 USD or more, or 6 orders or more");
    assert_eq!(segments[1].name().as_str(), "new");
}

#[tokio::test]
async fn a_wrong_row_is_refused_by_name_while_nothing_is_accepted() {
    let (client, table) = table().await;
    let when = AttributeValue::L(Vec::new());
    put(&client, "segment", "vip", &[("when", when)]).await;
    let error = table.load(None, now(), &Chance(1)).await.unwrap_err();
    assert!(matches!(error, ConfigError::Book(_)));
    assert!(error.to_string().contains("segment \"vip\": when"), "{error}");
    assert!(row(&client, "book", "accepted").await.is_empty());
}

#[tokio::test]
async fn an_empty_table_says_what_is_missing() {
    let (_, table) = table().await;
    let error = table.load(None, now(), &Chance(1)).await.unwrap_err();
    assert!(matches!(error, ConfigError::Book(_)), "{error}");
}

#[tokio::test]
async fn a_wrong_setting_is_refused_by_name() {
    let (client, table) = table().await;
    table.put_wanted(&book(BOOK)).await.unwrap();
    let share = AttributeValue::N("101".into());
    put(&client, "settings", "settings", &[("okta_rate_share", share)]).await;
    let error = table.load(None, now(), &Chance(1)).await.unwrap_err();
    assert!(error.to_string().contains("okta_rate_share is 101"), "{error}");
}

#[tokio::test]
async fn a_change_of_currency_does_not_reinterpret_the_accepted_book() {
    let (_, table) = table().await;
    table.put_wanted(&book(BOOK)).await.unwrap();
    table.load(None, now(), &Chance(1)).await.unwrap();
    let euros = book(&BOOK.replace("USD", "EUR"));
    table.put_wanted(&euros).await.unwrap();
    let config = table.load(None, now(), &Chance(1)).await.unwrap();
    assert_eq!(*config.book.book, book(BOOK));
    assert_eq!(table.wanted(config.settings.currency).await.unwrap(), euros);
}

#[tokio::test]
async fn the_salt_is_made_once() {
    let (client, table) = table().await;
    table.put_wanted(&book(BOOK)).await.unwrap();
    let address = "ann@example.com".parse().unwrap();
    let first = table.load(None, now(), &Chance(1)).await.unwrap().salt.hash(&address);
    let second = table.load(None, now(), &Chance(2)).await.unwrap().salt.hash(&address);
    assert_eq!(first, second);
    assert_eq!(row(&client, "salt", "address").await.len(), 3);
}

#[tokio::test]
async fn writing_the_wanted_book_keeps_what_is_not_the_books() {
    let (client, table) = table().await;
    let id = || AttributeValue::S("00g1".into());
    put(&client, "segment", "vip", &[("okta_group_id", id()), ("note", id())]).await;
    put(&client, "segment", "old", &[]).await;
    table.put_wanted(&book(BOOK)).await.unwrap();
    let vip = row(&client, "segment", "vip").await;
    assert_eq!((&vip["okta_group_id"], &vip["note"]), (&id(), &id()));
    assert!(row(&client, "segment", "old").await.is_empty());
}

#[tokio::test]
async fn a_groups_id_reaches_its_segment_only_while_the_name_is_the_same() {
    let (client, table) = table().await;
    table.put_wanted(&book(BOOK)).await.unwrap();
    let (segment, id) = ("vip".parse().unwrap(), "00g1".parse().unwrap());
    let name = "Shopify VIP Customer".parse().unwrap();
    assert!(table.put_segment_group_id(&segment, &name, Some(&id)).await.unwrap());
    assert_eq!(
        row(&client, "segment", "vip").await["okta_group_id"],
        AttributeValue::S("00g1".into())
    );
    let other = "Gold".parse().unwrap();
    assert!(!table.put_segment_group_id(&segment, &other, Some(&id)).await.unwrap());
}

#[tokio::test]
async fn a_group_comes_back_as_it_was_written() {
    let (_, table) = table().await;
    let name: rules::GroupName = "Shopify VIP Customer".parse().unwrap();
    for found in [
        GroupRow { id: Some("00g1".parse().unwrap()), status: GroupStatus::Renamed },
        GroupRow { id: None, status: GroupStatus::Ambiguous },
    ] {
        let seen = table.group_names().await.unwrap().seen.remove(&name).unwrap_or_default();
        assert!(table.put_group(&name, &found, &seen, now()).await.unwrap());
        assert_eq!(table.groups().await.unwrap()[&name], found);
        assert!(!table.put_group(&name, &found, &seen, now()).await.unwrap(), "seen before that");
    }
}

#[tokio::test]
async fn the_cache_reads_again_after_a_minute() {
    let (client, table) = table().await;
    table.put_wanted(&book(BOOK)).await.unwrap();
    let clock = SimClock::new();
    let cache = ConfigCache::new(table, Arc::new(clock.clone()), Arc::new(Chance(1)));
    assert!(!cache.current().await.unwrap().settings.paused);
    put(&client, "settings", "settings", &[("paused", AttributeValue::Bool(true))]).await;
    clock.advance(Duration::from_secs(59));
    assert!(!cache.current().await.unwrap().settings.paused);
    clock.advance(Duration::from_secs(1));
    assert!(cache.current().await.unwrap().settings.paused);
}
