//! What the shop would deliver.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use simulators::shopify::{Topic, WEBHOOK_SECRET};
use simulators::{Buyer, NewCustomer, Webhook};

use crate::calling::{amount, world};

fn is_signed_with(webhook: &Webhook, secret: &str) -> bool {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(&webhook.body);
    let signature = STANDARD.decode(webhook.header("x-shopify-hmac-sha256")).unwrap();
    mac.verify_slice(&signature).is_ok()
}

fn body(webhook: &Webhook) -> Value {
    serde_json::from_slice(&webhook.body).unwrap()
}

fn topics(webhooks: &[Webhook]) -> Vec<&'static str> {
    webhooks.iter().map(|webhook| webhook.topic.as_str()).collect()
}

#[test]
fn the_signature_is_over_the_raw_body() {
    let world = world();
    let (_, webhook) = world.shopify.add_customer(NewCustomer::with_email("a@example.com"));
    assert!(is_signed_with(&webhook, WEBHOOK_SECRET));
    assert!(!is_signed_with(&webhook.clone().with_wrong_signature(), WEBHOOK_SECRET));
    assert!(!is_signed_with(&webhook.clone().tampered(), WEBHOOK_SECRET));
    let relabelled = webhook.clone().with_topic("customers/redact").from_shop("x.myshopify.com");
    assert!(is_signed_with(&relabelled, WEBHOOK_SECRET));
    assert_eq!(relabelled.header("x-shopify-topic"), "customers/redact");
    assert!(is_signed_with(&webhook.with_body("{}", "other"), "other"));
    world.shopify.rotate_webhook_secret("new");
    assert!(is_signed_with(&world.shopify.redact_shop(), "new"));
}

#[test]
fn headers_are_shopifys() {
    let world = world();
    let (_, webhook) = world.shopify.add_customer(NewCustomer::default());
    assert_eq!(webhook.header("x-shopify-topic"), "customers/create");
    assert_eq!(webhook.header("x-shopify-shop-domain"), "my-store.myshopify.com");
    assert_eq!(webhook.header("x-shopify-api-version"), "2026-10");
    assert_eq!(webhook.header("x-shopify-triggered-at"), "2026-10-05T09:00:00.000000000Z");
    for id in ["x-shopify-webhook-id", "x-shopify-event-id"] {
        assert_eq!(webhook.header(id).len(), 36, "{id}");
    }
}

#[test]
fn an_order_brings_what_shopify_sends_for_it_and_the_totals_when_they_show() {
    let world = world();
    let (customer, _) = world.shopify.add_customer(NewCustomer::default());
    world.shopify.set_totals_lag(Duration::from_secs(20));
    world.shopify.take_webhooks();
    let (order, webhook) = world.shopify.place_order(customer, amount("45.5")).unwrap();
    assert_eq!(webhook.topic, Topic::OrdersCreate);
    let sent = world.shopify.take_webhooks();
    assert_eq!(
        topics(&sent),
        ["orders/create", "orders/paid", "orders/updated", "customers/update"]
    );
    let events: Vec<&str> = sent.iter().map(|sent| sent.header("x-shopify-event-id")).collect();
    assert!(events.iter().all(|event| *event == events[0]));
    assert_ne!(sent[0].header("x-shopify-webhook-id"), sent[1].header("x-shopify-webhook-id"));

    world.clock.advance(Duration::from_secs(20));
    let late = world.shopify.take_webhooks();
    assert_eq!(topics(&late), ["customers/purchasing_summary"]);
    assert_eq!(
        body(&late[0]),
        json!({
            "customerId": customer.gid(),
            "numberOfOrders": 1,
            "amountSpent": { "amount": "45.50", "currencyCode": "USD" },
            "lastOrderId": order.gid(),
            "occurredAt": "2026-10-05T09:00:20.000Z",
        })
    );
}

#[test]
fn order_bodies_hold_what_a_product_must_not_keep() {
    let world = world();
    let (customer, _) = world.shopify.add_customer(NewCustomer::with_email("a@example.com"));
    let (order, webhook) = world.shopify.place_order(customer, amount("45.5")).unwrap();
    let created = body(&webhook);
    assert_eq!(created["id"], order.get());
    assert_eq!(created["customer"]["id"], customer.get());
    assert_eq!(created["customer"]["email"], "a@example.com");
    assert!(created["customer"].get("orders_count").is_none());
    assert_eq!(created["total_price"], "45.50");
    assert_eq!(created["created_at"], "2026-10-05T04:00:00-05:00");
    assert!(created["billing_address"]["phone"].is_string());
    let cancelled = body(&world.shopify.cancel_order(order).unwrap());
    assert!(cancelled["cancelled_at"].is_string());
}

#[test]
fn a_guest_order_has_no_customer() {
    let world = world();
    let (_, webhook) = world.shopify.place_order(Buyer::Guest, amount("9")).unwrap();
    assert_eq!(body(&webhook)["customer"], Value::Null);
    assert_eq!(
        topics(&world.shopify.take_webhooks()),
        ["orders/create", "orders/paid", "orders/updated"]
    );
}

#[test]
fn edits_and_refunds_name_the_order_alone() {
    let world = world();
    let (customer, _) = world.shopify.add_customer(NewCustomer::default());
    let (order, _) = world.shopify.place_order(customer, amount("9")).unwrap();
    let edited = world.shopify.edit_order(order, amount("12")).unwrap();
    let refunded = world.shopify.refund_order(order, amount("2")).unwrap();
    assert_eq!(body(&edited)["order_edit"]["order_id"], order.get());
    assert_eq!(body(&refunded)["order_id"], order.get());
    for webhook in [edited, refunded] {
        assert!(!String::from_utf8_lossy(&webhook.body).contains(&customer.to_string()));
    }
}

#[test]
fn requests_about_a_persons_data_have_their_shape() {
    let world = world();
    let (customer, _) = world.shopify.add_customer(NewCustomer::with_email("a@example.com"));
    let (order, _) = world.shopify.place_order(customer, amount("9")).unwrap();
    let redact = body(&world.shopify.redact_customer(customer).unwrap());
    assert_eq!(redact["shop_domain"], "my-store.myshopify.com");
    assert_eq!(redact["orders_to_redact"], json!([order.get()]));
    let asked = body(&world.shopify.request_data(customer).unwrap());
    assert_eq!(asked["orders_requested"], json!([order.get()]));
    assert_eq!(asked["customer"]["id"], customer.get());
}

#[test]
fn a_change_that_leaves_the_figures_as_they_are_announces_none() {
    let world = world();
    let (customer, _) = world.shopify.add_customer(NewCustomer::default());
    let (order, _) = world.shopify.place_order(customer, amount("9")).unwrap();
    world.shopify.take_webhooks();
    world.shopify.update_order(order, amount("9")).unwrap();
    assert_eq!(topics(&world.shopify.take_webhooks()), ["orders/updated", "customers/update"]);
}
