//! The org's rate limits.

use std::time::Duration;

use http::StatusCode;
use jiff::SignedDuration;
use simulators::okta::Bucket;
use simulators::{Fault, Matching, Service};

use crate::calling::{get, header_of, json_of, world};

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
