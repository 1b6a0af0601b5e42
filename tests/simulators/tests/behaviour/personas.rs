//! The Mavera account.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::{Value, json};
use simulators::mavera::{API_KEY, Duplicates, ListForm, NameFilter, PRICE};
use simulators::{Fault, Matching, Service, World};

use crate::calling::{each, header_of, json_of, send, world};

const PERSONAS: &str = "/api/v1/personas";

fn request(world: &World, key: &str, method: Method, path: &str, body: &Value) -> Request<Bytes> {
    Request::builder()
        .method(method)
        .uri(format!("{}{path}", world.mavera_url()))
        .header("authorization", format!("Bearer {key}"))
        .body(if body.is_null() { Bytes::new() } else { body.to_string().into() })
        .unwrap()
}

async fn call(world: &World, method: Method, path: &str, body: &Value) -> Response<Bytes> {
    send(world, request(world, API_KEY, method, path, body)).await.unwrap()
}

async fn list(world: &World, query: &str) -> Value {
    json_of(&call(world, Method::GET, &format!("{PERSONAS}{query}"), &Value::Null).await)
}

async fn create(world: &World, body: Value) -> Response<Bytes> {
    call(world, Method::POST, PERSONAS, &body).await
}

fn refusal(answer: &Response<Bytes>) -> (u16, String) {
    let code = json_of(answer)["error"]["code"].as_str().unwrap().to_owned();
    (answer.status().as_u16(), code)
}

#[tokio::test]
async fn a_persona_is_made_listed_and_changed_as_in_the_cookbook() {
    let world = world();
    let body = json!({
        "name": "Shopify VIP Customer",
        "description": "VIP Customer: 47 customers, avg 9.3 orders, avg $812 spend.",
        "demographic": { "custom_attributes": { "cohort": "vip", "avg_order_count": 9.3 } },
        "goals": ["save time"],
    });
    let made = create(&world, body.clone()).await;
    assert_eq!(made.status(), 201);
    let mut expected = body;
    expected["id"] = json!("persona_00000001");
    expected["created_at"] = json!("2026-10-05T09:00:00Z");
    assert_eq!(json_of(&made), expected);
    assert_eq!(list(&world, "?name=Shopify+VIP+Customer").await, json!([expected]));

    let path = format!("{PERSONAS}/persona_00000001");
    let change = json!({ "description": "new", "demographic": {} });
    let changed = call(&world, Method::PATCH, &path, &change).await;
    expected["description"] = json!("new");
    expected["demographic"] = json!({});
    assert_eq!((changed.status().as_u16(), json_of(&changed)), (200, expected));
    assert_eq!(world.mavera.persona("persona_00000001").unwrap().description, "new");
}

#[tokio::test]
async fn a_name_can_be_had_once_unless_the_account_takes_it_twice() {
    let world = world();
    let body = || json!({ "name": "VIP" });
    assert_eq!(create(&world, body()).await.status(), 201);
    let credits = world.mavera.credits();
    assert_eq!(refusal(&create(&world, body()).await), (422, "persona_exists".to_owned()));
    assert_eq!((world.mavera.personas().len(), world.mavera.credits()), (1, credits));
    let other = world.mavera.add_persona("New");
    let path = format!("{PERSONAS}/{other}");
    assert_eq!(call(&world, Method::PATCH, &path, &body()).await.status(), 422);

    world.mavera.set_duplicates(Duplicates::Made);
    assert_eq!(create(&world, body()).await.status(), 201);
    assert_eq!(world.mavera.credits(), credits - PRICE);
    assert_eq!(call(&world, Method::PATCH, &path, &body()).await.status(), 200);
    let names: Vec<String> = world.mavera.personas().into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["VIP", "VIP", "VIP"]);
}

#[tokio::test]
async fn making_one_costs_credits_and_changing_it_none() {
    let world = world();
    world.mavera.set_credits(PRICE);
    let made = json_of(&create(&world, json!({ "name": "VIP" })).await);
    assert_eq!(world.mavera.credits(), 0);
    let path = format!("{PERSONAS}/{}", made["id"].as_str().unwrap());
    let change = json!({ "description": "new" });
    assert_eq!(call(&world, Method::PATCH, &path, &change).await.status(), 200);
    world.mavera.set_credits(PRICE - 1);
    let poor = create(&world, json!({ "name": "New" })).await;
    assert_eq!(refusal(&poor), (402, "credits_exhausted".to_owned()));
    assert_eq!((world.mavera.personas().len(), world.mavera.credits()), (1, PRICE - 1));
}

#[tokio::test]
async fn a_filter_finds_what_contains_the_name_or_does_nothing() {
    let world = world();
    for name in ["VIP", "vip lounge", "New"] {
        world.mavera.add_persona(name);
    }
    assert_eq!(each(&list(&world, "?name=VIP").await, "/name"), ["VIP", "vip lounge"]);
    world.mavera.set_name_filter(NameFilter::Ignored);
    assert_eq!(each(&list(&world, "?name=VIP").await, "/name"), ["VIP", "vip lounge", "New"]);
}

#[tokio::test]
async fn a_list_of_the_reference_s_form_has_pages_and_everybody_s_personas() {
    let world = world();
    world.mavera.set_list_form(ListForm::Pages);
    world.mavera.set_page_size(2);
    world.mavera.add_global_persona("Gen Z");
    for name in ["VIP", "New"] {
        create(&world, json!({ "name": name })).await;
    }
    let first = list(&world, "?limit=100").await;
    assert_eq!(each(&first["data"], "/name"), ["Gen Z", "VIP"]);
    assert_eq!(first["data"][0]["is_custom"], false);
    assert_eq!(first["data"][1]["created_at"], 1_791_190_800);
    assert_eq!(first["has_more"], true);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = list(&world, &format!("?limit=100&cursor={cursor}")).await;
    assert_eq!(each(&second["data"], "/name"), ["New"]);
    assert_eq!((&second["has_more"], &second["next_cursor"]), (&json!(false), &Value::Null));
    for odd in ["?limit=0", "?limit=101", "?limit=x", "?cursor=x"] {
        assert_eq!(list(&world, odd).await["error"]["code"], "invalid_field", "{odd}");
    }
}

#[tokio::test]
async fn what_cannot_be_changed_is_refused() {
    let world = world();
    let global = world.mavera.add_global_persona("Gen Z");
    let deleted = world.mavera.add_persona("VIP");
    world.mavera.delete_persona(&deleted).unwrap();
    assert!(world.mavera.delete_persona(&deleted).is_err());
    let change = json!({ "description": "new" });
    for (id, expected) in [(&global, (403, "forbidden")), (&deleted, (404, "resource_not_found"))] {
        let answer = call(&world, Method::PATCH, &format!("{PERSONAS}/{id}"), &change).await;
        assert_eq!(refusal(&answer), (expected.0, expected.1.to_owned()));
    }
    assert!(world.mavera.personas().is_empty(), "everybody's are not the account's own");
}

#[tokio::test]
async fn bodies_are_checked() {
    let world = world();
    for (body, code) in [
        (json!({}), "missing_field"),
        (json!({ "name": "" }), "invalid_field"),
        (json!({ "name": "x" }), "invalid_field"),
        (json!({ "name": "x".repeat(101) }), "invalid_field"),
        (json!({ "name": "VIP", "description": 1 }), "invalid_field"),
        (json!({ "name": "VIP", "demographic": "x" }), "invalid_field"),
        (json!([]), "invalid_field"),
    ] {
        assert_eq!(refusal(&create(&world, body).await), (400, code.to_owned()));
    }
    assert!(world.mavera.personas().is_empty());
}

#[tokio::test]
async fn only_the_current_key_is_taken() {
    let world = world();
    world.mavera.rotate_key("mvra_live_new");
    assert_eq!(refusal(&call(&world, Method::GET, PERSONAS, &Value::Null).await).0, 401);
    let current = request(&world, "mvra_live_new", Method::GET, PERSONAS, &Value::Null);
    assert_eq!(send(&world, current).await.unwrap().status(), 200);
}

#[tokio::test]
async fn too_many_calls_within_a_minute_are_refused_with_the_time_to_wait() {
    let world = world();
    world.mavera.set_rate_limit(2);
    for remaining in ["1", "0"] {
        let answer = call(&world, Method::GET, PERSONAS, &Value::Null).await;
        assert_eq!(header_of(&answer, "x-ratelimit-remaining"), remaining);
        world.clock.advance(Duration::from_secs(10));
    }
    let refused = create(&world, json!({ "name": "VIP" })).await;
    assert_eq!(refusal(&refused), (429, "rate_limit_exceeded".to_owned()));
    assert_eq!(header_of(&refused, "retry-after"), "40");
    assert!(world.mavera.personas().is_empty());
    world.clock.advance(Duration::from_secs(40));
    assert_eq!(create(&world, json!({ "name": "VIP" })).await.status(), 201);
    assert_eq!(create(&world, json!({ "name": "New" })).await.status(), 429);
}

#[tokio::test]
async fn faults_speak_as_mavera_does() {
    let world = world();
    let retry_after = Duration::from_secs(7);
    for (fault, expected) in [
        (Fault::MaveraThrottled { retry_after }, (429, "rate_limit_exceeded")),
        (Fault::Status(402), (402, "credits_exhausted")),
        (Fault::Status(404), (404, "resource_not_found")),
        (Fault::Status(503), (503, "internal_error")),
    ] {
        let pause = matches!(fault, Fault::MaveraThrottled { .. }).then_some("7");
        world.faults().next(Service::Mavera, Matching::call(Method::POST, PERSONAS), fault);
        let answer = create(&world, json!({ "name": "VIP" })).await;
        assert_eq!(refusal(&answer), (expected.0, expected.1.to_owned()));
        assert_eq!(header_of(&answer, "retry-after"), pause.unwrap_or_default());
    }
    let lost = Fault::Broken { done: true };
    world.faults().next(Service::Mavera, Matching::any(), lost);
    let body = json!({ "name": "VIP" });
    assert!(send(&world, request(&world, API_KEY, Method::POST, PERSONAS, &body)).await.is_err());
    assert_eq!(world.mavera.personas().len(), 1, "made, and the answer lost");
}

#[tokio::test]
async fn calls_are_recorded_and_replacing_or_deleting_a_persona_is_forbidden() {
    let world = world();
    let id = world.mavera.add_persona("VIP");
    let path = format!("{PERSONAS}/{id}");
    call(&world, Method::PATCH, &path, &json!({ "description": "new" })).await;
    assert_eq!(world.calls()[0].to_string(), "mavera PATCH /api/v1/personas/{id}");
    assert_eq!(world.forbidden_calls(), []);
    for method in [Method::PUT, Method::DELETE] {
        let answer = call(&world, method, &path, &json!({ "name": "New" })).await;
        assert_eq!(answer.status(), 405);
    }
    assert_eq!(world.forbidden_calls().len(), 2);
    assert_eq!(world.mavera.persona(&id).unwrap().name, "VIP");
}
