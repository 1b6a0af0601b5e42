//! Groups by name, memberships and rules.

use std::collections::BTreeSet;

use okta::{FoundGroup, GroupKind};
use outbound::{ErrorKind, TransportFailure};
use rules::{Group, GroupId, GroupName, UserId};

use crate::org::{Org, group, list, no_content, not_found, ok, parameter, refusal};
use crate::support::answer;

fn vip() -> GroupId {
    "g1".parse().unwrap()
}

fn ann() -> UserId {
    "u1".parse().unwrap()
}

fn name(name: &str) -> GroupName {
    name.parse().unwrap()
}

fn ids(found: &[FoundGroup]) -> Vec<&str> {
    found.iter().map(|found| found.group.id.as_str()).collect()
}

#[tokio::test]
async fn joining_and_leaving_are_one_call_each() {
    let org = Org::answering([no_content(), no_content()]);
    org.session().join(&vip(), &ann()).await.unwrap();
    org.session().leave(&vip(), &ann()).await.unwrap();
    assert_eq!(
        org.calls(),
        ["PUT /api/v1/groups/g1/users/u1", "DELETE /api/v1/groups/g1/users/u1"]
    );
}

#[tokio::test]
async fn a_group_that_is_gone_is_left_and_cannot_be_joined() {
    let org = Org::answering([not_found(), not_found()]);
    assert!(org.session().leave(&vip(), &ann()).await.is_ok());
    let joined = org.session().join(&vip(), &ann()).await;
    assert_eq!(joined.unwrap_err().kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn a_404_that_is_not_okta_s_own_leaves_nothing() {
    for not_okta in [answer(404, &[], "not here"), refusal(404, "E0000008")] {
        let org = Org::answering([not_okta]);
        assert!(org.session().leave(&vip(), &ann()).await.is_err());
    }
}

#[tokio::test]
async fn a_page_of_something_in_between_joins_and_leaves_nothing() {
    for status in [200, 202] {
        let page = || answer(status, &[], "<html>Back soon.</html>");
        let org = Org::answering([page(), page()]);
        for outcome in
            [org.session().join(&vip(), &ann()).await, org.session().leave(&vip(), &ann()).await]
        {
            let error = outcome.unwrap_err();
            assert!(matches!(error.kind, ErrorKind::Unreadable { .. }));
            assert!(error.is_retryable());
        }
    }
}

#[tokio::test]
async fn a_few_names_take_one_call_and_only_exact_ones_count() {
    let found = list(&[
        group("g1", "Shopify VIP Customer", "OKTA_GROUP"),
        group("g2", "Shopify VIP customer", "OKTA_GROUP"),
        group("g3", "Shopify New Customer", "APP_GROUP"),
        group("g4", "Shopify New Customer", "INVENTED_LATER"),
    ]);
    let org = Org::answering([ok(&found)]);
    let names = [name("Shopify VIP Customer"), name("Shopify New Customer")];
    let found = org.session().groups_by_names(&names).await.unwrap();
    assert_eq!(ids(&found), ["g1", "g3", "g4"]);
    let kinds: Vec<GroupKind> = found.iter().map(|found| found.kind).collect();
    assert_eq!(kinds, [GroupKind::OktaGroup, GroupKind::AppGroup, GroupKind::Other]);
    assert_eq!(
        parameter(&org.calls()[0], "search"),
        r#"profile.name eq "Shopify New Customer" or profile.name eq "Shopify VIP Customer""#
    );
}

#[tokio::test]
async fn no_names_take_no_call() {
    let org = Org::answering([]);
    assert_eq!(org.session().groups_by_names([]).await.unwrap(), []);
}

#[tokio::test]
async fn a_name_is_looked_up_without_the_index() {
    let begun = list(&[
        group("g1", "VIP", "OKTA_GROUP"),
        group("g2", "VIP", "BUILT_IN"),
        group("g3", "VIP lounge", "OKTA_GROUP"),
    ]);
    let org = Org::answering([ok(&begun)]);
    let found = org.session().groups_named(&name("VIP")).await.unwrap();
    assert_eq!(ids(&found), ["g1", "g2"]);
    assert_eq!(parameter(&org.calls()[0], "q"), "VIP");
}

#[tokio::test]
async fn a_look_up_that_may_be_cut_short_is_completed_by_a_search() {
    let mut begun: Vec<String> =
        (0..199).map(|n| group(&format!("x{n}"), &format!("VIP {n}"), "OKTA_GROUP")).collect();
    begun.push(group("g1", "VIP", "OKTA_GROUP"));
    let searched = list(&[group("g1", "VIP", "OKTA_GROUP"), group("g2", "VIP", "APP_GROUP")]);
    let org = Org::answering([ok(&list(&begun)), ok(&searched)]);
    let found = org.session().groups_named(&name("VIP")).await.unwrap();
    assert_eq!(ids(&found), ["g1", "g2"]);
}

#[tokio::test]
async fn a_group_is_read_by_id_and_may_be_gone() {
    let org = Org::answering([ok(&group("g1", "Renamed", "OKTA_GROUP")), not_found()]);
    let expected = FoundGroup {
        group: Group { id: vip(), name: name("Renamed") },
        kind: GroupKind::OktaGroup,
    };
    assert_eq!(org.session().group(&vip()).await.unwrap(), Some(expected));
    assert_eq!(org.session().group(&vip()).await.unwrap(), None);
}

#[tokio::test]
async fn a_group_is_made_once() {
    let org = Org::answering([ok(&group("g9", "VIP", "OKTA_GROUP"))]);
    let made = org.session().create_group(&name("VIP")).await.unwrap();
    assert_eq!(made, Group { id: "g9".parse().unwrap(), name: name("VIP") });
    assert_eq!(org.calls(), ["POST /api/v1/groups"]);
    assert_eq!(org.script.sent()[0].body(), r#"{"profile":{"name":"VIP"}}"#);
}

#[tokio::test]
async fn a_group_that_may_have_been_made_is_not_made_again() {
    for unsure in
        [Err(TransportFailure::Broken), Err(TransportFailure::Timeout), refusal(500, "E0000009")]
    {
        let org = Org::answering([unsure]);
        assert!(org.session().create_group(&name("VIP")).await.is_err());
        assert_eq!(org.calls().len(), 1);
    }
}

#[tokio::test]
async fn a_group_that_was_refused_for_calling_too_often_is_made_later() {
    let org = Org::answering([refusal(429, "E0000047"), ok(&group("g9", "VIP", "OKTA_GROUP"))]);
    assert!(org.session().create_group(&name("VIP")).await.is_ok());
    assert_eq!(org.calls().len(), 2);
}

#[tokio::test]
async fn only_active_rules_have_targets_and_every_page_counts() {
    let rule = |status: &str, actions: &str| {
        format!(
            r#"{{"id": "r1", "type": "group_rule", "status": "{status}", "actions": {actions}}}"#
        )
    };
    let assign = |ids: &str| format!(r#"{{"assignUserToGroups": {{"groupIds": {ids}}}}}"#);
    let first = list(&[
        rule("ACTIVE", &assign(r#"["g1", "g2"]"#)),
        rule("INACTIVE", &assign(r#"["g3"]"#)),
        rule("INVALID", &assign(r#"["g4"]"#)),
    ]);
    let second = list(&[
        rule("ACTIVE", &assign(r#"["g2", "g5"]"#)),
        rule("ACTIVE", &assign("null")),
        rule("ACTIVE", "{}"),
        rule("ACTIVE", "null"),
    ]);
    let next = r#"<https://org.example/api/v1/groups/rules?after=x&limit=200>; rel="next""#;
    let org = Org::answering([answer(200, &[("link", next)], first), ok(&second)]);
    let targets = org.session().active_rule_targets().await.unwrap();
    let expected: BTreeSet<GroupId> = ["g1", "g2", "g5"].map(|id| id.parse().unwrap()).into();
    assert_eq!(targets, expected);
    assert_eq!(
        org.calls(),
        ["GET /api/v1/groups/rules?limit=200", "GET /api/v1/groups/rules?after=x&limit=200",]
    );
}
