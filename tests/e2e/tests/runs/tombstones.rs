//! Customers who are gone or were forgotten, and what a run makes of them.

use std::time::Duration;

use http::Method;
use resegment::Status;
use rules::CustomerId;
use simulators::{Fault, Matching, Service};
use state::{Entry, Outcome};

use crate::shop::{RETURNING, Shop};

async fn entry(shop: &Shop, customer: CustomerId) -> Entry {
    let mut found = shop.system.customers().load(&[customer]).await.unwrap();
    found.remove(&customer).unwrap().unwrap().entry
}

#[tokio::test]
async fn a_mark_outlives_the_tombstone_it_was_left_on_whatever_interrupts_the_look() {
    let shop = Shop::open().await;
    let ann = shop.people(2, 1, "10").remove(0);
    shop.full_run().await;
    shop.deliver(&shop.world.shopify.redact_customer(ann.customer).unwrap()).await;
    shop.settle().await;
    // Her tombstone is looked at again, because something about her has changed.
    shop.now_has(&ann, 2, "20");
    let begun = shop.begin().await;
    let run = begun.run_id.unwrap();
    shop.settle().await;
    assert!(matches!(entry(&shop, ann.customer).await, Entry::Tombstone(_)));
    let marked = shop.system.customers().answered(&run, &[ann.customer]).await.unwrap();
    assert_eq!(marked.len(), 1);

    let join = Matching::call(Method::PUT, "/api/v1/groups/{id}/users/{id}");
    shop.world.faults().times(4, Service::Okta, join, Fault::Status(503));
    shop.world.clock.advance(Duration::from_secs(1));
    let (_, order) = shop.world.shopify.place_order(ann.customer, "5".parse().unwrap()).unwrap();
    shop.deliver(&order).await;
    shop.world.clock.advance(Duration::from_secs(11));
    shop.system.work_once().await.unwrap();
    let entry = entry(&shop, ann.customer).await;
    assert!(matches!(&entry, Entry::Customer(it) if it.read.is_none()), "interrupted: {entry:?}");
    let still = shop.system.customers().answered(&run, &[ann.customer]).await.unwrap();
    assert_eq!(still, marked);

    shop.world.clock.advance(Duration::from_secs(begun.wait_seconds.unwrap()));
    let answer = shop.tick().await;
    let record = shop.record(&run).await;
    assert_eq!((answer.status, record.unanswered), (Status::Done, 0), "{answer:?}");
    shop.settle().await;
    assert_eq!(shop.groups_of(&ann), [RETURNING]);
}

#[tokio::test]
async fn who_is_gone_and_may_not_be_changed_keeps_no_run_waiting() {
    let shop = Shop::open().await;
    let ann = shop.people(2, 1, "10").remove(0);
    shop.full_run().await;
    shop.world.okta.promote(&ann.user).unwrap();
    shop.world.shopify.delete_customer(ann.customer).unwrap();
    shop.world.clock.advance(Duration::from_hours(24));
    let began = shop.world.clock.now();
    let record = shop.full_run().await;
    assert_eq!(record.outcomes, [(Outcome::Gone, 1)].into());
    let minutes = shop.world.clock.now().duration_since(began).as_mins();
    assert!(minutes < 60, "{minutes} minutes");
    assert!(matches!(entry(&shop, ann.customer).await, Entry::Tombstone(_)));
    assert_eq!(shop.nightly_run().await.dispatched, 0);
}
