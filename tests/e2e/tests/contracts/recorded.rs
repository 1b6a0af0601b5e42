//! What was really sent and answered in all end-to-end tests, against the vendors' contracts.
//!
//! It is recorded while those run, so this is run after them, and by name:
//! `EXCHANGES_DIR=… cargo test`, then `EXCHANGES_DIR=… cargo test -p e2e --test contracts -- --ignored`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use e2e::contracts::{Exchange, TOKEN_PATH, exchanges_folder};
use outbound::{BaseUrl, Fixed, Outbound};
use serde_json::Value;
use shopify::{ApiVersion, ExportState, Shopify, ShopifyCredentials, Started};
use simulators::shopify::ACCESS_TOKEN;
use simulators::{NewCustomer, SimRandom, World};

use crate::at_hand::{SHOPIFY_VERSION, okta, shopify_schema};
use crate::documents::{IN_BULK, documents};
use crate::graphql::GraphQl;
use crate::token_calls;

/// In Okta's contract, and not called by the product.
const NOT_CALLED: [&str; 6] =
    ["createGroupRule", "createUser", "deleteGroup", "deleteUser", "replaceGroup", "replaceUser"];
/// Called by `doctor`, and not in the slice of Okta's contract that is at hand.
const NOT_IN_THE_CONTRACT: [&str; 3] =
    ["/api/v1/groups/{id}/roles", "/api/v1/users/{id}/roles", "/oauth2/v1/clients/{id}/roles"];

/// What tests have the simulated shop show as amounts (`show_amount`), to see what becomes of it.
const SHOWN: [&str; 4] = ["much", "600,00", "10,00", "45,50"];

/// What was recorded of one service. None if nothing was asked to be.
fn recorded(service: &str) -> Option<Vec<Exchange>> {
    let Some(folder) = exchanges_folder() else {
        eprintln!("SKIPPED: EXCHANGES_DIR names no folder of recordings");
        return None;
    };
    let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let texts = files.map(|file| std::fs::read_to_string(file).unwrap());
    // What a process that was killed wrote last may have no end.
    let whole = |text: String| text.rsplit_once('\n').map(|(whole, _)| whole.to_owned());
    let lines: BTreeSet<String> = texts
        .filter_map(whole)
        .flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let exchanges = lines.iter().map(|line| serde_json::from_str::<Exchange>(line).unwrap());
    Some(exchanges.filter(|exchange| exchange.service == service).collect())
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

#[test]
#[ignore = "reads what the other tests recorded"]
fn every_recorded_exchange_with_okta_is_by_its_contract() {
    let Some((contract, exchanges)) = okta().zip(recorded("okta")) else { return };
    let (mut wrong, mut called, mut tokens) = (BTreeSet::new(), BTreeSet::new(), 0);
    for exchange in &exchanges {
        if exchange.path == TOKEN_PATH {
            tokens += 1;
            wrong.extend(token_calls::wrong_with_okta(exchange));
            continue;
        }
        wrong.extend(token_calls::wrong_with_authorization(exchange));
        if NOT_IN_THE_CONTRACT.contains(&exchange.path.as_str()) {
            continue;
        }
        let request = exchange.request().unwrap();
        let answer =
            exchange.answer.as_ref().map(|answer| answer.response().unwrap().map(usual_names));
        let found = contract.wrong(&request, answer.as_ref());
        wrong.extend(
            found.into_iter().map(|it| format!("{} {}: {it}", exchange.method, exchange.path)),
        );
        called.extend(contract.operation_at(&request));
    }
    assert_eq!(wrong, BTreeSet::new());
    let all: BTreeSet<_> = contract.operations();
    let expected = all.into_iter().filter(|operation| !NOT_CALLED.contains(operation)).collect();
    assert_eq!(called, expected);
    assert!(tokens > 0, "no token was asked for");
    println!("{} kinds of exchanges with Okta, {tokens} of them for tokens", exchanges.len());
}

#[test]
#[ignore = "reads what the other tests recorded"]
fn every_recorded_exchange_with_shopify_is_by_its_schema() {
    let Some((schema, exchanges)) = shopify_schema().zip(recorded("shopify")) else { return };
    let mut graphql = GraphQl::new(schema);
    let (mut wrong, mut sent, mut tokens) = (BTreeSet::new(), BTreeSet::new(), 0);
    for exchange in &exchanges {
        if exchange.path.ends_with("/oauth/access_token") {
            tokens += 1;
            wrong.extend(token_calls::wrong_with_shopify(exchange));
            continue;
        }
        let found = wrong_with_call(&mut graphql, exchange, &mut sent);
        wrong.extend(found.into_iter().map(|it| format!("{}: {it}", exchange.path)));
    }
    assert_eq!(wrong, BTreeSet::new());
    let all: BTreeSet<String> = documents().into_iter().map(|(_, text)| text).collect();
    let unsent: Vec<_> = all.difference(&sent).collect();
    assert_eq!((unsent, sent.len()), (vec![], all.len()), "documents that were never sent");
    assert!(tokens > 0, "no token was asked for");
    println!("{} kinds of exchanges with Shopify, {tokens} of them for tokens", exchanges.len());
}

/// An answer with a usual name in place of each user's: tests put people into the org whose addresses
/// Okta itself would not take, and what it thinks of an address is not what is checked here.
fn usual_names(body: Vec<u8>) -> Vec<u8> {
    fn rename(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                if let Some(Value::Object(profile)) = fields.get_mut("profile") {
                    for (_, name) in profile.iter_mut().filter(|(key, name)| {
                        ["login", "email"].contains(&key.as_str()) && name.is_string()
                    }) {
                        *name = "ann@example.com".into();
                    }
                }
                fields.values_mut().for_each(rename);
            }
            Value::Array(items) => items.iter_mut().for_each(rename),
            _ => {}
        }
    }
    let Ok(mut json) = serde_json::from_slice(&body) else { return body };
    rename(&mut json);
    json.to_string().into_bytes()
}

/// What is wrong with a call of the Admin API. Notes which documents it sent.
fn wrong_with_call(
    graphql: &mut GraphQl,
    exchange: &Exchange,
    sent: &mut BTreeSet<String>,
) -> Vec<String> {
    let body = json(&exchange.body);
    let (Some(text), variables) = (body["query"].as_str(), &body["variables"]) else {
        return vec!["no document".to_owned()];
    };
    let mut wrong = graphql.wrong_with_request(text, variables);
    sent.insert(text.to_owned());
    let is_start = text.contains("bulkOperationRunQuery");
    if let Some(inner) = variables["query"].as_str().filter(|_| is_start) {
        wrong.extend(graphql.wrong_with_request(inner, &Value::Null));
        sent.insert(inner.to_owned());
    }
    let whole = exchange.method == "POST"
        && exchange.url.ends_with(&format!("/admin/api/{SHOPIFY_VERSION}/graphql.json"))
        && exchange.header("content-type") == "application/json"
        && exchange.headers.iter().any(|(name, _)| name == "x-shopify-access-token")
        && body.as_object().is_some_and(|body| body.len() == 2);
    if !whole {
        wrong.push("not as requests are made".to_owned());
    }
    let answer = exchange.answer.as_ref().filter(|answer| answer.status == 200);
    let bodies = answer.map(|answer| json(&usual_amounts(&answer.body)));
    wrong.extend(bodies.iter().flat_map(|body| wrong_with_answer(graphql, text, body)));
    wrong
}

/// An answer with a usual amount in place of each that a test had the shop show because it is none.
fn usual_amounts(body: &str) -> String {
    SHOWN.iter().fold(body.to_owned(), |body, shown| {
        body.replace(&format!("\"amount\":\"{shown}\""), "\"amount\":\"1.00\"")
    })
}

/// What is wrong with an answer of status 200.
fn wrong_with_answer(graphql: &mut GraphQl, text: &str, answer: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let errors = &answer["errors"];
    let has_message = |error: &Value| error["message"].is_string();
    if !errors.is_null() && !errors.as_array().is_some_and(|all| all.iter().all(has_message)) {
        wrong.push("errors: no list of errors".to_owned());
    }
    match &answer["data"] {
        Value::Null if errors.is_null() => wrong.push("neither data nor errors".to_owned()),
        Value::Null => {}
        data => wrong.extend(graphql.wrong_with_data(text, data)),
    }
    let cost = &answer["extensions"]["cost"];
    let status = &cost["throttleStatus"];
    let figures = ["maximumAvailable", "currentlyAvailable", "restoreRate"];
    if !cost["requestedQueryCost"].is_number() || figures.iter().any(|it| !status[it].is_number()) {
        wrong.push("extensions.cost: not its figures".to_owned());
    }
    wrong
}

#[test]
#[ignore = "reads what the other tests recorded"]
fn no_recorded_download_carries_a_token() {
    let Some(exchanges) = recorded("storage") else { return };
    assert!(!exchanges.is_empty(), "nothing was downloaded");
    for exchange in exchanges {
        let names: Vec<_> = exchange.headers.iter().map(|(name, _)| name.as_str()).collect();
        let tokens = ["authorization", "cookie", "dpop", "x-shopify-access-token"];
        assert!(names.iter().all(|name| !tokens.contains(name)), "{names:?}");
        assert_eq!((exchange.method.as_str(), exchange.body.as_str()), ("GET", ""));
    }
}

/// The lines of the file that the product downloads.
async fn export_lines(world: &World) -> Vec<Value> {
    let (clock, random) = (Arc::new(world.clock.clone()), Arc::new(SimRandom::new(1)));
    let outbound = Outbound::new(world.transport(), clock, random);
    let secret = serde_json::json!({ "access_token": ACCESS_TOKEN }).to_string();
    let credentials: ShopifyCredentials = secret.parse().unwrap();
    let base = BaseUrl::configured(&world.shopify_url()).unwrap();
    let (shop, version) = (world.shopify.domain(), ApiVersion::default());
    let shopify =
        Shopify::new(outbound, base, shop, version, Arc::new(Fixed(Arc::new(credentials))));
    let deadline = world.clock.now() + jiff::SignedDuration::from_hours(2);
    let Started::Begun(id) = shopify.start_export(deadline).await.unwrap() else { panic!() };
    world.clock.advance(Duration::from_hours(1));
    let export = shopify.export(&id, deadline).await.unwrap().unwrap();
    let ExportState::Completed { file: Some(file), .. } = export.state else { panic!() };
    let (mut stream, mut whole) = (shopify.open_export(&file, deadline).await.unwrap(), Vec::new());
    while let Some(piece) = stream.next().await.unwrap() {
        whole.extend(piece);
    }
    String::from_utf8(whole)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test]
async fn the_lines_of_an_export_are_by_shopify_s_schema() {
    let Some(schema) = shopify_schema() else { return };
    let (mut graphql, all) = (GraphQl::new(schema), documents());
    let (_, query) = all.iter().find(|(name, _)| name == IN_BULK).unwrap();
    let world = World::new("my-store.myshopify.com".parse().unwrap());
    for (email, spent) in [(Some("ann@example.com"), "231.1"), (None, "-0.5"), (None, "0")] {
        let new = NewCustomer { email: email.map(str::to_owned), ..NewCustomer::default() };
        world.shopify.add_customer(new.with_totals(1, spent.parse().unwrap()));
    }
    let lines = export_lines(&world).await;
    assert_eq!(lines.len(), 3);
    for mut line in lines {
        assert_eq!(graphql.wrong_with_line(query, &line), [""; 0], "{line}");
        line["numberOfOrders"] = 1.into();
        assert_eq!(
            graphql.wrong_with_line(query, &line),
            ["line.numberOfOrders: no UnsignedInt64"]
        );
    }
}
