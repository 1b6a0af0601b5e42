//! Credentials, and what errors say and keep to themselves.

use okta::OktaCredentials;
use outbound::{Error, ErrorKind, TransportFailure};

use crate::org::{Org, TOKEN, no_content, refusal, rotating};
use crate::support::{Answer, answer};

async fn join(org: &Org) -> Result<(), Error> {
    org.session().join(&"g1".parse().unwrap(), &"u1".parse().unwrap()).await
}

fn tokens(org: &Org) -> Vec<String> {
    let sent = org.script.sent();
    sent.iter().map(|sent| sent.headers()["authorization"].to_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_the_call_repeated_once() {
    let credentials = rotating(["old", "new"]);
    let org = Org::with(credentials, [refusal(401, "E0000011"), no_content(), no_content()]);
    join(&org).await.unwrap();
    join(&org).await.unwrap();
    assert_eq!(tokens(&org), ["SSWS old", "SSWS new", "SSWS new"]);
}

#[tokio::test]
async fn a_renewed_token_that_is_refused_too_ends_it() {
    let credentials = rotating(["old", "new", "newer"]);
    let org = Org::with(credentials, [refusal(401, "E0000011"), refusal(401, "E0000011")]);
    assert_eq!(join(&org).await.unwrap_err().kind, ErrorKind::Unauthorized);
    assert_eq!(tokens(&org), ["SSWS old", "SSWS new"]);
}

#[tokio::test]
async fn the_same_token_is_not_tried_again() {
    let org = Org::answering([refusal(401, "E0000011")]);
    assert_eq!(join(&org).await.unwrap_err().kind, ErrorKind::Unauthorized);
}

#[tokio::test]
async fn every_refusal_has_its_code() {
    for (answers, code) in [
        (vec![refusal(400, "E0000003")], "rejected"),
        (vec![refusal(403, "E0000006")], "forbidden"),
        (vec![refusal(404, "E0000007")], "not_found"),
        (vec![refusal(404, "E0000008")], "unreadable"),
        (vec![refusal(405, "E0000022")], "rejected"),
        (vec![answer(302, &[("location", "https://evil.example/")], "")], "unreadable"),
        (vec![answer(408, &[], "")], "unavailable"),
        (outage(&refusal(503, "E0000010")), "unavailable"),
        (outage(&refusal(500, "E0000009")), "unavailable"),
        (outage(&Err(TransportFailure::Broken)), "broken"),
    ] {
        let org = Org::answering(answers.clone());
        let error = join(&org).await.unwrap_err();
        assert_eq!(error.code(), code, "{answers:?}");
        assert_eq!(org.calls().len(), answers.len());
    }
}

/// As often as a call that is safe to repeat is sent.
fn outage(answer: &Answer) -> Vec<Answer> {
    vec![answer.clone(); 4]
}

#[tokio::test]
async fn an_outage_that_passes_is_not_an_error() {
    let org = Org::answering([refusal(503, "E0000010"), no_content()]);
    assert!(join(&org).await.is_ok());
}

#[tokio::test]
async fn errors_hold_no_secret_and_nobody_s_address() {
    for answer in [
        refusal(400, "E0000001"),
        refusal(403, "marked@person.example"),
        answer(200, &[], r#"{"id": "marked@person.example"}"#),
        answer(418, &[], "marked@person.example"),
    ] {
        let org = Org::answering([answer]);
        let email = "marked@person.example".parse().unwrap();
        let error = org.session().find_user(&email).await.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("marked"), "{shown}");
    }
}

#[tokio::test]
async fn a_request_does_not_show_its_token() {
    let org = Org::answering([no_content()]);
    join(&org).await.unwrap();
    assert!(!format!("{:?}", org.script.sent()).contains(TOKEN));
}

#[test]
fn credentials_are_read_from_the_secret_s_json_and_not_shown() {
    let credentials: OktaCredentials =
        r#"{"api_token": "marked-token", "note": "kept"}"#.parse().unwrap();
    assert!(!format!("{credentials:?}").contains("marked"));
}

#[test]
fn other_secrets_are_refused_with_what_to_do_and_nothing_of_themselves() {
    for secret in [
        "marked",
        "{}",
        r#""marked""#,
        r#"{"api_token": ""}"#,
        r#"{"api_token": "marked token"}"#,
        r#"{"api_token": "marked\n"}"#,
        r#"{"api_token": ["marked"]}"#,
        r#"{"client_id": "marked"}"#,
        r#"{"client_id": "marked", "key_id": "marked", "private_key": "marked"}"#,
    ] {
        let error = secret.parse::<OktaCredentials>().unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("marked") && !error.detail.is_empty(), "{shown}");
    }
}
