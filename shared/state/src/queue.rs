//! The queue between ingest and worker.

mod dead;
mod local;
mod sqs;
mod stored;

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use outbound::BoxFuture;

use crate::{Error, Message, RunId, Subject};

pub use dead::{DeadLetter, DeadLetters};
pub use local::LocalQueue;
pub use sqs::{SqsDeadLetters, SqsQueue};
pub use stored::StoredQueue;

/// The longest a message may be delayed
/// ([SQS delay](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html)).
pub const LONGEST_DELAY: Duration = Duration::from_mins(15);

/// How often a message is received before it is a dead letter, as in `template.yaml`.
pub const MOST_RECEIVES: u32 = 5;
/// How long a received message stays out of sight, as in `template.yaml`.
pub const VISIBILITY: Duration = Duration::from_mins(6);

/// A message to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The message.
    pub message: Message,
    /// How long it stays out of sight; at most [`LONGEST_DELAY`], and shortened to that.
    pub delay: Duration,
}

/// Takes messages for the worker.
pub trait Queue: Send + Sync {
    /// Sends all the messages, in as few calls as the queue allows. On an error some may have been
    /// sent; sending all of them again is harmless, because a message asks for a look and no more.
    fn send(&self, messages: Vec<Outgoing>) -> BoxFuture<'_, Result<(), Error>>;
}

/// A queue that tells how full it is, for a full run, which sends only while it is shallow.
pub trait Depth: Queue {
    /// How many messages there are: those that wait, those that are delayed and those in work. An
    /// estimate.
    fn depth(&self) -> BoxFuture<'_, Result<u64, Error>>;
}

/// A queue that messages are taken from by calling it, where no Lambda does.
pub trait Receive: Depth {
    /// Hands out up to `most` messages that are due, those of live events first. Each comes back after
    /// six minutes unless it is deleted, and is a dead letter instead of being handed out a sixth
    /// time.
    fn receive(&self, most: usize) -> BoxFuture<'_, Result<Vec<Received>, Error>>;

    /// Takes received messages off the queue for good, in as few calls as the queue allows. On an error
    /// some may be gone.
    fn delete_all<'a>(&'a self, receipts: &'a [Receipt]) -> BoxFuture<'a, Result<(), Error>>;

    /// When the next message is due; none if the queue is empty.
    fn next_due(&self) -> BoxFuture<'_, Result<Option<Timestamp>, Error>>;
}

/// A message handed out; it comes back unless it is deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// What to delete it by.
    pub id: Receipt,
    /// The body.
    pub body: String,
    /// How often it has been handed out, this time included.
    pub receives: u32,
}

/// What a received message is deleted by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Receipt(String);

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The full run that asked for this look, if nobody else did. Such a message gives way to live ones.
fn only_asked_by(message: &Message) -> Option<&RunId> {
    message.run.as_ref().filter(|_| message.cause.is_of_run()).map(|run| &run.id)
}

/// Whose turn a message takes. The messages of a full run share one turn among the live ones, which have
/// one for each customer, so a run's thousands do not stand in front of an order
/// ([fair queues](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html)).
fn turn(message: &Message) -> String {
    if let Some(run) = only_asked_by(message) {
        return format!("run-{run}");
    }
    match message.subject {
        Subject::Customer(customer) => format!("customer-{customer}"),
        Subject::Order(order) => format!("order-{order}"),
        Subject::Shop => "shop".to_owned(),
    }
}
