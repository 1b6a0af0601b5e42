//! The truth about customers.

use outbound::ErrorKind;
use rules::{Currency, CustomerId, Money, Totals};
use serde_json::Value;
use shopify::{Customer, LastOrder, Truth};

use crate::shop::{Shop, customer, data, nodes, ok, plain};

const LARGE: u64 = 706_405_506_930_370_084;

async fn read(node: String) -> Truth {
    let shop = Shop::answering([nodes(&[node])]);
    shop.customers(&[1], 60).await.unwrap().remove(&CustomerId::new(1)).unwrap()
}

async fn read_with(field: &str, json: &str) -> Truth {
    read(customer(1, &[(field, json)])).await
}

fn present(truth: Truth) -> Customer {
    match truth {
        Truth::Present(customer) => customer,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn customers_come_by_one_call_with_their_figures() {
    let last = r#"{"id": "gid://shopify/Order/99", "createdAt": "2026-11-19T08:00:00Z"}"#;
    let shop = Shop::answering([nodes(&[plain(1), customer(LARGE, &[("lastOrder", last)])])]);
    let mut truths = shop.customers(&[LARGE, 1, LARGE], 60).await.unwrap();
    assert_eq!(truths.len(), 2);
    let expected = Customer {
        id: CustomerId::new(LARGE),
        email: Some("ann@example.com".parse().unwrap()),
        totals: Totals { orders: 2, spent: Money::new("231.10".parse().unwrap(), Currency::USD) },
        updated_at: "2026-11-20T10:00:00Z".parse().unwrap(),
        last_order: Some(LastOrder {
            id: "99".parse().unwrap(),
            created_at: "2026-11-19T08:00:00Z".parse().unwrap(),
        }),
    };
    let truth = truths.remove(&CustomerId::new(LARGE));
    assert_eq!(truth, Some(Truth::Present(expected)));
    assert_eq!(shop.paths(), ["/admin/api/2026-10/graphql.json"]);
}

#[tokio::test]
async fn the_call_asks_for_each_customer_once_and_whose_shop_it_is() {
    let shop = Shop::answering([nodes(&[plain(1), plain(2)])]);
    shop.customers(&[2, 1, 2], 60).await.unwrap();
    let sent = shop.script.sent();
    assert_eq!(sent[0].method(), "POST");
    assert_eq!(sent[0].headers()["x-shopify-access-token"], "shpat_marked");
    let body: Value = serde_json::from_slice(sent[0].body()).unwrap();
    let ids = &body["variables"]["ids"];
    assert_eq!(*ids, serde_json::json!(["gid://shopify/Customer/1", "gid://shopify/Customer/2"]));
    assert!(body["query"].as_str().unwrap().contains("myshopifyDomain"));
}

#[tokio::test]
async fn nobody_takes_no_call() {
    let shop = Shop::answering([]);
    assert!(shop.customers(&[], 60).await.unwrap().is_empty());
}

#[tokio::test]
async fn more_than_a_call_may_hold_are_several_calls() {
    let ids: Vec<u64> = (1..=300).collect();
    let all: Vec<String> = ids.iter().copied().map(plain).collect();
    let shop = Shop::answering([nodes(&all[..50]), nodes(&all[50..])]);
    let truths = shop.customers(&ids, 60).await.unwrap();
    assert_eq!(truths.len(), 300);
    assert!(truths.values().all(|truth| matches!(truth, Truth::Present(_))));
    assert_eq!(shop.asked(), [50, 250]);
}

#[tokio::test]
async fn a_null_node_means_gone() {
    let shop = Shop::answering([nodes(&["null".to_owned(), plain(2)])]);
    let truths = shop.customers(&[1, 2], 60).await.unwrap();
    assert_eq!(truths[&CustomerId::new(1)], Truth::Gone);
    assert!(matches!(truths[&CustomerId::new(2)], Truth::Present(_)));
}

#[tokio::test]
async fn a_null_node_means_gone_only_if_the_shop_is_ours() {
    let body = data(&["null".to_owned()]).replace("my-store", "other-store");
    let error = Shop::answering([ok(&body)]).customers(&[1], 60).await.unwrap_err();
    assert_eq!(error.code(), "credentials");
}

#[tokio::test]
async fn the_shop_s_domain_may_be_written_in_any_case() {
    let body = data(&["null".to_owned()]).replace("my-store", "My-Store");
    assert!(Shop::answering([ok(&body)]).customers(&[1], 60).await.is_ok());
}

#[tokio::test]
async fn a_null_node_means_gone_only_if_the_answer_has_no_errors() {
    for errors in [
        r#"[{"message": "x"}]"#,
        r#"[{"message": "x", "path": ["nodes", 0], "extensions": {"code": "ACCESS_DENIED"}}]"#,
        r#""a text""#,
        r#"{"base": ["x"]}"#,
    ] {
        let body =
            data(&["null".to_owned()]).replacen('{', &format!(r#"{{"errors": {errors}, "#), 1);
        let outcome = Shop::answering([ok(&body)]).customers(&[1], 60).await;
        assert!(outcome.is_err(), "{errors}");
    }
}

#[tokio::test]
async fn an_empty_list_of_errors_is_none() {
    for errors in ["[]", "null"] {
        let body =
            data(&["null".to_owned()]).replacen('{', &format!(r#"{{"errors": {errors}, "#), 1);
        assert!(Shop::answering([ok(&body)]).customers(&[1], 60).await.is_ok(), "{errors}");
    }
}

#[tokio::test]
async fn every_id_must_be_answered_in_its_place() {
    for answered in [
        vec![plain(1)],
        vec![plain(1), plain(2), plain(3)],
        vec![plain(2), plain(1)],
        vec![plain(1), plain(3)],
        vec![plain(1), "{}".to_owned()],
        vec![],
    ] {
        let shop = Shop::answering([nodes(&answered)]);
        let error = shop.customers(&[1, 2], 60).await.unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Unreadable { .. }), "{answered:?}: {error}");
    }
}

#[tokio::test]
async fn figures_that_cannot_be_read_do_not_fail_the_others() {
    for (field, json) in [
        ("numberOfOrders", r#""-1""#),
        ("numberOfOrders", r#""+1""#),
        ("numberOfOrders", "1.5"),
        ("numberOfOrders", "null"),
        ("numberOfOrders", ""),
        ("amountSpent", r#"{"amount": "much", "currencyCode": "USD"}"#),
        ("amountSpent", r#"{"amount": "NaN", "currencyCode": "USD"}"#),
        ("amountSpent", r#"{"amount": "0.00000000000000000000000000001", "currencyCode": "USD"}"#),
        ("amountSpent", r#"{"amount": "1", "currencyCode": "XQQ"}"#),
        ("amountSpent", "null"),
        ("updatedAt", r#""yesterday""#),
        ("lastOrder", r#"{"id": "gid://shopify/Customer/9", "createdAt": "2026-11-19T08:00:00Z"}"#),
        ("lastOrder", r#"{"id": "gid://shopify/Order/9", "createdAt": ""}"#),
        ("lastOrder", ""),
        ("defaultEmailAddress", ""),
    ] {
        let shop = Shop::answering([nodes(&[customer(1, &[(field, json)]), plain(2)])]);
        let truths = shop.customers(&[1, 2], 60).await.unwrap();
        let [first, second] = [1, 2].map(|id| &truths[&CustomerId::new(id)]);
        assert!(matches!(first, Truth::Unreadable { .. }), "{field} {json}: {first:?}");
        assert!(matches!(second, Truth::Present(_)), "{second:?}");
    }
}

#[tokio::test]
async fn an_id_that_shopify_refuses_does_not_fail_the_others() {
    for refusal in [
        r#"{"problems": [{"path": [1], "explanation": "Invalid global id"}]}"#,
        r#"{"code": "INVALID_VARIABLE"}"#,
        r#"{"code": "argumentLiteralsIncompatible"}"#,
    ] {
        let refused = || ok(&format!(r#"{{"errors": [{{"extensions": {refusal}}}]}}"#));
        let answers = [refused(), nodes(&[plain(1)]), refused(), refused(), nodes(&[plain(3)])];
        let shop = Shop::answering(answers);
        let truths = shop.customers(&[1, 2, 3], 60).await.unwrap();
        let [first, second, third] = [1, 2, 3].map(|id| &truths[&CustomerId::new(id)]);
        assert!(matches!(first, Truth::Present(_)), "{refusal}: {first:?}");
        assert!(matches!(second, Truth::Unreadable { .. }), "{refusal}: {second:?}");
        assert!(matches!(third, Truth::Present(_)), "{refusal}: {third:?}");
        assert_eq!(shop.asked(), [3, 1, 2, 1, 1]);
    }
}

#[tokio::test]
async fn a_count_is_read_as_text_and_as_a_number() {
    let largest = format!(r#""{}""#, u64::MAX);
    for (json, orders) in [(r#""18""#, 18), ("18", 18), (r#""0""#, 0), (&largest, u64::MAX)] {
        assert_eq!(present(read_with("numberOfOrders", json).await).totals.orders, orders);
    }
}

#[tokio::test]
async fn an_amount_may_be_negative_and_keeps_every_digit() {
    for amount in ["-12.5", "0.0", "12345678901234567890.12"] {
        let json = format!(r#"{{"amount": "{amount}", "currencyCode": "KWD"}}"#);
        let spent = present(read_with("amountSpent", &json).await).totals.spent;
        assert_eq!(spent, Money::new(amount.parse().unwrap(), "KWD".parse().unwrap()));
    }
}

#[tokio::test]
async fn without_a_usable_address_there_is_none() {
    for json in ["null", r#"{"emailAddress": "not an address"}"#] {
        assert_eq!(present(read_with("defaultEmailAddress", json).await).email, None, "{json}");
    }
}

#[tokio::test]
async fn an_address_does_not_show() {
    let truth = read_with("defaultEmailAddress", r#"{"emailAddress": "marked@x.example"}"#).await;
    assert!(!format!("{truth:?}").contains("marked"));
}
