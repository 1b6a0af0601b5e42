//! Credentials, and what errors say and keep to themselves.

use mavera::{DEFAULT_URL, MaveraCredentials};
use outbound::{BaseUrl, ErrorKind};

use crate::account::{Account, KEY, ok, refusal, rotating};
use crate::support::answer;

fn keys(account: &Account) -> Vec<String> {
    let sent = account.script.sent();
    sent.iter().map(|sent| sent.headers()["authorization"].to_str().unwrap().to_owned()).collect()
}

#[test]
fn the_default_address_can_be_used() {
    assert!(BaseUrl::configured(DEFAULT_URL).is_ok());
}

#[tokio::test]
async fn a_refused_key_is_renewed_once_and_the_call_repeated_once() {
    let credentials = rotating(["old", "new"]);
    let answers = [refusal(401, "revoked_api_key"), ok("[]"), ok("[]")];
    let account = Account::with(credentials, answers);
    account.find("x").await.unwrap();
    account.find("x").await.unwrap();
    assert_eq!(keys(&account), ["Bearer old", "Bearer new", "Bearer new"]);
}

#[tokio::test]
async fn a_renewed_key_that_is_refused_too_ends_it() {
    let credentials = rotating(["old", "new", "newer"]);
    let refused = || refusal(401, "invalid_api_key");
    let account = Account::with(credentials, [refused(), refused()]);
    assert_eq!(account.find("x").await.unwrap_err().kind, ErrorKind::Unauthorized);
    assert_eq!(keys(&account), ["Bearer old", "Bearer new"]);
}

#[tokio::test]
async fn the_same_key_is_not_tried_again() {
    let account = Account::answering([refusal(401, "invalid_api_key")]);
    assert_eq!(account.find("x").await.unwrap_err().kind, ErrorKind::Unauthorized);
}

#[tokio::test]
async fn an_error_has_mavera_s_code_or_else_its_category() {
    for (body, shown) in [
        (r#"{"error": {"code": "invalid_field", "type": "some_error"}}"#, " (invalid_field)"),
        (r#"{"error": {"code": null, "type": "some_error"}}"#, " (some_error)"),
        (r#"{"error": {"code": "a person's name", "type": "some_error"}}"#, " (some_error)"),
        (r#"{"error": "marked"}"#, ""),
        ("marked", ""),
    ] {
        let account = Account::answering([answer(400, &[], body)]);
        let error = account.find("x").await.unwrap_err();
        let expected = format!("mavera find persona by name: refused with status 400{shown}");
        assert_eq!(error.to_string(), expected);
    }
}

#[tokio::test]
async fn errors_hold_no_secret_and_nothing_that_was_sent() {
    for answer in [
        refusal(400, "marked@person.example"),
        refusal(403, "marked@person.example"),
        answer(200, &[], r#"[{"id": 1, "name": "marked"}]"#),
        answer(418, &[], "marked"),
    ] {
        let account = Account::answering([answer]);
        let error = account.find("marked name").await.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("marked"), "{shown}");
    }
}

#[tokio::test]
async fn a_request_does_not_show_its_key() {
    let account = Account::answering([ok("[]")]);
    account.find("x").await.unwrap();
    assert!(!format!("{:?}", account.script.sent()).contains(KEY));
}

#[test]
fn credentials_are_read_from_the_secret_s_json_and_not_shown() {
    let credentials: MaveraCredentials =
        r#"{"api_key": "mvra_live_marked", "note": "kept"}"#.parse().unwrap();
    assert!(!format!("{credentials:?}").contains("marked"));
}

#[test]
fn other_secrets_are_refused_with_what_to_do_and_nothing_of_themselves() {
    for secret in [
        "marked",
        "{}",
        r#""marked""#,
        r#"{"api_key": ""}"#,
        r#"{"api_key": "marked key"}"#,
        r#"{"api_key": "marked\n"}"#,
        r#"{"api_key": ["marked"]}"#,
        r#"{"api_token": "marked"}"#,
    ] {
        let error = secret.parse::<MaveraCredentials>().unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("marked") && !error.detail.is_empty(), "{shown}");
    }
}
