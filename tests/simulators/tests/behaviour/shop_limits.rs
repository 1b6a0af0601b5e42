//! What queries cost, and what happens when the points are used up.

use std::time::Duration;

use serde_json::{Value, json};
use simulators::{Fault, Matching, NewCustomer, Service, World};

use crate::calling::{CUSTOMERS, amount, graphql, world};

const CHEAP: &str = "query Cheap($ids: [ID!]!) { nodes(ids: $ids) { id } }";

fn ids(count: u64) -> Vec<String> {
    (1..=count).map(|id| format!("gid://shopify/Customer/{id}")).collect()
}

fn available(answer: &Value) -> &Value {
    &answer["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"]
}

#[tokio::test]
async fn a_query_takes_points_and_time_brings_them_back() {
    let world = world();
    let answer = graphql(&world, CHEAP, &ids(200)).await;
    assert_eq!(
        answer["extensions"]["cost"],
        json!({
            "requestedQueryCost": 200,
            "actualQueryCost": 200,
            "throttleStatus": {
                "maximumAvailable": 2000,
                "currentlyAvailable": 1800,
                "restoreRate": 100,
            },
        })
    );
    world.clock.advance(Duration::from_millis(1_500));
    assert_eq!(available(&graphql(&world, CHEAP, &ids(1)).await), 1949);
    world.clock.advance(Duration::from_mins(1));
    assert_eq!(available(&graphql(&world, CHEAP, &ids(1)).await), 1999);
}

#[tokio::test]
async fn a_throttle_is_a_200_without_data() {
    let world = world();
    world.shopify.set_cost_bucket(100, 10);
    graphql(&world, CHEAP, &ids(95)).await;
    let throttled = graphql(&world, CHEAP, &ids(10)).await;
    assert_eq!(world.calls().last().unwrap().outcome, simulators::Outcome::Answered(200));
    assert!(throttled.get("data").is_none());
    assert_eq!(throttled["errors"][0]["extensions"]["code"], "THROTTLED");
    assert_eq!(throttled["extensions"]["cost"]["requestedQueryCost"], 10);
    assert_eq!(throttled["extensions"]["cost"]["actualQueryCost"], Value::Null);
    assert_eq!(available(&throttled), 5);
    world.clock.advance(Duration::from_millis(500));
    assert!(graphql(&world, CHEAP, &ids(10)).await.get("data").is_some());
}

#[tokio::test]
async fn a_full_batch_of_customers_is_within_the_limit_of_one_query() {
    let cost = graphql(&world(), CUSTOMERS, &ids(100)).await["extensions"]["cost"].clone();
    assert!(cost["actualQueryCost"].as_u64().unwrap() <= 1_000, "{cost}");
}

#[tokio::test]
async fn a_query_that_is_too_dear_is_refused() {
    let query = "query Dear($ids: [ID!]!) {
        nodes(ids: $ids) { ... on Customer { orders(first: 50) { nodes { id } } } }
    }";
    let answer = graphql(&world(), query, &ids(250)).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "MAX_COST_EXCEEDED");
}

#[tokio::test]
async fn points_can_be_written_as_floats() {
    let world = world();
    world.shopify.write_cost_as_floats(true);
    let answer = graphql(&world, CHEAP, &ids(1)).await;
    assert_eq!(available(&answer).to_string(), "1999.0");
}

fn one_customer(world: &World) -> Vec<String> {
    let (customer, _) = world.shopify.add_customer(NewCustomer::default());
    world.shopify.place_order(customer, amount("5")).unwrap();
    vec![customer.gid()]
}

#[tokio::test]
async fn errors_can_come_with_data_that_lacks_what_failed() {
    let world = world();
    let ids = one_customer(&world);
    let any = Matching::operation("Customers");
    world.faults().next(Service::Shopify, any, Fault::GraphqlErrorsWithData);
    let answer = graphql(&world, CUSTOMERS, &ids).await;
    assert_eq!(answer["data"]["nodes"], json!([null]));
    assert_eq!(answer["data"]["shop"]["myshopifyDomain"], "my-store.myshopify.com");
    assert_eq!(answer["errors"][0]["extensions"]["code"], "INTERNAL_SERVER_ERROR");
}

#[tokio::test]
async fn errors_can_come_instead_of_data() {
    let world = world();
    let ids = one_customer(&world);
    let faults = [
        (Fault::ShopifyThrottled, "THROTTLED"),
        (Fault::ShopifyError("SHOP_INACTIVE"), "SHOP_INACTIVE"),
    ];
    for (fault, code) in faults {
        world.faults().next(Service::Shopify, Matching::any(), fault);
        let answer = graphql(&world, CUSTOMERS, &ids).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], code);
        assert!(answer.get("data").is_none());
    }
}

#[tokio::test]
async fn the_api_can_say_that_it_is_another_shops() {
    let world = world();
    world.shopify.answer_as_shop("other.myshopify.com");
    let answer = graphql(&world, CUSTOMERS, &[]).await;
    assert_eq!(answer["data"]["shop"]["myshopifyDomain"], "other.myshopify.com");
}
