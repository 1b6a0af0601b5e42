//! What is repeated, when, and until when.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use http::Method;
use jiff::Timestamp;
use outbound::{BaseUrl, Call, Error, ErrorKind, Outbound, Repeat, Traffic, TransportFailure};

use crate::server::Server;
use crate::support::{Answer, Hands, Script, answer, outbound, second, start};

const MILLISECOND: Duration = Duration::from_millis(1);

struct Scripted {
    script: Arc<Script>,
    clock: Arc<Hands>,
    outbound: Outbound,
}

impl Scripted {
    fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        let (script, clock) = (Arc::new(Script::default()), Arc::new(Hands::new()));
        script.add(answers);
        let outbound = outbound(script.clone(), clock.clone());
        Self { script, clock, outbound }
    }

    async fn send(&self, repeat: Repeat, deadline: Timestamp) -> Result<u16, Error> {
        let base = BaseUrl::configured("https://service.example").unwrap();
        let address = base.resource(&["thing"]);
        let call = Call::new("service", "do a thing", Method::POST, address, repeat);
        self.outbound.send(&call, deadline).await.map(|answer| answer.status().as_u16())
    }

    fn sent(&self) -> usize {
        self.script.sent().len()
    }
}

/// A server that fails once and works from then on.
async fn failing_once() -> Server {
    let seen = Arc::new(AtomicUsize::new(0));
    let handler = async move || match seen.fetch_add(1, Ordering::SeqCst) {
        0 => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::OK,
    };
    Server::start(Router::new().route("/thing", get(handler))).await
}

#[tokio::test]
async fn a_500_is_repeated_if_that_is_safe() {
    let server = failing_once().await;
    let (outbound, clock) = server.outbound();
    let answer = outbound.send(&server.call(Repeat::Safe), second(60)).await.unwrap();
    assert_eq!((answer.status().as_u16(), server.hits()), (200, 2));
    assert_eq!(clock.sleeps().len(), 1);
}

#[tokio::test]
async fn a_500_is_an_answer_if_a_repeat_is_not_safe() {
    let server = failing_once().await;
    let (outbound, _) = server.outbound();
    let answer = outbound.send(&server.call(Repeat::Never), second(60)).await.unwrap();
    assert_eq!((answer.status().as_u16(), server.hits()), (500, 1));
}

#[tokio::test]
async fn only_what_may_help_and_do_no_harm_is_repeated() {
    let status = |status| answer(status, &[], "");
    for (first, safe, never) in [
        (Err(TransportFailure::Connect), true, true),
        (Err(TransportFailure::Timeout), true, false),
        (Err(TransportFailure::Broken), true, false),
        (Err(TransportFailure::TooLarge), false, false),
        (status(500), true, false),
        (status(502), true, false),
        (status(503), true, false),
        (status(504), true, false),
        (status(501), false, false),
        (status(429), false, false),
        (status(404), false, false),
        (status(301), false, false),
    ] {
        for (repeat, repeated) in [(Repeat::Safe, safe), (Repeat::Never, never)] {
            let scripted = Scripted::new([first.clone(), answer(200, &[], "")]);
            let outcome = scripted.send(repeat, second(60)).await;
            assert_eq!(scripted.sent() == 2, repeated, "{first:?} {repeat:?}");
            assert_eq!(outcome == Ok(200), repeated, "{first:?} {repeat:?}");
        }
    }
}

#[tokio::test]
async fn repeats_wait_longer_each_time_and_end() {
    let scripted = Scripted::new((0..4).map(|_| Err(TransportFailure::Broken)));
    let error = scripted.send(Repeat::Safe, second(60)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Broken);
    // The halves that are not left to chance.
    assert_eq!(scripted.clock.sleeps(), [100, 400, 1_200].map(Duration::from_millis));
}

#[tokio::test]
async fn a_repeat_that_would_come_too_late_is_not_begun() {
    // A wait of 100 ms, and the 500 ms without which no attempt is begun.
    for (time, sent) in [(600, 2), (599, 1)] {
        let broken = || Err(TransportFailure::Broken);
        let scripted = Scripted::new([broken(), broken()]);
        let deadline = start() + Duration::from_millis(time);
        let error = scripted.send(Repeat::Safe, deadline).await.unwrap_err();
        assert_eq!((scripted.sent(), error.kind), (sent, ErrorKind::Broken), "{time}");
    }
}

#[tokio::test]
async fn without_time_nothing_is_begun() {
    for deadline in [start() + Duration::from_millis(499), start(), start() - MILLISECOND] {
        let scripted = Scripted::new([]);
        let error = scripted.send(Repeat::Safe, deadline).await.unwrap_err();
        assert_eq!((error.code(), scripted.sent()), ("out_of_time", 0));
    }
}

#[tokio::test]
async fn a_wait_ends_at_its_moment_or_is_not_begun() {
    let otherwise = || Error::new("service", "do a thing", ErrorKind::OutOfTime);
    let scripted = Scripted::new([]);
    let wait = |moment, deadline| scripted.outbound.wait_until(moment, deadline, otherwise());
    let just_enough = second(10) + 500 * MILLISECOND;
    assert_eq!(wait(second(10), just_enough - MILLISECOND).await, Err(otherwise()));
    assert!(scripted.clock.sleeps().is_empty());
    assert_eq!(wait(second(10), just_enough).await, Ok(()));
    assert_eq!(scripted.clock.sleeps(), [Duration::from_secs(10)]);
    assert_eq!(wait(second(5), second(60)).await, Ok(()), "the moment has passed");
    assert_eq!(wait(second(5), second(10)).await, Err(otherwise()), "and so has the time");
}

#[tokio::test]
async fn a_request_that_cannot_be_sent_is_not_begun_and_not_worth_repeating() {
    let scripted = Scripted::new([]);
    let base = BaseUrl::configured("https://service.example").unwrap();
    let address = base.resource(&["x".repeat(64 * 1024).as_str()]);
    let call = Call::new("service", "do a thing", Method::GET, address, Repeat::Safe);
    let error = scripted.outbound.send(&call, second(60)).await.unwrap_err();
    assert_eq!((error.code(), error.is_retryable()), ("unsendable", false));
    assert_eq!((scripted.sent(), scripted.clock.sleeps().len()), (0, 0));
}

#[tokio::test]
async fn requests_are_counted_by_what_came_of_them() {
    let empty = |status| answer(status, &[], "");
    let answers = [200, 400, 404, 429, 401, 403, 500, 503].map(empty);
    let scripted = Scripted::new(answers.into_iter().chain([Err(TransportFailure::Broken)]));
    for _ in 0..9 {
        let _ = scripted.send(Repeat::Never, second(60)).await;
    }
    let traffic = Traffic { sent: 9, throttled: 1, failed: 5 };
    assert_eq!(scripted.outbound.traffic(), traffic);
    let before = Traffic { sent: 7, throttled: 1, failed: 4 };
    assert_eq!(traffic.since(before), Traffic { sent: 2, throttled: 0, failed: 1 });
}
