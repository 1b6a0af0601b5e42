//! Exports of the whole shop.

use std::collections::BTreeMap;
use std::time::Duration;

use outbound::{Error, ErrorKind, TransportFailure, VendorCode};
use shopify::{Export, ExportState, Started};

use crate::shop::{Shop, cost, object, ok, ours, refused};
use crate::support::{Answer, answer, second, start};

const ID: &str = "gid://shopify/BulkOperation/7933223797042";
const URL: &str = "https://storage.example/file.jsonl?signature=marked";

/// The answer to a start, with this payload.
fn payload(operation: &str, errors: &str) -> Answer {
    let extensions = cost(10, "1990");
    ok(&format!(
        r#"{{"data": {{"bulkOperationRunQuery": {{"bulkOperation": {operation},
            "userErrors": [{errors}]}}}}, "extensions": {extensions}}}"#
    ))
}

fn begun() -> Answer {
    payload(&format!(r#"{{"id": "{ID}"}}"#), "")
}

async fn started(answers: impl IntoIterator<Item = Answer>) -> Result<Started, Error> {
    Shop::answering(answers).shopify.start_export(second(60)).await
}

/// A bulk operation with these fields in place of a running one's.
fn operation(changes: &[(&str, &str)]) -> String {
    let id = format!(r#""{ID}""#);
    let mut fields = BTreeMap::from([
        ("id", id.as_str()),
        ("createdAt", r#""2026-11-21T12:00:00Z""#),
        ("status", r#""RUNNING""#),
        ("errorCode", "null"),
        ("objectCount", r#""1451""#),
        ("fileSize", "null"),
        ("url", "null"),
    ]);
    fields.extend(changes.iter().copied());
    object(&fields)
}

async fn read(operation: &str) -> Result<Option<Export>, Error> {
    let body = ours(&format!(r#""bulkOperation": {operation}"#));
    Shop::answering([ok(&body)]).shopify.export(&ID.parse().unwrap(), second(60)).await
}

async fn state(changes: &[(&str, &str)]) -> Result<ExportState, Error> {
    read(&operation(changes)).await.map(|export| export.unwrap().state)
}

/// The query that a start sends.
async fn query() -> String {
    let shop = Shop::answering([begun()]);
    shop.shopify.start_export(second(60)).await.unwrap();
    shop.body()["variables"]["query"].as_str().unwrap().to_owned()
}

/// What is found of these operations (id, creation, query) since the start of the test.
async fn found(operations: &[(u64, &str, &str)]) -> Option<String> {
    let node = |(id, created, query): &(u64, &str, &str)| {
        let [created, query] = [created, query].map(|text| serde_json::to_string(text).unwrap());
        let id = format!(r#""gid://shopify/BulkOperation/{id}""#);
        operation(&[("id", &id), ("createdAt", &created), ("query", &query)])
    };
    let nodes: Vec<String> = operations.iter().map(node).collect();
    let body = ours(&format!(r#""bulkOperations": {{"nodes": [{}]}}"#, nodes.join(",")));
    let shop = Shop::answering([ok(&body)]);
    let found = shop.shopify.export_since(start(), second(60)).await.unwrap();
    found.map(|export| export.id.to_string().rsplit('/').next().unwrap().to_owned())
}

#[tokio::test]
async fn an_export_asks_for_every_customer_and_begins() {
    assert_eq!(started([begun()]).await, Ok(Started::Begun(ID.parse().unwrap())));
    let query = query().await;
    assert!(query.contains("customers {") && query.contains("defaultEmailAddress"), "{query}");
}

#[tokio::test]
async fn a_start_that_is_refused_has_not_begun() {
    let invalid = VendorCode::new("INVALID");
    for (errors, outcome) in [
        (r#"{"code": "OPERATION_IN_PROGRESS"}"#, Started::InTheWay),
        (r#"{"code": "LIMIT_REACHED"}"#, Started::InTheWay),
        (r#"{"code": "INVALID"}, {"code": null}"#, Started::Refused { code: invalid }),
        (r#"{"code": null}"#, Started::Refused { code: None }),
    ] {
        assert_eq!(started([payload("null", errors)]).await, Ok(outcome), "{errors}");
    }
}

#[tokio::test]
async fn a_start_that_says_nothing_is_an_error() {
    for nothing in [
        payload("null", ""),
        payload(r#"{"id": "7"}"#, ""),
        ok(r#"{"data": {"bulkOperationRunQuery": null}}"#),
    ] {
        let error = started([nothing]).await.unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Unreadable { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_start_that_may_have_begun_is_not_sent_again() {
    for unclear in [
        Err(TransportFailure::Timeout),
        Err(TransportFailure::Broken),
        answer(500, &[], ""),
        answer(502, &[], ""),
        answer(503, &[], ""),
        refused("INTERNAL_SERVER_ERROR", "{}"),
    ] {
        let shop = Shop::answering([unclear.clone(), begun()]);
        let error = shop.shopify.start_export(second(60)).await.unwrap_err();
        assert!(error.is_retryable(), "{error}");
        assert_eq!(shop.script.sent().len(), 1, "{unclear:?}");
    }
}

#[tokio::test]
async fn a_start_that_was_not_carried_out_is_sent_again() {
    for not_done in [
        Err(TransportFailure::Connect),
        refused("THROTTLED", &cost(10, "0")),
        answer(429, &[("retry-after", "2.0")], ""),
    ] {
        let shop = Shop::answering([not_done, begun()]);
        let started = shop.shopify.start_export(second(60)).await;
        assert_eq!(started, Ok(Started::Begun(ID.parse().unwrap())));
    }
}

#[tokio::test]
async fn an_export_goes_from_created_to_completed() {
    let running = Ok(ExportState::Running { objects: 1_451 });
    for status in [r#""CREATED""#, r#""RUNNING""#] {
        assert_eq!(state(&[("status", status)]).await, running, "{status}");
    }
    let url = format!(r#""{URL}""#);
    let completed = [
        ("status", r#""COMPLETED""#),
        ("url", &url),
        ("fileSize", r#""9007199254740993""#),
        ("objectCount", r#""1000000""#),
    ];
    match state(&completed).await.unwrap() {
        ExportState::Completed { objects: 1_000_000, file: Some(file) } => {
            assert_eq!(file.size, 9_007_199_254_740_993);
            assert!(!format!("{file:?}").contains("marked"));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_shop_without_customers_has_no_file() {
    let completed = [("status", r#""COMPLETED""#), ("objectCount", r#""0""#)];
    let expected = ExportState::Completed { objects: 0, file: None };
    assert_eq!(state(&completed).await, Ok(expected));
}

#[tokio::test]
async fn a_shop_with_customers_and_without_a_file_is_not_taken_for_an_empty_one() {
    let completed = [("status", r#""COMPLETED""#), ("objectCount", r#""1""#)];
    assert_eq!(state(&completed).await, Ok(ExportState::Expired));
}

#[tokio::test]
async fn an_export_that_has_ended_otherwise_offers_nothing() {
    let code = VendorCode::new;
    let partial = ("partialDataUrl", r#""https://storage.example/part""#);
    for (status, error, expected) in [
        ("FAILED", r#""TIMEOUT""#, ExportState::Failed { code: code("TIMEOUT") }),
        ("FAILED", r#""ACCESS_DENIED""#, ExportState::Failed { code: code("ACCESS_DENIED") }),
        ("FAILED", "null", ExportState::Failed { code: None }),
        ("CANCELING", "null", ExportState::Canceled),
        ("CANCELED", "null", ExportState::Canceled),
        ("EXPIRED", "null", ExportState::Expired),
    ] {
        let status = format!(r#""{status}""#);
        let changes = [("status", status.as_str()), ("errorCode", error), partial];
        assert_eq!(state(&changes).await, Ok(expected), "{status} {error}");
    }
}

#[tokio::test]
async fn an_export_that_the_shop_does_not_have_is_none_if_the_shop_is_ours() {
    assert_eq!(read("null").await, Ok(None));
    let body = ours(r#""bulkOperation": null"#).replace("my-store", "other-store");
    for (body, code) in [(body, "credentials"), (ours(r#""x": 1"#), "unreadable")] {
        let shop = Shop::answering([ok(&body)]);
        let outcome = shop.shopify.export(&ID.parse().unwrap(), second(60)).await;
        assert_eq!(outcome.unwrap_err().code(), code);
    }
}

#[tokio::test]
async fn an_export_that_cannot_be_read_is_an_error() {
    let url = format!(r#""{URL}""#);
    for changes in [
        &[("id", r#""gid://shopify/BulkOperation/1""#)][..],
        &[("status", r#""NEW""#)],
        &[("objectCount", r#""-1""#)],
        &[("createdAt", r#""now""#)],
        &[("status", r#""COMPLETED""#), ("url", &url)],
        &[("status", r#""COMPLETED""#), ("url", &url), ("fileSize", r#""many""#)],
    ] {
        let error = state(changes).await.unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Unreadable { .. }), "{changes:?}: {error}");
    }
}

#[tokio::test]
async fn a_file_inside_a_private_network_is_not_gone_to() {
    for inside in ["http://storage.example/file", "https://169.254.169.254/x", "https://localhost/"]
    {
        let url = format!(r#""{inside}""#);
        let changes = [("status", r#""COMPLETED""#), ("url", &url), ("fileSize", r#""1""#)];
        let error = state(&changes).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::ForeignAddress, "{inside}");
    }
}

#[tokio::test]
async fn the_export_of_an_intent_is_the_newest_with_our_query() {
    let ours = query().await;
    let spread = ours.replace(' ', "\n\t");
    let [earlier, later] = ["2026-11-21T12:00:07Z", "2026-11-21T12:00:09Z"];
    assert_eq!(found(&[]).await, None);
    assert_eq!(found(&[(1, later, "{ products { edges { node { id } } } }")]).await, None);
    assert_eq!(found(&[(1, earlier, &ours)]).await, Some("1".to_owned()));
    assert_eq!(found(&[(1, earlier, &spread)]).await, Some("1".to_owned()));
    assert_eq!(
        found(&[(3, later, "{ shop { id } }"), (2, later, &ours), (1, earlier, &ours)]).await,
        Some("2".to_owned())
    );
    assert_eq!(found(&[(1, earlier, &ours), (2, later, &ours)]).await, Some("2".to_owned()));
}

#[tokio::test]
async fn an_export_from_before_the_intent_is_not_its_own() {
    let ours = query().await;
    assert_eq!(found(&[(1, "2026-11-21T11:59:54Z", &ours)]).await, None);
    let just = found(&[(1, "2026-11-21T11:59:55Z", &ours)]).await;
    assert_eq!(just, Some("1".to_owned()), "clocks differ, and Shopify's shows whole seconds");
}

#[tokio::test]
async fn others_operations_may_look_as_they_like() {
    let ours_running = operation(&[("query", &serde_json::to_string(&query().await).unwrap())]);
    let other = r#"{"query": "mutation { x }", "status": "NEW", "id": 7}"#;
    let body = ours(&format!(r#""bulkOperations": {{"nodes": [{other}, {ours_running}]}}"#));
    let shop = Shop::answering([ok(&body)]);
    let found = shop.shopify.export_since(start(), second(60)).await.unwrap();
    assert_eq!(found.map(|export| export.id), ID.parse().ok());
}

#[tokio::test]
async fn another_shop_s_exports_are_not_ours() {
    let body = ours(r#""bulkOperations": {"nodes": []}"#).replace("my-store", "other-store");
    let shop = Shop::answering([ok(&body)]);
    let error = shop.shopify.export_since(start(), second(60)).await.unwrap_err();
    assert_eq!(error.code(), "credentials");
}

#[tokio::test]
async fn reads_of_exports_are_repeated() {
    let body = ours(&format!(r#""bulkOperation": {}"#, operation(&[])));
    let shop = Shop::answering([Err(TransportFailure::Broken), ok(&body)]);
    let export = shop.shopify.export(&ID.parse().unwrap(), second(60)).await.unwrap().unwrap();
    assert_eq!(export.created_at, start());
    assert_eq!(shop.clock.sleeps(), [Duration::from_millis(100)]);
}
