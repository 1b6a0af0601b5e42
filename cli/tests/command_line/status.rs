//! `segments status`.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use resegment::{EndedAs, Event, Start, Status};
use rules::CustomerId;
use serde_json::json;
use state::{Cause, Message, Outgoing, Queue, Receive, Subject};

use crate::people::json;
use crate::site::{Kind, Site};
use crate::store::Store;
use crate::support::{BOOK, Stack, code, stderr, stdout};

async fn attention(store: &Store) -> String {
    let output = store.run(&["status", "--json"]).await;
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    json(&output)["attention"].to_string()
}

/// A store where all is well: a run is done.
async fn well() -> Store {
    let store = Store::set_up().await;
    let (ann, _) = store.person("ann@example.com", 1, 45);
    store.look_at(&[ann]).await;
    store.keep_run(Duration::from_hours(35), EndedAs::Done, None).await;
    store
}

#[tokio::test]
async fn a_system_where_all_is_well_says_so() {
    let store = well().await;
    let output = store.run(&["status"]).await;
    assert_eq!(code(&output), 0, "{}", stdout(&output));
    let shown = stdout(&output);
    for words in ["workers use version 1", "at work", "done at 2", "new", "All is well."] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let answer = json(&store.run(&["status", "--json"]).await);
    assert_eq!(
        (&answer["books"]["accepted"], &answer["books"]["wanted"]),
        (&1.into(), &"accepted".into())
    );
    assert_eq!((&answer["paused"], &answer["dead_letters"]), (&false.into(), &0.into()));
    assert_eq!(answer["last_run"]["ended_as"], "done");
    let new = answer["segments"].as_array().unwrap().iter().find(|of| of["segment"] == "new");
    assert_eq!((&new.unwrap()["customers"], &new.unwrap()["revenue"]), (&1.into(), &"45".into()));
    assert_eq!(answer["attention"], serde_json::json!([]));
}

#[tokio::test]
async fn a_system_without_a_run_says_how_to_make_one() {
    let store = Store::set_up().await;
    assert!(attention(&store).await.contains("there was no full run yet: segments run"));
}

#[tokio::test]
async fn a_run_that_is_overdue_or_did_not_end_well_needs_a_person() {
    let store = Store::set_up().await;
    store.keep_run(Duration::from_hours(37), EndedAs::Done, None).await;
    let told = attention(&store).await;
    assert!(told.contains("no run was done for 37h"), "{told}");
    store.keep_run(Duration::from_hours(2), EndedAs::Done, None).await;
    assert_eq!(code(&store.run(&["status"]).await), 0);
    store.keep_run(Duration::from_hours(1), EndedAs::Refused, Some("too many would move")).await;
    let told = attention(&store).await;
    assert!(told.contains("the last run was refused: too many would move"), "{told}");
}

#[tokio::test]
async fn a_wanted_book_that_differs_is_told_and_an_invalid_one_needs_a_person() {
    let store = well().await;
    let config = store.system.config_table();
    let cheaper = rules::RuleBook::from_toml(&BOOK.replace("\"500\"", "\"40\"")).unwrap();
    config.put_wanted(&cheaper).await.unwrap();
    let output = store.run(&["status", "--json"]).await;
    let answer = json(&output);
    assert_eq!((code(&output), &answer["books"]["wanted"]), (0, &"differs".into()));
    assert!(answer["books"]["meaning"].as_str().unwrap().contains("accepted by the next full run"));
    config.put_setting("currency", AttributeValue::S("JPY".to_owned())).await.unwrap();
    let broken = BOOK.replace("\"500\"", "\"500.5\"");
    config.put_wanted(&rules::RuleBook::from_toml(&broken).unwrap()).await.unwrap();
    config.put_setting("currency", AttributeValue::S("JPY".to_owned())).await.unwrap();
    assert!(attention(&store).await.contains("the wanted book is not valid: "));
}

#[tokio::test]
async fn a_group_that_takes_nobody_a_pause_and_dead_letters_need_a_person() {
    let store = well().await;
    let group = store.world.okta.groups_named("Shopify VIP Customer").remove(0);
    store.world.okta.delete_group(&group).unwrap();
    store.system.refresh_groups().await.unwrap();
    store.run(&["pause"]).await;
    let queue = store.system.queue();
    let about = Subject::Customer(CustomerId::new(7));
    let message = Message::new(about, Cause::Order, store.world.clock.now());
    queue.send(vec![Outgoing { message, delay: Duration::ZERO }]).await.unwrap();
    for _ in 0..6 {
        queue.receive(10).await.unwrap();
        store.world.clock.advance(Duration::from_mins(6));
    }
    let told = attention(&store).await;
    for words in
        ["nobody can be put into Shopify VIP Customer", "everything is paused", "1 dead letters"]
    {
        assert!(told.contains(words), "{words}: {told}");
    }
    let answer = json(&store.run(&["status", "--json"]).await);
    assert_eq!(answer["groups_without_id"][0]["status"], "missing");
}

#[tokio::test]
async fn a_subscription_that_is_gone_needs_a_person_from_the_next_run_on() {
    let site = Site::set_up(Kind::Stack).await;
    full_run(&site).await;
    let output = site.run(&["status", "--json"]).await;
    let answer = json(&output);
    assert_eq!((code(&output), &answer["missing_subscriptions"]), (0, &json!([])), "{answer}");
    let gone = site.world.shopify.subscriptions().remove(0);
    site.world.shopify.remove_subscription(&gone.id).unwrap();
    full_run(&site).await;
    let output = site.run(&["status", "--json"]).await;
    let answer = json(&output);
    assert_eq!((code(&output), &answer["missing_subscriptions"]), (1, &json!(["orders/create"])));
    let told = answer["attention"].to_string();
    for words in ["nobody is told of orders/create", "segments doctor --stack"] {
        assert!(told.contains(words), "{words}: {told}");
    }
}

/// A run over a shop without customers.
async fn full_run(site: &Site) {
    let mut event = Event { start: Some(Start::default()) };
    loop {
        let answer = site.system.resegment(event).await.unwrap();
        match answer.status {
            Status::Done => return,
            Status::Continue | Status::Wait => event = Event::default(),
            other => panic!("{other:?}: {:?}", answer.message),
        }
    }
}

#[tokio::test]
async fn a_setting_that_cannot_be_used_is_named_and_the_rest_still_told() {
    let store = well().await;
    store.system.set("settle_seconds", AttributeValue::S("soon".into())).await.unwrap();
    let output = store.run(&["status", "--json"]).await;
    let answer = json(&output);
    assert_eq!((code(&output), &answer["books"]), (1, &serde_json::Value::Null));
    assert!(answer["attention"].to_string().contains("settle_seconds is"), "{answer}");
    assert_eq!(answer["last_run"]["ended_as"], "done");
}

#[tokio::test]
async fn a_stack_tells_its_active_run_and_its_letters() {
    let stack = Stack::deployed().await;
    stack.people(300, 1, 45);
    let run = stack.begin().await;
    stack.served.dead_letters.lock().unwrap().add("letter", 0);
    let output = stack.run(&["status", "--json"]).await;
    let answer = json(&output);
    assert_eq!((code(&output), &answer["active_run"]["run_id"]), (1, &run.as_str().into()));
    assert_eq!(answer["dead_letters"], 1);
    assert!(!answer["attention"].to_string().contains("no full run yet"), "{answer}");
}

#[tokio::test]
async fn a_message_that_nobody_works_off_needs_a_person() {
    for (kind, mend) in [(Kind::Local, "start `segments serve`"), (Kind::Stack, "sync-customer")] {
        let site = Site::set_up(kind).await;
        full_run(&site).await;
        assert_eq!(code(&site.run(&["status"]).await), 0, "{kind:?}");
        site.put_overdue_message().await;
        let output = site.run(&["status", "--json"]).await;
        let answer = json(&output);
        assert_eq!((code(&output), &answer["queue"]), (1, &1.into()), "{kind:?}: {answer}");
        assert!(answer["longest_wait_seconds"].as_u64().unwrap() >= 3_600, "{answer}");
        let told = answer["attention"].to_string();
        assert!(told.contains("1 message waits, one for 1h") && told.contains(mend), "{told}");
    }
}

#[tokio::test]
async fn without_the_right_to_read_metrics_the_rest_is_still_told() {
    let site = Site::set_up(Kind::Stack).await;
    full_run(&site).await;
    site.put_overdue_message().await;
    site.deny_metrics();
    let output = site.run(&["status", "--json"]).await;
    let answer = json(&output);
    assert_eq!((code(&output), &answer["attention"]), (0, &json!([])), "{answer}");
    assert_eq!(answer["longest_wait_seconds"], serde_json::Value::Null);
    assert!(stderr(&output).contains("cloudwatch:GetMetricStatistics"), "{}", stderr(&output));
}
