//! Long lists of the org, read a page at a time.

use std::time::Duration;

use http::{Method, StatusCode};
use rules::UserId;
use serde_json::{Value, json};
use simulators::World;
use simulators::okta::{GroupKind, UserStatus};

use crate::calling::{each, get, json_of, next_links, okta, walk, world};

/// Many users: an address for each by its number.
fn numbered(number: usize) -> (String, String) {
    let address = format!("u{number}@example.com");
    (address.clone(), address)
}

/// The ids on a page, and the address of the next.
async fn page(world: &World, path: &str) -> (Vec<String>, Option<String>) {
    let answer = get(world, path).await;
    assert_eq!(answer.status(), StatusCode::OK);
    (each(&json_of(&answer), "/id"), next_links(&answer).pop())
}

fn texts<'a>(users: impl IntoIterator<Item = &'a UserId>) -> Vec<String> {
    users.into_iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn members_come_in_the_order_of_their_ids_whatever_changes_between_the_pages() {
    let world = world();
    let users = world.okta.add_users(6, numbered);
    let group = world.okta.add_group("VIP", GroupKind::Okta);
    world.okta.add_members(&group, &users[..5]).unwrap();
    let (first, next) = page(&world, &format!("/api/v1/groups/{group}/users?limit=2")).await;
    assert_eq!(first, texts(&users[..2]));
    world.okta.remove_member(&group, &users[1]).unwrap();
    world.okta.remove_member(&group, &users[2]).unwrap();
    world.okta.add_member(&group, &users[5]).unwrap();
    let (second, next) = page(&world, &next.unwrap()).await;
    assert_eq!(second, texts(&users[3..5]));
    let (third, next) = page(&world, &next.unwrap()).await;
    assert_eq!((third, next), (texts(&users[5..]), None));
}

#[tokio::test]
async fn a_page_of_members_goes_on_after_one_who_is_gone() {
    let world = world();
    let users = world.okta.add_users(3, numbered);
    let group = world.okta.add_group("VIP", GroupKind::Okta);
    world.okta.add_members(&group, &users).unwrap();
    let (_, next) = page(&world, &format!("/api/v1/groups/{group}/users?limit=1")).await;
    world.okta.delete_user(&users[0]).unwrap();
    assert_eq!(page(&world, &next.unwrap()).await.0, texts(&users[1..2]));
}

#[tokio::test]
async fn the_members_of_a_group_that_is_gone_are_not_found() {
    let world = world();
    let users = world.okta.add_users(2, numbered);
    let group = world.okta.add_group("VIP", GroupKind::Okta);
    world.okta.add_members(&group, &users).unwrap();
    let (_, next) = page(&world, &format!("/api/v1/groups/{group}/users?limit=1")).await;
    world.okta.delete_group(&group).unwrap();
    let gone = get(&world, &next.unwrap()).await;
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
    assert_eq!(json_of(&gone)["errorCode"], "E0000007");
}

#[tokio::test]
async fn cursors_expire_when_a_test_says_so() {
    let world = world();
    world.okta.add_users(3, numbered);
    let (_, old) = page(&world, "/api/v1/users?limit=1").await;
    let old = old.unwrap();
    assert_eq!(get(&world, &old).await.status(), StatusCode::OK);
    world.okta.expire_cursors();
    let refused = get(&world, &old).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    assert_eq!(json_of(&refused)["errorCode"], "E0000001");
    let (_, new) = page(&world, "/api/v1/users?limit=1").await;
    assert_eq!(get(&world, &new.unwrap()).await.status(), StatusCode::OK);
    let invented = get(&world, "/api/v1/users?after=100").await;
    assert_eq!(invented.status(), StatusCode::BAD_REQUEST);
}

/// Who changed after the moment at which the world stood when this was made.
async fn changed(world: &World, since: &str) -> Vec<String> {
    let path =
        format!("/api/v1/users?filter=lastUpdated+gt+%22{since}%22&limit=1&fields=id,status");
    let (mut ids, mut next) = (Vec::new(), Some(path));
    while let Some(path) = next {
        let (more, after) = page(world, &path).await;
        ids.extend(more);
        next = after;
    }
    ids
}

#[tokio::test]
async fn a_filter_finds_whose_profile_or_status_changed_after_a_moment() {
    let world = world();
    let users = world.okta.add_users(5, numbered);
    let group = world.okta.add_group("VIP", GroupKind::Okta);
    let since = world.clock.now().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string();
    assert!(changed(&world, &since).await.is_empty(), "not who changed at that moment");

    world.clock.advance(Duration::from_millis(1));
    let totals = json!({ "profile": { "shopify_orders_count": 1 } });
    okta(&world, Method::POST, &format!("/api/v1/users/{}", users[3]), &totals).await;
    world.okta.set_status(&users[1], UserStatus::Deprovisioned).unwrap();
    let member = format!("/api/v1/groups/{group}/users/{}", users[0]);
    okta(&world, Method::PUT, &member, &Value::Null).await;
    world.okta.add_member(&group, &users[2]).unwrap();
    assert_eq!(changed(&world, &since).await, texts([&users[1], &users[3]]));

    world.clock.advance(Duration::from_secs(1));
    let late = world.okta.add_user("late@example.com", "late@example.com");
    assert_eq!(changed(&world, &since).await, texts([&users[1], &users[3], &late]));
}

#[tokio::test]
async fn a_filter_by_a_moment_that_is_none_is_refused() {
    let world = world();
    let answer = get(&world, "/api/v1/users?filter=lastUpdated+gt+%22yesterday%22").await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn who_was_renamed_is_found_by_the_new_name_and_no_longer_by_the_old() {
    let world = world();
    let ann = world.okta.add_user("ann@example.com", "ann@example.com");
    world.okta.set_search_lag(Duration::from_secs(10));
    for name in ["login", "email"] {
        world.okta.set_attribute(&ann, name, json!("anna@example.com")).unwrap();
    }
    let by_login =
        async |login: &str| get(&world, &format!("/api/v1/users/{login}")).await.status();
    assert_eq!(by_login("ann@example.com").await, StatusCode::NOT_FOUND);
    assert_eq!(by_login("ann").await, StatusCode::NOT_FOUND);
    assert_eq!(by_login("ANNA@example.com").await, StatusCode::OK);
    assert_eq!(by_login("anna").await, StatusCode::OK);

    let found = async |email: &str| {
        let path = format!("/api/v1/users?search=profile.email+eq+%22{email}%22");
        page(&world, &path).await.0.len()
    };
    let both = async || (found("ann@example.com").await, found("anna@example.com").await);
    assert_eq!(both().await, (1, 0), "the index lags behind");
    world.clock.advance(Duration::from_secs(10));
    assert_eq!(both().await, (0, 1));
}

#[tokio::test]
async fn a_short_login_of_two_names_neither() {
    let world = world();
    world.okta.add_user("ann@example.com", "ann@example.com");
    world.okta.add_user("ann@example.org", "ann@example.org");
    assert_eq!(get(&world, "/api/v1/users/ann").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(get(&world, "/api/v1/users/ann@example.org").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_login_can_be_taken_over_once_it_is_free() {
    let world = world();
    let ann = world.okta.add_user("ann@example.com", "ann@example.com");
    let create = async || {
        let profile = json!({ "login": "Ann@example.com", "email": "new@example.com" });
        okta(&world, Method::POST, "/api/v1/users", &json!({ "profile": profile })).await.status()
    };
    assert_eq!(create().await, StatusCode::BAD_REQUEST);
    world.okta.set_attribute(&ann, "login", json!("left@example.com")).unwrap();
    assert_eq!(create().await, StatusCode::OK);
}

#[tokio::test]
async fn a_large_org_is_read_whole() {
    const MANY: usize = 20_000;
    let world = world();
    world.okta.set_limit_everywhere(10_000);
    let users = world.okta.add_users(MANY, numbered);
    let group = world.okta.add_group("VIP", GroupKind::Okta);
    world.okta.add_members(&group, &users).unwrap();
    for path in [
        format!("/api/v1/groups/{group}/users?limit=200"),
        "/api/v1/users?limit=200&fields=id,status,profile:(login,email)".to_owned(),
    ] {
        let (logins, pages) = walk(&world, &path).await;
        assert_eq!((logins.len(), pages), (MANY, MANY / 200));
    }
}
