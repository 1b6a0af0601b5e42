//! The list of customers, and what else a run asks the shop first.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use simulators::{NewCustomer, World};

use crate::calling::{amount, ask, each, world};

fn with_customers(count: u64) -> World {
    let world = world();
    world.shopify.add_customers(count, |number| {
        NewCustomer::with_email(&format!("{number}@example.com")).with_totals(number, amount("1"))
    });
    world
}

async fn list(world: &World, arguments: &str) -> Value {
    let query = format!(
        "query List {{ customers({arguments}) {{
            nodes {{ id email }} edges {{ cursor node {{ id }} }}
            pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
        }} }}"
    );
    ask(world, &query, &json!({})).await
}

async fn emails(world: &World, arguments: &str) -> Vec<String> {
    each(&list(world, arguments).await["data"]["customers"]["nodes"], "/email")
}

#[tokio::test]
async fn customers_come_page_by_page_in_the_order_of_their_ids() {
    let world = with_customers(7);
    let (mut found, mut after, mut pages) = (Vec::new(), String::new(), Vec::new());
    loop {
        let page = list(&world, &format!("first: 3{after}")).await["data"]["customers"].clone();
        found.extend(each(&page["nodes"], "/id"));
        assert_eq!(each(&page["nodes"], "/id"), each(&page["edges"], "/node/id"));
        let info = &page["pageInfo"];
        pages.push((info["hasPreviousPage"].clone(), info["hasNextPage"].clone()));
        assert_eq!(info["endCursor"], page["edges"].as_array().unwrap().last().unwrap()["cursor"]);
        if info["hasNextPage"] == false {
            break;
        }
        after = format!(", after: {}", info["endCursor"]);
    }
    assert_eq!(found.len(), 7);
    assert!(found.is_sorted());
    let flag = |value: bool| json!(value);
    let expected = [(false, true), (true, true), (true, false)];
    assert_eq!(pages, expected.map(|(before, after)| (flag(before), flag(after))));
}

#[tokio::test]
async fn a_page_goes_on_behind_a_customer_who_has_been_deleted() {
    let world = with_customers(4);
    let page = list(&world, "first: 2").await["data"]["customers"].clone();
    let last: rules::CustomerId =
        rules::CustomerId::from_gid(page["nodes"][1]["id"].as_str().unwrap()).unwrap();
    world.shopify.delete_customer(last).unwrap();
    let after = format!("first: 2, after: {}", page["pageInfo"]["endCursor"]);
    assert_eq!(emails(&world, &after).await, ["2@example.com", "3@example.com"]);
}

#[tokio::test]
async fn the_order_can_be_turned_around_or_be_another() {
    let world = world();
    let mut ids = Vec::new();
    for email in ["b@example.com", "c@example.com", "a@example.com"] {
        let last_name = Some(email.to_uppercase());
        let new = NewCustomer { last_name, ..NewCustomer::with_email(email) };
        ids.push(world.shopify.add_customer(new).0);
        world.clock.advance(Duration::from_mins(1));
    }
    world.shopify.set_totals(ids[0], 1, amount("1")).unwrap();
    let by = async |arguments: &str| {
        emails(&world, arguments).await.concat().replace("@example.com", "")
    };
    assert_eq!(by("first: 9").await, "bca");
    assert_eq!(by("first: 9, reverse: true").await, "acb");
    assert_eq!(by("last: 2").await, "ca");
    assert_eq!(by("first: 9, sortKey: NAME").await, "abc");
    assert_eq!(by("first: 9, sortKey: UPDATED_AT").await, "cab");
    assert_eq!(by("first: 9, sortKey: CREATED_AT, reverse: true").await, "acb");
}

#[tokio::test]
async fn a_search_finds_some_and_an_unknown_field_finds_all_and_warns() {
    let world = with_customers(6);
    world.clock.advance(Duration::from_mins(1));
    let (late, _) = world.shopify.add_customer(NewCustomer::with_email("late@example.com"));
    assert_eq!(emails(&world, r#"first: 9, query: "orders_count:4""#).await, ["4@example.com"]);
    let since = r#"first: 9, query: "updated_at:>'2026-10-05T09:00:30Z'""#;
    assert_eq!(emails(&world, since).await, ["late@example.com"]);
    let one = format!(r#"first: 9, query: "id:{late}""#);
    assert_eq!(emails(&world, &one).await, ["late@example.com"]);
    let open = list(&world, r#"first: 9, query: "colour:red""#).await;
    assert_eq!(open["data"]["customers"]["nodes"].as_array().unwrap().len(), 7);
    assert_eq!(open["extensions"]["search"][0]["warnings"][0]["field"], "colour");
    assert_eq!(open["extensions"]["search"][0]["path"], json!(["customers"]));
    assert!(open["extensions"]["cost"].is_object());
}

#[tokio::test]
async fn a_page_that_cannot_be_is_refused() {
    let world = with_customers(1);
    for wrong in
        ["first: 251", "first: -1", "sortKey: ID", "first: 1, last: 1", r#"first: 1, after: "x""#]
    {
        let answer = list(&world, wrong).await;
        assert!(answer.get("data").is_none(), "{wrong}");
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_REQUEST", "{wrong}");
    }
}

#[tokio::test]
async fn pages_end_at_25000_customers() {
    let world = world();
    let ids = world.shopify.add_customers(25_001, |_| NewCustomer::default());
    let behind = |id: rules::CustomerId| {
        let cursor = format!(r#"{{"last_id":{id},"last_value":"{id}"}}"#);
        format!(r#"first: 250, after: "{}""#, STANDARD.encode(cursor))
    };
    let last = list(&world, &behind(ids[24_749])).await["data"]["customers"].clone();
    assert_eq!(last["nodes"].as_array().unwrap().len(), 250);
    assert_eq!(last["pageInfo"]["hasNextPage"], true);
    let beyond = list(&world, &behind(ids[24_999])).await;
    assert!(beyond.get("data").is_none());
    assert_eq!(beyond["errors"][0]["extensions"]["code"], "BAD_REQUEST");
}

#[tokio::test]
async fn a_count_stops_at_its_limit() {
    let world = with_customers(10_001);
    let count = async |arguments: &str| {
        let query = format!("{{ customersCount{arguments} {{ count precision }} }}");
        let count = ask(&world, &query, &json!({})).await["data"]["customersCount"].clone();
        (count["count"].as_i64().unwrap(), count["precision"].as_str().unwrap().to_owned())
    };
    assert_eq!(count("").await, (10_000, "AT_LEAST".to_owned()));
    assert_eq!(count("(limit: null)").await, (10_001, "EXACT".to_owned()));
    assert_eq!(count("(limit: 20000)").await, (10_001, "EXACT".to_owned()));
    assert_eq!(count(r#"(query: "orders_count:<3")"#).await, (3, "EXACT".to_owned()));
}

#[tokio::test]
async fn the_shop_says_what_it_is() {
    let query = "{ shop {
        id name myshopifyDomain currencyCode
        plan { publicDisplayName partnerDevelopment shopifyPlus }
    } }";
    let shop = ask(&world(), query, &json!({})).await["data"]["shop"].clone();
    assert_eq!(shop["myshopifyDomain"], "my-store.myshopify.com");
    assert_eq!(shop["currencyCode"], "USD");
    assert_eq!(shop["plan"]["shopifyPlus"], false);
}
