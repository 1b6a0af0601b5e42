//! The org's users.

use std::time::Duration;

use http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use simulators::okta::{CausesForm, LinkForm, UserStatus};

use crate::calling::{
    amount, each, get, header_of, json_of, next_links, okta, okta_request, send, walk, world,
};

#[tokio::test]
async fn pages_lead_on_in_both_forms_of_links() {
    let world = world();
    let logins: Vec<String> = (0..5).map(|number| format!("u{number}@example.com")).collect();
    for login in &logins {
        world.okta.add_user(login, login);
    }
    for form in [LinkForm::TwoHeaders, LinkForm::OneHeader] {
        world.okta.set_link_form(form);
        assert_eq!(walk(&world, "/api/v1/users?limit=2").await, (logins.clone(), 3), "{form:?}");
        let answer = get(&world, "/api/v1/users?limit=2").await;
        let expected = if form == LinkForm::TwoHeaders { 2 } else { 1 };
        assert_eq!(answer.headers().get_all("link").iter().count(), expected);
    }
    let search = "/api/v1/users?limit=2&search=profile.login%20sw%20%22u%22";
    assert_eq!(walk(&world, search).await, (logins, 3));
}

#[tokio::test]
async fn a_page_holds_200_users_at_most() {
    let world = world();
    for number in 0..201 {
        let login = format!("u{number}@example.com");
        world.okta.add_user(&login, &login);
    }
    let answer = get(&world, "/api/v1/users?limit=1000").await;
    assert_eq!(json_of(&answer).as_array().unwrap().len(), 200);
    assert_eq!(next_links(&answer).len(), 1);
}

#[tokio::test]
async fn a_search_lags_and_reads_by_id_do_not() {
    let world = world();
    world.okta.set_search_lag(Duration::from_secs(10));
    let user = world.okta.add_user("ann@example.com", "Ann@Example.com");
    let search = "/api/v1/users?search=profile.email%20eq%20%22ann%40example.com%22";
    assert_eq!(json_of(&get(&world, search).await), json!([]));
    assert_eq!(get(&world, &format!("/api/v1/users/{user}")).await.status(), StatusCode::OK);
    world.clock.advance(Duration::from_secs(10));
    assert_eq!(each(&json_of(&get(&world, search).await), "/id"), [user.to_string()]);

    world.okta.delete_user(&user).unwrap();
    assert_eq!(get(&world, "/api/v1/users/ann@example.com").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(each(&json_of(&get(&world, search).await), "/id"), [user.to_string()]);
}

#[tokio::test]
async fn a_loose_search_finds_more_than_was_asked_for() {
    let world = world();
    world.okta.add_user("ann@example.com", "ann@example.com");
    world.okta.add_user("ann2@example.com", "ann@example.com.au");
    world.okta.set_loose_search(true);
    let search = "/api/v1/users?search=profile.email%20eq%20%22ann%40example.com%22";
    assert_eq!(json_of(&get(&world, search).await).as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_deactivated_show_in_searches_and_filters_alone() {
    let world = world();
    let user = world.okta.add_user("ann@example.com", "ann@example.com");
    world.okta.set_status(&user, UserStatus::Deprovisioned).unwrap();
    assert_eq!(json_of(&get(&world, "/api/v1/users").await), json!([]));
    for query in ["search", "filter"] {
        let path = format!("/api/v1/users?{query}=profile.login%20eq%20%22ann%40example.com%22");
        let found = json_of(&get(&world, &path).await);
        assert_eq!(each(&found, "/status"), ["DEPROVISIONED"], "{query}");
    }
}

#[tokio::test]
async fn a_user_is_found_by_id_login_or_short_login() {
    let world = world();
    let user = world.okta.add_user("Ann@example.com", "other@example.com");
    for name in [user.as_str(), "ann%40EXAMPLE.com", "ann"] {
        let answer = get(&world, &format!("/api/v1/users/{name}")).await;
        assert_eq!(json_of(&answer)["id"], user.as_str(), "{name}");
    }
    let missing = get(&world, "/api/v1/users/other%40example.com").await;
    assert_eq!(json_of(&missing)["errorCode"], "E0000007");
    assert!(json_of(&missing)["errorSummary"].as_str().unwrap().ends_with("(User)"));
}

#[tokio::test]
async fn an_update_keeps_what_it_does_not_name_and_a_replacement_does_not() {
    let world = world();
    let user = world.okta.add_user("ann@example.com", "ann@example.com");
    let path = format!("/api/v1/users/{user}");
    let totals = json!({ "shopify_total_spent": 45.5, "shopify_orders_count": 1 });
    let answer = okta(&world, Method::POST, &path, &json!({ "profile": totals })).await;
    assert_eq!(json_of(&answer)["profile"]["firstName"], "Sample");
    assert_eq!(world.okta.attributes_of(&user), (Some(amount("45.5")), Some(1)));

    let cleared = json!({ "profile": { "shopify_total_spent": null } });
    okta(&world, Method::POST, &path, &cleared).await;
    assert_eq!(world.okta.attributes_of(&user), (None, Some(1)));
    assert!(world.forbidden_calls().is_empty());

    let whole = json!({ "profile": { "login": "ann@example.com", "email": "ann@example.com" } });
    okta(&world, Method::PUT, &path, &whole).await;
    assert_eq!(world.forbidden_calls().len(), 1);
    assert_eq!(world.okta.attributes_of(&user), (None, None));
}

#[tokio::test]
async fn the_schema_decides_what_a_profile_holds() {
    let world = world();
    let user = world.okta.add_user("ann@example.com", "ann@example.com");
    let path = format!("/api/v1/users/{user}");
    let update = async |profile: Value| {
        let answer = okta(&world, Method::POST, &path, &json!({ "profile": profile })).await;
        (answer.status().as_u16(), json_of(&answer)["errorCode"].clone())
    };
    assert_eq!(update(json!({ "shopify_total_spent": "45.5" })).await, (400, json!("E0000001")));
    assert_eq!(update(json!({ "unheard_of": 1 })).await, (400, json!("E0000001")));
    world.okta.remove_attribute("shopify_total_spent");
    assert_eq!(update(json!({ "shopify_total_spent": 45.5 })).await.0, 400);
    let added = json!({ "definitions": { "custom": { "properties": {
        "shopify_total_spent": { "title": "Shopify Total Spent", "type": "number" },
    } } } });
    okta(&world, Method::POST, "/api/v1/meta/schemas/user/default", &added).await;
    assert_eq!(update(json!({ "shopify_total_spent": 45.5 })).await.0, 200);
}

#[tokio::test]
async fn the_deactivated_cannot_be_updated() {
    let world = world();
    let user = world.okta.add_user("ann@example.com", "ann@example.com");
    world.okta.set_status(&user, UserStatus::Deprovisioned).unwrap();
    let path = format!("/api/v1/users/{user}");
    let answer = okta(&world, Method::POST, &path, &json!({ "profile": {} })).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert_eq!(json_of(&answer)["errorCode"], "E0000038");
}

#[tokio::test]
async fn an_update_of_what_changed_meanwhile_is_refused_if_it_asks_to_be() {
    let world = world();
    let user = world.okta.add_user("ann@example.com", "ann@example.com");
    let path = format!("/api/v1/users/{user}");
    let tag = header_of(&get(&world, &path).await, "etag").to_owned();
    let update = async || {
        let body = json!({ "profile": { "nickName": "A" } });
        let mut request: Request<_> = okta_request(&world, &Method::POST, &path, &body);
        request.headers_mut().insert("if-match", tag.parse().unwrap());
        send(&world, request).await.unwrap().status().as_u16()
    };
    assert_eq!((update().await, update().await), (200, 412));
}

#[tokio::test]
async fn a_list_can_be_cut_down_to_some_fields() {
    let world = world();
    let user = world.okta.add_user("ann@example.com", "ann@example.com");
    let list = json_of(&get(&world, "/api/v1/users?fields=status,profile:(login,email)").await);
    let profile = json!({ "login": "ann@example.com", "email": "ann@example.com" });
    assert_eq!(list, json!([{ "id": user, "status": "ACTIVE", "profile": profile }]));
}

#[tokio::test]
async fn a_user_is_created_with_200_and_each_login_once() {
    let world = world();
    let profile = json!({ "login": "ann@example.com", "email": "ann@example.com" });
    let body = json!({ "profile": profile });
    let created = okta(&world, Method::POST, "/api/v1/users", &body).await;
    assert_eq!(created.status(), StatusCode::OK);
    assert_eq!(world.okta.find_user("ann").unwrap().as_str(), json_of(&created)["id"]);
    let twice = okta(&world, Method::POST, "/api/v1/users", &body).await;
    assert_eq!(json_of(&twice)["errorCode"], "E0000001");
}

#[tokio::test]
async fn error_causes_are_a_list_or_an_object() {
    let world = world();
    let causes = async || {
        let answer = okta(&world, Method::POST, "/api/v1/users", &json!({})).await;
        json_of(&answer)["errorCauses"].clone()
    };
    assert!(causes().await.is_array());
    world.okta.set_causes_form(CausesForm::Object);
    assert!(causes().await.is_object());
}

#[tokio::test]
async fn a_wrong_token_is_401() {
    let world = world();
    world.okta.revoke_token(true);
    let answer = get(&world, "/api/v1/users").await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(json_of(&answer)["errorCode"], "E0000011");
}
