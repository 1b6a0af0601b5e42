//! The queue inside one process, for running the whole system on one machine.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use outbound::{BoxFuture, Clock};

use super::{
    Depth, LONGEST_DELAY, MOST_RECEIVES, Outgoing, Queue, Receipt, Receive, Received, VISIBILITY,
    only_asked_by,
};
use crate::Error;

/// A queue with the behaviour of SQS that the worker relies on: delays, messages that come back
/// unless they are deleted, and dead letters after five receives.
#[derive(Clone)]
pub struct LocalQueue {
    clock: Arc<dyn Clock>,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    next: u64,
    waiting: BTreeMap<(Timestamp, u64), Waiting>,
    dead: Vec<String>,
}

struct Waiting {
    body: String,
    receives: u32,
    /// Whether a full run sent it. Such messages come after the others that are due.
    of_run: bool,
}

impl LocalQueue {
    /// An empty queue that keeps time by this clock.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, inner: Arc::default() }
    }

    /// Puts any text onto the queue, as somebody with access to it could.
    pub fn send_raw(&self, body: impl Into<String>, delay: Duration) {
        self.put(body.into(), delay, false);
    }

    fn put(&self, body: String, delay: Duration, of_run: bool) {
        let due = self.clock.now() + delay.min(LONGEST_DELAY);
        let mut inner = self.inner();
        inner.next += 1;
        let key = (due, inner.next);
        inner.waiting.insert(key, Waiting { body, receives: 0, of_run });
    }

    /// Hands out up to `most` messages that are due. Those received too often become dead letters.
    pub fn receive(&self, most: usize) -> Vec<Received> {
        let now = self.clock.now();
        let mut inner = self.inner();
        let mut received = Vec::new();
        while received.len() < most {
            let Some(key) = inner.next_due(now) else { break };
            let Some(mut message) = inner.waiting.remove(&key) else { break };
            let id = key.1;
            if message.receives == MOST_RECEIVES {
                inner.dead.push(message.body);
                continue;
            }
            message.receives += 1;
            received.push(Received {
                id: Receipt(id.to_string()),
                body: message.body.clone(),
                receives: message.receives,
            });
            inner.waiting.insert((now + VISIBILITY, id), message);
        }
        received
    }

    /// Takes a received message off the queue for good.
    pub fn delete(&self, receipt: &Receipt) {
        let received = receipt.0.parse().ok();
        self.inner().waiting.retain(|(_, id), _| Some(*id) != received);
    }

    /// When the next message is due; none if the queue is empty.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.inner().waiting.keys().next().map(|(due, _)| *due)
    }

    /// How many messages wait, delayed and received ones included.
    pub fn depth(&self) -> usize {
        self.inner().waiting.len()
    }

    /// The dead letters.
    pub fn dead_letters(&self) -> Vec<String> {
        self.inner().dead.clone()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// The message to be handed out next: the longest due, live ones first.
    fn next_due(&self, now: Timestamp) -> Option<(Timestamp, u64)> {
        let mut due = self.waiting.range(..=(now, u64::MAX)).peekable();
        let first = due.peek().map(|(key, _)| **key);
        due.find(|(_, message)| !message.of_run).map(|(key, _)| *key).or(first)
    }
}

impl Depth for LocalQueue {
    fn depth(&self) -> BoxFuture<'_, Result<u64, Error>> {
        let depth = u64::try_from(self.depth()).unwrap_or(u64::MAX);
        Box::pin(async move { Ok(depth) })
    }
}

impl Queue for LocalQueue {
    fn send(&self, messages: Vec<Outgoing>) -> BoxFuture<'_, Result<(), Error>> {
        for Outgoing { message, delay } in messages {
            let of_run = only_asked_by(&message).is_some();
            self.put(message.to_json(), delay, of_run);
        }
        Box::pin(async { Ok(()) })
    }
}

impl Receive for LocalQueue {
    fn receive(&self, most: usize) -> BoxFuture<'_, Result<Vec<Received>, Error>> {
        let received = self.receive(most);
        Box::pin(async move { Ok(received) })
    }

    fn delete_all<'a>(&'a self, receipts: &'a [Receipt]) -> BoxFuture<'a, Result<(), Error>> {
        for receipt in receipts {
            self.delete(receipt);
        }
        Box::pin(async { Ok(()) })
    }

    fn next_due(&self) -> BoxFuture<'_, Result<Option<Timestamp>, Error>> {
        let due = self.next_due();
        Box::pin(async move { Ok(due) })
    }
}
