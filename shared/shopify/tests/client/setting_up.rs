//! What setting up asks for: the app's rights, and the webhooks.

use outbound::{ErrorKind, TransportFailure};
use rules::Currency;
use shopify::{Subscribed, SubscriptionTopic};

use crate::shop::{Shop, ok, ours, refused};
use crate::support::{answer, second};

const URI: &str = "https://hooks.example/webhooks/shopify";

fn installation(scopes: &str) -> String {
    ours(&format!(
        r#""currentAppInstallation": {{"accessScopes": [{scopes}]}},
        "publicApiVersions": [{{"handle": "2026-10", "supported": true}},
            {{"handle": "2026-07", "supported": true}}, {{"handle": "2027-01", "supported": false}},
            {{"handle": "unstable", "supported": false}}]"#
    ))
}

fn page(topic: &str, next: &str) -> String {
    ours(&format!(
        r#""webhookSubscriptions": {{"nodes": [{{"topic": "{topic}", "uri": "{URI}"}}],
            "pageInfo": {next}}}"#
    ))
}

#[tokio::test]
async fn one_call_tells_the_scopes_the_versions_and_the_currency() {
    let scopes = r#"{"handle": "read_orders"}, {"handle": "write_customers"}"#;
    let shop = Shop::answering([ok(&installation(scopes))]);
    let found = shop.shopify.installation(second(60)).await.unwrap();
    assert_eq!(found.currency, Currency::USD);
    let versions: Vec<_> = found.supported_versions.iter().map(ToString::to_string).collect();
    assert_eq!(versions, ["2026-07", "2026-10"]);
    assert!(found.grants("read_orders") && !found.grants("write_orders"));
    assert!(found.grants("read_customers"), "who may write may read");
    assert!(!found.grants("read_customer_merge"));
}

#[tokio::test]
async fn another_shop_tells_nothing() {
    let other = installation("").replace("my-store", "other-store");
    let told = Shop::answering([ok(&other)]).shopify.installation(second(60)).await;
    assert_eq!(told.unwrap_err().code(), "credentials");
}

#[tokio::test]
async fn all_pages_of_subscriptions_are_read() {
    let shop = Shop::answering([
        ok(&page("ORDERS_CREATE", r#"{"hasNextPage": true, "endCursor": "c1"}"#)),
        ok(&page("ORDERS_UPDATED", r#"{"hasNextPage": false, "endCursor": "c2"}"#)),
    ]);
    let found = shop.shopify.subscriptions(second(60)).await.unwrap();
    let topics: Vec<_> = found.iter().map(|it| it.topic.as_str()).collect();
    assert_eq!(topics, ["ORDERS_CREATE", "ORDERS_UPDATED"]);
    let second = shop.script.sent().pop().unwrap();
    assert!(String::from_utf8_lossy(second.body()).contains(r#""after":"c1""#));
}

#[tokio::test]
async fn a_list_without_an_end_is_not_taken_for_whole() {
    let endless = page("ORDERS_CREATE", r#"{"hasNextPage": true, "endCursor": null}"#);
    let found = Shop::answering([ok(&endless)]).shopify.subscriptions(second(60)).await;
    assert!(matches!(found.unwrap_err().kind, ErrorKind::Unreadable { .. }));
}

fn created(subscription: &str, errors: &str) -> String {
    format!(
        r#"{{"data": {{"webhookSubscriptionCreate": {{"webhookSubscription": {subscription},
            "userErrors": [{errors}]}}}}}}"#
    )
}

#[tokio::test]
async fn a_subscription_names_the_topic_and_the_uri_and_not_the_deprecated_field() {
    let made = created(r#"{"id": "gid://shopify/WebhookSubscription/1"}"#, "");
    let shop = Shop::answering([ok(&made)]);
    let topic = SubscriptionTopic::CustomersPurchasingSummary;
    assert_eq!(shop.shopify.subscribe(topic, URI, second(60)).await, Ok(Subscribed::Done));
    let body = shop.body();
    assert_eq!(body["variables"]["topic"], "CUSTOMERS_PURCHASING_SUMMARY");
    assert_eq!(body["variables"]["uri"], URI);
    assert!(!body["query"].as_str().unwrap().contains("callbackUrl"));
    assert_eq!(topic.to_string(), "customers/purchasing_summary");
}

#[tokio::test]
async fn a_refusal_is_told_in_shopifys_words() {
    let refusal = created("null", r#"{"message": "Address is\u0007 invalid"}"#);
    let shop = Shop::answering([ok(&refusal)]);
    let told = shop.shopify.subscribe(SubscriptionTopic::OrdersCreate, URI, second(60)).await;
    assert_eq!(told, Ok(Subscribed::Refused("Address is invalid".to_owned())));
}

#[tokio::test]
async fn a_subscription_that_may_have_been_made_is_not_asked_for_again() {
    let topic = SubscriptionTopic::OrdersCreate;
    let shop = Shop::answering([Err(TransportFailure::Broken)]);
    let told = shop.shopify.subscribe(topic, URI, second(60)).await;
    assert_eq!(told.unwrap_err().kind, ErrorKind::Broken);
    assert_eq!(shop.script.sent().len(), 1);
    let shop = Shop::answering([refused("ACCESS_DENIED", "{}"), answer(500, &[], "")]);
    let told = shop.shopify.subscribe(topic, URI, second(60)).await;
    assert_eq!(told.unwrap_err().code(), "forbidden");
}
