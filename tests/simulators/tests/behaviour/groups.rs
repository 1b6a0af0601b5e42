//! The org's groups, memberships and group rules.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use simulators::okta::MembershipChange::{Joined, Left};
use simulators::okta::{GroupKind, UserStatus};

use crate::calling::{each, get, json_of, okta, world};

#[tokio::test]
async fn joining_and_leaving_twice_is_harmless_and_happens_once() {
    let world = world();
    let user = world.okta.add_user("ann@example.com", "ann@example.com");
    let group = world.okta.add_group("Shopify New Customer", GroupKind::Okta);
    let path = format!("/api/v1/groups/{group}/users/{user}");
    for method in [Method::PUT, Method::PUT, Method::DELETE, Method::DELETE, Method::PUT] {
        let answer = okta(&world, method, &path, &Value::Null).await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    }
    let changes: Vec<_> = world.okta.membership_log().iter().map(|event| event.change).collect();
    assert_eq!(changes, [Joined, Left, Joined]);
    assert_eq!(world.okta.group_names_of(&user), ["Shopify New Customer"]);
    assert_eq!(world.okta.members(&group), [user]);
}

#[tokio::test]
async fn who_or_what_is_missing_is_named() {
    let world = world();
    let user = world.okta.add_user("ann@example.com", "ann@example.com");
    let group = world.okta.add_group("A", GroupKind::Okta);
    let summary = async |group: &str, user: &str| {
        let path = format!("/api/v1/groups/{group}/users/{user}");
        let answer = okta(&world, Method::PUT, &path, &Value::Null).await;
        assert_eq!(json_of(&answer)["errorCode"], "E0000007");
        json_of(&answer)["errorSummary"].as_str().unwrap().to_owned()
    };
    assert!(summary("00gx", user.as_str()).await.ends_with("00gx (UserGroup)"));
    assert!(summary(group.as_str(), "00ux").await.ends_with("00ux (User)"));
    assert!(summary(group.as_str(), "ann@example.com").await.ends_with("(User)"));
}

#[tokio::test]
async fn only_okta_groups_take_members_and_only_the_living_join() {
    let world = world();
    let user = world.okta.add_user("ann@example.com", "ann@example.com");
    let imported = world.okta.add_group("Imported", GroupKind::App);
    let own = world.okta.add_group("Own", GroupKind::Okta);
    world.okta.add_member(&own, &user).unwrap();
    let change = async |method: Method, group: &str| {
        let path = format!("/api/v1/groups/{group}/users/{user}");
        okta(&world, method, &path, &Value::Null).await
    };
    let refused = change(Method::PUT, imported.as_str()).await;
    assert_eq!(json_of(&refused)["errorCode"], "E0000006");
    world.okta.set_status(&user, UserStatus::Deprovisioned).unwrap();
    let refused = change(Method::PUT, own.as_str()).await;
    assert_eq!(json_of(&refused)["errorCode"], "E0000038");
    assert_eq!(change(Method::DELETE, own.as_str()).await.status(), StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_users_groups_include_oktas_own() {
    let world = world();
    let user = world.okta.add_user("ann@example.com", "ann@example.com");
    let group = world.okta.add_group("VIP", GroupKind::Okta);
    world.okta.add_member(&group, &user).unwrap();
    let groups = json_of(&get(&world, &format!("/api/v1/users/{user}/groups")).await);
    assert_eq!(each(&groups, "/profile/name"), ["Everyone", "VIP"]);
    assert_eq!(each(&groups, "/type"), ["BUILT_IN", "OKTA_GROUP"]);
    assert_eq!(groups[1]["profile"]["description"], Value::Null);
}

#[tokio::test]
async fn groups_are_found_by_prefix_name_and_type() {
    let world = world();
    let vip = world.okta.add_group("Shopify VIP", GroupKind::Okta);
    world.okta.add_group("Shopify VIP", GroupKind::App);
    world.okta.add_group("Shopify VIP old", GroupKind::Okta);
    let names = async |query: &str| {
        each(&json_of(&get(&world, &format!("/api/v1/groups?{query}")).await), "/profile/name")
    };
    assert_eq!(names("q=shopify").await.len(), 3);
    assert_eq!(names("search=profile.name%20eq%20%22shopify%20vip%22").await.len(), 2);
    assert_eq!(names("filter=type%20eq%20%22APP_GROUP%22").await, ["Shopify VIP"]);
    assert_eq!(names("limit=2").await, ["Everyone", "Shopify VIP"]);
    world.okta.rename_group(&vip, "Renamed").unwrap();
    let read = json_of(&get(&world, &format!("/api/v1/groups/{vip}")).await);
    assert_eq!(read["profile"]["name"], "Renamed");
    world.okta.delete_group(&vip).unwrap();
    let gone = get(&world, &format!("/api/v1/groups/{vip}")).await;
    assert!(json_of(&gone)["errorSummary"].as_str().unwrap().ends_with("(UserGroup)"));
}

#[tokio::test]
async fn a_group_is_created_with_200_and_can_be_counted() {
    let world = world();
    let body = json!({ "profile": { "name": "New", "description": "d" } });
    let created = okta(&world, Method::POST, "/api/v1/groups", &body).await;
    assert_eq!(created.status(), StatusCode::OK);
    assert_eq!(json_of(&created)["type"], "OKTA_GROUP");
    let twice = okta(&world, Method::POST, "/api/v1/groups", &body).await;
    assert_eq!(json_of(&twice)["errorCode"], "E0000001");
    let user = world.okta.add_user("ann@example.com", "ann@example.com");
    world.okta.add_member(&world.okta.groups_named("New")[0], &user).unwrap();
    let counted = json_of(&get(&world, "/api/v1/groups?q=New&expand=stats").await);
    assert_eq!(counted[0]["_embedded"]["stats"]["usersCount"], 1);
}

#[tokio::test]
async fn members_are_listed_with_their_custom_attributes() {
    let world = world();
    let user = world.okta.add_user("ann@example.com", "ann@example.com");
    let group = world.okta.add_group("VIP", GroupKind::Okta);
    world.okta.add_member(&group, &user).unwrap();
    world.okta.set_attribute(&user, "shopify_orders_count", json!(7)).unwrap();
    let members = json_of(&get(&world, &format!("/api/v1/groups/{group}/users?limit=200")).await);
    assert_eq!(members[0]["profile"]["shopify_orders_count"], 7);
}

#[tokio::test]
async fn who_is_taken_out_of_a_rules_group_by_hand_stays_out() {
    let world = world();
    let user = world.okta.add_user("ann@example.com", "ann@example.com");
    let group = world.okta.add_group("Sales", GroupKind::Okta);
    world.okta.add_member(&group, &user).unwrap();
    let rule = world.okta.add_rule("All of sales", std::slice::from_ref(&group), true);
    let path = format!("/api/v1/groups/{group}/users/{user}");
    okta(&world, Method::DELETE, &path, &Value::Null).await;
    assert_eq!(world.okta.rule_exclusions(&rule), [user]);
    let rules = json_of(&get(&world, "/api/v1/groups/rules?expand=groupIdToGroupNameMap").await);
    assert_eq!(rules[0]["status"], "ACTIVE");
    assert_eq!(rules[0]["actions"]["assignUserToGroups"]["groupIds"], json!([group]));
    assert_eq!(rules[0]["_embedded"]["groupIdToGroupNameMap"][group.as_str()], "Sales");
}
