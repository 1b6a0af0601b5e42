use rules::CustomerId;
use serde_json::{Value, json};

use super::*;

const CUSTOMER: u64 = 9_007_199_254_741_993;
const ORDER: u64 = 9_007_199_254_750_001;

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn event(topic: Option<&str>, body: &Value) -> Event {
    let shop = "my-store.myshopify.com".parse().unwrap();
    read(body.to_string().as_bytes(), topic, &shop, now()).unwrap()
}

fn look(subject: Subject, cause: Cause) -> Message {
    Message::new(subject, cause, now())
}

fn customer() -> Subject {
    Subject::Customer(CustomerId::new(CUSTOMER))
}

fn order() -> Subject {
    Subject::Order(OrderId::new(ORDER))
}

fn order_body() -> Value {
    json!({"id": ORDER, "line_items": [], "customer": {"id": CUSTOMER, "email": "ann@example.com"}})
}

#[test]
fn a_placed_order_expects_to_be_seen() {
    let mut expected = look(customer(), Cause::Order);
    expected.expect = Some(Expectation { last_order: OrderId::new(ORDER), orders: None });
    assert_eq!(event(Some("orders/create"), &order_body()), Event::Look(vec![expected]));
}

#[test]
fn a_changed_order_is_a_look_at_its_customer() {
    for topic in ["orders/updated", "orders/cancelled", "orders/paid"] {
        let expected = Event::Look(vec![look(customer(), Cause::Order)]);
        assert_eq!(event(Some(topic), &order_body()), expected, "{topic}");
    }
}

#[test]
fn an_order_without_a_customer_is_a_guests() {
    for body in [
        json!({"id": ORDER, "line_items": [], "customer": null}),
        json!({"id": ORDER, "total_price": "45.50"}),
    ] {
        assert_eq!(event(Some("orders/create"), &body), Event::Guest);
    }
}

#[test]
fn events_that_name_an_order_alone_are_a_look_at_whoever_placed_it() {
    for (topic, body, cause) in [
        ("refunds/create", json!({"id": 1, "order_id": ORDER}), Cause::Refund),
        ("orders/edited", json!({"order_edit": {"id": 1, "order_id": ORDER}}), Cause::Order),
        ("orders/updated", json!({"id": ORDER.to_string()}), Cause::Order),
    ] {
        assert_eq!(event(Some(topic), &body), Event::Look(vec![look(order(), cause)]), "{topic}");
    }
}

#[test]
fn a_placed_order_expects_to_be_seen_though_its_body_does_not_say_whose_it_is() {
    for body in [
        json!({"id": ORDER}),
        json!({"id": ORDER, "line_items": [], "customer": {}}),
        json!({"id": ORDER, "line_items": [], "customer": {"id": "soon"}}),
        json!({"id": ORDER, "line_items": [], "customer": 5}),
    ] {
        let mut expected = look(order(), Cause::Order);
        expected.expect = Some(Expectation { last_order: OrderId::new(ORDER), orders: None });
        assert_eq!(event(Some("orders/create"), &body), Event::Look(vec![expected]), "{body}");
    }
}

#[test]
fn a_refund_that_does_not_name_its_order_is_ignored() {
    assert_eq!(event(Some("refunds/create"), &json!({"id": 1})), Event::Ignored);
}

#[test]
fn the_number_of_another_kind_of_thing_is_not_taken_for_ours() {
    let order =
        json!({"id": ORDER, "admin_graphql_api_id": format!("gid://shopify/Order/{ORDER}")});
    assert_eq!(event(Some("customers/update"), &order), Event::Ignored);
    let customer = json!({"id": CUSTOMER, "admin_graphql_api_id": format!("gid://shopify/Customer/{CUSTOMER}")});
    assert_eq!(event(Some("orders/create"), &customer), Event::Ignored);
    let summary =
        json!({"customerId": format!("gid://shopify/Order/{ORDER}"), "numberOfOrders": 1});
    assert_eq!(event(Some("customers/purchasing_summary"), &summary), Event::Ignored);
}

#[test]
fn a_customers_event_is_a_look_at_the_customer_by_the_exact_id() {
    let rounded = json!({
        "id": 9_007_199_254_742_000_u64,
        "admin_graphql_api_id": format!("gid://shopify/Customer/{CUSTOMER}"),
    });
    for topic in ["customers/create", "customers/update", "customers/delete"] {
        let expected = Event::Look(vec![look(customer(), Cause::Customer)]);
        assert_eq!(event(Some(topic), &rounded), expected, "{topic}");
    }
}

#[test]
fn a_merge_is_a_look_at_both() {
    let body = json!({
        "admin_graphql_api_customer_kept_id": format!("gid://shopify/Customer/{CUSTOMER}"),
        "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/7",
    });
    let deleted = look(Subject::Customer(CustomerId::new(7)), Cause::Merge);
    let expected = Event::Look(vec![look(customer(), Cause::Merge), deleted]);
    assert_eq!(event(Some("customers/merge"), &body), expected);
}

#[test]
fn a_purchasing_summary_expects_its_figures_to_be_seen() {
    let body = json!({
        "customerId": format!("gid://shopify/Customer/{CUSTOMER}"),
        "numberOfOrders": 3,
        "lastOrderId": format!("gid://shopify/Order/{ORDER}"),
    });
    let mut expected = look(customer(), Cause::PurchasingSummary);
    expected.expect = Some(Expectation { last_order: OrderId::new(ORDER), orders: Some(3) });
    assert_eq!(event(Some("customers/purchasing_summary"), &body), Event::Look(vec![expected]));
}

#[test]
fn without_a_topic_the_body_speaks_for_itself() {
    let summary = json!({"customerId": CUSTOMER.to_string(), "numberOfOrders": 0});
    let refund = json!({"order_id": ORDER, "refund_line_items": []});
    let person = json!({"admin_graphql_api_id": format!("gid://shopify/Customer/{CUSTOMER}")});
    for (body, subject, cause) in [
        (order_body(), customer(), Cause::Order),
        (summary, customer(), Cause::PurchasingSummary),
        (refund, order(), Cause::Refund),
        (person, customer(), Cause::Customer),
    ] {
        assert_eq!(event(None, &body), Event::Look(vec![look(subject, cause)]), "{body}");
    }
    assert_eq!(event(None, &json!({"id": 7})), Event::Ignored);
}

fn redact_body() -> Value {
    json!({
        "shop_id": 1,
        "shop_domain": "my-store.myshopify.com",
        "customer": {"id": CUSTOMER, "email": "ann@example.com"},
        "orders_to_redact": [ORDER],
    })
}

#[test]
fn a_redaction_needs_the_header_the_shape_and_our_shop() {
    let expected = Event::Look(vec![look(customer(), Cause::Redact)]);
    assert_eq!(event(Some("customers/redact"), &redact_body()), expected);

    let mut elsewhere = redact_body();
    elsewhere["shop_domain"] = json!("other.myshopify.com");
    assert_eq!(event(Some("customers/redact"), &elsewhere), Event::Mismatched);
    assert_eq!(event(Some("customers/redact"), &order_body()), Event::Mismatched);
    assert_eq!(event(None, &redact_body()), Event::Ignored);
    assert_eq!(event(Some("customers/data_request"), &redact_body()), Event::Mismatched);
    assert_eq!(event(Some("shop/redact"), &redact_body()), Event::Mismatched);
}

#[test]
fn a_shops_redaction_holds_the_shop_and_nothing_else() {
    let mut body = json!({"shop_id": 1, "shop_domain": "my-store.myshopify.com"});
    let expected = Event::Look(vec![look(Subject::Shop, Cause::Redact)]);
    assert_eq!(event(Some("shop/redact"), &body), expected);
    body["id"] = json!(1);
    assert_eq!(event(Some("shop/redact"), &body), Event::Mismatched);
}

#[test]
fn a_data_request_is_told_from_a_redaction() {
    let body = json!({
        "shop_domain": "my-store.myshopify.com",
        "customer": {"id": CUSTOMER},
        "orders_requested": [],
        "data_request": {"id": 9999},
    });
    let expected = Event::Look(vec![look(customer(), Cause::DataRequest)]);
    assert_eq!(event(Some("customers/data_request"), &body), expected);
    assert_eq!(event(Some("customers/redact"), &body), Event::Mismatched);
}

#[test]
fn other_topics_and_fields_of_other_types_are_ignored() {
    assert_eq!(event(Some("products/update"), &order_body()), Event::Ignored);
    assert_eq!(event(Some("orders/create"), &json!({"customer": 5})), Event::Ignored);
    assert_eq!(event(Some("customers/update"), &json!({"id": -5})), Event::Ignored);
    assert_eq!(event(Some("customers/update"), &json!({"id": 1.5})), Event::Ignored);
}

#[test]
fn what_is_no_object_is_refused() {
    let shop = "my-store.myshopify.com".parse().unwrap();
    for body in ["", "[]", "7", "\"x\"", "{", "{}x", "\u{0}"] {
        assert_eq!(read(body.as_bytes(), None, &shop, now()), Err(NotAnObject), "{body}");
    }
}
