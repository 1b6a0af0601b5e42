//! The in-process queue behaves like the one it stands for.

use std::sync::Arc;
use std::time::Duration;

use rules::CustomerId;
use simulators::SimClock;
use state::{ByRun, Cause, Depth, Hint, LocalQueue, Message, Outgoing, Queue, Received, Subject};

use crate::support::run;

fn queue() -> (SimClock, LocalQueue) {
    let clock = SimClock::new();
    (clock.clone(), LocalQueue::new(Arc::new(clock)))
}

#[tokio::test]
async fn a_delayed_message_stays_out_of_sight() {
    let (clock, queue) = queue();
    let subject = Subject::Customer(CustomerId::new(1));
    let message = Message::new(subject, Cause::Order, clock.now());
    let delay = Duration::from_secs(10);
    queue.send(vec![Outgoing { message: message.clone(), delay }]).await.unwrap();
    assert!(queue.receive(10).is_empty());
    assert_eq!(queue.next_due(), Some(clock.now() + delay));
    clock.advance(delay);
    let received = queue.receive(10);
    assert_eq!(Message::from_json(&received[0].body), Ok(message));
    queue.delete(&received[0].id);
    assert_eq!(queue.depth(), 0);
}

#[test]
fn a_message_that_is_not_deleted_comes_back_and_dies_after_five_receives() {
    let (clock, queue) = queue();
    queue.send_raw("poison", Duration::ZERO);
    for receives in 1..=5 {
        assert_eq!(queue.receive(10)[0].receives, receives);
        assert!(queue.receive(10).is_empty(), "out of sight while it is worked on");
        clock.advance(Duration::from_mins(6));
    }
    assert!(queue.receive(10).is_empty());
    assert_eq!((queue.depth(), queue.dead_letters()), (0, vec!["poison".to_owned()]));
}

fn live(customer: u64) -> Message {
    let subject = Subject::Customer(CustomerId::new(customer));
    Message::new(subject, Cause::Order, "2026-11-21T12:00:00Z".parse().unwrap())
}

fn of_run(customer: u64) -> Message {
    let by_run = ByRun { id: run("1"), book: 1, recheck: false, user: Hint::None };
    Message { cause: Cause::Schedule, run: Some(by_run), ..live(customer) }
}

async fn send(queue: &LocalQueue, messages: impl IntoIterator<Item = Message>) {
    let outgoing = |message| Outgoing { message, delay: Duration::ZERO };
    queue.send(messages.into_iter().map(outgoing).collect()).await.unwrap();
}

fn customers(received: &[Received]) -> Vec<u64> {
    let messages = received.iter().map(|received| Message::from_json(&received.body).unwrap());
    messages.map(|message| message.subject.customer().unwrap().get()).collect()
}

#[tokio::test]
async fn live_messages_come_before_a_run_s_that_wait_for_longer() {
    let (clock, queue) = queue();
    send(&queue, (1..=5).map(of_run)).await;
    clock.advance(Duration::from_secs(1));
    send(&queue, [live(6), of_run(7), live(8)]).await;
    assert_eq!(customers(&queue.receive(3)), [6, 8, 1]);
    assert_eq!(customers(&queue.receive(10)), [2, 3, 4, 5, 7]);
}

#[tokio::test]
async fn a_live_message_that_is_not_due_holds_up_no_run() {
    let (clock, queue) = queue();
    let delay = Duration::from_secs(10);
    queue.send(vec![Outgoing { message: live(1), delay }]).await.unwrap();
    send(&queue, [of_run(2)]).await;
    assert_eq!(customers(&queue.receive(10)), [2]);
    clock.advance(delay);
    assert_eq!(customers(&queue.receive(10)), [1]);
}

#[tokio::test]
async fn a_run_s_message_that_answers_an_event_too_is_a_live_one() {
    let (_, queue) = queue();
    send(&queue, [of_run(1), of_run(2).merged(live(2))]).await;
    assert_eq!(customers(&queue.receive(1)), [2]);
}

#[tokio::test]
async fn a_run_s_message_that_comes_back_is_a_run_s_still() {
    let (clock, queue) = queue();
    send(&queue, [of_run(1)]).await;
    assert_eq!(queue.receive(10)[0].receives, 1);
    clock.advance(Duration::from_mins(6));
    send(&queue, [live(2)]).await;
    let received = queue.receive(10);
    assert_eq!(customers(&received), [2, 1]);
    assert_eq!(received[1].receives, 2);
}

#[tokio::test]
async fn no_message_is_lost_and_none_is_handed_out_twice() {
    let (clock, queue) = queue();
    for number in 1..=60 {
        send(&queue, [if number % 3 == 0 { live(number) } else { of_run(number) }]).await;
        clock.advance(Duration::from_secs(1));
    }
    let mut seen = Vec::new();
    while seen.len() < 60 {
        let received = queue.receive(7);
        assert!(!received.is_empty(), "{seen:?}");
        seen.extend(customers(&received));
        for received in received {
            queue.delete(&received.id);
        }
    }
    let (live, of_run): (Vec<u64>, Vec<u64>) = seen.iter().partition(|number| *number % 3 == 0);
    assert_eq!(seen, [live, of_run].concat(), "live ones first");
    seen.sort_unstable();
    assert_eq!(seen, (1..=60).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_depth_is_all_that_waits_is_delayed_or_is_in_work() {
    let (_, queue) = queue();
    let delay = Duration::from_mins(1);
    queue.send(vec![Outgoing { message: live(1), delay }]).await.unwrap();
    send(&queue, [live(2), of_run(3)]).await;
    let received = queue.receive(1);
    assert_eq!(Depth::depth(&queue).await, Ok(3));
    queue.delete(&received[0].id);
    assert_eq!(Depth::depth(&queue).await, Ok(2));
}
