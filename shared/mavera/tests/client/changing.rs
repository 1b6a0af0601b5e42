//! Changing a persona.

use mavera::Updated;
use outbound::TransportFailure;
use serde_json::{Value, json};

use crate::account::{Account, content, fields, made, ok, refusal};
use crate::support::{answer, second};

#[tokio::test]
async fn a_change_writes_what_the_figures_say() {
    let account = Account::answering([ok("{}")]);
    assert_eq!(account.update("p1").await.unwrap(), Updated::Done);
    assert_eq!(account.calls(), ["PATCH /api/v1/personas/p1"]);
    let expected = json!({
        "name": "Shopify VIP Customer",
        "description": "VIP Customer: 47 customers, avg 9.3 orders, avg $812 spend.",
        "demographic": { "custom_attributes": { "cohort": "vip", "avg_order_count": 9.3 } },
    });
    assert_eq!(serde_json::from_str::<Value>(&account.body()).unwrap(), expected);
}

#[tokio::test]
async fn other_fields_are_left_alone_but_for_those_beside_the_figures() {
    let account = Account::answering([ok("{}")]);
    let fields = fields(
        r#"{"type": "B2C", "demographic": {"age_band": "25-34",
            "custom_attributes": {"region": "EU"}}}"#,
    );
    let id = "p1".parse().unwrap();
    account.mavera.update(&id, &content(), &fields, second(60)).await.unwrap();
    let body: Value = serde_json::from_str(&account.body()).unwrap();
    assert_eq!(body.get("type"), None);
    assert_eq!(body["demographic"]["age_band"], "25-34");
    assert_eq!(
        body["demographic"]["custom_attributes"],
        json!({ "cohort": "vip", "avg_order_count": 9.3, "region": "EU" })
    );
}

#[tokio::test]
async fn an_id_stays_in_its_place_in_the_path() {
    let account = Account::answering([ok("{}")]);
    account.update("a/../b?c#d%2f").await.unwrap();
    assert_eq!(account.calls(), ["PATCH /api/v1/personas/a%2F..%2Fb%3Fc%23d%252f"]);
}

#[tokio::test]
async fn a_deleted_persona_is_gone_if_mavera_itself_says_so() {
    let account = Account::answering([refusal(404, "resource_not_found")]);
    assert_eq!(account.update("p1").await.unwrap(), Updated::Gone);
    for not_mavera in [answer(404, &[], "<html>"), answer(404, &[], r#"{"message": "no"}"#)] {
        let account = Account::answering([not_mavera]);
        assert_eq!(account.update("p1").await.unwrap_err().code(), "unreadable");
    }
}

#[tokio::test]
async fn a_change_is_repeated_through_an_outage() {
    let account = Account::answering([
        refusal(503, "service_unavailable"),
        Err(TransportFailure::Timeout),
        made("p1"),
    ]);
    assert_eq!(account.update("p1").await.unwrap(), Updated::Done);
}

#[tokio::test]
async fn a_refused_change_is_an_error() {
    for (status, code) in [(400, "rejected"), (403, "forbidden"), (422, "rejected")] {
        let account = Account::answering([refusal(status, "some_code")]);
        assert_eq!(account.update("p1").await.unwrap_err().code(), code);
    }
}
