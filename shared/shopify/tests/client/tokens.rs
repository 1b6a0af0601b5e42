//! Fixed and granted tokens.

use std::time::Duration;

use outbound::{Clock, ErrorKind, Traffic};
use rules::CustomerId;

use crate::shop::{Shop, nodes, ok, plain};
use crate::support::{Answer, answer, second};

const CLIENT: &str = r#"{"client_id": "app", "client_secret": "marked"}"#;
const CLIENT_NEW: &str = r#"{"client_id": "app", "client_secret": "renewed"}"#;
const TOKEN_PATH: &str = "/admin/oauth/access_token";

fn granted(token: &str) -> Answer {
    ok(&format!(r#"{{"access_token": "{token}", "scope": "read_customers", "expires_in": 86399}}"#))
}

fn unauthorized() -> Answer {
    answer(401, &[], r#"{"errors": "[API] Invalid API key or access token"}"#)
}

fn wrong_secret() -> Answer {
    answer(400, &[], r#"{"error": "invalid_client", "error_description": "marked"}"#)
}

fn here() -> Answer {
    nodes(&[plain(1)])
}

/// The tokens of the queries, with the grants between them as "grant".
fn tokens(shop: &Shop) -> Vec<String> {
    let sent = shop.script.sent();
    let token = |sent: &http::Request<bytes::Bytes>| {
        let token = sent.headers().get("x-shopify-access-token");
        token.map_or("grant".to_owned(), |token| token.to_str().unwrap().to_owned())
    };
    sent.iter().map(token).collect()
}

#[tokio::test]
async fn a_fixed_token_that_is_refused_is_renewed_once() {
    let secrets = [r#"{"access_token": "old"}"#, r#"{"access_token": "new"}"#];
    let shop = Shop::with(secrets, [unauthorized(), here(), here()]);
    shop.customers(&[1], 60).await.unwrap();
    shop.customers(&[1], 60).await.unwrap();
    assert_eq!(tokens(&shop), ["old", "new", "new"]);

    let shop = Shop::with(secrets, [unauthorized(), unauthorized()]);
    let error = shop.customers(&[1], 60).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unauthorized);
}

#[tokio::test]
async fn a_fixed_token_is_not_tried_twice() {
    let shop = Shop::answering([unauthorized()]);
    let error = shop.customers(&[1], 60).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unauthorized);
}

#[tokio::test]
async fn a_token_is_granted_once_for_all_clones() {
    let shop = Shop::with([CLIENT], [granted("t1"), here(), here()]);
    shop.customers(&[1], 60).await.unwrap();
    shop.shopify.clone().customers(&[CustomerId::new(1)], second(60)).await.unwrap();
    assert_eq!(tokens(&shop), ["grant", "t1", "t1"]);
    let grant = &shop.script.sent()[0];
    assert_eq!(grant.uri().path(), TOKEN_PATH);
    assert_eq!(grant.body(), "grant_type=client_credentials&client_id=app&client_secret=marked");
}

#[tokio::test]
async fn a_granted_token_is_renewed_before_it_expires() {
    let shop = Shop::with([CLIENT], [granted("t1"), here(), here(), granted("t2"), here()]);
    shop.customers(&[1], 60).await.unwrap();
    shop.clock.sleep(Duration::from_secs(86_399 - 301)).await;
    shop.customers(&[1], 90_000).await.unwrap();
    shop.clock.sleep(Duration::from_secs(1)).await;
    shop.customers(&[1], 90_000).await.unwrap();
    assert_eq!(tokens(&shop), ["grant", "t1", "t1", "grant", "t2"]);
}

#[tokio::test]
async fn a_granted_token_that_is_refused_is_granted_anew_once() {
    let answers = [granted("t1"), unauthorized(), granted("t2"), here()];
    let shop = Shop::with([CLIENT], answers);
    shop.customers(&[1], 60).await.unwrap();
    assert_eq!(tokens(&shop), ["grant", "t1", "grant", "t2"]);

    let answers = [granted("t1"), unauthorized(), granted("t2"), unauthorized()];
    let shop = Shop::with([CLIENT], answers);
    let error = shop.customers(&[1], 60).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unauthorized);
}

#[tokio::test]
async fn a_client_s_secret_that_is_refused_is_read_again_once() {
    let shop = Shop::with([CLIENT, CLIENT_NEW], [wrong_secret(), granted("t1"), here()]);
    shop.customers(&[1], 60).await.unwrap();
    assert_eq!(tokens(&shop), ["grant", "grant", "t1"]);
    let body = shop.script.sent()[1].body().clone();
    assert!(body.ends_with(b"client_secret=renewed"));

    for shop in [
        Shop::with([CLIENT, CLIENT_NEW], [wrong_secret(), wrong_secret()]),
        Shop::with([CLIENT], [wrong_secret()]),
    ] {
        let error = shop.customers(&[1], 60).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unauthorized);
        assert!(!format!("{error:?} {error}").contains("marked"));
    }
}

#[tokio::test]
async fn a_client_s_secret_that_is_refused_counts_as_a_call_that_failed() {
    let shop = Shop::with([CLIENT], [wrong_secret()]);
    assert!(shop.customers(&[1], 60).await.is_err());
    assert_eq!(shop.shopify.traffic(), Traffic { sent: 1, throttled: 0, failed: 1 });
}

#[tokio::test]
async fn where_tokens_are_granted_errors_are_errors_too() {
    for (answer, code) in [
        (answer(429, &[("retry-after", "2.0")], ""), "throttled"),
        (answer(404, &[], ""), "unreadable"),
        (answer(403, &[], ""), "forbidden"),
        (ok("{}"), "unreadable"),
    ] {
        let shop = Shop::with([CLIENT], [answer]);
        assert_eq!(shop.customers(&[1], 60).await.unwrap_err().code(), code);
    }
}
