//! `segments unmatched`.

use rules::CustomerId;
use serde_json::json;
use state::Outcome;

use crate::people::json as answer_of;
use crate::store::Store;
use crate::support::{code, stderr, stdout};

#[tokio::test]
async fn a_shop_where_all_is_well_has_nobody_to_list() {
    let store = Store::set_up().await;
    let (ann, _) = store.person("ann@example.com", 1, 45);
    store.look_at(&[ann]).await;
    let output = store.run(&["unmatched"]).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let answer = answer_of(&store.run(&["unmatched", "--json"]).await);
    assert_eq!(answer, json!({ "outcomes": [], "count": 0, "unreadable": 0 }));
    assert_eq!(stdout(&store.run(&["unmatched", "--csv"]).await), "customer_id,outcome,at\n");
}

#[tokio::test]
async fn customers_are_listed_by_what_stands_in_their_way_with_what_to_do() {
    let store = Store::set_up().await;
    let ann = store.customer("ann@example.com", 1, 45);
    store.look_at(&[ann]).await;
    for outcome in [Outcome::Applied, Outcome::Unchanged, Outcome::Gone] {
        store.keep(100 + outcome as u64, outcome).await;
    }
    for customer in 1..=12 {
        store.keep(customer, Outcome::UserTaken).await;
    }
    store.keep(50, Outcome::GroupWithoutId).await;
    let output = store.run(&["unmatched"]).await;
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    let shown = stdout(&output);
    for words in [
        "12 user_taken",
        "1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more",
        "1 unmatched",
        &ann.to_string(),
        "merge the customers in Shopify",
        "1 group_without_id",
    ] {
        let told = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(words), "{words}: {shown}");
    }
    let answer = answer_of(&store.run(&["unmatched", "--json"]).await);
    assert_eq!(answer["count"], 14);
    let by_outcome = answer["outcomes"].as_array().unwrap().iter();
    let told: Vec<_> = by_outcome
        .map(|of| (of["outcome"].as_str().unwrap(), of["count"].as_u64().unwrap()))
        .collect();
    assert_eq!(told, [("group_without_id", 1), ("user_taken", 12), ("unmatched", 1)]);
    let csv = stdout(&store.run(&["unmatched", "--csv"]).await);
    assert_eq!(csv.lines().count(), 15);
    assert!(csv.contains("\n50,group_without_id,2"), "{csv}");
}

#[tokio::test]
async fn entries_that_cannot_be_read_are_not_passed_over_in_silence() {
    let store = Store::set_up().await;
    store.keep(1, Outcome::Unmatched).await;
    store.spoil(CustomerId::new(1)).await;
    let output = store.run(&["unmatched", "--json"]).await;
    let answer = answer_of(&output);
    assert_eq!((code(&output), &answer["count"], &answer["unreadable"]), (1, &0.into(), &1.into()));
    assert!(stderr(&output).contains("1 entry of the customers table cannot be read"));
}
