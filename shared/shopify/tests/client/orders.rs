//! Whose orders are.

use outbound::{Error, ErrorKind};
use rules::{CustomerId, OrderId};
use shopify::Owner;

use crate::shop::{Shop, nodes, refused};
use crate::support::second;

fn order(id: u64, customer: &str) -> String {
    format!(r#"{{"id": "gid://shopify/Order/{id}"{customer}}}"#)
}

async fn owners(shop: &Shop, ids: &[u64]) -> Result<Vec<Owner>, Error> {
    let ids: Vec<OrderId> = ids.iter().copied().map(OrderId::new).collect();
    shop.shopify.customers_of(&ids, second(60)).await.map(|found| found.into_values().collect())
}

#[tokio::test]
async fn an_order_is_a_customer_s_or_a_guest_s_or_gone() {
    let shop = Shop::answering([nodes(&[
        order(1, r#", "customer": {"id": "gid://shopify/Customer/706405506930370084"}"#),
        order(2, r#", "customer": null"#),
        "null".to_owned(),
    ])]);
    let customer = CustomerId::new(706_405_506_930_370_084);
    let expected = [Owner::Customer(customer), Owner::Guest, Owner::Gone];
    assert_eq!(owners(&shop, &[1, 2, 3, 3]).await.unwrap(), expected);
    assert_eq!(shop.asked(), [3]);
}

#[tokio::test]
async fn a_node_that_is_no_order_is_not_taken_for_a_guest_s() {
    for customer in ["", r#", "customer": {}"#, r#", "customer": {"id": "gid://shopify/Order/1"}"#]
    {
        let shop = Shop::answering([nodes(&[order(1, customer)])]);
        let error = owners(&shop, &[1]).await.unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Unreadable { .. }), "{customer}");
    }
}

#[tokio::test]
async fn an_id_that_shopify_refuses_is_no_order_s() {
    let refused = || refused("INVALID_VARIABLE", "{}");
    let guest = nodes(&[order(1, r#", "customer": null"#)]);
    let shop = Shop::answering([refused(), guest, refused()]);
    assert_eq!(owners(&shop, &[1, 2]).await.unwrap(), [Owner::Guest, Owner::Gone]);
}

#[tokio::test]
async fn no_orders_take_no_call() {
    assert_eq!(owners(&Shop::answering([]), &[]).await.unwrap(), []);
}
