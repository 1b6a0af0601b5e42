use std::time::Duration;

use simulators::Service;
use simulators::shopify::{Buyer, Topic};
use state::{Cause, Outcome};
use webhook::Answer;

use crate::harness::{NEW, RETURNING, STAFF, Shop, VIP, held, nothing, outcomes};

const SET_TOTALS: &str = "POST /api/v1/users/{id}";
const JOIN: &str = "PUT /api/v1/groups/{id}/users/{id}";
const LEAVE: &str = "DELETE /api/v1/groups/{id}/users/{id}";

#[tokio::test]
async fn a_first_order_puts_the_customer_into_the_group_of_new_ones() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    assert_eq!(shop.held(&ann.user), held(NEW, "45.5", 1));
    let record = shop.record(ann.customer).await;
    let [transition] = &record.transitions[..] else { panic!("{record:?}") };
    assert_eq!((&transition.from, transition.cause), (&None, Cause::Order));
    assert_eq!(transition.to.as_ref().unwrap().as_str(), "new");
    assert_eq!(transition.totals.to_string(), "1 order, 45.50 USD");
}

#[tokio::test]
async fn an_updated_order_changes_the_attributes_and_nothing_else() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    let order = shop.buys(&ann, "45.50").await;
    shop.world.take_calls();
    let webhook = shop.world.shopify.update_order(order, "25.50".parse().unwrap()).unwrap();
    shop.deliver(&webhook).await;
    shop.settle().await;
    assert_eq!(shop.held(&ann.user), held(NEW, "25.5", 1));
    assert_eq!(shop.okta_calls(), [SET_TOTALS]);
}

#[tokio::test]
async fn a_move_is_totals_then_join_then_leave() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    shop.world.take_calls();
    shop.buys(&ann, "454.50").await;
    assert_eq!(shop.held(&ann.user), held(VIP, "500", 2));
    assert_eq!(shop.okta_calls(), [SET_TOTALS, JOIN, LEAVE]);
    shop.assert_never_without_a_group(&ann.user);
}

#[tokio::test]
async fn a_first_contact_looks_the_user_up_once_and_reads_the_groups_once() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    let first = ["GET /api/v1/users/{id}", "GET /api/v1/users/{id}/groups", SET_TOTALS, JOIN];
    assert_eq!(shop.okta_calls(), first);
}

#[tokio::test]
async fn a_cancellation_brings_the_customer_down_again_and_out() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    let first = shop.buys(&ann, "20").await;
    let second = shop.buys(&ann, "600").await;
    assert_eq!(shop.held(&ann.user), held(VIP, "620", 2));
    shop.deliver(&shop.world.shopify.cancel_order(second).unwrap()).await;
    shop.settle().await;
    assert_eq!(shop.held(&ann.user), held(NEW, "20", 1));
    shop.assert_never_without_a_group(&ann.user);

    shop.deliver(&shop.world.shopify.cancel_order(first).unwrap()).await;
    shop.settle().await;
    let out = shop.held(&ann.user);
    assert_eq!((out.groups, out.orders), (Vec::new(), Some(0)));
    assert_eq!(shop.segment(ann.customer).await, None);
}

#[tokio::test]
async fn two_to_five_orders_make_a_returning_customer_and_the_sixth_a_vip() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    for (orders, group) in
        [(1, NEW), (2, RETURNING), (3, RETURNING), (4, RETURNING), (5, RETURNING), (6, VIP)]
    {
        shop.buys(&ann, "10").await;
        assert_eq!(shop.held(&ann.user), held(group, &(orders * 10).to_string(), orders));
    }
}

#[tokio::test]
async fn the_events_of_one_order_are_one_read_and_one_second_look() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    shop.world.shopify.take_webhooks();
    shop.world.take_calls();
    shop.place(ann.customer, "10");
    let webhooks = shop.world.shopify.take_webhooks();
    assert!(webhooks.len() >= 4, "{webhooks:?}");
    for webhook in &webhooks {
        assert_eq!(shop.deliver(webhook).await, Answer::Queued(1));
        shop.wait(Duration::from_millis(700));
    }
    shop.settle().await;
    assert_eq!(shop.calls(Service::Shopify).len(), 2);
    assert_eq!(shop.held(&ann.user), held(RETURNING, "55.5", 2));
}

#[tokio::test]
async fn nothing_new_costs_okta_no_call() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    let order = shop.buys(&ann, "45.50").await;
    shop.world.take_calls();
    let webhook = shop.world.shopify.update_order(order, "45.50".parse().unwrap()).unwrap();
    shop.deliver(&webhook).await;
    let settled = shop.settle().await;
    assert_eq!(outcomes(&settled), [Outcome::Unchanged, Outcome::Unchanged]);
    assert_eq!(shop.okta_calls(), [""; 0]);
}

#[tokio::test]
async fn a_customer_without_orders_costs_okta_no_call_and_leaves_no_entry() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    let webhook = shop.set_email(ann.customer, Some("anna@example.com"));
    shop.deliver(&webhook).await;
    shop.settle().await;
    assert_eq!(shop.okta_calls(), [""; 0]);
    assert_eq!(shop.entry(ann.customer).await, None);
}

#[tokio::test]
async fn a_guests_order_queues_nothing() {
    let shop = Shop::open().await;
    let (_, webhook) =
        shop.world.shopify.place_order(Buyer::Guest, "45.50".parse().unwrap()).unwrap();
    assert_eq!(shop.deliver(&webhook).await, Answer::Guest);
    assert_eq!(shop.system.queue().depth(), 0);
}

#[tokio::test]
async fn refunds_and_edits_find_whose_order_it_is() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    let order = shop.buys(&ann, "600").await;
    assert_eq!(shop.held(&ann.user), held(VIP, "600", 1));

    let webhook = shop.world.shopify.refund_order(order, "580".parse().unwrap()).unwrap();
    assert_eq!(webhook.topic, Topic::RefundsCreate);
    shop.deliver(&webhook).await;
    shop.settle().await;
    assert_eq!(shop.held(&ann.user), held(NEW, "20", 1));
    let record = shop.record(ann.customer).await;
    let [.., refund] = &record.transitions[..] else { panic!("{record:?}") };
    assert_eq!((refund.cause, refund.to.as_ref().unwrap().as_str()), (Cause::Refund, "new"));

    let webhook = shop.world.shopify.edit_order(order, "1200".parse().unwrap()).unwrap();
    assert_eq!(webhook.topic, Topic::OrdersEdited);
    shop.deliver(&webhook).await;
    shop.settle().await;
    assert_eq!(shop.held(&ann.user).groups, [VIP]);
}

#[tokio::test]
async fn a_refund_of_a_guests_order_asks_once_and_ends() {
    let shop = Shop::open().await;
    let (order, _) = shop.world.shopify.place_order(Buyer::Guest, "9".parse().unwrap()).unwrap();
    let webhook = shop.world.shopify.refund_order(order, "1".parse().unwrap()).unwrap();
    shop.deliver(&webhook).await;
    let settled = shop.settle().await;
    assert_eq!(settled.tally().of("guest"), 1);
    assert_eq!(shop.calls(Service::Shopify).len(), 1);
}

#[tokio::test]
async fn a_duplicate_is_covered_by_the_first_and_a_late_one_finds_nothing_new() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    let (_, webhook) = shop.place(ann.customer, "45.50");
    shop.deliver(&webhook).await;
    shop.deliver(&webhook).await;
    shop.settle().await;
    shop.world.take_calls();
    shop.wait(Duration::from_hours(26));
    shop.deliver(&webhook).await;
    shop.settle().await;
    assert_eq!(shop.okta_calls(), [""; 0]);
    assert_eq!(shop.held(&ann.user), held(NEW, "45.5", 1));
}

#[tokio::test]
async fn duplicates_that_come_in_many_batches_are_one_read_and_one_second_look() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    let (_, webhook) = shop.place(ann.customer, "45.50");
    for _ in 0..30 {
        shop.deliver(&webhook).await;
    }
    let settled = shop.settle().await;
    let [applied, covered @ .., second] = &outcomes(&settled)[..] else { panic!() };
    assert_eq!((*applied, *second), (Outcome::Applied, Outcome::Unchanged));
    assert_eq!(covered, [Outcome::Covered; 2]);
    assert_eq!(shop.calls(Service::Shopify).len(), 2);
}

/// Which of the two was first, nobody can tell.
#[tokio::test]
async fn an_event_of_the_very_moment_of_a_read_is_not_covered_by_it() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    let other = shop.person("anna@example.com").user;
    shop.deliver(&shop.set_email(ann.customer, Some("ANN@example.com"))).await;
    shop.wait(Duration::from_secs(11));
    shop.system.work_once().await.unwrap().unwrap();
    assert_eq!(shop.record(ann.customer).await.read.unwrap().at, shop.now());
    shop.deliver(&shop.set_email(ann.customer, Some("anna@example.com"))).await;
    let settled = shop.settle().await;
    assert_eq!(outcomes(&settled), [Outcome::Applied]);
    assert_eq!((shop.held(&ann.user), shop.held(&other)), (nothing(), held(NEW, "45.5", 1)));
}

#[tokio::test]
async fn events_out_of_order_end_with_the_truth() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    let (order, created) = shop.place(ann.customer, "600");
    let updated = shop.world.shopify.update_order(order, "30".parse().unwrap()).unwrap();
    shop.deliver(&updated).await;
    shop.settle().await;
    shop.deliver(&created).await;
    shop.settle().await;
    assert_eq!(shop.held(&ann.user), held(NEW, "30", 1));
}

#[tokio::test]
async fn ten_customers_of_a_batch_are_one_read() {
    let shop = Shop::open().await;
    let people: Vec<_> =
        (0..10).map(|number| shop.person(&format!("person{number}@example.com"))).collect();
    for person in &people {
        shop.order(person.customer, "45.50").await;
    }
    shop.wait(Duration::from_secs(11));
    let report = shop.system.work_once().await.unwrap().unwrap();
    assert_eq!(report.tally.of("applied"), 10);
    assert_eq!(shop.calls(Service::Shopify).len(), 1);
    for person in &people {
        assert_eq!(shop.held(&person.user), held(NEW, "45.5", 1));
    }
}

#[tokio::test]
async fn the_entry_holds_no_address_and_no_name() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    let items = shop.system.dynamodb().scan().table_name(shop.system.tables().customers);
    let shown = format!("{:?}", items.send().await.unwrap()).to_lowercase();
    assert!(shown.contains(&ann.user.to_string().to_lowercase()));
    assert!(!shown.contains("example.com") && !shown.contains(&STAFF.to_lowercase()), "{shown}");
}

#[tokio::test]
async fn a_forged_webhook_does_nothing() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    let (_, webhook) = shop.place(ann.customer, "45.50");
    for forged in [
        webhook.clone().with_wrong_signature(),
        webhook.clone().tampered(),
        webhook.clone().without_header("x-shopify-hmac-sha256"),
        webhook.clone().from_shop("other.myshopify.com"),
    ] {
        assert_eq!(shop.deliver(&forged).await, Answer::Unauthorized);
    }
    assert_eq!(shop.system.queue().depth(), 0);
}
