//! Shops with many customers, and changes that nobody is told of.

use std::time::Duration;

use serde_json::{Value, json};
use simulators::{NewCustomer, World};

use crate::bulk::{EXPORT, finished, text};
use crate::calling::{CUSTOMERS, amount, graphql, world};
use crate::downloads::download;

async fn read(world: &World, customer: rules::CustomerId) -> Value {
    graphql(world, CUSTOMERS, &[customer.gid()]).await["data"]["nodes"][0].clone()
}

fn figures(customer: &Value) -> (&str, &str) {
    (text(customer, "numberOfOrders"), customer["amountSpent"]["amount"].as_str().unwrap())
}

#[tokio::test]
async fn a_hundred_thousand_customers_are_made_and_exported() {
    let world = world();
    let ids = world.shopify.add_customers(100_000, |number| {
        NewCustomer::with_email(&format!("buyer{number}@example.com"))
            .with_totals(number % 10, amount("45.50"))
    });
    assert!(ids.is_sorted());
    assert!(world.shopify.take_webhooks().is_empty());
    let done = finished(&world, EXPORT).await;
    let file = download(&world, text(&done, "url")).await.unwrap();
    assert_eq!(file.body().split_inclusive(|byte| *byte == b'\n').count(), 100_000);
    for id in &ids[..100] {
        world.shopify.place_order(*id, amount("1")).unwrap();
    }
    assert_eq!(figures(&read(&world, ids[99]).await), ("10", "46.5"));
}

#[tokio::test]
async fn totals_are_set_without_a_word_and_later_orders_add_to_them() {
    let world = world();
    let (customer, _) = world.shopify.add_customer(NewCustomer::default());
    let (order, _) = world.shopify.place_order(customer, amount("10")).unwrap();
    world.shopify.take_webhooks();
    world.clock.advance(Duration::from_mins(1));
    world.shopify.set_totals(customer, 7, amount("700")).unwrap();
    assert!(world.shopify.take_webhooks().is_empty());
    let set = read(&world, customer).await;
    assert_eq!(figures(&set), ("7", "700.0"));
    assert_eq!(set["updatedAt"], "2026-10-05T09:01:00Z");
    world.shopify.place_order(customer, amount("5")).unwrap();
    assert_eq!(figures(&read(&world, customer).await), ("8", "705.0"));
    world.shopify.cancel_order(order).unwrap();
    assert_eq!(figures(&read(&world, customer).await), ("7", "695.0"));
    world.shopify.set_totals(customer, 0, amount("0")).unwrap();
    assert_eq!(figures(&read(&world, customer).await), ("0", "0.0"));
}

#[tokio::test]
async fn an_order_that_changes_hands_counts_for_one_customer() {
    let world = world();
    let (ann, _) = world.shopify.add_customer(NewCustomer::default());
    let (bob, _) = world.shopify.add_customer(NewCustomer::default());
    let (order, _) = world.shopify.place_order(ann, amount("5")).unwrap();
    world.shopify.set_order_customer(order, bob).unwrap();
    assert_eq!((world.shopify.orders(ann), world.shopify.orders(bob)), (vec![], vec![order]));
    assert_eq!(figures(&read(&world, ann).await), ("0", "0.0"));
    assert_eq!(figures(&read(&world, bob).await), ("1", "5.0"));
}

#[tokio::test]
async fn a_merge_brings_the_totals_from_before() {
    let world = world();
    let new = || NewCustomer::default().with_totals(2, amount("20"));
    let (kept, _) = world.shopify.add_customer(new());
    let (deleted, _) = world.shopify.add_customer(new());
    world.shopify.place_order(deleted, amount("3")).unwrap();
    world.shopify.merge(kept, deleted).unwrap();
    assert_eq!(figures(&read(&world, kept).await), ("5", "43.0"));
}

#[tokio::test]
async fn what_happens_silently_reaches_no_outbox() {
    let world = world();
    let (gone, _) = world.shopify.add_customer(NewCustomer::default());
    let heard = world.shopify.take_webhooks().len();
    let (stays, _) = world.shopify.add_customer(NewCustomer::default());
    world.shopify.silently(|shop| {
        shop.delete_customer(gone).unwrap();
        shop.place_order(stays, amount("1")).unwrap();
    });
    assert_eq!(world.shopify.take_webhooks().len(), heard, "the one from before");
    assert_eq!(read(&world, gone).await, Value::Null);
    assert_eq!(figures(&read(&world, stays).await), ("1", "1.0"));
}

#[tokio::test]
async fn a_page_of_customers_with_all_a_run_asks_is_within_the_limit_of_one_query() {
    let world = world();
    world.shopify.add_customers(250, |_| NewCustomer::default());
    let query = "query Preflight($size: Int = 250) {
        shop { myshopifyDomain }
        customersCount(limit: null) { count }
        webhookSubscriptions(first: 100) { nodes { topic } }
        customers(first: $size) {
            edges { node { id defaultEmailAddress { emailAddress } amountSpent { amount } } }
        } }";
    let answer = crate::calling::ask(&world, query, &json!({})).await;
    let cost = answer["extensions"]["cost"]["requestedQueryCost"].as_u64().unwrap();
    assert!((351..=1_000).contains(&cost), "{cost}");
    assert_eq!(answer["data"]["customers"]["edges"].as_array().unwrap().len(), 250);
}
