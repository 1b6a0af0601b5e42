//! The org's rate limits.

use std::time::Duration;

use http::{Method, StatusCode};
use jiff::SignedDuration;
use serde_json::{Value, json};
use simulators::okta::{Bucket, GroupKind};
use simulators::{Fault, Matching, Service};

use crate::calling::{get, header_of, json_of, okta, world};

/// 2026-10-05T09:00:00Z.
const START: i64 = 1_791_190_800;

#[tokio::test]
async fn every_answer_says_what_is_left() {
    let world = world();
    world.okta.set_limit(Bucket::Users, 10);
    world.okta.others_use(Bucket::Users, 3);
    let answer = get(&world, "/api/v1/users").await;
    assert_eq!(header_of(&answer, "x-rate-limit-limit"), "10");
    assert_eq!(header_of(&answer, "x-rate-limit-remaining"), "6");
    assert_eq!(header_of(&answer, "x-rate-limit-reset"), (START + 60).to_string());
    assert_eq!(header_of(&answer, "date"), "Mon, 05 Oct 2026 09:00:00 GMT");
    let missing = get(&world, "/api/v1/users/nobody").await;
    assert_eq!(header_of(&missing, "x-rate-limit-limit"), "2000");
}

#[tokio::test]
async fn one_limit_can_be_set_for_every_bucket_and_each_counts_its_own_calls() {
    let world = world();
    world.okta.set_limit_everywhere(600);
    let user = world.okta.add_user("ann@example.com", "ann@example.com");
    let group = world.okta.add_group("VIP", GroupKind::Okta);
    let calls = [
        (Method::GET, "/api/v1/users".to_owned()),
        (Method::GET, format!("/api/v1/users/{user}")),
        (Method::POST, format!("/api/v1/users/{user}")),
        (Method::GET, format!("/api/v1/users/{user}/groups")),
        (Method::GET, "/api/v1/groups".to_owned()),
        (Method::GET, format!("/api/v1/groups/{group}")),
        (Method::GET, format!("/api/v1/groups/{group}/users")),
        (Method::PUT, format!("/api/v1/groups/{group}/users/{user}")),
        (Method::GET, "/api/v1/groups/rules".to_owned()),
        (Method::GET, "/api/v1/meta/schemas/user/default".to_owned()),
    ];
    for (method, path) in calls {
        let body = if method == Method::POST { json!({ "profile": {} }) } else { Value::Null };
        let answer = okta(&world, method, &path, &body).await;
        assert!(answer.status().is_success(), "{path}");
        assert_eq!(header_of(&answer, "x-rate-limit-limit"), "600", "{path}");
        assert_eq!(header_of(&answer, "x-rate-limit-remaining"), "599", "{path}");
    }
    world.okta.set_limit(Bucket::Members, 1);
    let refused = get(&world, &format!("/api/v1/groups/{group}/users")).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let path = format!("/api/v1/groups/{group}/users/{user}");
    let left = okta(&world, Method::DELETE, &path, &Value::Null).await;
    assert_eq!(header_of(&left, "x-rate-limit-remaining"), "598");
}

#[tokio::test]
async fn what_is_used_up_comes_back_after_a_minute() {
    let world = world();
    world.okta.set_limit(Bucket::Users, 2);
    get(&world, "/api/v1/users").await;
    world.clock.advance(Duration::from_secs(30));
    get(&world, "/api/v1/users").await;
    let refused = get(&world, "/api/v1/users").await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(json_of(&refused)["errorCode"], "E0000047");
    assert_eq!(header_of(&refused, "x-rate-limit-remaining"), "0");
    assert_eq!(get(&world, "/api/v1/groups").await.status(), StatusCode::OK);
    world.clock.advance(Duration::from_secs(30));
    assert_eq!(get(&world, "/api/v1/users").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn too_many_at_once_has_other_headers() {
    let world = world();
    world.faults().next(Service::Okta, Matching::any(), Fault::ConcurrencyLimit429);
    let refused = get(&world, "/api/v1/users").await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(header_of(&refused, "x-rate-limit-limit"), "0");
    let reset_after = Duration::from_secs(25);
    world.faults().next(Service::Okta, Matching::any(), Fault::Okta429 { reset_after });
    let refused = get(&world, "/api/v1/users").await;
    assert_eq!(header_of(&refused, "x-rate-limit-reset"), (START + 25).to_string());
}

#[tokio::test]
async fn the_orgs_clock_can_be_off() {
    let world = world();
    world.okta.set_clock_skew(SignedDuration::from_mins(-5));
    let answer = get(&world, "/api/v1/users").await;
    assert_eq!(header_of(&answer, "date"), "Mon, 05 Oct 2026 08:55:00 GMT");
    assert_eq!(header_of(&answer, "x-rate-limit-reset"), (START - 240).to_string());
}
