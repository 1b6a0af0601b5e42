//! What is sent to make a persona.

use serde_json::{Value, json};

use crate::account::{Account, content, fields, made};
use crate::support::second;

/// The body sent for these fields.
async fn sent(extra: &str) -> String {
    let account = Account::answering([made("p1")]);
    account.mavera.create(&content(), &fields(extra), second(60)).await.unwrap();
    account.body()
}

#[tokio::test]
async fn the_body_is_the_cookbook_s() {
    let account = Account::answering([made("p1")]);
    account.create().await.unwrap();
    assert_eq!(account.calls(), ["POST /api/v1/personas"]);
    let expected = json!({
        "name": "Shopify VIP Customer",
        "description": "VIP Customer: 47 customers, avg 9.3 orders, avg $812 spend.",
        "demographic": { "custom_attributes": { "cohort": "vip", "avg_order_count": 9.3 } },
    });
    assert_eq!(serde_json::from_str::<Value>(&account.body()).unwrap(), expected);
    assert!(account.body().contains(r#""avg_order_count":9.3"#), "digit for digit");
    let sent = account.script.sent();
    assert_eq!(sent[0].headers()["content-type"], "application/json");
}

#[tokio::test]
async fn other_fields_are_sent_as_they_are() {
    let body = sent(r#"{"pipeline_type": "intermediate", "type": "B2C", "goals": ["a", 1]}"#).await;
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["pipeline_type"], "intermediate");
    assert_eq!(body["goals"], json!(["a", 1]));
    assert_eq!(body["name"], "Shopify VIP Customer");
}

#[tokio::test]
async fn our_own_values_win() {
    let body = sent(
        r#"{"name": "x", "description": "x", "demographic": {"age_band": "25-34",
            "custom_attributes": {"cohort": "x", "avg_order_count": 1, "region": "EU"}}}"#,
    )
    .await;
    let expected = json!({
        "name": "Shopify VIP Customer",
        "description": "VIP Customer: 47 customers, avg 9.3 orders, avg $812 spend.",
        "demographic": {
            "age_band": "25-34",
            "custom_attributes": { "cohort": "vip", "avg_order_count": 9.3, "region": "EU" },
        },
    });
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), expected);
    assert_eq!(body.matches(r#""name""#).count(), 1);
}

#[tokio::test]
async fn a_field_of_another_shape_gives_way() {
    for extra in [r#"{"demographic": "x"}"#, r#"{"demographic": {"custom_attributes": [1]}}"#] {
        let body: Value = serde_json::from_str(&sent(extra).await).unwrap();
        assert_eq!(body["demographic"]["custom_attributes"]["cohort"], "vip", "{extra}");
    }
}
