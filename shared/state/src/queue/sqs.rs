//! The queue on AWS.

mod dead;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{QueueAttributeName, SendMessageBatchRequestEntry};
use outbound::BoxFuture;

use super::{Depth, LONGEST_DELAY, Outgoing, Queue, turn};
use crate::Error;

pub use dead::SqsDeadLetters;

/// How many messages one call may carry
/// ([`SendMessageBatch`](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html)).
const BATCH: usize = 10;
/// How often entries that the queue did not take are sent again.
const TRIES: usize = 3;
const OPERATION: &str = "send to the queue";

/// An SQS standard queue. Order does not matter here and exclusion is by lease, so a standard queue
/// does: it delays single messages and blocks no customer behind another.
#[derive(Debug, Clone)]
pub struct SqsQueue {
    client: Client,
    url: String,
}

impl SqsQueue {
    /// The queue at this address.
    pub fn new(client: Client, url: impl Into<String>) -> Self {
        Self { client, url: url.into() }
    }

    /// Sends up to ten entries and gives back those the queue did not take: a batch can fail in part.
    async fn attempt(
        &self,
        entries: Vec<SendMessageBatchRequestEntry>,
    ) -> Result<Vec<SendMessageBatchRequestEntry>, Error> {
        let answer = self
            .client
            .send_message_batch()
            .queue_url(&self.url)
            .set_entries(Some(entries.clone()))
            .send()
            .await
            .map_err(|error| Error::sdk(OPERATION, &error))?;
        if let Some(failed) = answer.failed().iter().find(|failed| failed.sender_fault()) {
            return Err(refused(failed.code(), false));
        }
        let taken = |entry: &SendMessageBatchRequestEntry| {
            answer.successful().iter().any(|success| success.id() == entry.id())
        };
        Ok(entries.into_iter().filter(|entry| !taken(entry)).collect())
    }

    async fn send_batch(&self, batch: &[Outgoing]) -> Result<(), Error> {
        let mut left = batch.iter().enumerate().map(entry).collect::<Result<Vec<_>, _>>()?;
        for _ in 0..TRIES {
            left = self.attempt(left).await?;
            if left.is_empty() {
                return Ok(());
            }
        }
        Err(refused("entries not taken", true))
    }
}

impl Queue for SqsQueue {
    fn send(&self, messages: Vec<Outgoing>) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            for batch in messages.chunks(BATCH) {
                self.send_batch(batch).await?;
            }
            Ok(())
        })
    }
}

impl Depth for SqsQueue {
    fn depth(&self) -> BoxFuture<'_, Result<u64, Error>> {
        Box::pin(depth_of(&self.client, &self.url))
    }
}

async fn depth_of(client: &Client, url: &str) -> Result<u64, Error> {
    const OPERATION: &str = "read the queue's depth";
    const COUNTS: [QueueAttributeName; 3] = [
        QueueAttributeName::ApproximateNumberOfMessages,
        QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
    ];
    let answer = client
        .get_queue_attributes()
        .queue_url(url)
        .set_attribute_names(Some(COUNTS.to_vec()))
        .send()
        .await
        .map_err(|error| Error::sdk(OPERATION, &error))?;
    let counts = answer.attributes.unwrap_or_default();
    let count = |name: &QueueAttributeName| counts.get(name)?.parse::<u64>().ok();
    COUNTS.iter().map(count).sum::<Option<u64>>().ok_or_else(|| Error::Refused {
        operation: OPERATION,
        code: "a count is missing".into(),
        retryable: true,
    })
}

fn entry((index, outgoing): (usize, &Outgoing)) -> Result<SendMessageBatchRequestEntry, Error> {
    let seconds = outgoing.delay.min(LONGEST_DELAY).as_secs();
    SendMessageBatchRequestEntry::builder()
        .id(index.to_string())
        .message_body(outgoing.message.to_json())
        .message_group_id(turn(&outgoing.message))
        .delay_seconds(i32::try_from(seconds).unwrap_or(i32::MAX))
        .build()
        .map_err(|_| refused("entry not built", false))
}

fn refused(code: &str, retryable: bool) -> Error {
    Error::Refused { operation: OPERATION, code: code.to_owned(), retryable }
}
