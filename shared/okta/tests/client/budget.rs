//! Our share of the limits, and refusals for calling too often.

use std::time::Duration;

use okta::{InvalidShare, RateShare};
use outbound::{Error, ErrorKind};
use rules::{GroupId, UserId};

use crate::org::{Org, no_content, refusal};
use crate::support::{Answer, answer, second};

/// Okta's clock is an hour behind ours: at our start its date is this.
const DATE: &str = "Sat, 21 Nov 2026 11:00:00 GMT";
/// Half a minute after that date, in epoch seconds.
const RESET: &str = "1795258830";

fn limited(limit: &str, remaining: &str) -> Answer {
    let headers = [
        ("date", DATE),
        ("x-rate-limit-limit", limit),
        ("x-rate-limit-remaining", remaining),
        ("x-rate-limit-reset", RESET),
    ];
    answer(204, &headers, "")
}

fn too_often(headers: &[(&str, &str)]) -> Answer {
    answer(429, headers, r#"{"errorCode": "E0000047"}"#)
}

async fn join(org: &Org, percent: u8, deadline: u64) -> Result<(), Error> {
    let (group, user): (GroupId, UserId) = ("g1".parse().unwrap(), "u1".parse().unwrap());
    let share = RateShare::percent(percent).unwrap();
    org.okta.before(second(deadline), share).join(&group, &user).await
}

#[test]
fn a_share_is_a_percentage_of_something() {
    assert_eq!(RateShare::percent(0), Err(InvalidShare));
    assert_eq!(RateShare::percent(101), Err(InvalidShare));
    assert_eq!(RateShare::percent(100).unwrap().as_percent(), 100);
}

#[tokio::test]
async fn a_call_begins_while_more_is_left_than_belongs_to_others() {
    for (percent, limit, remaining, begins) in [
        (50, "600", "301", true),
        (50, "600", "300", false),
        (100, "600", "1", true),
        (100, "600", "0", false),
        (1, "600", "595", true),
        (1, "600", "594", false),
        // Half of 35 is 17.5: the others' part is rounded up.
        (50, "35", "19", true),
        (50, "35", "18", false),
        (50, "0", "0", false),
    ] {
        let org = Org::answering([limited(limit, remaining), no_content()]);
        join(&org, percent, 20).await.unwrap();
        let begun = join(&org, percent, 20).await.is_ok();
        assert_eq!(begun, begins, "{percent} % of {limit} with {remaining} left");
        assert_eq!(org.calls().len(), if begins { 2 } else { 1 });
    }
}

#[tokio::test]
async fn a_spent_share_waits_for_the_reset_by_okta_s_own_date_and_a_second() {
    let org = Org::answering([limited("600", "300"), no_content()]);
    join(&org, 50, 60).await.unwrap();
    join(&org, 50, 60).await.unwrap();
    assert_eq!(org.clock.sleeps(), [Duration::from_secs(31)]);
}

#[tokio::test]
async fn without_time_to_wait_a_spent_share_says_until_when() {
    let org = Org::answering([limited("600", "300")]);
    join(&org, 50, 31).await.unwrap();
    let error = join(&org, 50, 31).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::BudgetSpent { retry_at: second(31) });
    assert!(org.clock.sleeps().is_empty());
}

#[test]
fn a_run_leaves_a_fifth_of_the_share_to_live_orders() {
    for (share, run) in [(50, 40), (100, 80), (7, 5), (2, 1), (1, 1)] {
        assert_eq!(RateShare::percent(share).unwrap().for_runs().as_percent(), run, "{share}");
    }
}

#[tokio::test]
async fn an_impatient_call_does_not_wait_for_a_spent_share() {
    let org = Org::answering([limited("600", "300"), no_content()]);
    join(&org, 50, 600).await.unwrap();
    let (group, user) = ("g1".parse().unwrap(), "u1".parse().unwrap());
    let patient = org.okta.before(second(600), RateShare::default());
    let error = patient.impatient().join(&group, &user).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::BudgetSpent { retry_at: second(31) });
    assert!(org.clock.sleeps().is_empty());
    assert_eq!(org.calls().len(), 1);
    patient.join(&group, &user).await.unwrap();
    assert_eq!(org.clock.sleeps(), [Duration::from_secs(31)], "another call waits as before");
}

#[tokio::test]
async fn an_impatient_call_is_not_repeated_after_a_429() {
    let org = Org::answering([too_often(&[("date", DATE), ("x-rate-limit-reset", RESET)])]);
    let (group, user) = ("g1".parse().unwrap(), "u1".parse().unwrap());
    let session = org.okta.before(second(600), RateShare::default()).impatient();
    let error = session.join(&group, &user).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Throttled { retry_at: second(31) });
    assert!(org.clock.sleeps().is_empty());
}

#[tokio::test]
async fn while_a_run_is_held_back_a_live_order_is_not() {
    let org = Org::answering([limited("600", "350"), no_content()]);
    join(&org, 50, 600).await.unwrap();
    let (group, user) = ("g1".parse().unwrap(), "u1".parse().unwrap());
    let run = org.okta.before(second(600), RateShare::default().for_runs()).impatient();
    assert_eq!(run.join(&group, &user).await.unwrap_err().code(), "budget_spent");
    join(&org, 50, 600).await.unwrap();
    assert!(org.clock.sleeps().is_empty());
}

#[tokio::test]
async fn a_session_tells_without_a_call_until_when_its_share_is_spent() {
    let org = Org::answering([limited("600", "350"), limited("600", "300")]);
    let live = org.okta.before(second(600), RateShare::default());
    let run = org.okta.before(second(600), RateShare::default().for_runs());
    assert_eq!(run.limited_until(), None, "nothing is known yet");
    join(&org, 50, 600).await.unwrap();
    assert_eq!((run.limited_until(), live.limited_until()), (Some(second(31)), None));
    join(&org, 50, 600).await.unwrap();
    assert_eq!(live.limited_until(), Some(second(31)));
    assert_eq!(org.calls().len(), 2);
}

#[tokio::test]
async fn after_the_reset_the_bucket_is_as_good_as_unknown() {
    let org = Org::answering([limited("600", "0"), no_content(), no_content()]);
    for _ in 0..3 {
        join(&org, 50, 60).await.unwrap();
    }
    assert_eq!(org.clock.sleeps(), [Duration::from_secs(31)]);
}

#[tokio::test]
async fn buckets_are_apart_and_clones_share_them() {
    let org = Org::answering([limited("600", "0"), answer(200, &[], "[]")]);
    join(&org, 50, 20).await.unwrap();
    let clone = org.okta.clone();
    let session = clone.before(second(20), RateShare::default());
    let (group, user) = ("g1".parse().unwrap(), "u1".parse().unwrap());
    let left = session.leave(&group, &user).await.unwrap_err();
    assert_eq!(left.code(), "budget_spent", "joins and leaves are one bucket");
    assert!(session.groups_of(&user).await.is_ok(), "reading groups is another");
}

#[tokio::test]
async fn an_odd_reset_does_not_stop_us_for_good() {
    let headers = [
        ("date", DATE),
        ("x-rate-limit-limit", "600"),
        ("x-rate-limit-remaining", "0"),
        ("x-rate-limit-reset", "99999999999999"),
    ];
    let org = Org::answering([answer(204, &headers, ""), no_content()]);
    join(&org, 50, 600).await.unwrap();
    join(&org, 50, 600).await.unwrap();
    assert_eq!(org.clock.sleeps(), [Duration::from_secs(301)]);
}

#[tokio::test]
async fn a_429_is_repeated_after_the_reset_while_there_is_time() {
    let headers = [("date", DATE), ("x-rate-limit-reset", RESET)];
    let org = Org::answering([too_often(&headers), no_content()]);
    join(&org, 50, 60).await.unwrap();
    assert_eq!(org.clock.sleeps(), [Duration::from_secs(31)]);
    assert_eq!(org.calls().len(), 2);
}

#[tokio::test]
async fn a_429_without_headers_waits_ten_seconds() {
    let org = Org::answering([too_often(&[]), no_content()]);
    join(&org, 50, 60).await.unwrap();
    assert_eq!(org.clock.sleeps(), [Duration::from_secs(10)]);
}

#[tokio::test]
async fn without_time_to_wait_a_429_says_until_when_and_holds_back_the_next_call() {
    let org = Org::answering([too_often(&[("date", DATE), ("x-rate-limit-reset", RESET)])]);
    for _ in 0..2 {
        let error = join(&org, 50, 20).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Throttled { retry_at: second(31) });
        assert_eq!(error.retry_at(), Some(second(31)));
    }
    assert_eq!(org.calls().len(), 1);
}

#[tokio::test]
async fn the_numbers_of_a_429_are_not_taken_for_the_bucket_s() {
    // Too many calls at once: the same headers speak of another limit.
    let headers = [
        ("date", DATE),
        ("x-rate-limit-limit", "0"),
        ("x-rate-limit-remaining", "0"),
        ("x-rate-limit-reset", "1795258801"),
    ];
    let org = Org::answering([too_often(&headers), limited("600", "599"), no_content()]);
    join(&org, 50, 60).await.unwrap();
    join(&org, 50, 60).await.unwrap();
    assert_eq!(org.clock.sleeps(), [Duration::from_secs(2)]);
}

#[tokio::test]
async fn a_refusal_is_not_a_throttle() {
    let org = Org::answering([refusal(403, "E0000006"), no_content()]);
    assert_eq!(join(&org, 50, 20).await.unwrap_err().code(), "forbidden");
    join(&org, 50, 20).await.unwrap();
    assert!(org.clock.sleeps().is_empty());
}
