//! Batches that are done in part.

use std::sync::Arc;
use std::time::Duration;

use rules::CustomerId;
use simulators::{SimClock, SimRandom};
use state::{
    Answered, Cause, Customers, Depth, Entry, ITEM_KEYS, Message, Outcome, Outgoing, Queue, Record,
    StoredQueue, Subject, create_table,
};

use crate::support::{CUSTOMERS, engine_that_does, now, run};

/// How often a batch is asked for.
const TRIES: usize = 5;

/// Customers who all have an entry, in a table that does so much of a batch.
async fn customers(count: usize, at_most: usize) -> (Customers, Vec<CustomerId>) {
    let customers = Customers::new(engine_that_does(at_most).await, CUSTOMERS);
    let ids: Vec<_> = (1..).map(CustomerId::new).take(count).collect();
    let answered = Some(Answered { run: run("1"), outcome: Outcome::Applied });
    let entry = Entry::Customer(Box::new(Record { answered, ..Record::default() }));
    for id in &ids {
        let _ = customers.save(*id, &entry, None).await.unwrap();
    }
    (customers, ids)
}

#[tokio::test]
async fn entries_that_a_batch_leaves_out_are_asked_for_again() {
    let (customers, ids) = customers(4 * TRIES, 4).await;
    let loaded = customers.load(&ids).await.unwrap();
    assert_eq!(loaded.into_keys().collect::<Vec<_>>(), ids);
    let answered = customers.answered(&run("1"), &ids).await.unwrap();
    assert_eq!(answered.into_keys().collect::<Vec<_>>(), ids);
}

#[tokio::test]
async fn a_part_of_the_entries_is_not_taken_for_all() {
    let (customers, ids) = customers(4 * TRIES + 1, 4).await;
    for error in [
        customers.load(&ids).await.unwrap_err(),
        customers.answered(&run("1"), &ids).await.unwrap_err(),
    ] {
        assert!(error.is_retryable() && error.to_string().contains("left unprocessed"), "{error}");
    }
}

#[tokio::test]
async fn messages_that_a_batch_leaves_out_are_sent_again_and_never_thought_to_be_sent() {
    let client = engine_that_does(4).await;
    create_table(&client, "queue", ITEM_KEYS).await.unwrap();
    let random = Arc::new(SimRandom::new(1));
    let queue = StoredQueue::new(client, "queue", Arc::new(SimClock::new()), random);
    let messages = |count: usize| {
        let message = Message::new(Subject::Shop, Cause::Order, now());
        vec![Outgoing { message, delay: Duration::ZERO }; count]
    };
    queue.send(messages(4 * TRIES)).await.unwrap();
    assert_eq!(queue.depth().await.unwrap(), 20);
    let error = queue.send(messages(4 * TRIES + 1)).await.unwrap_err();
    assert!(error.is_retryable() && error.to_string().contains("left unprocessed"), "{error}");
}
