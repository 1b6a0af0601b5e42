//! What an operator does to a run, and two runs at once.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use resegment::{EndedAs, Event, PhaseName, Start, Status};
use state::{Message, Outgoing, Queue, Subject};

use crate::shop::{NEW, Shop};

#[tokio::test]
async fn a_start_during_a_run_is_skipped() {
    let shop = Shop::open().await;
    shop.people(600, 1, "10");
    let first = shop.begin().await;
    assert_eq!(first.status, Status::Wait);
    let second = shop.begin().await;
    assert_eq!((second.status, second.run_id), (Status::Skipped, first.run_id));
}

#[tokio::test]
async fn a_paused_system_holds_runs_and_workers_until_it_is_resumed() {
    let shop = Shop::open().await;
    let people = shop.people(5, 1, "10");
    shop.system.set("paused", AttributeValue::Bool(true)).await.unwrap();
    shop.world.clock.advance(Duration::from_mins(1));
    let answer = shop.begin().await;
    assert_eq!((answer.status, answer.wait_seconds), (Status::Wait, Some(60)));
    assert_eq!(shop.take_counts(), [0, 0, 0, 0]);
    shop.system.set("paused", AttributeValue::Bool(false)).await.unwrap();
    shop.world.clock.advance(Duration::from_mins(1));
    let mut answer = shop.tick().await;
    while answer.status == Status::Wait {
        shop.settle().await;
        shop.world.clock.advance(Duration::from_secs(answer.wait_seconds.unwrap()));
        answer = shop.tick().await;
    }
    assert_eq!(answer.status, Status::Done);
    assert_eq!(shop.groups_of(&people[0]), [NEW]);
}

#[tokio::test]
async fn a_cancelled_run_ends_and_the_workers_drop_its_messages() {
    let shop = Shop::open().await;
    let people = shop.people(600, 1, "10");
    shop.people(2, 0, "0");
    let mut answer = shop.begin().await;
    while shop.system.queue().depth() == 0 {
        shop.world.clock.advance(Duration::from_secs(answer.wait_seconds.unwrap_or(1)));
        answer = shop.tick().await;
    }
    let run = answer.run_id.unwrap();
    shop.system.config_table().cancel_run(&run).await.unwrap();
    shop.world.clock.advance(Duration::from_mins(2));
    shop.world.take_calls();
    shop.settle().await;
    assert_eq!(shop.take_counts(), [0, 0, 0, 0]);
    assert_eq!(shop.tick().await.status, Status::Failed);
    assert_eq!(shop.record(&run).await.end().unwrap().how, EndedAs::Cancelled);
    assert_eq!(shop.tick().await.status, Status::Idle);
    shop.full_run().await;
    assert_eq!(shop.groups_of(&people[0]), [NEW]);
}

#[tokio::test]
async fn messages_that_died_are_counted_as_unanswered_and_the_run_ends() {
    let shop = Shop::open().await;
    shop.people(3, 1, "10");
    let answer = shop.begin().await;
    assert_eq!(answer.status, Status::Wait);
    let lost = shop.system.queue().receive(1);
    shop.system.queue().delete(&lost[0].id);
    let mut answer = answer;
    let mut calls = 0;
    while answer.status == Status::Wait {
        shop.settle().await;
        shop.world.clock.advance(Duration::from_secs(answer.wait_seconds.unwrap()));
        answer = shop.tick().await;
        calls += 1;
        assert!(calls < 1_000, "the run does not end");
    }
    let record = shop.record(answer.run_id.as_ref().unwrap()).await;
    assert_eq!((answer.status, record.unanswered), (Status::Done, 1));
    assert_eq!(record.outcomes.values().sum::<u64>(), 2);
}

#[tokio::test]
async fn a_message_delivered_twice_counts_once() {
    let shop = Shop::open().await;
    let person = shop.people(1, 1, "10").remove(0);
    let begun = shop.begin().await;
    let sent = shop.system.queue().receive(10).remove(0);
    let again = Message::from_json(&sent.body).unwrap();
    assert_eq!(again.subject, Subject::Customer(person.customer));
    shop.system
        .queue()
        .send(vec![Outgoing { message: again, delay: Duration::ZERO }])
        .await
        .unwrap();
    shop.settle().await;
    shop.world.clock.advance(Duration::from_secs(begun.wait_seconds.unwrap()));
    let answer = shop.tick().await;
    assert_eq!(answer.status, Status::Done, "{answer:?}");
    let record = shop.record(answer.run_id.as_ref().unwrap()).await;
    assert_eq!(record.outcomes.values().sum::<u64>(), 1);
}

#[tokio::test]
async fn a_start_that_asks_for_two_things_at_once_is_an_error_and_begins_nothing() {
    let shop = Shop::open().await;
    let rules = rules::RuleBook::from_toml(crate::shop::BOOK).unwrap();
    let start = Start { rules: Some(rules), ..Start::default() };
    let error = shop.system.resegment(Event { start: Some(start) }).await.unwrap_err();
    assert!(error.to_string().contains("dry runs"), "{error}");
    assert_eq!(shop.system.runs().active().await.unwrap(), None);
}

#[tokio::test]
async fn a_run_ends_without_the_dead_although_the_queue_is_never_empty() {
    let shop = Shop::open().await;
    shop.people(3, 1, "10");
    let mut answer = shop.begin().await;
    let lost = shop.system.queue().receive(1);
    shop.system.queue().delete(&lost[0].id);
    shop.settle().await;
    let mut calls = 0;
    while answer.status == Status::Wait {
        shop.system.queue().send_raw("{}", Duration::from_mins(15));
        shop.world.clock.advance(Duration::from_mins(10));
        answer = shop.tick().await;
        calls += 1;
        assert!(calls < 1_000, "the run does not end");
    }
    let record = shop.record(answer.run_id.as_ref().unwrap()).await;
    assert_eq!((answer.status, record.unanswered), (Status::Done, 1));
}

#[tokio::test]
async fn a_run_that_waits_out_an_outage_notices_that_it_was_cancelled() {
    let shop = Shop::open().await;
    shop.people(3, 1, "10");
    let (all, fault) = (simulators::Matching::any(), simulators::Fault::Connect);
    shop.world.faults().always(simulators::Service::Shopify, all, fault);
    let mut answer = shop.begin().await;
    for _ in 0..8 {
        assert_eq!(answer.status, Status::Wait);
        shop.world.clock.advance(Duration::from_secs(answer.wait_seconds.unwrap()));
        answer = shop.tick().await;
    }
    assert!(answer.wait_seconds.unwrap() > 120, "{answer:?}");
    let run = answer.run_id.unwrap();
    shop.system.config_table().cancel_run(&run).await.unwrap();
    shop.world.clock.advance(Duration::from_mins(1));
    assert_eq!(shop.tick().await.status, Status::Failed);
    assert_eq!(shop.record(&run).await.end().unwrap().how, EndedAs::Cancelled);
}

#[tokio::test]
async fn a_pause_while_a_run_waits_for_its_workers_loses_nobody() {
    let shop = Shop::open().await;
    let people = shop.people(3, 1, "10");
    let answer = shop.begin().await;
    assert_eq!((answer.status, answer.phase), (Status::Wait, Some(PhaseName::Settle)));
    shop.system.set("paused", AttributeValue::Bool(true)).await.unwrap();
    for _ in 0..13 {
        shop.world.clock.advance(Duration::from_hours(1));
        assert_eq!(shop.tick().await.status, Status::Wait);
    }
    shop.system.set("paused", AttributeValue::Bool(false)).await.unwrap();
    shop.world.clock.advance(Duration::from_mins(1));
    let answer = shop.tick().await;
    let answer = shop.finish(answer).await;
    assert_eq!(answer.status, Status::Done, "{answer:?}");
    let record = shop.record(answer.run_id.as_ref().unwrap()).await;
    assert_eq!((record.unanswered, record.outcomes.values().sum::<u64>()), (0, 3));
    assert_eq!(shop.groups_of(&people[0]), [NEW]);
}
