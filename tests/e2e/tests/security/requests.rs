//! Requests that are no webhooks, and bodies that are no events.

use http::{HeaderMap, Method};
use serde_json::json;
use simulators::Webhook;
use simulators::shopify::{Topic, WEBHOOK_SECRET};
use webhook::Answer;

use crate::stage::Stage;

fn genuine(stage: &Stage) -> Webhook {
    stage.order(stage.stranger("ann@example.com"), "45.50")
}

#[tokio::test]
async fn other_methods_are_refused_even_if_signed() {
    let stage = Stage::set().await;
    let Webhook { headers, body, .. } = genuine(&stage);
    let others =
        ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "post", "BREW"];
    for other in others {
        let method = Method::from_bytes(other.as_bytes()).unwrap();
        let answer = stage.system.deliver(&method, webhook::PATH, &headers, &body).await;
        assert_eq!(answer, Answer::MethodNotAllowed, "{other}");
    }
    assert!(stage.is_idle());
}

#[tokio::test]
async fn other_paths_are_refused_even_if_signed() {
    let stage = Stage::set().await;
    let Webhook { headers, body, .. } = genuine(&stage);
    let path = webhook::PATH;
    let others = [
        "/",
        "",
        "/webhooks",
        "//webhooks/shopify",
        "/webhooks/shopify/",
        "/WEBHOOKS/SHOPIFY",
        "/webhooks/../webhooks/shopify",
        "/webhooks/%73hopify",
        "/webhooks/shopify%00",
    ];
    for other in others {
        let answer = stage.system.deliver(&Method::POST, other, &headers, &body).await;
        assert_eq!(answer, Answer::NotFound, "{other}");
    }
    assert!(stage.is_idle());
    assert_eq!(stage.system.deliver(&Method::POST, path, &headers, &body).await, Answer::Queued(1));
}

#[tokio::test]
async fn a_malformed_body_leads_to_nothing_even_if_signed() {
    let stage = Stage::set().await;
    let webhook = genuine(&stage);
    let deep =
        |open: &str, close: &str| format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
    let no_objects = [
        Vec::new(),
        b"\0".to_vec(),
        b"null".to_vec(),
        b"[]".to_vec(),
        b"{".to_vec(),
        b"{}{}".to_vec(),
        b"{'id': 1}".to_vec(),
        b"{\"id\": NaN}".to_vec(),
        b"{\"\xff\": 1}".to_vec(),
        b"\xef\xbb\xbf{}".to_vec(),
        b"<xml/>".to_vec(),
        b"id=1".to_vec(),
        deep("[", "]").into_bytes(),
        webhook.body[..webhook.body.len() / 2].to_vec(),
    ];
    for body in no_objects {
        let start = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        let answer = stage.post(&webhook.clone().with_body(body, WEBHOOK_SECRET)).await;
        assert_eq!(answer, Answer::NotAnObject, "{start}");
    }
    assert!(stage.is_idle());
    let objects = [
        "{}".to_owned(),
        json!({ "id": -1, "customer": { "id": -1 } }).to_string(),
        json!({ "customer": { "id": "1 or 1=1" } }).to_string(),
        json!({ "customer": [{ "id": 1 }] }).to_string(),
        r#"{"id": 1e400, "customer": {"id": 99999999999999999999999}}"#.to_owned(),
        format!(r#"{{"id": {}, "customer": null}}"#, "9".repeat(100_000)),
        format!(r#"{{"customer": {}}}"#, deep(r#"{"customer":"#, "}")),
        format!(r#"{{"a": {}}}"#, deep("[", "]")),
    ];
    for body in objects {
        for topic in Topic::ALL {
            let posted = webhook.clone().with_body(body.clone(), WEBHOOK_SECRET);
            let answer = stage.post(&posted.with_topic(topic.as_str())).await;
            let nothing = [Answer::Ignored, Answer::Guest, Answer::Mismatched];
            assert!(nothing.contains(&answer), "{answer:?} to {topic} {body:.40}");
        }
    }
    assert!(stage.is_idle());
}

#[tokio::test]
async fn a_refusal_is_the_same_whatever_is_wrong() {
    let stage = Stage::set().await;
    let webhook = genuine(&stage);
    let mut twice = webhook.clone().from_shop("other.myshopify.com");
    twice.headers.append("x-shopify-shop-domain", "my-store.myshopify.com".parse().unwrap());
    let refused = [
        webhook.clone().without_header("x-shopify-hmac-sha256"),
        webhook.clone().with_wrong_signature(),
        webhook.clone().tampered(),
        webhook.clone().from_shop("other.myshopify.com"),
        twice,
        webhook.clone().tampered().from_shop("other.myshopify.com"),
        webhook.clone().with_body("{", "not the secret"),
        Webhook { headers: HeaderMap::new(), ..webhook.clone() },
    ];
    for webhook in refused {
        let answer = stage.post(&webhook).await;
        assert_eq!((answer, answer.status().as_u16()), (Answer::Unauthorized, 401));
    }
    assert!(stage.is_idle());
}
