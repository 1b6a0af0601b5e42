//! Pacing, throttling and too dear queries.

use std::time::Duration;

use outbound::ErrorKind;

use crate::shop::{Shop, cost, data, nodes, ok, plain, refused};
use crate::support::{Answer, answer, second};

/// An answer about customer 1 that cost 100 points and left so many.
fn leaving(available: &str) -> Answer {
    ok(&data(&[plain(1)]).replace(&cost(20, "1990"), &cost(100, available)))
}

#[tokio::test]
async fn a_throttle_with_status_200_is_waited_out_and_is_never_an_empty_answer() {
    let throttled = refused("THROTTLED", &cost(100, "40"));
    let shop = Shop::answering([throttled, nodes(&[plain(1)])]);
    assert_eq!(shop.customers(&[1], 60).await.unwrap().len(), 1);
    assert_eq!(shop.clock.sleeps(), [Duration::from_millis(600)]);
}

#[tokio::test]
async fn without_time_to_wait_a_throttle_says_until_when() {
    let shop = Shop::answering([refused("THROTTLED", &cost(900, "0.0"))]);
    let error = shop.customers(&[1], 9).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Throttled { retry_at: second(9) });
    assert!(error.is_retryable());
}

#[tokio::test]
async fn a_throttle_without_figures_waits_a_second() {
    let unclear = [refused("THROTTLED", "{}"), refused("THROTTLED", r#"{"cost": {"x": 1}}"#)];
    for throttled in unclear {
        let shop = Shop::answering([throttled, nodes(&[plain(1)])]);
        shop.customers(&[1], 60).await.unwrap();
        assert_eq!(shop.clock.sleeps(), [Duration::from_secs(1)]);
    }
}

#[tokio::test]
async fn a_throttle_though_the_points_suffice_waits_a_second() {
    let shop = Shop::answering([refused("THROTTLED", &cost(10, "500")), nodes(&[plain(1)])]);
    shop.customers(&[1], 60).await.unwrap();
    assert_eq!(shop.clock.sleeps(), [Duration::from_secs(1)]);
}

#[tokio::test]
async fn throttles_in_a_row_are_waited_out_while_there_is_time() {
    let throttled = || refused("THROTTLED", &cost(100, "0"));
    let shop = Shop::answering([throttled(), throttled(), throttled(), nodes(&[plain(1)])]);
    assert!(shop.customers(&[1], 60).await.is_ok());
    let shop = Shop::answering((0..9).map(|_| throttled()));
    assert_eq!(shop.customers(&[1], 9).await.unwrap_err().code(), "throttled");
}

#[tokio::test]
async fn a_call_waits_for_the_points_it_will_cost() {
    for (available, wait) in [("40", Some(600)), ("40.5", Some(595)), ("100", None)] {
        let shop = Shop::answering([leaving(available), leaving("500")]);
        shop.customers(&[1], 60).await.unwrap();
        shop.customers(&[1], 60).await.unwrap();
        let expected: Vec<Duration> = wait.into_iter().map(Duration::from_millis).collect();
        assert_eq!(shop.clock.sleeps(), expected, "{available}");
    }
}

#[tokio::test]
async fn without_time_to_wait_for_points_no_call_is_made() {
    let shop = Shop::answering([leaving("0")]);
    shop.customers(&[1], 1).await.unwrap();
    let error = shop.customers(&[1], 1).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Throttled { retry_at: second(1) });
    assert_eq!(shop.asked().len(), 1);
}

#[tokio::test]
async fn a_429_is_waited_out_as_long_as_it_says() {
    for (headers, wait) in [
        (vec![("retry-after", "2.0")], 2),
        (vec![("retry-after", "7")], 7),
        (vec![("retry-after", "soon")], 1),
        (vec![], 1),
    ] {
        let shop = Shop::answering([answer(429, &headers, ""), nodes(&[plain(1)])]);
        shop.customers(&[1], 60).await.unwrap();
        assert_eq!(shop.clock.sleeps(), [Duration::from_secs(wait)]);
    }
}

#[tokio::test]
async fn without_time_to_wait_a_429_says_until_when() {
    let shop = Shop::answering([answer(429, &[("retry-after", "30")], "")]);
    let error = shop.customers(&[1], 20).await.unwrap_err();
    assert_eq!(error.retry_at(), Some(second(30)));
}

#[tokio::test]
async fn too_dear_a_query_is_asked_in_halves() {
    let dear = || refused("MAX_COST_EXCEEDED", "{}");
    let shop = Shop::answering([
        dear(),
        nodes(&[plain(1)]),
        dear(),
        nodes(&[plain(2)]),
        nodes(&[plain(3)]),
    ]);
    let truths = shop.customers(&[1, 2, 3], 60).await.unwrap();
    assert_eq!(truths.len(), 3);
    assert_eq!(shop.asked(), [3, 1, 2, 1, 1]);
}

#[tokio::test]
async fn one_customer_that_is_too_dear_is_an_error() {
    let shop = Shop::answering([refused("MAX_COST_EXCEEDED", "{}")]);
    assert_eq!(shop.customers(&[1], 60).await.unwrap_err().code(), "rejected");
}
