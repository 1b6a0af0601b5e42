use std::time::Duration;

use simulators::Service;
use simulators::shopify::Topic;
use state::Outcome;

use crate::harness::{NEW, RETURNING, Shop, VIP, held, outcomes};

#[tokio::test]
async fn an_order_that_does_not_show_yet_is_waited_for() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.world.shopify.set_totals_lag(Duration::from_secs(40));
    let began = shop.now();
    shop.order(ann.customer, "45.50").await;
    let settled = shop.settle().await;
    assert_eq!(outcomes(&settled)[..3], [Outcome::Deferred, Outcome::Deferred, Outcome::Applied]);
    assert_eq!(shop.held(&ann.user), held(NEW, "45.5", 1));
    let applied = shop.record(ann.customer).await.transitions[0].at.duration_since(began);
    assert!(applied.as_secs() < 90, "{applied}");
}

#[tokio::test]
async fn an_order_that_never_shows_is_waited_for_five_times_at_most() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    shop.world.take_calls();
    shop.world.shopify.set_totals_lag(Duration::from_hours(48));
    shop.order(ann.customer, "600").await;
    let settled = shop.settle().await;
    let tally = settled.tally();
    assert_eq!((tally.of("deferred"), tally.of("applied")), (5, 0));
    assert!(shop.system.queue().dead_letters().is_empty());
    assert_eq!(shop.held(&ann.user), held(NEW, "45.5", 1));
    assert_eq!(shop.calls(Service::Shopify).len(), 7, "six looks and the second look");
}

#[tokio::test]
async fn a_cancellation_whose_totals_lag_is_seen_by_the_second_look() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "20").await;
    let order = shop.buys(&ann, "600").await;
    shop.world.shopify.set_totals_lag(Duration::from_secs(45));
    shop.deliver(&shop.world.shopify.cancel_order(order).unwrap()).await;
    let settled = shop.settle().await;
    assert_eq!(outcomes(&settled), [Outcome::Unchanged, Outcome::Applied]);
    assert_eq!(shop.held(&ann.user), held(NEW, "20", 1));
}

#[tokio::test]
async fn an_update_whose_totals_lag_is_seen_by_the_second_look() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    let order = shop.buys(&ann, "20").await;
    shop.world.shopify.set_totals_lag(Duration::from_secs(45));
    let webhook = shop.world.shopify.update_order(order, "900".parse().unwrap()).unwrap();
    shop.deliver(&webhook).await;
    shop.settle().await;
    assert_eq!(shop.held(&ann.user), held(VIP, "900", 1));
}

#[tokio::test]
async fn a_purchasing_summary_is_believed_only_once_it_shows() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "20").await;
    shop.world.shopify.take_webhooks();
    shop.place(ann.customer, "30");
    let webhooks = shop.world.shopify.take_webhooks();
    let summary = webhooks.iter().find(|it| it.topic == Topic::CustomersPurchasingSummary).unwrap();
    shop.deliver(summary).await;
    let settled = shop.settle().await;
    assert_eq!(outcomes(&settled), [Outcome::Applied], "no second look follows a summary");
    assert_eq!(shop.held(&ann.user), held(RETURNING, "50", 2));
}

#[tokio::test]
async fn a_message_younger_than_it_has_to_be_is_put_back() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    let seconds = aws_sdk_dynamodb::types::AttributeValue::N("60".into());
    shop.system.set("settle_seconds", seconds).await.unwrap();
    shop.wait(Duration::from_mins(2));
    let began = shop.now();
    shop.order(ann.customer, "45.50").await;
    shop.settle().await;
    let read = shop.calls(Service::Shopify)[0].at.duration_since(began);
    assert!((60..62).contains(&read.as_secs()), "{read}");
    assert_eq!(shop.held(&ann.user), held(NEW, "45.5", 1));
}

#[tokio::test]
async fn a_cancellation_that_another_events_look_seems_to_cover_is_looked_at_once_more() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "20").await;
    let order = shop.buys(&ann, "600").await;
    shop.world.shopify.set_totals_lag(Duration::from_secs(45));
    let unrelated = shop.set_email(ann.customer, Some("ANN@example.com"));
    shop.deliver(&unrelated).await;
    shop.wait(Duration::from_secs(3));
    shop.deliver(&shop.world.shopify.cancel_order(order).unwrap()).await;
    shop.settle().await;
    assert_eq!(shop.held(&ann.user), held(NEW, "20", 1));
}

#[tokio::test]
async fn a_cancellation_shortly_before_an_earlier_ones_second_look_has_its_own() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    let order = shop.buys(&ann, "20").await;
    shop.world.shopify.set_totals_lag(Duration::from_secs(45));
    let (second, placed) = shop.place(ann.customer, "600");
    shop.deliver(&placed).await;
    let began = shop.now();
    let nearly = began + jiff::SignedDuration::from_secs(66);
    shop.system.settle_until(nearly).await.unwrap();
    shop.world.clock.advance_to(nearly);
    shop.deliver(&shop.world.shopify.cancel_order(second).unwrap()).await;
    shop.settle().await;
    assert_eq!(shop.held(&ann.user), held(NEW, "20", 1));
    assert!(shop.world.shopify.orders(ann.customer).contains(&order));
}
