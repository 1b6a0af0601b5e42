//! The queue between ingest and worker.

mod local;
mod sqs;

use std::time::Duration;

use outbound::BoxFuture;

use crate::{Error, Message, RunId, Subject};

pub use local::{LocalQueue, Received};
pub use sqs::SqsQueue;

/// The longest a message may be delayed
/// ([SQS delay](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html)).
pub const LONGEST_DELAY: Duration = Duration::from_mins(15);

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
