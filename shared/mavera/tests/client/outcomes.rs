//! What is known after a persona was to be made: made, surely not made, or nobody knows.

use std::sync::Arc;

use mavera::{Created, MaveraCredentials, is_out_of_credits};
use outbound::{BoxFuture, Credentials, Error, ErrorKind, TransportFailure};

use crate::account::{Account, made, ok, refusal, rotating};
use crate::support::{Answer, answer, second};

async fn outcome_of(answers: Vec<Answer>) -> Result<Created, Error> {
    let count = answers.len();
    let account = Account::answering(answers);
    let outcome = account.create().await;
    assert_eq!(account.calls().len(), count);
    outcome
}

#[tokio::test]
async fn a_success_has_the_id() {
    let outcome = outcome_of(vec![made("persona_8f3a1b2c")]).await.unwrap();
    assert_eq!(outcome, Created::Made("persona_8f3a1b2c".parse().unwrap()));
    let outcome = outcome_of(vec![ok(r#"{"id": "p1", "object": "custom_persona"}"#)]).await;
    assert_eq!(outcome.unwrap(), Created::Made("p1".parse().unwrap()));
}

#[tokio::test]
async fn a_taken_name_is_no_error_and_keeps_what_was_said() {
    let outcome = outcome_of(vec![refusal(422, "persona_exists")]).await.unwrap();
    let Created::NameTaken(error) = outcome else { panic!("{outcome:?}") };
    assert_eq!(
        error.to_string(),
        "mavera create persona: refused with status 422 (persona_exists)"
    );
}

#[tokio::test]
async fn what_may_have_been_made_is_sent_once_and_not_called_a_failure() {
    for (answer, code) in [
        (Err(TransportFailure::Timeout), "timeout"),
        (Err(TransportFailure::Broken), "broken"),
        (Err(TransportFailure::TooLarge), "too_large"),
        (refusal(500, "internal_error"), "unavailable"),
        (answer(502, &[], "<html>"), "unavailable"),
        (refusal(503, "service_unavailable"), "unavailable"),
        (answer(504, &[], ""), "unavailable"),
        (answer(408, &[], ""), "unavailable"),
        (answer(201, &[], "{"), "unreadable"),
        (answer(201, &[], r#"{"id": ".."}"#), "unreadable"),
        (answer(204, &[], ""), "unreadable"),
    ] {
        let outcome = outcome_of(vec![answer]).await.unwrap();
        let Created::Unknown(error) = outcome else { panic!("{code}: {outcome:?}") };
        assert_eq!(error.code(), code);
    }
}

#[tokio::test]
async fn what_was_surely_not_made_is_an_error() {
    for (answers, code) in [
        (vec![refusal(400, "missing_field")], "rejected"),
        (vec![refusal(401, "invalid_api_key")], "unauthorized"),
        (vec![refusal(402, "credits_exhausted")], "rejected"),
        (vec![refusal(403, "forbidden")], "forbidden"),
        (vec![refusal(404, "resource_not_found")], "not_found"),
        (vec![answer(404, &[], "<html>")], "unreadable"),
        (vec![answer(307, &[("location", "https://evil.example/")], "")], "unreadable"),
        (vec![Err(TransportFailure::Connect); 4], "connect"),
    ] {
        let error = outcome_of(answers.clone()).await.unwrap_err();
        assert_eq!(error.code(), code, "{answers:?}");
    }
}

#[tokio::test]
async fn spent_credits_are_told_apart() {
    for (status, code, spent) in [
        (402, "credits_exhausted", true),
        (402, "budget_exceeded", true),
        (400, "missing_field", false),
        (403, "forbidden", false),
    ] {
        let error = outcome_of(vec![refusal(status, code)]).await.unwrap_err();
        assert_eq!(is_out_of_credits(&error), spent, "{error}");
    }
}

#[tokio::test]
async fn no_connection_a_429_and_a_renewed_key_made_nothing_and_are_tried_again() {
    let credentials = rotating(["old", "new"]);
    let account = Account::with(
        credentials,
        [
            Err(TransportFailure::Connect),
            refusal(401, "revoked_api_key"),
            refusal(429, "rate_limit_exceeded"),
            made("p1"),
        ],
    );
    assert_eq!(account.create().await.unwrap(), Created::Made("p1".parse().unwrap()));
}

#[tokio::test]
async fn without_time_nothing_is_sent() {
    let account = Account::answering([]);
    let fields = serde_json::Map::new();
    let content = crate::account::content();
    let error = account.mavera.create(&content, &fields, second(0)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::OutOfTime);
}

#[tokio::test]
async fn a_secret_store_that_is_down_made_nothing() {
    struct Down;

    fn outage() -> BoxFuture<'static, Result<Arc<MaveraCredentials>, Error>> {
        let kind = ErrorKind::Unavailable { status: 503 };
        Box::pin(async { Err(Error::new("secret store", "read secret", kind)) })
    }

    impl Credentials<MaveraCredentials> for Down {
        fn current(&self) -> BoxFuture<'_, Result<Arc<MaveraCredentials>, Error>> {
            outage()
        }

        fn renewed<'a>(
            &'a self,
            _: &'a Arc<MaveraCredentials>,
        ) -> BoxFuture<'a, Result<Arc<MaveraCredentials>, Error>> {
            outage()
        }
    }

    let account = Account::with(Arc::new(Down), []);
    assert_eq!(account.create().await.unwrap_err().code(), "unavailable");
}
