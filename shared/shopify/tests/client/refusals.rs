//! What errors say, and what they keep to themselves.

use outbound::{ErrorKind, Traffic, TransportFailure, VendorCode};
use shopify::ShopifyCredentials;

use crate::shop::{STATIC, Shop, nodes, ok, plain, refused};
use crate::support::{Answer, answer};

async fn error(answers: Vec<Answer>) -> ErrorKind {
    Shop::answering(answers).customers(&[1], 60).await.unwrap_err().kind
}

#[tokio::test]
async fn refusals_with_status_200_are_errors() {
    let code = VendorCode::new;
    for (sent, kind) in [
        ("ACCESS_DENIED", ErrorKind::Forbidden { code: code("ACCESS_DENIED") }),
        ("SHOP_INACTIVE", ErrorKind::Forbidden { code: code("SHOP_INACTIVE") }),
        ("INTERNAL_SERVER_ERROR", ErrorKind::Unavailable { status: 200 }),
        ("A_CODE_NOBODY_KNOWS", ErrorKind::Unavailable { status: 200 }),
        ("undefinedField", ErrorKind::Rejected { status: 200, code: code("undefinedField") }),
    ] {
        assert_eq!(error(vec![refused(sent, "{}")]).await, kind);
    }
}

#[tokio::test]
async fn an_error_that_does_not_say_it_is_ours_may_pass() {
    for errors in [
        r#"[{"message": "x"}]"#,
        r#"[{"message": "x", "extensions": {}}]"#,
        r#"[{"message": "x", "path": ["nodes", 0]}]"#,
        r#"[{"extensions": {"code": "not a code"}}]"#,
        r#""a text""#,
        r#"{"base": ["x"]}"#,
    ] {
        let answer = ok(&format!(r#"{{"errors": {errors}}}"#));
        assert_eq!(error(vec![answer]).await, ErrorKind::Unavailable { status: 200 }, "{errors}");
    }
}

#[tokio::test]
async fn a_document_that_does_not_fit_the_schema_is_not_sent_again() {
    for code in ["undefinedField", "argumentNotAccepted", "missingRequiredArguments"] {
        let shop = Shop::answering([refused(code, "{}")]);
        let error = shop.customers(&[1, 2, 3], 60).await.unwrap_err();
        assert_eq!((error.code(), error.is_retryable()), ("rejected", false), "{code}");
    }
}

#[tokio::test]
async fn refusals_by_status_are_errors() {
    for (status, code) in [
        (400, "rejected"),
        (402, "forbidden"),
        (403, "forbidden"),
        (404, "unreadable"),
        (301, "unreadable"),
        (423, "unavailable"),
        (430, "unavailable"),
    ] {
        let shop = Shop::answering([answer(status, &[], r#"{"errors": "marked"}"#)]);
        let error = shop.customers(&[1], 60).await.unwrap_err();
        assert_eq!(error.code(), code, "{status}");
        assert!(!format!("{error} {error:?}").contains("marked"));
    }
}

#[tokio::test]
async fn an_outage_is_tried_again_before_it_is_one() {
    let outage = || answer(502, &[], "");
    assert_eq!(
        error((0..4).map(|_| outage()).collect()).await,
        ErrorKind::Unavailable { status: 502 }
    );
    let shop = Shop::answering([outage(), Err(TransportFailure::Broken), nodes(&[plain(1)])]);
    assert!(shop.customers(&[1], 60).await.is_ok());
}

#[tokio::test]
async fn an_answer_of_another_shape_is_unreadable() {
    for body in ["", "<html>", "[]", "{}", r#"{"data": null}"#, r#"{"data": {"nodes": [null]}}"#] {
        assert!(matches!(error(vec![ok(body)]).await, ErrorKind::Unreadable { .. }), "{body}");
    }
}

#[tokio::test]
async fn errors_do_not_repeat_what_an_answer_says() {
    for code in ["THROTTLED", "ACCESS_DENIED", "marked code", "X"] {
        let shop = Shop::answering([refused(code, "{}")]);
        let error = shop.customers(&[1], 1).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("marked"), "{error}");
    }
}

#[tokio::test]
async fn a_request_does_not_show_its_token() {
    let shop = Shop::answering([nodes(&[plain(1)])]);
    shop.customers(&[1], 60).await.unwrap();
    assert!(!format!("{:?}", shop.script.sent()).contains("shpat_marked"));
}

#[test]
fn credentials_are_read_from_the_secret_s_json_and_not_shown() {
    for secret in [STATIC, r#"{"client_id": "marked", "client_secret": "marked"}"#] {
        let credentials: ShopifyCredentials = secret.parse().unwrap();
        assert!(!format!("{credentials:?}").contains("marked"));
    }
}

#[test]
fn other_secrets_are_refused_and_not_shown() {
    for secret in [
        "marked",
        "{}",
        r#""marked""#,
        r#"{"access_token": ""}"#,
        r#"{"access_token": "marked\n"}"#,
        r#"{"client_id": "marked"}"#,
        r#"{"client_id": "marked", "client_secret": ""}"#,
        r#"{"client_id": 1, "client_secret": "marked"}"#,
    ] {
        let error = secret.parse::<ShopifyCredentials>().unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("marked") && !error.detail.is_empty(), "{shown}");
    }
}

#[tokio::test]
async fn refusals_with_status_200_are_counted_as_what_they_are() {
    let answers = ["THROTTLED", "INTERNAL_SERVER_ERROR"].map(|code| refused(code, "{}"));
    let shop = Shop::answering(answers);
    assert!(shop.customers(&[1], 60).await.is_err());
    assert_eq!(shop.shopify.traffic(), Traffic { sent: 2, throttled: 1, failed: 1 });
}
