//! The in-process queue behaves like the one it stands for.

use std::sync::Arc;
use std::time::Duration;

use rules::CustomerId;
use simulators::SimClock;
use state::{Cause, LocalQueue, Message, Outgoing, Queue, Subject};

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
    queue.delete(received[0].id);
    assert_eq!(queue.depth(), 0);
}

#[test]
fn a_message_that_is_not_deleted_comes_back_and_dies_after_three_receives() {
    let (clock, queue) = queue();
    queue.send_raw("poison", Duration::ZERO);
    for receives in 1..=3 {
        assert_eq!(queue.receive(10)[0].receives, receives);
        assert!(queue.receive(10).is_empty(), "out of sight while it is worked on");
        clock.advance(Duration::from_mins(6));
    }
    assert!(queue.receive(10).is_empty());
    assert_eq!((queue.depth(), queue.dead_letters()), (0, vec!["poison".to_owned()]));
}
