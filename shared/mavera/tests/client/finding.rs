//! Looking a persona up by its name.

use mavera::Found;
use outbound::ErrorKind;

use crate::account::{Account, ok, parameter, persona};
use crate::support::Answer;

const NAME: &str = "Shopify VIP Customer";

fn one(id: &str) -> Found {
    Found::One(id.parse().unwrap())
}

fn several(oldest: &str, count: usize) -> Found {
    Found::Several { oldest: oldest.parse().unwrap(), count }
}

fn array(items: &[String]) -> Answer {
    ok(&format!("[{}]", items.join(",")))
}

/// A page of the reference's shape; `rest` follows its data.
fn page(items: &[String], rest: &str) -> Answer {
    ok(&format!(r#"{{"object": "list", "data": [{}]{rest}}}"#, items.join(",")))
}

/// So many personas of other names, with ids from a number on.
fn others(from: usize, count: usize) -> Vec<String> {
    (from..from + count).map(|n| persona(&format!("p{n}"), "Somebody else")).collect()
}

fn listed(id: &str, rest: &str) -> String {
    format!(r#"{{"id": "{id}", "name": "{NAME}"{rest}}}"#)
}

#[tokio::test]
async fn a_name_is_asked_for_as_the_cookbook_does() {
    let account = Account::answering([array(&[persona("p1", NAME)])]);
    assert_eq!(account.find(NAME).await.unwrap(), one("p1"));
    let calls = account.calls();
    assert_eq!(calls, ["GET /api/v1/personas?name=Shopify+VIP+Customer&limit=100"]);
}

#[tokio::test]
async fn both_shapes_of_a_list_are_read() {
    let items = [persona("p1", "Gen Z"), persona("p2", NAME)];
    let named = ok(&format!(r#"{{"personas": [{}]}}"#, items.join(",")));
    for list in [array(&items), page(&items, ""), named] {
        let account = Account::answering([list]);
        assert_eq!(account.find(NAME).await.unwrap(), one("p2"));
        assert_eq!(account.calls().len(), 1);
    }
}

#[tokio::test]
async fn only_the_exact_name_counts() {
    let names = ["Shopify VIP customer", "Shopify VIP Customers", " Shopify VIP Customer", ""];
    let mut items: Vec<String> = names.iter().map(|name| persona("p1", name)).collect();
    items.push(r#"{"id": "p2", "name": null}"#.to_owned());
    items.push(r#"{"id": "p3"}"#.to_owned());
    let account = Account::answering([array(&items)]);
    assert_eq!(account.find(NAME).await.unwrap(), Found::None);
}

#[tokio::test]
async fn everybody_s_personas_are_not_ours() {
    let global = listed("p1", r#", "is_custom": false"#);
    let ours = listed("p2", r#", "is_custom": true"#);
    let account = Account::answering([page(&[global.clone(), ours], ""), page(&[global], "")]);
    assert_eq!(account.find(NAME).await.unwrap(), one("p2"));
    assert_eq!(account.find(NAME).await.unwrap(), Found::None);
}

#[tokio::test]
async fn of_several_the_oldest_is_told() {
    let late = listed("late", r#", "created_at": "2026-03-17T14:22:08Z""#);
    let early = listed("early", r#", "created_at": "2025-03-17T14:22:08Z""#);
    let seconds = listed("seconds", r#", "created_at": 1706140800"#);
    let untold = listed("untold", "");
    let odd = listed("odd", r#", "created_at": "long ago""#);
    for (items, oldest) in [
        (vec![&late, &early], "early"),
        (vec![&late, &early, &seconds], "seconds"),
        (vec![&untold, &late], "late"),
        (vec![&untold, &odd], "untold"),
        (vec![&odd, &untold], "odd"),
    ] {
        let items: Vec<String> = items.into_iter().cloned().collect();
        let account = Account::answering([array(&items)]);
        assert_eq!(account.find(NAME).await.unwrap(), several(oldest, items.len()));
    }
}

#[tokio::test]
async fn pages_are_followed_by_the_cursor_that_an_answer_gives() {
    let account = Account::answering([
        page(&others(0, 2), r#", "has_more": true, "next_cursor": "a&b""#),
        page(&others(2, 2), r#", "next_cursor": "c""#),
        page(&[persona("p9", NAME)], r#", "has_more": false, "next_cursor": null"#),
    ]);
    assert_eq!(account.find(NAME).await.unwrap(), one("p9"));
    let cursors: Vec<_> = account.calls().iter().map(|call| parameter(call, "cursor")).collect();
    assert_eq!(cursors, [None, Some("a&b".to_owned()), Some("c".to_owned())]);
    assert!(account.calls().iter().all(|call| parameter(call, "name").as_deref() == Some(NAME)));
}

#[tokio::test]
async fn without_a_cursor_the_last_id_is_one() {
    let account = Account::answering([
        page(&others(0, 2), r#", "has_more": true"#),
        page(&[persona("p9", NAME)], r#", "has_more": false"#),
    ]);
    assert_eq!(account.find(NAME).await.unwrap(), one("p9"));
    assert_eq!(parameter(&account.calls()[1], "cursor").as_deref(), Some("p1"));
}

#[tokio::test]
async fn a_list_that_says_it_ends_is_not_asked_further() {
    for end in [r#", "has_more": false, "next_cursor": "x""#, r#", "next_cursor": """#] {
        let account = Account::answering([page(&others(0, 99), end)]);
        assert_eq!(account.find(NAME).await.unwrap(), Found::None, "{end}");
    }
    let account = Account::answering([page(&others(0, 100), r#", "has_more": false"#)]);
    assert_eq!(account.find(NAME).await.unwrap(), Found::None);
}

#[tokio::test]
async fn a_full_page_that_says_nothing_may_have_another_behind_it() {
    for first in [array(&others(0, 100)), page(&others(0, 100), "")] {
        let account = Account::answering([first, array(&[persona("p999", NAME)])]);
        assert_eq!(account.find(NAME).await.unwrap(), one("p999"));
        assert_eq!(parameter(&account.calls()[1], "cursor").as_deref(), Some("p99"));
    }
}

#[tokio::test]
async fn a_page_that_comes_again_was_the_whole_list() {
    let mut items = others(0, 99);
    items.push(persona("p99", NAME));
    let account = Account::answering([array(&items), array(&items)]);
    assert_eq!(account.find(NAME).await.unwrap(), one("p99"), "counted once");
}

#[tokio::test]
async fn a_list_longer_than_asked_for_is_the_whole_list() {
    let account = Account::answering([array(&others(0, 101))]);
    assert_eq!(account.find(NAME).await.unwrap(), Found::None);
}

#[tokio::test]
async fn a_list_that_promises_more_and_gives_none_is_not_taken_for_whole() {
    let more = r#", "has_more": true, "next_cursor": "same""#;
    let nothing = || page(&[], r#", "has_more": true"#);
    for answers in [vec![page(&others(0, 2), more), page(&others(0, 2), more)], vec![nothing()]] {
        let account = Account::answering(answers);
        let expected = ErrorKind::Unreadable { detail: "the pages of a list do not end" };
        assert_eq!(account.find(NAME).await.unwrap_err().kind, expected);
    }
}

#[tokio::test]
async fn pages_that_do_not_end_are_given_up() {
    let endless = (0..100).map(|n| page(&others(n, 1), r#", "has_more": true"#));
    let account = Account::answering(endless);
    let error = account.find(NAME).await.unwrap_err();
    assert_eq!(error.code(), "unreadable");
}

#[tokio::test]
async fn an_answer_of_another_shape_is_unreadable() {
    for body in ["{}", "", "<html>", r#"[{"name": "x"}]"#, r#"{"data": {}}"#, "[1]"] {
        let account = Account::answering([ok(body)]);
        assert_eq!(account.find(NAME).await.unwrap_err().code(), "unreadable", "{body}");
    }
}

#[tokio::test]
async fn an_odd_id_matters_only_if_it_is_ours() {
    let account = Account::answering([
        array(&[persona("..", "Somebody else"), persona("p1", NAME)]),
        array(&[persona("..", NAME)]),
    ]);
    assert_eq!(account.find(NAME).await.unwrap(), one("p1"));
    assert_eq!(account.find(NAME).await.unwrap_err().code(), "unreadable");
}
