//! The queue in a table behaves like the one it stands for, and outlives whoever works with it.

use std::sync::Arc;
use std::time::Duration;

use rules::CustomerId;
use simulators::{SimClock, SimRandom};
use state::{
    ByRun, Cause, DeadLetters, Depth, Hint, ITEM_KEYS, Message, Outgoing, Queue, Receive, Received,
    StoredQueue, Subject, create_table,
};

use crate::support::{engine, run};

struct Desk {
    clock: SimClock,
    client: aws_sdk_dynamodb::Client,
    seed: u64,
}

impl Desk {
    async fn open() -> Self {
        let client = engine().await;
        create_table(&client, "queue", ITEM_KEYS).await.unwrap();
        Self { clock: SimClock::new(), client, seed: 0 }
    }

    /// The queue, as another process has it.
    fn process(&mut self) -> StoredQueue {
        self.seed += 1;
        let random = Arc::new(SimRandom::new(self.seed));
        StoredQueue::new(self.client.clone(), "queue", Arc::new(self.clock.clone()), random)
    }
}

fn live(customer: u64) -> Message {
    let subject = Subject::Customer(CustomerId::new(customer));
    Message::new(subject, Cause::Order, "2026-11-21T12:00:00Z".parse().unwrap())
}

fn of_run(customer: u64) -> Message {
    let by_run = ByRun { id: run("1"), book: 1, recheck: false, user: Hint::None };
    Message { cause: Cause::Schedule, run: Some(by_run), ..live(customer) }
}

async fn send(queue: &StoredQueue, messages: impl IntoIterator<Item = Message>, delay: u64) {
    let delay = Duration::from_secs(delay);
    let outgoing = |message| Outgoing { message, delay };
    queue.send(messages.into_iter().map(outgoing).collect()).await.unwrap();
}

fn messages(received: &[Received]) -> Vec<Message> {
    received.iter().map(|received| Message::from_json(&received.body).unwrap()).collect()
}

#[tokio::test]
async fn a_delayed_message_stays_out_of_sight_and_a_deleted_one_is_gone() {
    let mut desk = Desk::open().await;
    let queue = desk.process();
    send(&queue, [live(1)], 10).await;
    assert!(queue.receive(10).await.unwrap().is_empty());
    let due = desk.clock.now() + Duration::from_secs(10);
    assert_eq!(queue.next_due().await, Ok(Some(due)));
    desk.clock.advance(Duration::from_secs(10));
    let received = queue.receive(10).await.unwrap();
    assert_eq!(messages(&received), [live(1)]);
    queue.delete_all(std::slice::from_ref(&received[0].id)).await.unwrap();
    assert_eq!((queue.depth().await, queue.next_due().await), (Ok(0), Ok(None)));
}

#[tokio::test]
async fn what_a_dead_process_had_received_comes_back_to_the_next_one() {
    let mut desk = Desk::open().await;
    let first = desk.process();
    send(&first, [live(1)], 0).await;
    assert_eq!(first.receive(10).await.unwrap().len(), 1);
    drop(first);
    let next = desk.process();
    assert!(next.receive(10).await.unwrap().is_empty(), "it is still out of sight");
    desk.clock.advance(Duration::from_mins(6));
    let received = next.receive(10).await.unwrap();
    assert_eq!((messages(&received), received[0].receives), (vec![live(1)], 2));
}

#[tokio::test]
async fn a_message_that_is_never_deleted_is_a_dead_letter_after_five_receives() {
    let mut desk = Desk::open().await;
    let queue = desk.process();
    send(&queue, [live(1)], 0).await;
    for receives in 1..=5 {
        assert_eq!(queue.receive(10).await.unwrap()[0].receives, receives);
        desk.clock.advance(Duration::from_mins(6));
    }
    assert!(queue.receive(10).await.unwrap().is_empty());
    assert_eq!((queue.count().await, queue.depth().await), (Ok(1), Ok(0)));
    let letters = queue.letters(10).await.unwrap();
    assert_eq!(
        (letters[0].body.clone(), letters[0].at),
        (live(1).to_json(), Some(desk.clock.now()))
    );
    queue.give_back(&letters).await.unwrap();
    assert_eq!(queue.dead_letters().await, Ok(letters.clone()));
    queue.discard(&letters).await.unwrap();
    assert_eq!(queue.dead_letters().await, Ok(vec![]));
    assert_eq!(queue.count().await, Ok(0));
}

#[tokio::test]
async fn two_processes_share_the_messages_and_none_gets_one_twice() {
    let mut desk = Desk::open().await;
    let (one, two) = (desk.process(), desk.process());
    send(&one, (0..40).map(live), 0).await;
    let (mut all, mut rounds) = (Vec::new(), 0);
    while all.len() < 40 {
        let (first, second) = tokio::join!(one.receive(10), two.receive(10));
        all.extend(messages(&first.unwrap()));
        all.extend(messages(&second.unwrap()));
        rounds += 1;
        assert!(rounds <= 40, "messages are lost: {} of 40", all.len());
    }
    let mut customers: Vec<_> =
        all.iter().map(|message| format!("{:?}", message.subject)).collect();
    customers.sort();
    customers.dedup();
    assert_eq!((customers.len(), all.len()), (40, 40));
}

#[tokio::test]
async fn messages_of_a_run_come_after_live_ones_and_are_counted_with_them() {
    let mut desk = Desk::open().await;
    let queue = desk.process();
    send(&queue, (0..30).map(of_run), 0).await;
    send(&queue, [live(100)], 0).await;
    assert_eq!(queue.depth().await, Ok(31));
    let received = messages(&queue.receive(3).await.unwrap());
    assert_eq!(received[0], live(100));
    assert!(received[1..].iter().all(|message| message.cause == Cause::Schedule));
    assert_eq!(received.len(), 3);
}
