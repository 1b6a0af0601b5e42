//! The queue between ingest and worker.

mod local;
mod sqs;

use std::time::Duration;

use outbound::BoxFuture;

use crate::{Error, Message};

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
