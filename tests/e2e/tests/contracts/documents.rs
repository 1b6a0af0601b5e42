//! The GraphQL documents the product sends.

use std::path::Path;

use apollo_compiler::ExecutableDocument;
use apollo_compiler::validation::Valid;
use bytes::Bytes;
use http::Request;
use outbound::Transport;
use serde_json::{Value, json};
use simulators::{NewCustomer, World, shopify};

use crate::at_hand::shopify_schema;

/// The query that is not sent by itself: a bulk operation runs it.
pub(crate) const IN_BULK: &str = "customer_export.graphql";

/// Every document, with its file's name.
pub(crate) fn documents() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/shopify/graphql");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "graphql") {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            found.push((name, std::fs::read_to_string(path).unwrap()));
        }
    }
    assert!(!found.is_empty(), "no documents: have they moved?");
    found
}

#[test]
fn every_document_is_valid_by_shopifys_schema() {
    let Some(schema) = shopify_schema() else { return };
    let schema = Valid::assume_valid(schema);
    for (name, text) in documents() {
        if let Err(errors) = ExecutableDocument::parse_and_validate(&schema, text, &name) {
            panic!("{name}: {errors}");
        }
    }
}

#[test]
fn a_document_that_is_not_valid_is_found_out() {
    let Some(schema) = shopify_schema() else { return };
    let schema = Valid::assume_valid(schema);
    let old = "query Old($id: ID!) { customer(id: $id) { ordersCount totalSpent } }";
    assert!(ExecutableDocument::parse_and_validate(&schema, old, "old").is_err());
}

#[tokio::test]
async fn every_document_runs_on_the_simulated_shop() {
    let world = World::new("my-store.myshopify.com".parse().unwrap());
    let (customer, _) = world.shopify.add_customer(NewCustomer::with_email("a@example.com"));
    let (order, _) = world.shopify.place_order(customer, "45.5".parse().unwrap()).unwrap();
    let (in_bulk, documents): (Vec<_>, Vec<_>) =
        documents().into_iter().partition(|(name, _)| name == IN_BULK);
    let [(_, in_bulk)] = &in_bulk[..] else { panic!("no {IN_BULK}") };
    for (name, text) in documents {
        let body = json!({
            "query": text,
            "variables": {
                "ids": [customer.gid(), order.gid(), "gid://shopify/Customer/1"],
                "id": "gid://shopify/BulkOperation/1",
                "query": in_bulk,
                "begun": "created_at:>='2026-10-05T09:00:00Z'",
                "topic": "ORDERS_CREATE",
                "uri": "https://hooks.example/webhooks/shopify",
            },
        });
        let request =
            Request::post(format!("{}/admin/api/2026-10/graphql.json", world.shopify_url()))
                .header("x-shopify-access-token", shopify::ACCESS_TOKEN)
                .body(Bytes::from(body.to_string()))
                .unwrap();
        let timeout = std::time::Duration::from_secs(10);
        let answer = world.transport().send(request, timeout).await.unwrap();
        let answer: Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(answer.get("errors"), None, "{name}");
        assert!(answer["data"].is_object(), "{name}");
        for mutation in ["bulkOperationRunQuery", "webhookSubscriptionCreate"] {
            let refused = &answer["data"][mutation]["userErrors"];
            assert!(refused.as_array().is_none_or(Vec::is_empty), "{name}: {refused}");
        }
    }
}
