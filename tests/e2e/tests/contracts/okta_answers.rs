//! The simulated org's answers, of every operation, against Okta's description of them.

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use e2e::contracts::OpenApi;
use http::{Method, Request};
use outbound::Transport;
use serde_json::{Value, json};
use simulators::okta::{API_TOKEN, Bucket, GroupKind, LinkForm, UserStatus};
use simulators::{Fault, Matching, Service, World};

use crate::at_hand::okta;

/// In the contract, and neither called by the product nor simulated.
const NOT_SIMULATED: [&str; 2] = ["deleteGroup", "replaceGroup"];

async fn call(world: &World, method: Method, path: &str, body: Value) -> u16 {
    let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
    let request = Request::builder()
        .method(method)
        .uri(format!("{}/api/v1{path}", world.okta_url()))
        .header("authorization", format!("SSWS {API_TOKEN}"))
        .body(body)
        .unwrap();
    let answer = world.transport().send(request, Duration::from_secs(10)).await;
    answer.unwrap().status().as_u16()
}

async fn get(world: &World, path: &str) -> u16 {
    call(world, Method::GET, path, Value::Null).await
}

/// Calls every operation, in the ways in which it can end.
async fn walk(world: &World) {
    let ann = world.okta.add_user("ann@example.com", "ann@example.com");
    let bob = world.okta.add_user("bob@example.com", "bob@example.com");
    let vip = world.okta.add_group("VIP", GroupKind::Okta);
    let imported = world.okta.add_group("Imported", GroupKind::App);
    world.okta.add_member(&vip, &ann).unwrap();
    world.okta.add_rule("Sales", std::slice::from_ref(&vip), true);
    world.okta.set_status(&bob, UserStatus::Suspended).unwrap();

    let found = [
        "/users?limit=1",
        "/users?search=profile.email%20eq%20%22ann%40example.com%22&limit=200",
        "/users?filter=status%20eq%20%22SUSPENDED%22",
        "/users?q=ann",
        "/users?filter=lastUpdated%20gt%20%222026-01-01T00:00:00.000Z%22&limit=1",
        "/users?fields=status,profile:(login,email)",
        "/groups?limit=1",
        "/groups?q=V&expand=stats",
        "/groups?search=profile.name%20eq%20%22VIP%22",
        "/groups?filter=type%20eq%20%22APP_GROUP%22",
        "/groups/rules?limit=200&expand=groupIdToGroupNameMap",
        "/meta/schemas/user/default",
        "/users/me",
    ];
    for path in found {
        assert_eq!(get(world, path).await, 200, "{path}");
    }
    for path in [
        format!("/users/{ann}"),
        format!("/users/{ann}/groups"),
        format!("/groups/{vip}"),
        format!("/groups/{vip}/users?limit=200"),
        format!("/groups/{vip}/users?limit=1"),
    ] {
        assert_eq!(get(world, &path).await, 200, "{path}");
    }
    for path in [
        "/users/nobody",
        "/users/nobody/groups",
        "/groups/00gx",
        "/groups/00gx/users",
        "/meta/schemas/user/x",
    ] {
        assert_eq!(get(world, path).await, 404, "{path}");
    }
    for path in ["/users?search=nonsense", "/users?filter=lastUpdated%20gt%201", "/users?after=1"] {
        assert_eq!(get(world, path).await, 400, "{path}");
    }

    let totals = json!({ "shopify_total_spent": 45.5, "shopify_orders_count": 1 });
    let user = format!("/users/{ann}");
    let mut profile = json!({ "login": "ann@example.com", "email": "ann@example.com" });
    for (method, path, body, status) in [
        (Method::POST, user.as_str(), json!({ "profile": totals }), 200),
        (Method::POST, &user, json!({ "profile": { "shopify_total_spent": null } }), 200),
        (Method::POST, &user, json!({ "profile": { "unheard_of": 1 } }), 400),
        (Method::POST, "/users/nobody", json!({ "profile": totals }), 404),
        (Method::PUT, &user, json!({ "profile": profile }), 200),
        (Method::POST, "/groups", json!({ "profile": { "name": "New" } }), 200),
        (Method::POST, "/groups", json!({ "profile": { "name": "New" } }), 400),
        (Method::POST, "/groups/rules", rule(&vip), 200),
        (Method::POST, "/groups/rules", json!({ "name": "No groups" }), 400),
        (Method::POST, "/meta/schemas/user/default", attribute("points", "number"), 200),
        (Method::POST, "/meta/schemas/user/default", attribute("points", "number"), 200),
        (Method::POST, "/meta/schemas/user/default", attribute("points", "string"), 400),
        (Method::POST, "/meta/schemas/user/default", attribute("Login", "string"), 400),
    ] {
        assert_eq!(call(world, method.clone(), path, body).await, status, "{method} {path}");
    }
    profile["login"] = "new@example.com".into();
    assert_eq!(call(world, Method::POST, "/users", json!({ "profile": profile })).await, 200);
    assert_eq!(call(world, Method::POST, "/users", json!({ "profile": profile })).await, 400);

    for (method, group, user, status) in [
        (Method::PUT, vip.as_str(), bob.as_str(), 204),
        (Method::DELETE, vip.as_str(), bob.as_str(), 204),
        (Method::PUT, imported.as_str(), bob.as_str(), 403),
        (Method::PUT, vip.as_str(), "00ux", 404),
        (Method::DELETE, "00gx", bob.as_str(), 404),
    ] {
        let path = format!("/groups/{group}/users/{user}");
        assert_eq!(
            call(world, method.clone(), &path, Value::Null).await,
            status,
            "{method} {path}"
        );
    }
    let bob = format!("/users/{bob}");
    assert_eq!(call(world, Method::DELETE, &bob, Value::Null).await, 204);
    assert_eq!(call(world, Method::POST, &bob, json!({ "profile": totals })).await, 403);
    assert_eq!(get(world, "/users?search=status%20eq%20%22DEPROVISIONED%22").await, 200);
    assert_eq!(call(world, Method::DELETE, &bob, Value::Null).await, 204);
}

/// The answers that any operation can get.
async fn walk_into_trouble(world: &World) {
    for status in [400, 401, 403, 404, 500, 503] {
        world.faults().next(Service::Okta, Matching::any(), Fault::Status(status));
        assert_eq!(get(world, "/users/nobody").await, status);
    }
    world.okta.withdraw("okta.groups.read");
    assert_eq!(get(world, "/groups").await, 403);
    world.okta.set_limit(Bucket::Users, 0);
    assert_eq!(get(world, "/users").await, 429);
    world.okta.revoke_token(true);
    assert_eq!(get(world, "/groups").await, 401);
}

fn rule(group: &rules::GroupId) -> Value {
    let expression = json!({ "value": "true", "type": "urn:okta:expression:1.0" });
    json!({
        "type": "group_rule",
        "name": "Everybody",
        "conditions": { "expression": expression },
        "actions": { "assignUserToGroups": { "groupIds": [group] } },
    })
}

fn attribute(name: &str, kind: &str) -> Value {
    let definition = json!({ "title": "Points", "type": kind });
    json!({ "definitions": { "custom": { "id": "#custom", "properties": { name: definition } } } })
}

fn world() -> World {
    World::new("my-store.myshopify.com".parse().unwrap())
}

#[tokio::test]
async fn every_answer_of_every_operation_is_as_okta_describes_it() {
    let Some(contract) = okta() else { return };
    let mut called = BTreeSet::from(NOT_SIMULATED.map(str::to_owned));
    for form in [LinkForm::TwoHeaders, LinkForm::OneHeader] {
        let world = world();
        world.okta.set_link_form(form);
        walk(&world).await;
        walk_into_trouble(&world).await;
        for exchange in world.exchanges() {
            // The walk also sends what is not good, to be told so.
            let wrong: Vec<String> = contract.violations(&exchange);
            assert_eq!(
                wrong,
                Vec::<String>::new(),
                "{} {:?}",
                exchange.call,
                exchange.call.outcome
            );
            called.extend(contract.operation_of(&exchange).map(str::to_owned));
        }
    }
    let all: BTreeSet<String> = contract.operations().into_iter().map(str::to_owned).collect();
    assert_eq!(called, all);
}

/// What the check says of one answer of the simulated org, changed by hand.
async fn checked(contract: &OpenApi, path: &str, change: impl Fn(&mut Value)) -> Vec<String> {
    let world = world();
    world.okta.add_user("ann@example.com", "ann@example.com");
    get(&world, path).await;
    let mut exchange = world.take_exchanges().remove(0);
    let answer = exchange.response.as_mut().unwrap();
    let mut body: Value = serde_json::from_slice(answer.body()).unwrap();
    change(&mut body);
    *answer.body_mut() = body.to_string().into();
    contract.violations(&exchange)
}

#[tokio::test]
async fn an_answer_that_is_not_as_described_is_found_out() {
    let Some(contract) = okta() else { return };
    let nothing: Vec<String> = Vec::new();
    assert_eq!(checked(&contract, "/users", |_| {}).await, nothing);
    assert_ne!(checked(&contract, "/users", |it| it[0]["status"] = json!("GONE")).await, nothing);
    assert_ne!(checked(&contract, "/users", |it| it[0]["unheard_of"] = json!(1)).await, nothing);
    assert_ne!(checked(&contract, "/users", |it| it[0]["created"] = json!("today")).await, nothing);
    let spent = |it: &mut Value| it[0]["profile"]["shopify_total_spent"] = json!("45.5");
    assert_ne!(checked(&contract, "/users", spent).await, nothing);
    assert_ne!(checked(&contract, "/users/nobody", |it| it["code"] = json!(1)).await, nothing);
    assert_ne!(checked(&contract, "/users?page=2", |_| {}).await, nothing);
    assert_ne!(checked(&contract, "/people", |_| {}).await, nothing);
}
