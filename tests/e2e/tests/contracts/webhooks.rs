//! The simulated shop's webhooks against Shopify's samples of them.

use serde_json::{Map, Value};
use simulators::shopify::Topic;
use simulators::{NewCustomer, Webhook, World};

use crate::at_hand::{folder, webhook_sample};

/// What the product reads of each topic's body.
fn read_by_us(topic: Topic) -> &'static [&'static str] {
    match topic {
        Topic::OrdersCreate | Topic::OrdersUpdated | Topic::OrdersPaid | Topic::OrdersCancelled => {
            &[
                "/id",
                "/admin_graphql_api_id",
                "/customer/id",
                "/customer/admin_graphql_api_id",
                "/updated_at",
            ]
        }
        Topic::OrdersEdited => &["/order_edit/order_id"],
        Topic::RefundsCreate => &["/order_id"],
        Topic::CustomersCreate | Topic::CustomersUpdate | Topic::CustomersDelete => {
            &["/id", "/admin_graphql_api_id"]
        }
        Topic::CustomersMerge => {
            &["/admin_graphql_api_customer_kept_id", "/admin_graphql_api_customer_deleted_id"]
        }
        Topic::CustomersPurchasingSummary => &["/customerId", "/numberOfOrders", "/lastOrderId"],
        Topic::CustomersRedact => &["/shop_domain", "/customer/id", "/orders_to_redact"],
        Topic::CustomersDataRequest => &["/shop_domain", "/customer/id", "/orders_requested"],
        Topic::ShopRedact => &["/shop_domain"],
    }
}

/// Shopify gives no sample for customers/create: it has the body of an update.
fn sample_of(topic: Topic) -> Option<Value> {
    match topic {
        Topic::CustomersCreate => webhook_sample("customers/update"),
        topic => webhook_sample(topic.as_str()),
    }
}

/// One webhook of every topic.
fn one_of_each() -> Vec<Webhook> {
    let world = World::new("my-store.myshopify.com".parse().unwrap());
    let shop = &world.shopify;
    let amount = |text: &str| text.parse().unwrap();
    let add = |email: &str| shop.add_customer(NewCustomer::with_email(email)).0;
    let (kept, deleted, gone) = (add("a@example.com"), add("b@example.com"), add("c@example.com"));
    let (order, _) = shop.place_order(kept, amount("45.5")).unwrap();
    shop.place_order(deleted, amount("20")).unwrap();
    shop.edit_order(order, amount("50")).unwrap();
    shop.refund_order(order, amount("5")).unwrap();
    shop.request_data(kept).unwrap();
    shop.redact_customer(kept).unwrap();
    shop.merge(kept, deleted).unwrap();
    shop.cancel_order(order).unwrap();
    shop.delete_customer(gone).unwrap();
    shop.redact_shop();
    shop.take_webhooks()
}

/// Where `ours` has a field that `theirs` has not, or one of another type. Null and an empty list go
/// with anything: samples do not tell what may be null.
fn differences(place: &str, ours: &Value, theirs: &Value) -> Vec<String> {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => fields(place, ours, theirs),
        (Value::Array(ours), Value::Array(theirs)) => {
            let Some(like) = theirs.first() else { return Vec::new() };
            ours.iter().flat_map(|ours| differences(&format!("{place}[]"), ours, like)).collect()
        }
        (Value::Null, _)
        | (_, Value::Null)
        | (Value::String(_), Value::String(_))
        | (Value::Bool(_), Value::Bool(_))
        | (Value::Number(_), Value::Number(_)) => Vec::new(),
        _ => vec![format!("{place}: another type")],
    }
}

fn fields(place: &str, ours: &Map<String, Value>, theirs: &Map<String, Value>) -> Vec<String> {
    ours.iter()
        .flat_map(|(name, value)| {
            let place = format!("{place}/{name}");
            match theirs.get(name) {
                Some(like) => differences(&place, value, like),
                None => vec![format!("{place}: not in the sample")],
            }
        })
        .collect()
}

#[test]
fn webhook_bodies_are_like_shopifys_samples() {
    if folder().is_none() {
        return;
    }
    let webhooks = one_of_each();
    for topic in Topic::ALL {
        let sample = sample_of(*topic).unwrap_or_else(|| panic!("no sample of {topic}"));
        let mut found = webhooks.iter().filter(|webhook| webhook.topic == *topic).peekable();
        assert!(found.peek().is_some(), "no webhook of {topic}");
        for webhook in found {
            let body: Value = serde_json::from_slice(&webhook.body).unwrap();
            assert_eq!(differences("", &body, &sample), Vec::<String>::new(), "{topic}");
            for pointer in read_by_us(*topic) {
                assert!(body.pointer(pointer).is_some(), "{topic}: ours lacks {pointer}");
                assert!(sample.pointer(pointer).is_some(), "{topic}: the sample lacks {pointer}");
            }
        }
    }
}

#[test]
fn a_body_that_is_not_like_the_sample_is_found_out() {
    let sample =
        serde_json::json!({ "id": 1, "price": "1.00", "lines": [{ "id": 1 }], "note": null });
    let ours = serde_json::json!({ "id": "1", "lines": [{ "sku": "x" }], "note": "n", "tip": 1 });
    let expected =
        ["/id: another type", "/lines[]/sku: not in the sample", "/tip: not in the sample"];
    assert_eq!(differences("", &ours, &sample), expected);
}
