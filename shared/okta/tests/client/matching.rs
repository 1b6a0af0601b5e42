//! Finding the user a customer is.

use okta::{Found, User, UserStatus};

use crate::org::{Org, list, not_found, ok, parameter, user};
use crate::support::answer;

async fn find(org: &Org, email: &str) -> Found {
    org.session().find_user(&email.parse().unwrap()).await.unwrap()
}

fn one(id: &str, status: UserStatus) -> Found {
    Found::One(User { id: id.parse().unwrap(), status })
}

#[tokio::test]
async fn a_login_is_found_in_one_call_whatever_its_case() {
    let org = Org::answering([ok(&user("u1", "ANN@Example.com", "other@example.com", "ACTIVE"))]);
    assert_eq!(find(&org, "ann@example.com").await, one("u1", UserStatus::Active));
    assert_eq!(org.calls(), ["GET /api/v1/users/ann@example.com"]);
}

#[tokio::test]
async fn a_user_of_another_name_does_not_count() {
    let near = user("u1", "ann@example.com.au", "ann@example.co", "ACTIVE");
    let org = Org::answering([ok(&near), ok(&list(&[near]))]);
    assert_eq!(find(&org, "ann@example.com").await, Found::None);
}

#[tokio::test]
async fn without_the_login_the_address_is_searched_and_the_hit_read_again() {
    let hits = list(&[
        user("u1", "a.b", "ann@example.com.au", "ACTIVE"),
        user("u2", "ann", "Ann@Example.com", "STAGED"),
    ]);
    let current = ok(&user("u2", "ann", "ann@example.com", "ACTIVE"));
    let org = Org::answering([not_found(), ok(&hits), current]);
    assert_eq!(find(&org, "ann@example.com").await, one("u2", UserStatus::Active));
    let calls = org.calls();
    assert_eq!(parameter(&calls[1], "search"), r#"profile.email eq "ann@example.com""#);
    assert_eq!(parameter(&calls[1], "fields"), "id,status,profile:(login,email)");
    assert_eq!(calls[2], "GET /api/v1/users/u2");
}

#[tokio::test]
async fn an_index_that_lags_is_not_believed() {
    let hits = list(&[user("u1", "ann", "ann@example.com", "ACTIVE")]);
    let renamed = ok(&user("u1", "ann", "ann@elsewhere.example", "ACTIVE"));
    for current in [renamed, not_found()] {
        let org = Org::answering([not_found(), ok(&hits), current]);
        assert_eq!(find(&org, "ann@example.com").await, Found::None);
    }
}

#[tokio::test]
async fn nobody_is_found() {
    let org = Org::answering([not_found(), ok("[]")]);
    assert_eq!(find(&org, "ann@example.com").await, Found::None);
}

#[tokio::test]
async fn two_users_with_the_address_are_several_on_whatever_page() {
    let first = list(&[user("u1", "ann", "ann@example.com", "ACTIVE")]);
    let next = r#"<https://org.example/api/v1/users?after=x>; rel="next""#;
    let second = list(&[user("u2", "anna", "ann@example.com", "STAGED")]);
    let org = Org::answering([not_found(), answer(200, &[("link", next)], first), ok(&second)]);
    assert_eq!(find(&org, "ann@example.com").await, Found::Several);
}

#[tokio::test]
async fn one_user_met_twice_is_one() {
    let twice = user("u1", "ann", "ann@example.com", "ACTIVE");
    let hits = list(&[twice.clone(), twice.clone()]);
    let org = Org::answering([not_found(), ok(&hits), ok(&twice)]);
    assert_eq!(find(&org, "ann@example.com").await, one("u1", UserStatus::Active));
}

#[tokio::test]
async fn a_user_who_can_be_written_comes_before_deactivated_ones() {
    let gone = user("u1", "ann@example.com", "ann@example.com", "DEPROVISIONED");
    let here = user("u2", "ann2", "ann@example.com", "SUSPENDED");
    let hits = list(&[gone.clone(), here.clone()]);
    let org = Org::answering([ok(&gone), ok(&hits), ok(&here)]);
    assert_eq!(find(&org, "ann@example.com").await, one("u2", UserStatus::Suspended));
}

#[tokio::test]
async fn a_deactivated_user_alone_is_found_and_known_as_such() {
    let gone = user("u1", "ann@example.com", "ann@example.com", "DEPROVISIONED");
    let org = Org::answering([ok(&gone), ok(&list(std::slice::from_ref(&gone)))]);
    let found = find(&org, "ann@example.com").await;
    assert_eq!(found, one("u1", UserStatus::Deprovisioned));
    let Found::One(user) = found else { panic!("{found:?}") };
    assert!(!user.can_be_written());
}

#[tokio::test]
async fn an_address_cannot_change_the_search_or_the_path() {
    let org = Org::answering([not_found(), ok("[]")]);
    assert_eq!(find(&org, r#""a?b\"+1@example.com"#).await, Found::None);
    let calls = org.calls();
    assert_eq!(calls[0], "GET /api/v1/users/%22a%3Fb%5C%22+1@example.com");
    assert_eq!(parameter(&calls[1], "search"), r#"profile.email eq "\"a?b\\\"+1@example.com""#);
}

#[tokio::test]
async fn an_address_with_a_slash_is_only_searched() {
    let org = Org::answering([ok("[]")]);
    assert_eq!(find(&org, "a/../b@example.com").await, Found::None);
    assert!(org.calls()[0].starts_with("GET /api/v1/users?"));
}

#[tokio::test]
async fn a_404_that_is_not_okta_s_own_is_not_taken_for_nobody() {
    let org = Org::answering([answer(404, &[], "<html>no such host</html>")]);
    let found = org.session().find_user(&"ann@example.com".parse().unwrap()).await;
    assert_eq!(found.unwrap_err().code(), "unreadable");
}
