use std::time::Duration;

use simulators::Service;
use simulators::shopify::Topic;
use state::{Cause, End, Entry, Outcome};
use webhook::Answer;

use crate::harness::{NEW, RETURNING, STAFF, Shop, VIP, held, nothing, outcomes};
use crate::of_runs::message;

#[tokio::test]
async fn a_deleted_customer_leaves_everything_and_a_tombstone() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "600").await;
    shop.deliver(&shop.world.shopify.delete_customer(ann.customer).unwrap()).await;
    assert_eq!(outcomes(&shop.settle().await), [Outcome::Gone]);
    assert_eq!(shop.held(&ann.user), nothing());
    assert_eq!(shop.system.customers().holder(&ann.user).await.unwrap(), None);
    let Some(Entry::Tombstone(stone)) = shop.entry(ann.customer).await else { panic!() };
    assert_eq!(stone.why, End::Gone);
}

#[tokio::test]
async fn a_deleted_customer_who_was_never_looked_after_leaves_no_trace() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.deliver(&shop.world.shopify.delete_customer(ann.customer).unwrap()).await;
    assert_eq!(outcomes(&shop.settle().await), [Outcome::Gone]);
    assert_eq!(shop.entry(ann.customer).await, None);
    assert_eq!(shop.okta_calls(), [""; 0]);
}

#[tokio::test]
async fn a_null_from_another_shop_is_not_taken_for_gone() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "600").await;
    shop.world.shopify.answer_as_shop("other.myshopify.com");
    let webhook = shop.world.shopify.delete_customer(ann.customer).unwrap();
    shop.deliver(&webhook).await;
    let later = shop.now() + jiff::SignedDuration::from_mins(30);
    shop.system.settle_until(later).await.unwrap();
    assert_eq!(shop.held(&ann.user), held(VIP, "600", 1));
    shop.world.shopify.answer_as_shop("my-store.myshopify.com");
    shop.settle().await;
    assert_eq!(shop.held(&ann.user), nothing(), "ours again, and so is the null");
    assert!(shop.system.queue().dead_letters().is_empty());
}

#[tokio::test]
async fn merged_customers_become_one_and_the_other_is_gone() {
    let shop = Shop::open().await;
    let (ann, ben) = (shop.person("ann@example.com"), shop.person("ben@example.com"));
    shop.buys(&ann, "20").await;
    shop.buys(&ben, "30").await;
    let webhook = shop.world.shopify.merge(ann.customer, ben.customer).unwrap();
    assert_eq!(shop.deliver(&webhook).await, Answer::Queued(2));
    shop.settle().await;
    assert_eq!(shop.held(&ann.user), held(RETURNING, "50", 2));
    assert_eq!(shop.held(&ben.user), nothing());
    let record = shop.record(ann.customer).await;
    let [.., merge] = &record.transitions[..] else { panic!("{record:?}") };
    assert_eq!((merge.cause, merge.to.as_ref().unwrap().as_str()), (Cause::Merge, "returning"));
}

#[tokio::test]
async fn a_redaction_takes_everything_back_and_holds_until_a_later_order() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    let order = shop.buys(&ann, "600").await;
    shop.deliver(&shop.world.shopify.redact_customer(ann.customer).unwrap()).await;
    assert_eq!(outcomes(&shop.settle().await), [Outcome::Redacted; 2]);
    assert_eq!(shop.held(&ann.user), nothing());

    let webhook = shop.world.shopify.update_order(order, "700".parse().unwrap()).unwrap();
    shop.wait(Duration::from_secs(1));
    shop.deliver(&webhook).await;
    shop.settle().await;
    assert_eq!(shop.held(&ann.user), nothing(), "an old order's event brings nobody back");

    shop.buys(&ann, "5").await;
    assert_eq!(shop.held(&ann.user), held(VIP, "705", 2));
}

#[tokio::test]
async fn a_redaction_of_somebody_never_seen_is_remembered() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    let (_, order) = shop.place(ann.customer, "600");
    shop.wait(Duration::from_secs(1));
    shop.deliver(&shop.world.shopify.redact_customer(ann.customer).unwrap()).await;
    shop.settle().await;
    assert_eq!(shop.calls(Service::Shopify).len(), 1, "one look, for orders placed since");
    shop.deliver(&order).await;
    shop.settle().await;
    assert_eq!(shop.held(&ann.user), nothing());
}

#[tokio::test]
async fn a_forged_redaction_topic_redacts_nobody() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    let (_, webhook) = shop.place(ann.customer, "10");
    for topic in [Topic::CustomersRedact, Topic::ShopRedact, Topic::CustomersDataRequest] {
        let forged = webhook.clone().with_topic(topic.as_str());
        assert_eq!(shop.deliver(&forged).await, Answer::Mismatched);
    }
    shop.settle().await;
    assert_eq!(shop.held(&ann.user), held(NEW, "45.5", 1));
}

#[tokio::test]
async fn a_request_for_data_is_counted_and_changes_nothing() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    let before = shop.entry(ann.customer).await;
    shop.deliver(&shop.world.shopify.request_data(ann.customer).unwrap()).await;
    assert_eq!(shop.settle().await.tally().of("data_request"), 1);
    assert_eq!(shop.entry(ann.customer).await, before);
}

#[tokio::test]
async fn a_shop_that_asks_to_be_forgotten_leaves_no_entry() {
    let shop = Shop::open().await;
    let people: Vec<_> =
        (0..30).map(|number| shop.person(&format!("person{number}@example.com"))).collect();
    for person in &people {
        shop.order(person.customer, "45.50").await;
    }
    shop.settle().await;
    shop.deliver(&shop.world.shopify.redact_shop()).await;
    assert_eq!(shop.settle().await.tally().of("shop_forgotten"), 1);
    let items = shop.system.dynamodb().scan().table_name(shop.system.tables().customers);
    assert_eq!(items.send().await.unwrap().count, 0);
}

#[tokio::test]
async fn a_deactivated_user_of_a_redacted_customer_leaves_the_groups() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "600").await;
    let status = simulators::okta::UserStatus::Deprovisioned;
    shop.world.okta.set_status(&ann.user, status).unwrap();
    shop.deliver(&shop.world.shopify.redact_customer(ann.customer).unwrap()).await;
    shop.settle().await;
    assert_eq!(
        shop.world
            .okta
            .group_names_of(&ann.user)
            .iter()
            .filter(|name| *name != STAFF && *name != "Everyone")
            .count(),
        0
    );
    assert!(matches!(shop.entry(ann.customer).await, Some(Entry::Tombstone(_))));
}

#[tokio::test]
async fn who_is_gone_leaves_a_tombstone_whatever_our_credentials_may_change() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "600").await;
    shop.world.okta.promote(&ann.user).unwrap();
    shop.deliver(&shop.world.shopify.delete_customer(ann.customer).unwrap()).await;
    let began = shop.now();
    assert_eq!(outcomes(&shop.settle().await).pop(), Some(Outcome::Gone));
    let hours = shop.now().duration_since(began).as_hours();
    assert!((20..30).contains(&hours), "{hours} hours");
    assert!(matches!(shop.entry(ann.customer).await, Some(Entry::Tombstone(_))));
    assert_eq!(shop.system.customers().holder(&ann.user).await.unwrap(), None);
    assert!(shop.system.queue().dead_letters().is_empty());
}

#[tokio::test]
async fn a_run_waits_minutes_for_who_is_gone_and_may_not_be_changed() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "600").await;
    shop.world.okta.promote(&ann.user).unwrap();
    shop.world.shopify.delete_customer(ann.customer).unwrap();
    let began = shop.now();
    assert_eq!(shop.works_off(message(&shop, ann.customer)).await.pop(), Some(Outcome::Gone));
    let minutes = shop.now().duration_since(began).as_mins();
    assert!((2..20).contains(&minutes), "{minutes} minutes");
    assert!(matches!(shop.entry(ann.customer).await, Some(Entry::Tombstone(_))));
}

#[tokio::test]
async fn a_redaction_that_our_credentials_may_not_carry_out_is_a_dead_letter_after_a_day() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "600").await;
    shop.world.okta.promote(&ann.user).unwrap();
    shop.deliver(&shop.world.shopify.redact_customer(ann.customer).unwrap()).await;
    let began = shop.now();
    shop.settle().await;
    let hours = shop.now().duration_since(began).as_hours();
    assert!((20..30).contains(&hours), "{hours} hours");
    assert_eq!(shop.system.queue().dead_letters().len(), 1);
    assert!(!shop.record(ann.customer).await.is_leased(shop.now()));
}

#[tokio::test]
async fn totals_that_cannot_be_cleared_are_for_a_person_to_see_only_of_who_asked_to_be_forgotten() {
    let shop = Shop::open().await;
    let [ann, ben] = ["ann", "ben"].map(|name| shop.person(&format!("{name}@example.com")));
    shop.buys(&ann, "600").await;
    shop.buys(&ben, "600").await;
    shop.world.okta.remove_attribute("shopify_total_spent");
    shop.deliver(&shop.world.shopify.delete_customer(ann.customer).unwrap()).await;
    assert_eq!(outcomes(&shop.settle().await), [Outcome::Gone]);
    assert!(shop.held(&ann.user).groups.is_empty());
    assert!(matches!(shop.entry(ann.customer).await, Some(Entry::Tombstone(_))));
    assert!(shop.system.queue().dead_letters().is_empty());

    shop.deliver(&shop.world.shopify.redact_customer(ben.customer).unwrap()).await;
    shop.settle().await;
    assert!(shop.held(&ben.user).groups.is_empty());
    assert_eq!(shop.system.queue().dead_letters().len(), 1);
}

#[tokio::test]
async fn an_order_placed_while_a_redaction_waits_is_not_swallowed_by_it() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "600").await;
    shop.deliver(&shop.world.shopify.redact_customer(ann.customer).unwrap()).await;
    shop.wait(Duration::from_mins(30));
    shop.order(ann.customer, "5").await;
    shop.wait(Duration::from_mins(30));
    shop.settle().await;
    assert_eq!(shop.held(&ann.user), held(VIP, "605", 2));
}

#[tokio::test]
async fn a_redaction_delivered_once_more_after_the_customer_came_back_does_not_last() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "600").await;
    let redaction = shop.world.shopify.redact_customer(ann.customer).unwrap();
    shop.deliver(&redaction).await;
    shop.wait(Duration::from_secs(11));
    let message = shop.system.queue().receive(1).remove(0).body;
    shop.wait(Duration::from_mins(10));
    shop.settle().await;
    shop.buys(&ann, "5").await;
    shop.system.queue().send_raw(message, Duration::ZERO);
    shop.settle().await;
    assert_eq!(shop.held(&ann.user), held(VIP, "605", 2));
}

/// Seed 862 of the simulation: the earlier request moved the tombstone back.
#[tokio::test]
async fn of_two_requests_to_be_forgotten_the_later_one_counts_whichever_is_worked_off_last() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "600").await;
    shop.deliver(&shop.world.shopify.redact_customer(ann.customer).unwrap()).await;
    shop.wait(Duration::from_secs(11));
    let earlier = shop.system.queue().receive(1).remove(0).body;
    shop.place(ann.customer, "5");
    shop.wait(Duration::from_secs(1));
    shop.deliver(&shop.world.shopify.redact_customer(ann.customer).unwrap()).await;
    shop.settle().await;
    shop.system.queue().send_raw(earlier, Duration::ZERO);
    shop.settle().await;
    assert_eq!(shop.held(&ann.user), nothing(), "both orders were placed before the later request");
}
