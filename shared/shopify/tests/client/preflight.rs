//! What a full run begins with.

use outbound::{Error, ErrorKind};
use rules::Currency;
use shopify::{CustomersCount, Preflight, Subscription};

use crate::shop::{Shop, ok, ours, plain};
use crate::support::second;

const COUNT: &str = r#"{"count": 2, "precision": "EXACT"}"#;

/// The body of an answer about a shop with this count, these subscriptions and these customers.
fn body(count: &str, subscriptions: &str, customers: &str, more: bool) -> String {
    ours(&format!(
        r#""customersCount": {count},
        "webhookSubscriptions": {{"nodes": [{subscriptions}],
            "pageInfo": {{"hasNextPage": {more}}}}},
        "customers": {{"nodes": [{customers}], "pageInfo": {{"hasNextPage": {more}}}}}"#
    ))
}

async fn preflight(body: &str) -> Result<Preflight, Error> {
    Shop::answering([ok(body)]).shopify.preflight(second(60)).await
}

#[tokio::test]
async fn one_call_tells_the_currency_the_size_the_subscriptions_and_the_first_customers() {
    let subscription = r#"{"topic": "ORDERS_CREATE", "uri": "https://hooks.example/shopify"}"#;
    let customers = [plain(1), plain(2)].join(",");
    let shop = Shop::answering([ok(&body(COUNT, subscription, &customers, false))]);
    let found = shop.shopify.preflight(second(60)).await.unwrap();
    assert_eq!(found.currency, Currency::USD);
    assert_eq!(found.customers, CustomersCount { count: 2, exact: true });
    let [Subscription { topic, uri }] = &found.subscriptions[..] else { panic!("{found:?}") };
    assert_eq!((topic.as_str(), uri.as_str()), ("ORDERS_CREATE", "https://hooks.example/shopify"));
    assert_eq!((found.more_subscriptions, found.fits), (false, true));
    let first: Vec<&str> = found.first.iter().map(|customer| customer.get()).collect();
    assert_eq!(first, [plain(1), plain(2)]);
    assert!(shop.body()["query"].as_str().unwrap().contains("myshopifyDomain"));
}

#[tokio::test]
async fn a_larger_shop_does_not_fit_and_more_subscriptions_are_said() {
    let count = r#"{"count": 10000, "precision": "AT_LEAST"}"#;
    let found = preflight(&body(count, "", &plain(1), true)).await.unwrap();
    assert_eq!(found.customers, CustomersCount { count: 10_000, exact: false });
    assert_eq!((found.more_subscriptions, found.fits), (true, false));
}

#[tokio::test]
async fn an_empty_shop_fits() {
    let count = r#"{"count": 0, "precision": "EXACT"}"#;
    let found = preflight(&body(count, "", "", false)).await.unwrap();
    assert!(found.fits && found.first.is_empty());
}

#[tokio::test]
async fn each_customer_is_one_line() {
    let spread = plain(1).replace(',', ",\r\n  ");
    let found = preflight(&body(COUNT, "", &spread, false)).await.unwrap();
    let line = found.first[0].get();
    assert!(!line.contains(['\r', '\n']), "{line}");
    let [line, spread] = [line, &spread].map(serde_json::from_str::<serde_json::Value>);
    assert_eq!(line.unwrap(), spread.unwrap());
}

#[tokio::test]
async fn another_shop_is_not_looked_at() {
    let body = body(COUNT, "", "", false).replace("my-store", "other-store");
    assert_eq!(preflight(&body).await.unwrap_err().code(), "credentials");
}

#[tokio::test]
async fn an_answer_that_is_not_whole_is_none() {
    let whole = body(COUNT, "", &plain(1), false);
    for (part, instead) in [
        (COUNT, "null"),
        (COUNT, r#"{"count": -1, "precision": "EXACT"}"#),
        (r#""customers":"#, r#""others":"#),
        (r#""customersCount":"#, r#""others":"#),
        (r#""webhookSubscriptions":"#, r#""others":"#),
        (r#""hasNextPage": false"#, r#""hasNextPage": null"#),
        (r#""currencyCode": "USD"}, "#, r#""currencyCode": "XQQ"}, "#),
    ] {
        let error = preflight(&whole.replace(part, instead)).await.unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Unreadable { .. }), "{part}: {error}");
    }
    let refused = whole.replacen('{', r#"{"errors": [{"message": "x"}], "#, 1);
    assert_eq!(preflight(&refused).await.unwrap_err().code(), "unavailable");
}

#[tokio::test]
async fn customers_do_not_show() {
    let found = preflight(&body(COUNT, "", &plain(1), false)).await.unwrap();
    assert!(!format!("{found:?}").contains("ann@example.com"));
}
