//! Webhook subscriptions made through the API.

use serde_json::{Value, json};
use simulators::World;
use simulators::shopify::Topic;

use crate::calling::{ask, each, world};

const HERE: &str = "https://hooks.example/shopify";

async fn topics(world: &World, arguments: &str) -> Vec<String> {
    let query = format!(
        "{{ webhookSubscriptions({arguments}) {{ nodes {{ id topic uri format filter includeFields }} }} }}"
    );
    let answer = ask(world, &query, &json!({})).await;
    each(&answer["data"]["webhookSubscriptions"]["nodes"], "/topic")
}

async fn create(world: &World, topic: &str, uri: &str) -> Value {
    let mutation =
        "mutation Create($topic: WebhookSubscriptionTopic!, $it: WebhookSubscriptionInput!) {
        webhookSubscriptionCreate(topic: $topic, webhookSubscription: $it) {
            webhookSubscription { id topic uri format includeFields } userErrors { field message }
        } }";
    let input = json!({ "uri": uri, "format": "JSON", "includeFields": ["id", "updated_at"] });
    let answer = ask(world, mutation, &json!({ "topic": topic, "it": input })).await;
    answer["data"]["webhookSubscriptionCreate"].clone()
}

#[tokio::test]
async fn nobody_is_subscribed_until_somebody_is() {
    let world = world();
    assert!(topics(&world, "first: 9").await.is_empty());
    let orders = world.shopify.add_subscription(Topic::OrdersCreate, HERE).unwrap();
    world.shopify.add_subscription(Topic::CustomersPurchasingSummary, HERE).unwrap();
    assert_eq!(topics(&world, "first: 9").await, ["ORDERS_CREATE", "CUSTOMERS_PURCHASING_SUMMARY"]);
    assert_eq!(topics(&world, "first: 9, topics: [ORDERS_CREATE]").await, ["ORDERS_CREATE"]);
    assert!(topics(&world, r#"first: 9, uri: "https://elsewhere.example""#).await.is_empty());
    world.shopify.remove_subscription(&orders).unwrap();
    assert!(world.shopify.remove_subscription(&orders).is_err());
    assert_eq!(world.shopify.subscriptions().len(), 1);
}

#[tokio::test]
async fn requests_about_a_persons_data_cannot_be_subscribed_to() {
    assert!(world().shopify.add_subscription(Topic::CustomersRedact, HERE).is_err());
}

#[tokio::test]
async fn the_app_subscribes_once_and_unsubscribes() {
    let world = world();
    let made = create(&world, "ORDERS_UPDATED", HERE).await;
    assert_eq!(made["userErrors"], json!([]));
    assert_eq!(made["webhookSubscription"]["uri"], HERE);
    assert_eq!(made["webhookSubscription"]["includeFields"], json!(["id", "updated_at"]));
    let seen = world.shopify.subscriptions();
    assert_eq!((seen[0].topic, seen[0].uri.as_str()), (Topic::OrdersUpdated, HERE));

    let taken = create(&world, "ORDERS_UPDATED", HERE).await;
    assert!(taken["userErrors"][0]["message"].as_str().unwrap().contains("already been taken"));
    let plain = create(&world, "ORDERS_CREATE", "http://hooks.example").await;
    assert_eq!(plain["webhookSubscription"], Value::Null);

    let mutation = "mutation Delete($id: ID!) { webhookSubscriptionDelete(id: $id) {
        deletedWebhookSubscriptionId userErrors { message } } }";
    let delete = async || {
        let answer = ask(&world, mutation, &json!({ "id": seen[0].id })).await;
        answer["data"]["webhookSubscriptionDelete"].clone()
    };
    assert_eq!(delete().await["deletedWebhookSubscriptionId"], seen[0].id.as_str());
    assert_eq!(delete().await["userErrors"].as_array().unwrap().len(), 1);
    assert!(world.shopify.subscriptions().is_empty());
}
