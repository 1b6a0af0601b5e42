//! What setting up asks for: the user schema, and who is an administrator.

use jiff::SignedDuration;
use okta::{AttributeKind, AttributeNames, Caller, NumberAttribute};
use outbound::ErrorKind;
use rules::GroupId;
use serde_json::Value;

use crate::org::{Org, not_found, ok, refusal};
use crate::support::answer;

const SCHEMA: &str = r##"{"definitions": {"base": {"id": "#base", "properties": {}},
    "custom": {"id": "#custom", "properties": {
        "shopify_total_spent": {"title": "Spent", "type": "number"},
        "shopify_orders_count": {"title": "Orders", "type": "tuple"}}}}}"##;

#[tokio::test]
async fn the_schema_tells_what_attributes_hold() {
    let names = AttributeNames::default();
    let org = Org::answering([ok(SCHEMA), ok(r#"{"definitions": {"base": {}}}"#)]);
    let schema = org.session().user_schema().await.unwrap();
    assert_eq!(schema.kind(names.total_spent()), Some(AttributeKind::Number));
    assert_eq!(schema.kind(names.orders_count()), Some(AttributeKind::Other));
    let without = org.session().user_schema().await.unwrap();
    assert_eq!(without.kind(names.total_spent()), None);
    assert_eq!(org.calls()[0], "GET /api/v1/meta/schemas/user/default");
}

#[tokio::test]
async fn a_schema_that_is_not_there_is_not_taken_for_an_empty_one() {
    let told = Org::answering([not_found()]).session().user_schema().await;
    assert_eq!(told.unwrap_err().kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn attributes_are_added_in_one_call_that_names_nothing_else() {
    let names = AttributeNames::default();
    let attribute = |name| NumberAttribute { name, title: "Shopify" };
    let attributes = [attribute(names.total_spent()), attribute(names.orders_count())];
    let org = Org::answering([ok(SCHEMA), refusal(403, "E0000006")]);
    org.session().add_number_attributes(&attributes).await.unwrap();
    let sent: Value = serde_json::from_slice(org.script.sent()[0].body()).unwrap();
    let properties = sent["definitions"]["custom"]["properties"].as_object().unwrap();
    assert_eq!(properties.len(), 2);
    assert!(properties.values().all(|definition| definition["type"] == "number"));
    assert_eq!(sent.as_object().unwrap().len(), 1, "{sent}");
    let told = org.session().add_number_attributes(&attributes).await;
    assert!(matches!(told.unwrap_err().kind, ErrorKind::Forbidden { .. }));
}

#[tokio::test]
async fn attributes_count_as_added_only_if_the_answer_has_them() {
    let names = AttributeNames::default();
    let attributes = [NumberAttribute { name: names.total_spent(), title: "Shopify" }];
    for not_okta in [ok("<html>Back soon.</html>"), ok(r#"{"definitions": {"base": {}}}"#)] {
        let told = Org::answering([not_okta]).session().add_number_attributes(&attributes).await;
        assert!(matches!(told.unwrap_err().kind, ErrorKind::Unreadable { .. }));
    }
}

#[tokio::test]
async fn asking_who_one_is_tells_the_clock_too() {
    let dated = answer(200, &[("date", "Sat, 21 Nov 2026 12:02:00 GMT")], r#"{"id": "00u1"}"#);
    let org = Org::answering([dated, ok(r#"{"id": "00u1"}"#)]);
    let me = org.session().me().await.unwrap();
    assert_eq!(me.caller, Caller::Administrator("00u1".parse().unwrap()));
    assert_eq!(me.clock_ahead, Some(SignedDuration::from_mins(2)));
    assert_eq!(org.session().me().await.unwrap().clock_ahead, None);
    assert_eq!(org.calls()[0], "GET /api/v1/users/me");
}

#[tokio::test]
async fn the_roles_of_a_group_are_read() {
    let roles = r#"[{"id": "r1", "label": "Application Administrator", "type": "APP_ADMIN"}]"#;
    let org = Org::answering([ok(roles), ok("[]")]);
    let group: GroupId = "g1".parse().unwrap();
    let found = org.session().roles_of_group(&group).await.unwrap();
    assert_eq!(found[0].label, "Application Administrator");
    let administrator = Caller::Administrator("u1".parse().unwrap());
    assert!(org.session().own_roles(&administrator).await.unwrap().is_empty());
    assert_eq!(org.calls(), ["GET /api/v1/groups/g1/roles", "GET /api/v1/users/u1/roles"]);
}
