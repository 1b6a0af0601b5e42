//! Reading and writing one user.

use okta::{AttributeNames, User, UserStatus};
use outbound::{ErrorKind, VendorCode};
use rules::{Currency, Money, Totals, UserId};

use crate::org::{Org, group, list, no_content, not_found, ok, refusal, user};

fn ann() -> UserId {
    "u1".parse().unwrap()
}

fn totals(orders: u64, spent: &str) -> Totals {
    Totals { orders, spent: Money::new(spent.parse().unwrap(), Currency::USD) }
}

async fn written(totals: Option<Totals>) -> (String, String) {
    let org = Org::answering([ok(&user("u1", "ann", "ann@example.com", "ACTIVE"))]);
    org.session().set_attributes(&ann(), &AttributeNames::default(), totals).await.unwrap();
    let body = org.script.sent()[0].body().to_vec();
    (org.calls()[0].clone(), String::from_utf8(body).unwrap())
}

#[tokio::test]
async fn totals_are_written_as_exact_json_numbers() {
    for (orders, spent, expected) in [
        (1, "45.50", r#"{"profile":{"shopify_orders_count":1,"shopify_total_spent":45.5}}"#),
        (0, "0.00", r#"{"profile":{"shopify_orders_count":0,"shopify_total_spent":0}}"#),
        (2, "-3.10", r#"{"profile":{"shopify_orders_count":2,"shopify_total_spent":-3.1}}"#),
        (
            u64::MAX,
            "12345678901234567890.12",
            r#"{"profile":{"shopify_orders_count":18446744073709551615,"shopify_total_spent":12345678901234567890.12}}"#,
        ),
    ] {
        let (call, body) = written(Some(totals(orders, spent))).await;
        assert_eq!(call, "POST /api/v1/users/u1");
        assert_eq!(body, expected);
    }
}

#[tokio::test]
async fn no_totals_empty_both_attributes() {
    let (_, body) = written(None).await;
    assert_eq!(body, r#"{"profile":{"shopify_orders_count":null,"shopify_total_spent":null}}"#);
}

#[tokio::test]
async fn totals_go_to_the_attributes_that_are_set() {
    let names = AttributeNames::new("spent".parse().unwrap(), "orders".parse().unwrap()).unwrap();
    let org = Org::answering([ok(&user("u1", "ann", "ann@example.com", "ACTIVE"))]);
    org.session().set_attributes(&ann(), &names, Some(totals(3, "9"))).await.unwrap();
    assert_eq!(org.script.sent()[0].body(), r#"{"profile":{"orders":3,"spent":9}}"#);
}

#[tokio::test]
async fn totals_count_as_written_only_if_okta_answers_with_the_same_user() {
    let another = user("u2", "ben", "ben@example.com", "ACTIVE");
    for not_okta in [ok("<html>Back soon.</html>"), ok("{}"), ok(&another), no_content()] {
        let org = Org::answering([not_okta]);
        let outcome = org.session().set_attributes(&ann(), &AttributeNames::default(), None).await;
        let error = outcome.unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Unreadable { .. }));
        assert!(error.is_retryable());
    }
}

#[tokio::test]
async fn a_refused_write_says_why() {
    let code = |code| VendorCode::new(code);
    for (answer, kind) in [
        (not_found(), ErrorKind::NotFound),
        (refusal(403, "E0000038"), ErrorKind::Forbidden { code: code("E0000038") }),
        (refusal(403, "E0000006"), ErrorKind::Forbidden { code: code("E0000006") }),
        (refusal(400, "E0000001"), ErrorKind::Rejected { status: 400, code: code("E0000001") }),
    ] {
        let org = Org::answering([answer]);
        let names = AttributeNames::default();
        let outcome = org.session().set_attributes(&ann(), &names, None).await;
        assert_eq!(outcome.unwrap_err().kind, kind);
    }
}

#[tokio::test]
async fn a_user_is_read_by_id_and_may_be_gone() {
    let org = Org::answering([
        ok(&user("u1", "ann", "ann@example.com", "LOCKED_OUT")),
        ok(&user("u1", "ann", "ann@example.com", "INVENTED_LATER")),
        not_found(),
    ]);
    let found = org.session().user(&ann()).await.unwrap();
    assert_eq!(found, Some(User { id: ann(), status: UserStatus::LockedOut }));
    let found = org.session().user(&ann()).await.unwrap().unwrap();
    assert_eq!(found.status, UserStatus::Other);
    assert!(found.can_be_written());
    assert_eq!(org.session().user(&ann()).await.unwrap(), None);
}

#[tokio::test]
async fn the_groups_of_a_user_are_all_of_them_whatever_they_are_called() {
    let groups = list(&[
        group("g1", "Shopify VIP Customer", "OKTA_GROUP"),
        group("g2", "Everyone", "BUILT_IN"),
        group("g3", " odd ", "OKTA_GROUP"),
    ]);
    let org = Org::answering([ok(&groups)]);
    let groups = org.session().groups_of(&ann()).await.unwrap();
    let groups: Vec<(&str, &str)> =
        groups.iter().map(|group| (group.id.as_str(), group.name.as_str())).collect();
    assert_eq!(groups, [("g1", "Shopify VIP Customer"), ("g2", "Everyone"), ("g3", "g3")]);
    assert_eq!(org.calls(), ["GET /api/v1/users/u1/groups"]);
}

#[tokio::test]
async fn the_groups_of_nobody_are_not_found() {
    let org = Org::answering([not_found()]);
    assert_eq!(org.session().groups_of(&ann()).await.unwrap_err().kind, ErrorKind::NotFound);
}
