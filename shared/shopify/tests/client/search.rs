//! Finding customers by their address.

use outbound::Error;
use rules::CustomerId;
use serde_json::json;

use crate::shop::{Shop, ok};
use crate::support::{Answer, second};

/// Customers with these addresses, numbered from 1.
fn found(addresses: &[Option<&str>], has_next_page: bool) -> Answer {
    let node = |(number, address): (usize, Option<&str>)| {
        json!({
            "id": CustomerId::new(u64::try_from(number).unwrap() + 1).gid(),
            "defaultEmailAddress": address.map(|address| json!({ "emailAddress": address })),
        })
    };
    let nodes: Vec<_> = addresses.iter().copied().enumerate().map(node).collect();
    let data = json!({
        "shop": { "myshopifyDomain": "my-store.myshopify.com" },
        "customers": { "nodes": nodes, "pageInfo": { "hasNextPage": has_next_page } },
    });
    ok(&json!({ "data": data }).to_string())
}

async fn search(shop: &Shop, address: &str) -> Result<Vec<u64>, Error> {
    let found = shop.shopify.customers_with_email(&address.parse().unwrap(), second(60)).await?;
    Ok(found.into_iter().map(CustomerId::get).collect())
}

#[tokio::test]
async fn only_the_very_address_counts_whatever_its_case() {
    let others = ["annie@example.com", "ann@example.co", "x-ann@example.com"];
    let mut addresses: Vec<_> = others.into_iter().map(Some).collect();
    addresses.extend([None, Some("Ann@Example.com"), Some("ann@example.com")]);
    let shop = Shop::answering([found(&addresses, false)]);
    assert_eq!(search(&shop, "ANN@example.com").await.unwrap(), [5, 6]);
}

#[tokio::test]
async fn nobody_is_no_error() {
    let shop = Shop::answering([found(&[], false)]);
    assert_eq!(search(&shop, "ann@example.com").await.unwrap(), [0; 0]);
}

#[tokio::test]
async fn the_address_is_asked_for_as_a_phrase_that_nothing_in_it_can_end() {
    let shop = Shop::answering([found(&[], false)]);
    search(&shop, r#""a\b"@example.com"#).await.unwrap();
    let query = &shop.body()["variables"]["query"];
    assert_eq!(*query, json!(r#"email:"\"a\\b\"@example.com""#));
}

#[tokio::test]
async fn an_answer_that_may_leave_somebody_out_is_none() {
    let shop = Shop::answering([found(&[Some("ann@example.com")], true)]);
    let error = search(&shop, "ann@example.com").await.unwrap_err();
    assert_eq!(error.code(), "unreadable");
    assert!(!error.to_string().contains("ann"), "{error}");
}

#[tokio::test]
async fn another_shop_s_customers_are_not_ours() {
    let mut answer = found(&[Some("ann@example.com")], false);
    *answer.as_mut().unwrap().body_mut() = json!({ "data": {
        "shop": { "myshopifyDomain": "other-store.myshopify.com" },
        "customers": { "nodes": [], "pageInfo": { "hasNextPage": false } },
    } })
    .to_string()
    .into();
    let shop = Shop::answering([answer]);
    assert_eq!(search(&shop, "ann@example.com").await.unwrap_err().code(), "credentials");
}
