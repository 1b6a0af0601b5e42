//! What can lie between the product and the services.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use http::{Method, Request};
use outbound::TransportFailure;
use serde_json::Value;
use simulators::okta::GroupKind;
use simulators::{Fault, Matching, Moment, Outcome, Service, World};

use crate::calling::{self, get, okta_request, send, world};

/// A world and the request that puts its user into its group.
fn joining() -> (World, Request<bytes::Bytes>, impl Fn(&World) -> bool) {
    let world = world();
    let user = world.okta.add_user("ann@example.com", "ann@example.com");
    let group = world.okta.add_group("VIP", GroupKind::Okta);
    let path = format!("/api/v1/groups/{group}/users/{user}");
    let request = okta_request(&world, &Method::PUT, &path, &Value::Null);
    (world, request, move |world: &World| world.okta.members(&group).contains(&user))
}

async fn meeting(fault: Fault) -> (calling::Outcome, bool, Duration) {
    let (world, request, joined) = joining();
    let before = world.clock.now();
    world.faults().next(Service::Okta, Matching::any(), fault);
    let outcome = send(&world, request).await;
    let passed = Duration::try_from(world.clock.now().duration_since(before)).unwrap();
    (outcome, joined(&world), passed)
}

#[tokio::test]
async fn what_fails_may_or_may_not_have_been_done() {
    let ten = Duration::from_secs(10);
    let cases = [
        (Fault::Connect, TransportFailure::Connect, false, Duration::ZERO),
        (Fault::Broken { done: false }, TransportFailure::Broken, false, Duration::ZERO),
        (Fault::Broken { done: true }, TransportFailure::Broken, true, Duration::ZERO),
        (Fault::Timeout { done: false }, TransportFailure::Timeout, false, ten),
        (Fault::Timeout { done: true }, TransportFailure::Timeout, true, ten),
        (Fault::Slow(Duration::from_secs(11)), TransportFailure::Timeout, true, ten),
    ];
    for (fault, failure, done, passed) in cases {
        let (outcome, joined, took) = meeting(fault.clone()).await;
        assert_eq!(outcome.unwrap_err(), failure, "{fault:?}");
        assert_eq!((joined, took), (done, passed), "{fault:?}");
    }
}

#[tokio::test]
async fn a_slow_answer_takes_its_time() {
    let (outcome, joined, took) = meeting(Fault::Slow(Duration::from_secs(9))).await;
    assert_eq!(outcome.unwrap().status(), 204);
    assert!(joined);
    assert_eq!(took, Duration::from_secs(9));
}

#[tokio::test]
async fn every_call_of_a_service_can_take_its_time() {
    let world = world();
    world.faults().set_latency(Service::Okta, Duration::from_millis(150));
    let before = world.clock.now();
    for _ in 0..3 {
        get(&world, "/api/v1/groups").await;
    }
    let ends: Vec<_> = world.calls().iter().map(|call| call.at.duration_since(before)).collect();
    assert_eq!(ends, [150, 300, 450].map(jiff::SignedDuration::from_millis));
}

#[tokio::test]
async fn an_answer_can_be_an_error_a_page_or_half_of_itself() {
    let (outcome, joined, _) = meeting(Fault::Status(503)).await;
    assert_eq!((outcome.unwrap().status().as_u16(), joined), (503, false));
    let (outcome, joined, _) = meeting(Fault::NotJson).await;
    let page = outcome.unwrap();
    assert_eq!((page.status().as_u16(), joined), (200, false));
    assert!(page.body().starts_with(b"<html>"));

    let world = world();
    let whole = get(&world, "/api/v1/groups").await;
    world.faults().next(Service::Okta, Matching::any(), Fault::TruncatedBody);
    let half = get(&world, "/api/v1/groups").await;
    assert_eq!(half.body().len(), whole.body().len() / 2);
    assert!(serde_json::from_slice::<Value>(half.body()).is_err());
}

#[tokio::test]
async fn calls_are_recorded_without_data() {
    let (world, request, _) = joining();
    send(&world, request).await.unwrap();
    get(&world, "/api/v1/users/ann%40example.com").await;
    let calls: Vec<String> = world.take_calls().iter().map(ToString::to_string).collect();
    assert_eq!(calls, ["okta PUT /api/v1/groups/{id}/users/{id}", "okta GET /api/v1/users/{id}"]);
    assert!(world.calls().is_empty());
}

#[tokio::test]
async fn there_is_nothing_at_any_other_host() {
    let world = world();
    let request = Request::builder().uri("https://evil.example/x").body(bytes::Bytes::new());
    assert_eq!(send(&world, request.unwrap()).await.unwrap_err(), TransportFailure::Connect);
    assert_eq!(world.calls()[0].service, Service::Elsewhere);
}

#[tokio::test]
async fn a_caller_can_be_stopped_before_or_after_any_call() {
    for (moment, done, outcome) in [
        (Moment::Before, false, Outcome::SuspendedBefore),
        (Moment::After, true, Outcome::SuspendedAfter),
    ] {
        let (world, request, joined) = joining();
        world.suspend_at(2, moment);
        let caller = async {
            get(&world, "/api/v1/users").await;
            send(&world, request.clone()).await
        };
        match select(pin!(caller), pin!(world.suspended())).await {
            Either::Left(_) => panic!("the caller was not stopped"),
            Either::Right(((), _stopped)) => {}
        }
        assert_eq!(joined(&world), done, "{moment:?}");
        assert_eq!(world.calls()[1].outcome, outcome);
        assert!(!world.cancel_suspension());
        assert_eq!(send(&world, request).await.unwrap().status(), 204);
    }
}

#[tokio::test]
async fn a_stop_that_nobody_reached_can_be_taken_away() {
    let (world, request, _) = joining();
    world.suspend_at(2, Moment::Before);
    send(&world, request).await.unwrap();
    assert!(world.cancel_suspension());
    get(&world, "/api/v1/users").await;
}
