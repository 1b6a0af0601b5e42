//! Customers who come to an end.

use std::time::Duration;

use serde_json::{Value, json};
use state::Entry;

use super::change;
use crate::harness::Shop;

#[tokio::test]
async fn a_redaction_is_told_without_figures_and_the_count_goes_on_if_they_come_back() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "600").await;
    shop.deliver(&shop.world.shopify.redact_customer(ann.customer).unwrap()).await;
    shop.settle().await;
    let [_, end] = &shop.listener.heard()[..] else { panic!() };
    let said = ["from", "to", "reason", "rule", "totals"].map(|field| end[field].clone());
    assert_eq!(said, [json!("vip"), Value::Null, json!("redact"), Value::Null, Value::Null]);
    assert_eq!(end["okta_user_id"], ann.user.as_str());
    let Some(Entry::Tombstone(stone)) = shop.entry(ann.customer).await else { panic!() };
    assert_eq!(stone.sequence, 2);

    shop.wait(Duration::from_secs(1));
    shop.buys(&ann, "5").await;
    let [.., back] = &shop.listener.heard()[..] else { panic!() };
    assert_eq!((&back["sequence"], &back["to"]), (&json!(3), &json!("vip")));
}

#[tokio::test]
async fn who_is_deleted_is_told_to_be_gone() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "600").await;
    shop.deliver(&shop.world.shopify.delete_customer(ann.customer).unwrap()).await;
    shop.settle().await;
    let told = [change(None, Some("vip"), "order"), change(Some("vip"), None, "gone")];
    assert_eq!(shop.told(&ann), told);
}

#[tokio::test]
async fn of_two_who_become_one_both_are_told() {
    let shop = Shop::open().await;
    let (ann, ben) = (shop.person("ann@example.com"), shop.person("ben@example.com"));
    shop.buys(&ann, "20").await;
    shop.buys(&ben, "30").await;
    shop.deliver(&shop.world.shopify.merge(ann.customer, ben.customer).unwrap()).await;
    shop.settle().await;
    assert_eq!(shop.told(&ann)[1], change(Some("new"), Some("returning"), "merge"));
    assert_eq!(shop.told(&ben)[1], change(Some("new"), None, "merge"));
}

#[tokio::test]
async fn who_never_was_in_a_segment_ends_without_a_word() {
    let shop = Shop::open().await;
    let ann = shop.customer("ann@example.com");
    shop.order(ann, "600").await;
    shop.settle().await;
    shop.deliver(&shop.world.shopify.redact_customer(ann).unwrap()).await;
    shop.settle().await;
    assert!(matches!(shop.entry(ann).await, Some(Entry::Tombstone(_))));
    assert_eq!(shop.puts(), 0);
}

#[tokio::test]
async fn while_others_cannot_be_told_okta_forgets_all_the_same() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "600").await;
    let down = simulators::BusTrouble::Call("AccessDeniedException");
    shop.listener.service().lasting_trouble(down);
    shop.deliver(&shop.world.shopify.redact_customer(ann.customer).unwrap()).await;
    let soon = shop.now() + jiff::SignedDuration::from_mins(5);
    shop.system.settle_until(soon).await.unwrap();
    assert_eq!(shop.held(&ann.user), crate::harness::nothing());
    shop.listener.service().mend();
    shop.settle().await;
    assert_eq!(shop.told(&ann)[1], change(Some("vip"), None, "redact"));
    assert!(matches!(shop.entry(ann.customer).await, Some(Entry::Tombstone(_))));
    assert!(shop.system.queue().dead_letters().is_empty());
}
