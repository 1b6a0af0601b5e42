//! Refusals for calling too often.

use std::time::Duration;

use outbound::{Error, ErrorKind};

use crate::account::{Account, ok};
use crate::support::{Answer, answer, second};

fn too_often(headers: &[(&str, &str)]) -> Answer {
    answer(429, headers, r#"{"error": {"code": "rate_limit_exceeded"}}"#)
}

async fn found(account: &Account, deadline: u64) -> Result<(), Error> {
    account.mavera.find("x", second(deadline)).await.map(drop)
}

#[tokio::test]
async fn a_429_is_repeated_after_its_pause_while_there_is_time() {
    let account = Account::answering([
        too_often(&[("retry-after", "7")]),
        too_often(&[("retry-after", "2")]),
        ok("[]"),
    ]);
    found(&account, 60).await.unwrap();
    assert_eq!(account.clock.sleeps(), [Duration::from_secs(7), Duration::from_secs(2)]);
}

#[tokio::test]
async fn whoever_goes_on_refusing_is_asked_less_and_less_often() {
    let account = Account::answering((0..7).map(|_| too_often(&[("retry-after", "1")])));
    let error = found(&account, 75).await.unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Throttled { .. }), "{error}");
    let pauses = [1, 2, 4, 8, 16, 32].map(Duration::from_secs);
    assert_eq!(account.clock.sleeps(), pauses);
}

#[tokio::test]
async fn without_time_to_wait_a_429_says_until_when() {
    let account = Account::answering([too_often(&[("retry-after", "20")])]);
    let error = found(&account, 20).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Throttled { retry_at: second(20) });
    assert!(account.clock.sleeps().is_empty());
}

#[tokio::test]
async fn a_pause_is_believed_within_reason() {
    for (told, seconds) in
        [("0", 1), ("-5", 1), ("86400", 300), ("99999999999999999999", 30), ("soon", 30)]
    {
        let account = Account::answering([too_often(&[("retry-after", told)]), ok("[]")]);
        found(&account, 600).await.unwrap();
        assert_eq!(account.clock.sleeps(), [Duration::from_secs(seconds)], "{told}");
    }
    let account = Account::answering([too_often(&[]), ok("[]")]);
    found(&account, 600).await.unwrap();
    assert_eq!(account.clock.sleeps(), [Duration::from_secs(30)]);
}
