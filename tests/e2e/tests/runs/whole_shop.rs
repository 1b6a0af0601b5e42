//! A run finds everybody who is in the wrong place and has them put right.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use rules::RuleBook;
use simulators::shopify::Topic;
use state::{Grounds, Outcome};

use crate::shop::{BOOK, NEW, PAGE, RETURNING, Shop, VIP};

#[tokio::test]
async fn the_first_run_puts_everybody_into_their_group() {
    let shop = Shop::open().await;
    let new = shop.people(3, 1, "45.50").remove(0);
    let returning = shop.people(2, 3, "120").remove(0);
    let vip = shop.people(1, 2, "500").remove(0);
    let record = shop.full_run().await;
    assert_eq!(shop.groups_of(&new), [NEW]);
    assert_eq!(shop.shown(&new), (Some("45.5".to_owned()), Some(1)));
    assert_eq!(shop.groups_of(&returning), [RETURNING]);
    assert_eq!(shop.groups_of(&vip), [VIP]);
    assert_eq!(record.dispatched, 6);
    assert_eq!(record.outcomes.into_iter().collect::<Vec<_>>(), [(Outcome::Applied, 6)]);
}

#[tokio::test]
async fn a_shop_of_more_than_one_page_is_exported_and_comes_out_the_same() {
    let shop = Shop::open().await;
    let people = shop.people(PAGE + 1, 1, "10");
    let record = shop.full_run().await;
    assert_eq!(record.dispatched, PAGE + 1);
    assert!(people.iter().all(|person| shop.groups_of(person) == [NEW]));
    assert_eq!(shop.world.shopify.bulk_operations().len(), 1);
}

#[tokio::test]
async fn what_no_webhook_told_of_is_found_by_the_next_run() {
    let shop = Shop::open().await;
    let people = shop.people(4, 1, "10");
    shop.full_run().await;
    shop.now_has(&people[0], 6, "60");
    shop.now_has(&people[1], 1, "12");
    let deleted = shop.world.shopify.silently(|it| it.delete_customer(people[2].customer));
    deleted.unwrap();
    let record = shop.full_run().await;
    assert_eq!(record.dispatched, 3);
    assert_eq!(shop.groups_of(&people[0]), [VIP]);
    assert_eq!(shop.shown(&people[1]), (Some("12".to_owned()), Some(1)));
    assert_eq!(shop.groups_of(&people[2]), [""; 0]);
    assert_eq!(shop.shown(&people[2]), (None, None));
    assert_eq!(shop.groups_of(&people[3]), [NEW]);
}

#[tokio::test]
async fn a_run_after_a_run_dispatches_nobody() {
    let shop = Shop::open().await;
    shop.people(5, 1, "10");
    shop.strangers(5, 2, "20");
    shop.strangers(5, 0, "0");
    shop.full_run().await;
    assert_eq!(shop.full_run().await.dispatched, 0);
}

#[tokio::test]
async fn a_changed_rule_book_moves_those_it_concerns_and_says_so() {
    let shop = Shop::open().await;
    let moved = shop.people(2, 2, "450").remove(0);
    let people = shop.people(48, 1, "10");
    shop.full_run().await;
    shop.wants(&BOOK.replace("500", "400")).await;
    let record = shop.full_run().await;
    assert_eq!(record.dispatched, 2);
    assert_eq!(shop.groups_of(&moved), [VIP]);
    assert_eq!(shop.groups_of(&people[0]), [NEW]);
    let book = record.book.unwrap();
    assert_eq!((book.version, book.instead_of), (Some(2), Some(1)));
    let customers = shop.system.customers();
    let found = customers.load(&[moved.customer]).await.unwrap().remove(&moved.customer).unwrap();
    let state::Entry::Customer(entry) = found.unwrap().entry else { panic!("a tombstone") };
    let last = entry.transitions.last().unwrap();
    assert_eq!((last.cause, last.book), (state::Cause::Rules, 2));
    assert_eq!(last.to.as_ref().unwrap().as_str(), "vip");
    assert_eq!(last.grounds, Some(Grounds::Range(1)));
}

#[tokio::test]
async fn a_segment_that_was_removed_is_left() {
    let shop = Shop::open().await;
    let person = shop.people(1, 3, "30").remove(0);
    shop.people(49, 1, "10");
    shop.full_run().await;
    let book = RuleBook::from_toml(BOOK).unwrap();
    assert!(book.segments().iter().any(|segment| segment.name().as_str() == "returning"));
    let start = BOOK.find("[[segment]]\nname = \"returning\"").unwrap();
    let end = BOOK[start + 1..].find("[[segment]]").map_or(BOOK.len(), |end| start + 1 + end);
    shop.wants(&[&BOOK[..start], &BOOK[end..]].concat()).await;
    shop.full_run().await;
    assert_eq!(shop.groups_of(&person), [""; 0]);
}

#[tokio::test]
async fn ten_thousand_customers_without_orders_cost_no_call_to_okta() {
    let shop = Shop::open().await;
    shop.people(1, 1, "10");
    shop.full_run().await;
    shop.strangers(10_000, 0, "0");
    shop.world.take_calls();
    let record = shop.full_run().await;
    assert_eq!(record.dispatched, 0);
    let [_, _, okta, _] = shop.take_counts();
    assert_eq!(okta, 1, "the nightly question who has changed");
}

#[tokio::test]
async fn the_record_says_what_the_shop_is_like() {
    let shop = Shop::open().await;
    shop.people(2, 1, "10");
    shop.people(1, 9, "812.5");
    shop.strangers(3, 0, "0");
    let report = shop.full_run().await.report.unwrap();
    let segments = report.figures.segments.iter();
    let figures: Vec<_> = segments
        .map(|it| (it.segment.as_str(), it.cohort.customers(), it.cohort.spent().to_string()))
        .collect();
    assert_eq!(
        figures,
        [
            ("vip", 1, "812.5".to_owned()),
            ("returning", 0, "0".to_owned()),
            ("new", 2, "20".to_owned())
        ]
    );
    assert_eq!(report.figures.outside.customers(), 3);
}

#[tokio::test]
async fn the_record_names_the_subscriptions_that_are_missing() {
    const NEEDED: [&str; 9] = [
        "ORDERS_CREATE",
        "ORDERS_UPDATED",
        "ORDERS_CANCELLED",
        "ORDERS_EDITED",
        "REFUNDS_CREATE",
        "CUSTOMERS_CREATE",
        "CUSTOMERS_UPDATE",
        "CUSTOMERS_DELETE",
        "CUSTOMERS_PURCHASING_SUMMARY",
    ];
    let shop = Shop::open().await;
    shop.people(1, 1, "10");
    let record = shop.full_run().await;
    assert_eq!(record.shop.unwrap().missing_subscriptions, NEEDED);
    for topic in [Topic::OrdersCreate, Topic::RefundsCreate] {
        shop.world.shopify.add_subscription(topic, "https://hooks.example.com/").unwrap();
    }
    let missing = shop.full_run().await.shop.unwrap().missing_subscriptions;
    let others = NEEDED.into_iter().filter(|it| !["ORDERS_CREATE", "REFUNDS_CREATE"].contains(it));
    assert_eq!(missing, others.collect::<Vec<_>>());
}

#[tokio::test]
async fn the_groups_are_read_as_often_as_the_settings_say() {
    let shop = Shop::open().await;
    shop.people(3, 1, "10");
    shop.system.set("verify_every_days", AttributeValue::N("3".into())).await.unwrap();
    let mut read = Vec::new();
    for _ in 0..8 {
        read.push(shop.full_run().await.okta.members);
        shop.world.clock.advance(Duration::from_hours(24));
    }
    assert_eq!(read, [true, false, false, true, false, false, true, false]);
}
