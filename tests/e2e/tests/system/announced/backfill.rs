//! Customers whom a full run places for the first time.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use state::Outcome;

use super::change;
use crate::harness::{Shop, VIP, held};
use crate::of_runs::message;

#[tokio::test]
async fn a_backfill_is_silent_and_counted_and_what_follows_is_told() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    drop(shop.place(ann.customer, "45.50"));
    assert_eq!(shop.works_off(message(&shop, ann.customer)).await, [Outcome::Applied]);
    assert_eq!((shop.puts(), shop.record(ann.customer).await.sequence), (0, 1));

    drop(shop.place(ann.customer, "600"));
    let mut later = message(&shop, ann.customer);
    later.run.as_mut().unwrap().id = "20261007T030000Z-000001".parse().unwrap();
    shop.works_off(later).await;
    let [told] = &shop.listener.heard()[..] else { panic!() };
    assert_eq!(
        (&told["sequence"], &told["run_id"]),
        (&2.into(), &"20261007T030000Z-000001".into())
    );
    assert_eq!(shop.told(&ann), [change(Some("new"), Some("vip"), "schedule")]);
}

#[tokio::test]
async fn a_backfill_is_told_if_asked_for() {
    let shop = Shop::open().await;
    shop.system.set("announce_backfill", AttributeValue::Bool(true)).await.unwrap();
    shop.wait(Duration::from_mins(1));
    let ann = shop.person("ann@example.com");
    drop(shop.place(ann.customer, "600"));
    shop.works_off(message(&shop, ann.customer)).await;
    assert_eq!(shop.told(&ann), [change(None, Some("vip"), "schedule")]);
}

#[tokio::test]
async fn whom_a_run_places_late_for_reasons_that_are_not_theirs_is_a_backfill() {
    let shop = Shop::open().await;
    let ann = shop.customer("ann@example.com");
    shop.order(ann, "600").await;
    shop.settle().await;
    let user = shop.world.okta.add_user("ann@example.com", "ann@example.com");
    assert_eq!(shop.works_off(message(&shop, ann)).await, [Outcome::Applied]);
    assert!(shop.world.okta.group_names_of(&user).contains(&VIP.to_owned()));
    assert_eq!(shop.puts(), 0);
}

#[tokio::test]
async fn whom_a_run_places_because_an_event_was_lost_is_told() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.works_off(message(&shop, ann.customer)).await;
    shop.wait(Duration::from_secs(1));
    drop(shop.place(ann.customer, "600"));
    let mut later = message(&shop, ann.customer);
    later.run.as_mut().unwrap().id = "20261007T030000Z-000001".parse().unwrap();
    shop.works_off(later).await;
    assert_eq!(shop.held(&ann.user), held(VIP, "600", 1));
    assert_eq!(shop.told(&ann), [change(None, Some("vip"), "schedule")]);
}
