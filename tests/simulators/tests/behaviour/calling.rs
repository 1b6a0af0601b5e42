//! Calls as the product makes them.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, header};
use outbound::{Transport, TransportFailure};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use simulators::{World, okta, shopify};

pub(crate) type Outcome = Result<Response<Bytes>, TransportFailure>;

const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) const CUSTOMERS: &str = "query Customers($ids: [ID!]!) {
    shop { myshopifyDomain }
    nodes(ids: $ids) {
        id
        ... on Customer {
            defaultEmailAddress { emailAddress }
            numberOfOrders
            amountSpent { amount currencyCode }
            updatedAt
            lastOrder { id createdAt }
            orders(first: 5) { nodes { id } }
        }
        ... on Order { customer { id } }
    }
}";

pub(crate) fn world() -> World {
    World::new("my-store.myshopify.com".parse().unwrap())
}

pub(crate) fn amount(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub(crate) async fn send(world: &World, request: Request<Bytes>) -> Outcome {
    world.transport().send(request, PATIENCE).await
}

pub(crate) fn okta_request(
    world: &World,
    method: &Method,
    path: &str,
    body: &Value,
) -> Request<Bytes> {
    let path = path.strip_prefix(&world.okta_url()).unwrap_or(path);
    Request::builder()
        .method(method)
        .uri(format!("{}{path}", world.okta_url()))
        .header(header::AUTHORIZATION, format!("SSWS {}", okta::API_TOKEN))
        .body(if body.is_null() { Bytes::new() } else { body.to_string().into() })
        .unwrap()
}

pub(crate) async fn okta(
    world: &World,
    method: Method,
    path: &str,
    body: &Value,
) -> Response<Bytes> {
    send(world, okta_request(world, &method, path, body)).await.unwrap()
}

pub(crate) async fn get(world: &World, path: &str) -> Response<Bytes> {
    okta(world, Method::GET, path, &Value::Null).await
}

pub(crate) fn graphql_request(
    world: &World,
    token: &str,
    query: &str,
    ids: &[String],
) -> Request<Bytes> {
    Request::builder()
        .method(Method::POST)
        .uri(format!("{}/admin/api/2026-10/graphql.json", world.shopify_url()))
        .header("x-shopify-access-token", token)
        .body(json!({ "query": query, "variables": { "ids": ids } }).to_string().into())
        .unwrap()
}

pub(crate) async fn graphql(world: &World, query: &str, ids: &[String]) -> Value {
    let request = graphql_request(world, shopify::ACCESS_TOKEN, query, ids);
    json_of(&send(world, request).await.unwrap())
}

/// Asks the shop with any variables.
pub(crate) async fn ask(world: &World, query: &str, variables: &Value) -> Value {
    let mut request = graphql_request(world, shopify::ACCESS_TOKEN, "", &[]);
    *request.body_mut() = json!({ "query": query, "variables": variables }).to_string().into();
    json_of(&send(world, request).await.unwrap())
}

pub(crate) fn json_of(answer: &Response<Bytes>) -> Value {
    serde_json::from_slice(answer.body()).unwrap()
}

pub(crate) fn header_of<'a>(answer: &'a Response<Bytes>, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// The values of one field of a list's items, as text.
pub(crate) fn each(list: &Value, pointer: &str) -> Vec<String> {
    let items = list.as_array().unwrap().iter();
    items.map(|item| item.pointer(pointer).unwrap().as_str().unwrap().to_owned()).collect()
}

/// The addresses of the next page that an answer gives.
pub(crate) fn next_links(answer: &Response<Bytes>) -> Vec<String> {
    let headers = answer.headers().get_all("link").iter().map(|link| link.to_str().unwrap());
    let links = headers.flat_map(|header| header.split(", "));
    links
        .filter_map(|link| link.strip_suffix(r#">; rel="next""#)?.strip_prefix('<'))
        .map(str::to_owned)
        .collect()
}

/// The logins on every page of a list, and how many pages there were.
pub(crate) async fn walk(world: &World, first: &str) -> (Vec<String>, usize) {
    let (mut logins, mut pages, mut path) = (Vec::new(), 0, Some(first.to_owned()));
    while let Some(next) = path {
        let answer = get(world, &next).await;
        logins.extend(each(&json_of(&answer), "/profile/login"));
        pages += 1;
        path = next_links(&answer).pop();
    }
    (logins, pages)
}
