//! The shop's GraphQL API.

use std::time::Duration;

use http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use simulators::shopify::{ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET};
use simulators::{Buyer, NewCustomer, World};

use crate::calling::{
    CUSTOMERS, amount, graphql, graphql_request, header_of, json_of, send, world,
};

async fn node(world: &World, gid: &str) -> Value {
    graphql(world, CUSTOMERS, &[gid.to_owned()]).await["data"]["nodes"][0].clone()
}

#[tokio::test]
async fn a_customer_is_read_as_shopify_writes_it() {
    let world = world();
    let (customer, _) = world.shopify.add_customer(NewCustomer::with_email("a@example.com"));
    let fresh = node(&world, &customer.gid()).await;
    assert_eq!(fresh["numberOfOrders"], "0");
    assert_eq!(fresh["amountSpent"], json!({ "amount": "0.0", "currencyCode": "USD" }));
    assert_eq!(fresh["lastOrder"], Value::Null);

    let (order, _) = world.shopify.place_order(customer, amount("45.50")).unwrap();
    let read = node(&world, &customer.gid()).await;
    assert_eq!(read["id"], customer.gid());
    assert_eq!(read["defaultEmailAddress"]["emailAddress"], "a@example.com");
    assert_eq!(read["numberOfOrders"], "1");
    assert_eq!(read["amountSpent"]["amount"], "45.5");
    assert_eq!(read["lastOrder"]["id"], order.gid());
    assert_eq!(read["updatedAt"], "2026-10-05T09:00:00Z");
}

#[tokio::test]
async fn ids_lie_above_what_a_float_can_hold() {
    let world = world();
    let (customer, _) = world.shopify.add_customer(NewCustomer::default());
    let (order, _) = world.shopify.place_order(customer, amount("1")).unwrap();
    assert!(customer.get() > 1 << 53 && customer.get() % 2 == 1);
    assert!(order.get() > 1 << 53 && order.get() % 2 == 1);
}

#[tokio::test]
async fn an_unknown_id_is_null_in_its_place() {
    let world = world();
    let (customer, _) = world.shopify.add_customer(NewCustomer::default());
    let ids = ["gid://shopify/Customer/1".to_owned(), customer.gid()];
    let answer = graphql(&world, CUSTOMERS, &ids).await;
    assert_eq!(answer["data"]["nodes"][0], Value::Null);
    assert_eq!(answer["data"]["nodes"][1]["id"], customer.gid());
    assert_eq!(answer["data"]["shop"]["myshopifyDomain"], "my-store.myshopify.com");
    assert_eq!(answer.get("errors"), None);
}

#[tokio::test]
async fn cancelled_orders_and_refunds_lower_the_figures() {
    let world = world();
    let (customer, _) = world.shopify.add_customer(NewCustomer::default());
    let (first, _) = world.shopify.place_order(customer, amount("100")).unwrap();
    let (second, _) = world.shopify.place_order(customer, amount("20")).unwrap();
    world.shopify.refund_order(first, amount("30.25")).unwrap();
    world.shopify.cancel_order(second).unwrap();
    let read = node(&world, &customer.gid()).await;
    assert_eq!(
        (&read["numberOfOrders"], &read["amountSpent"]["amount"]),
        (&json!("1"), &json!("69.75"))
    );
    assert_eq!(read["lastOrder"]["id"], second.gid());
}

#[tokio::test]
async fn totals_lag_after_every_change_while_orders_show_at_once() {
    let world = world();
    let (customer, _) = world.shopify.add_customer(NewCustomer::default());
    let (first, _) = world.shopify.place_order(customer, amount("10")).unwrap();
    let settled = node(&world, &customer.gid()).await;

    world.shopify.set_totals_lag(Duration::from_secs(30));
    world.clock.advance(Duration::from_secs(5));
    let (second, _) = world.shopify.place_order(customer, amount("15")).unwrap();
    world.shopify.update_order(second, amount("25")).unwrap();
    world.shopify.cancel_order(first).unwrap();
    let figures = ["numberOfOrders", "amountSpent", "lastOrder", "updatedAt"];
    let early = node(&world, &customer.gid()).await;
    for figure in figures {
        assert_eq!(early[figure], settled[figure], "{figure}");
    }
    assert_eq!(early["orders"]["nodes"], json!([{ "id": first.gid() }, { "id": second.gid() }]));

    world.clock.advance(Duration::from_secs(30));
    let late = node(&world, &customer.gid()).await;
    assert_eq!(late["numberOfOrders"], "1");
    assert_eq!(late["amountSpent"]["amount"], "25.0");
    assert_eq!(late["lastOrder"]["id"], second.gid());
    assert_eq!(late["updatedAt"], "2026-10-05T09:00:05Z");
}

#[tokio::test]
async fn an_order_names_its_customer_and_a_guest_order_none() {
    let world = world();
    let (customer, _) = world.shopify.add_customer(NewCustomer::default());
    let (own, _) = world.shopify.place_order(customer, amount("1")).unwrap();
    let (guest, _) = world.shopify.place_order(Buyer::Guest, amount("1")).unwrap();
    assert_eq!(node(&world, &own.gid()).await["customer"]["id"], customer.gid());
    assert_eq!(node(&world, &guest.gid()).await["customer"], Value::Null);
    world.shopify.set_order_customer(guest, customer).unwrap();
    assert_eq!(node(&world, &customer.gid()).await["numberOfOrders"], "2");
}

#[tokio::test]
async fn a_merge_moves_orders_and_leaves_one_customer() {
    let world = world();
    let (kept, _) = world.shopify.add_customer(NewCustomer::default());
    let (deleted, _) = world.shopify.add_customer(NewCustomer::default());
    world.shopify.place_order(deleted, amount("7")).unwrap();
    world.shopify.merge(kept, deleted).unwrap();
    assert_eq!(node(&world, &deleted.gid()).await, Value::Null);
    assert_eq!(node(&world, &kept.gid()).await["amountSpent"]["amount"], "7.0");
    world.shopify.delete_customer(kept).unwrap();
    assert_eq!(node(&world, &kept.gid()).await, Value::Null);
    assert!(world.shopify.place_order(kept, amount("1")).is_err());
}

#[tokio::test]
async fn a_query_outside_the_schema_gets_errors_and_no_data() {
    let answer = graphql(&world(), "query Old { shop { plan } }", &[]).await;
    assert!(answer.get("data").is_none());
    assert!(answer["errors"][0]["message"].as_str().unwrap().contains("plan"));
}

#[tokio::test]
async fn no_more_than_250_nodes_are_read_at_once() {
    let ids: Vec<String> = (0..251).map(|id| format!("gid://shopify/Customer/{id}")).collect();
    let answer = graphql(&world(), "query N($ids: [ID!]!) { nodes(ids: $ids) { id } }", &ids).await;
    assert!(answer.get("data").is_none());
    assert_eq!(answer["errors"][0]["extensions"]["code"], "MAX_INPUT_SIZE_EXCEEDED");
}

#[tokio::test]
async fn a_wrong_token_is_401() {
    let world = world();
    let request = graphql_request(&world, "shpat_wrong", CUSTOMERS, &[]);
    let answer = send(&world, request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert!(json_of(&answer)["errors"].as_str().unwrap().starts_with("[API] Invalid API key"));
}

async fn grant(world: &World, secret: &str) -> http::Response<bytes::Bytes> {
    let form =
        format!("grant_type=client_credentials&client_id={CLIENT_ID}&client_secret={secret}");
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("{}/admin/oauth/access_token", world.shopify_url()))
        .body(form.into())
        .unwrap();
    send(world, request).await.unwrap()
}

#[tokio::test]
async fn a_granted_token_lasts_a_day_and_can_be_revoked() {
    let world = world();
    let granted = json_of(&grant(&world, CLIENT_SECRET).await);
    assert_eq!(granted["expires_in"], 86_399);
    let token = granted["access_token"].as_str().unwrap().to_owned();
    let status = async || {
        let request = graphql_request(&world, &token, CUSTOMERS, &[]);
        send(&world, request).await.unwrap().status().as_u16()
    };
    world.clock.advance(Duration::from_secs(86_398));
    assert_eq!(status().await, 200);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(status().await, 401);
    world.shopify.revoke_tokens();
    let request = graphql_request(&world, ACCESS_TOKEN, CUSTOMERS, &[]);
    assert_eq!(send(&world, request).await.unwrap().status(), 401);
    assert_eq!(grant(&world, "wrong").await.status(), 400);
}

#[tokio::test]
async fn the_version_that_answers_can_be_another_than_asked_for() {
    let world = world();
    let version = async || {
        let request = graphql_request(&world, ACCESS_TOKEN, CUSTOMERS, &[]);
        header_of(&send(&world, request).await.unwrap(), "x-shopify-api-version").to_owned()
    };
    assert_eq!(version().await, "2026-10");
    world.shopify.fall_forward_to(Some("2027-01"));
    assert_eq!(version().await, "2027-01");
}
