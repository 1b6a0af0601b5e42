//! A whole shop behind HTTP.

use http::Method;
use outbound::TransportFailure;
use serde_json::{Value, json};
use simulators::shopify::ACCESS_TOKEN;
use simulators::{Fault, Matching, Service};

use crate::bulk::EXPORT;
use crate::calling::json_of;
use crate::serving::Served;

async fn ask(served: &Served, query: &str, variables: &Value) -> Value {
    let body = json!({ "query": query, "variables": variables });
    let path = "/shopify/admin/api/2026-10/graphql.json";
    let token = ("x-shopify-access-token", ACCESS_TOKEN);
    json_of(&served.send(Method::POST, path, token, &body).await.unwrap())["data"].clone()
}

async fn many(served: &Served, new: &Value) -> Vec<String> {
    let made = served.control(Method::POST, "/customers/many", new).await;
    let ids = made["customer_ids"].as_array().unwrap();
    ids.iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

/// The link to the file of a bulk operation that takes no time.
async fn export(served: &Served) -> Value {
    served.control(Method::POST, "/bulk-operations", &json!({ "seconds": 0 })).await;
    let mutation = "mutation Start($query: String!) {
        bulkOperationRunQuery(query: $query) { bulkOperation { status errorCode url } } }";
    let data = ask(served, mutation, &json!({ "query": EXPORT })).await;
    data["bulkOperationRunQuery"]["bulkOperation"].clone()
}

#[tokio::test]
async fn many_customers_come_to_the_shop_at_once() {
    let served = Served::start().await;
    let new = json!({
        "count": 3, "email": "buyer{n}@example.com", "orders": 2, "amount": "45.50",
        "okta_users": true,
    });
    let ids = many(&served, &new).await;
    let user = served.control(Method::GET, "/users/buyer2@example.com", &Value::Null).await;
    assert_eq!(user["status"], "ACTIVE");
    served
        .control(
            Method::POST,
            &format!("/customers/{}/totals", ids[0]),
            &json!({ "orders": 9, "amount": "900" }),
        )
        .await;
    served.control(Method::DELETE, &format!("/customers/{}", ids[1]), &Value::Null).await;

    let query = "{ customers(first: 9) { nodes { email numberOfOrders amountSpent { amount } } } }";
    let nodes = ask(&served, query, &Value::Null).await["customers"]["nodes"].clone();
    let customer = |email: &str, orders: &str, amount: &str| json!({ "email": email, "numberOfOrders": orders, "amountSpent": { "amount": amount } });
    let expected =
        [customer("buyer0@example.com", "9", "900.0"), customer("buyer2@example.com", "2", "45.5")];
    assert_eq!(nodes, json!(expected));
    assert!(served.world.shopify.take_webhooks().is_empty());
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let served = Served::start().await;
    let none = served.control(Method::DELETE, "/customers/1", &Value::Null).await;
    assert_eq!(none["error"], "the simulated shop has no such customer");
    let totals = json!({ "orders": 1, "amount": "1" });
    let nobody = served.control(Method::POST, "/customers/x/totals", &totals).await;
    assert!(nobody["error"].is_string());
    let more = served.control(Method::POST, "/customers/many", &json!({ "count": 100_001 })).await;
    assert!(more["error"].as_str().unwrap().starts_with("at most"));
    let end = served.control(Method::POST, "/bulk-operations", &json!({ "end": "soon" })).await;
    assert!(end["error"].as_str().unwrap().starts_with("unreadable body"));
}

#[tokio::test]
async fn a_file_is_downloaded_from_the_address_that_was_asked() {
    let served = Served::start().await;
    many(&served, &json!({ "count": 2_000 })).await;
    let link = export(&served).await["url"].as_str().unwrap().to_owned();
    assert!(link.starts_with(&format!("{}/storage/", served.base)), "{link}");
    let plain = ("accept", "*/*");
    let file = served.send(Method::GET, &link, plain, &Value::Null).await.unwrap();
    assert_eq!(file.headers()["content-type"], "application/jsonl");
    assert_eq!(file.body().split_inclusive(|byte| *byte == b'\n').count(), 2_000);

    served.world.faults().next(Service::Storage, Matching::any(), Fault::BreaksAfter(1_000));
    let broken = served.send(Method::GET, &link, plain, &Value::Null).await;
    assert_eq!(broken.unwrap_err(), TransportFailure::Broken);
    served.world.faults().next(Service::Storage, Matching::any(), Fault::CutAfter(1_000));
    let short = served.send(Method::GET, &link, plain, &Value::Null).await.unwrap();
    assert_eq!(short.body(), &file.body()[..1_000]);
    let token = ("authorization", "Bearer x");
    assert_eq!(served.send(Method::GET, &link, token, &Value::Null).await.unwrap().status(), 400);
}

#[tokio::test]
async fn bulk_operations_end_as_they_are_told() {
    let served = Served::start().await;
    many(&served, &json!({ "count": 2 })).await;
    for (end, status, code) in [
        ("access_denied", "FAILED", json!("ACCESS_DENIED")),
        ("internal_server_error", "FAILED", json!("INTERNAL_SERVER_ERROR")),
        ("timeout", "FAILED", json!("TIMEOUT")),
        ("canceled", "CANCELED", Value::Null),
        ("expired", "EXPIRED", Value::Null),
        ("never", "RUNNING", Value::Null),
        ("completed", "COMPLETED", Value::Null),
    ] {
        served.control(Method::POST, "/bulk-operations", &json!({ "end": end })).await;
        let operation = export(&served).await;
        assert_eq!(
            (&operation["status"], &operation["errorCode"]),
            (&json!(status), &code),
            "{end}"
        );
    }
    let seen = served.control(Method::GET, "/bulk-operations", &Value::Null).await;
    assert_eq!((&seen[6]["status"], &seen[6]["rows"]), (&json!("completed"), &json!(2)));
}
