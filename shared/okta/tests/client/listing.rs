//! Lists of users that are read a page at a time.

use okta::{AttributeNames, Cursor, Held, Page, PageError, UserStatus};
use outbound::ErrorKind;
use rules::GroupId;

use crate::org::{Org, list, not_found, ok, parameter, refusal, user};
use crate::support::{Answer, answer, second};

const NEXT: &str = "https://org.example/api/v1/groups/g1/users?after=a%2Fb,c&limit=200";

fn names() -> AttributeNames {
    AttributeNames::default()
}

fn group() -> GroupId {
    "g1".parse().unwrap()
}

fn leading_to(next: &str) -> Answer {
    let next = format!(r#"<{next}>; rel="next""#);
    answer(200, &[("link", &next)], list(&[user("u1", "ann", "ann@example.com", "ACTIVE")]))
}

async fn members(org: &Org, from: Option<&Cursor>) -> Result<Page, PageError> {
    org.session().members(&group(), &names(), from).await
}

fn call_failed<T: std::fmt::Debug>(outcome: Result<T, PageError>) -> ErrorKind {
    match outcome {
        Err(PageError::Call(error)) => error.kind,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn members_come_page_by_page_and_go_on_from_a_cursor_kept_as_text() {
    let last = ok(&list(&[user("u2", "bob@example.com", "bob@example.com", "STAGED")]));
    let org = Org::answering([leading_to(NEXT), last]);
    let first = members(&org, None).await.unwrap();
    assert_eq!(first.users[0].id.as_str(), "u1");
    assert_eq!(org.calls(), ["GET /api/v1/groups/g1/users?limit=200"]);

    let kept = serde_json::to_string(&first.next.unwrap()).unwrap();
    let cursor: Cursor = serde_json::from_str(&kept).unwrap();
    let second = members(&org, Some(&cursor)).await.unwrap();
    assert_eq!(second.users[0].id.as_str(), "u2");
    assert_eq!(second.next, None);
    assert_eq!(org.calls()[1], "GET /api/v1/groups/g1/users?after=a%2Fb,c&limit=200");
}

#[tokio::test]
async fn a_user_is_listed_with_what_can_be_read_of_it() {
    let whole = r#"{"id": "u1", "status": "ACTIVE", "profile": {
        "login": "Ann@example.com", "email": "other@example.com", "age": 7, "tags": ["a"],
        "shopify_total_spent": 45.50, "shopify_orders_count": 3}, "_links": {"x": null}}"#;
    let bare = r#"{"id": "u2", "status": "INVENTED_LATER"}"#;
    let odd = r#"{"id": "u3", "status": "DEPROVISIONED", "profile": {
        "login": "carl", "email": null, "shopify_total_spent": "9", "shopify_orders_count": 1.5}}"#;
    let org = Org::answering([ok(&list(&[whole, bare, odd].map(str::to_owned)))]);
    let page = members(&org, None).await.unwrap();
    let [ann, bob, carl] = page.users.as_slice() else { panic!("{page:?}") };
    assert_eq!(page.unreadable, 0);

    assert!(ann.login.as_ref().unwrap().matches("ann@example.com"));
    assert!(ann.email.as_ref().unwrap().matches("other@example.com"));
    assert_eq!(ann.attributes.total_spent, Held::Value("45.5".parse().unwrap()));
    assert_eq!(ann.attributes.orders_count, Held::Value(3));
    assert!(ann.can_be_written());

    assert_eq!((bob.status, &bob.login, &bob.email), (UserStatus::Other, &None, &None));
    assert!(bob.attributes.show(None));

    assert_eq!((&carl.login, &carl.email), (&None, &None));
    assert_eq!(carl.attributes.total_spent, Held::Unreadable);
    assert_eq!(carl.attributes.orders_count, Held::Unreadable);
    assert!(!carl.can_be_written());
}

#[tokio::test]
async fn attributes_are_read_by_the_names_that_are_set() {
    let entry = r#"{"id": "u1", "status": "ACTIVE", "profile": {"spent": 1, "orders": 2,
        "shopify_total_spent": 8, "shopify_orders_count": 9}}"#;
    let names = AttributeNames::new("spent".parse().unwrap(), "orders".parse().unwrap()).unwrap();
    let org = Org::answering([ok(&list(&[entry.to_owned()]))]);
    let page = org.session().members(&group(), &names, None).await.unwrap();
    assert_eq!(page.users[0].attributes.orders_count, Held::Value(2));
}

#[tokio::test]
async fn an_entry_that_is_no_user_is_counted_and_costs_no_other() {
    let good = user("u1", "ann", "ann@example.com", "ACTIVE");
    let bad = [r#"{"id": "../x", "status": "ACTIVE"}"#, r#"{"id": "u2"}"#, "null", "7", "{}"];
    let mut entries: Vec<String> = bad.map(str::to_owned).to_vec();
    entries.insert(2, good);
    let org = Org::answering([ok(&list(&entries))]);
    let page = members(&org, None).await.unwrap();
    assert_eq!((page.users.len(), page.unreadable), (1, 5));
}

#[tokio::test]
async fn a_page_that_is_no_list_is_refused_whole() {
    for body in ["{}", "", "<html>", "[{]"] {
        let org = Org::answering([ok(body)]);
        let kind = call_failed(members(&org, None).await);
        assert!(matches!(kind, ErrorKind::Unreadable { .. }), "{body}");
    }
}

#[tokio::test]
async fn changed_users_are_asked_for_by_a_moment_and_as_little_as_is_needed() {
    let org = Org::answering([ok("[]")]);
    let since = second(0) + std::time::Duration::from_millis(7);
    org.session().users_changed_since(since, &names(), None).await.unwrap();
    let call = org.calls().remove(0);
    assert!(call.starts_with("GET /api/v1/users?"));
    assert_eq!(parameter(&call, "filter"), r#"lastUpdated gt "2026-11-21T12:00:00.007Z""#);
    assert_eq!(parameter(&call, "limit"), "200");
    let fields = "id,status,profile:(login,email,shopify_total_spent,shopify_orders_count)";
    assert_eq!(parameter(&call, "fields"), fields);
}

#[tokio::test]
async fn all_users_are_asked_for_without_a_filter() {
    let org = Org::answering([ok("[]")]);
    org.session().all_users(&names(), None).await.unwrap();
    let call = org.calls().remove(0);
    let fields = "id%2Cstatus%2Cprofile%3A%28login%2Cemail%2Cshopify_total_spent%2C\
                  shopify_orders_count%29";
    assert_eq!(call, format!("GET /api/v1/users?fields={fields}&limit=200"));
}

#[tokio::test]
async fn a_group_that_is_gone_is_not_found() {
    let org = Org::answering([not_found()]);
    assert_eq!(call_failed(members(&org, None).await), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_cursor_that_okta_no_longer_takes_asks_for_a_new_beginning() {
    let cursor: Cursor = NEXT.parse().unwrap();
    for refusal in [refusal(400, "E0000001"), refusal(410, "E0000031"), not_found()] {
        let org = Org::answering([refusal]);
        let outcome = members(&org, Some(&cursor)).await;
        assert!(matches!(outcome, Err(PageError::Cursor(_))), "{outcome:?}");
    }
    let org = Org::answering([refusal(400, "E0000001")]);
    let refused = call_failed(members(&org, None).await);
    assert!(matches!(refused, ErrorKind::Rejected { status: 400, .. }), "no cursor, no new start");
}

#[tokio::test]
async fn trouble_that_is_not_the_cursor_s_leaves_it_good() {
    let cursor: Cursor = NEXT.parse().unwrap();
    for (answer, code) in [
        (refusal(403, "E0000006"), "forbidden"),
        (refusal(401, "E0000011"), "unauthorized"),
        (answer(404, &[], "<html>"), "unreadable"),
    ] {
        let org = Org::answering([answer]);
        let error = members(&org, Some(&cursor)).await.unwrap_err();
        assert!(matches!(&error, PageError::Call(_)), "{error}");
        assert_eq!(error.error().code(), code);
    }
}

#[tokio::test]
async fn a_cursor_of_another_org_or_list_is_never_sent() {
    for other in [
        "https://evil.example/api/v1/groups/g1/users?after=x",
        "http://org.example/api/v1/groups/g1/users?after=x",
        "https://org.example/api/v1/groups/g2/users?after=x",
        "https://org.example/api/v1/users?after=x",
        "/api/v1/groups/g1/users",
        "x",
    ] {
        let org = Org::answering([]);
        let outcome = members(&org, Some(&other.parse().unwrap())).await;
        assert!(matches!(outcome, Err(PageError::Cursor(_))), "{other}");
        assert!(org.calls().is_empty(), "{other}");
    }
}

#[tokio::test]
async fn a_next_page_that_cannot_be_right_is_refused_at_once() {
    let long = format!("{NEXT}&x={}", "x".repeat(4_096));
    for (next, code) in [
        ("https://evil.example/api/v1/groups/g1/users?after=x", "foreign_address"),
        ("https://org.example/api/v1/groups/g2/users?after=x", "unreadable"),
        (&long, "unreadable"),
    ] {
        let org = Org::answering([leading_to(next)]);
        assert_eq!(members(&org, None).await.unwrap_err().error().code(), code);
    }
}

#[tokio::test]
async fn a_page_that_leads_to_itself_ends_in_an_error() {
    let org = Org::answering([leading_to(NEXT)]);
    let endless = ErrorKind::Unreadable { detail: "the pages of a list do not end" };
    assert_eq!(call_failed(members(&org, Some(&NEXT.parse().unwrap())).await), endless);
}

#[tokio::test]
async fn reading_members_and_changing_them_are_apart_in_the_budget() {
    let spent = [("x-rate-limit-limit", "600"), ("x-rate-limit-remaining", "0")];
    let headers = [spent[0], spent[1], ("x-rate-limit-reset", "1795262430")];
    let org = Org::answering([answer(200, &headers, "[]"), answer(204, &[], "")]);
    members(&org, None).await.unwrap();
    let session = org.session().impatient();
    let held = session.members(&group(), &names(), None).await;
    assert!(matches!(call_failed(held), ErrorKind::BudgetSpent { .. }));
    session.join(&group(), &"u1".parse().unwrap()).await.unwrap();
}

#[tokio::test]
async fn answers_without_the_limit_s_headers_hold_nothing_back() {
    let org = Org::answering((0..5).map(|_| ok("[]")));
    let session = org.session().impatient();
    for _ in 0..5 {
        session.members(&group(), &names(), None).await.unwrap();
    }
    assert!(org.clock.sleeps().is_empty());
}

#[tokio::test]
async fn neither_cursor_nor_page_nor_error_shows_an_address() {
    let next = "https://org.example/api/v1/groups/g1/users?after=marked%40person.example";
    let marked = user("u1", "marked@person.example", "marked@person.example", "ACTIVE");
    let link = format!(r#"<{next}>; rel="next""#);
    let org = Org::answering([answer(200, &[("link", &link)], list(&[marked])), not_found()]);
    let page = members(&org, None).await.unwrap();
    let error = members(&org, page.next.as_ref()).await.unwrap_err();
    assert_eq!(error.to_string(), "the list has to be begun anew: okta list members: not found");
    for shown in [format!("{page:?}"), format!("{error:?}"), error.to_string()] {
        assert!(!shown.contains("marked"), "{shown}");
    }
}

#[tokio::test]
async fn one_user_is_read_by_id_with_what_the_attributes_hold() {
    let whole = r#"{"id": "u1", "status": "ACTIVE", "profile": {
        "login": "ann@example.com", "shopify_total_spent": 45.50, "shopify_orders_count": 3}}"#;
    let no_user = r#"{"status": "ACTIVE"}"#;
    let org = Org::answering([ok(whole), not_found(), ok(no_user)]);
    let id = "u1".parse().unwrap();
    let user = org.session().user_with_attributes(&id, &names()).await.unwrap().unwrap();
    assert_eq!(user.attributes.orders_count, Held::Value(3));
    assert_eq!(org.calls(), ["GET /api/v1/users/u1"]);
    assert_eq!(org.session().user_with_attributes(&id, &names()).await, Ok(None));
    let error = org.session().user_with_attributes(&id, &names()).await.unwrap_err();
    assert_eq!(error.code(), "unreadable");
}
