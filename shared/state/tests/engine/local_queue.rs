//! The in-process queue behaves like the one it stands for.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use outbound::{BoxFuture, Clock};
use rules::CustomerId;
use state::{Cause, LocalQueue, Message, Outgoing, Queue, Subject};

#[derive(Default)]
struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }

    fn sleep(&self, _: Duration) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}

fn queue() -> (Arc<Hands>, LocalQueue) {
    let clock = Arc::new(Hands::default());
    (clock.clone(), LocalQueue::new(clock))
}

#[tokio::test]
async fn a_delayed_message_stays_out_of_sight() {
    let (clock, queue) = queue();
    let subject = Subject::Customer(CustomerId::new(1));
    let message = Message::new(subject, Cause::Order, Timestamp::UNIX_EPOCH);
    let delay = Duration::from_secs(10);
    queue.send(vec![Outgoing { message: message.clone(), delay }]).await.unwrap();
    assert!(queue.receive(10).is_empty());
    assert_eq!(queue.next_due(), Some(Timestamp::from_second(10).unwrap()));
    clock.0.store(10, Ordering::SeqCst);
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
        clock.0.fetch_add(360, Ordering::SeqCst);
    }
    assert!(queue.receive(10).is_empty());
    assert_eq!((queue.depth(), queue.dead_letters()), (0, vec!["poison".to_owned()]));
}
