//! The dead-letter queue on AWS, found by its queue's redrive policy.

use std::collections::BTreeMap;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::{
    BatchResultErrorEntry, ChangeMessageVisibilityBatchRequestEntry,
    DeleteMessageBatchRequestEntry, MessageSystemAttributeName, QueueAttributeName,
};
use jiff::Timestamp;
use outbound::BoxFuture;
use serde::Deserialize;

use super::{BATCH, SqsQueue, depth_of};
use crate::Error;
use crate::queue::{DeadLetter, DeadLetters, Receipt};

const FIND: &str = "find the dead-letter queue";
const READ: &str = "read dead letters";
const DELETE: &str = "delete dead letters";
const GIVE_BACK: &str = "give dead letters back";
/// How long letters that were read stay out of sight: long enough to read and replay thousands.
const OUT_OF_SIGHT: i32 = 120;
/// How long an empty answer waits, in seconds. At least one: without a wait SQS asks only some of its
/// servers
/// ([long polling](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html)).
const WAIT: i32 = 1;

/// The dead-letter queue of an SQS queue.
#[derive(Debug, Clone)]
pub struct SqsDeadLetters {
    client: Client,
    url: String,
}

/// [Redrive policy](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RedrivePolicy {
    dead_letter_target_arn: String,
}

impl SqsQueue {
    /// The queue where this one's dead letters go.
    ///
    /// # Errors
    /// If the queue does not answer, or has no dead-letter queue.
    pub async fn dead_letters(&self) -> Result<SqsDeadLetters, Error> {
        let answer = self
            .client
            .get_queue_attributes()
            .queue_url(&self.url)
            .attribute_names(QueueAttributeName::RedrivePolicy)
            .send()
            .await
            .map_err(|error| Error::sdk(FIND, &error))?;
        let policy =
            answer.attributes().and_then(|all| all.get(&QueueAttributeName::RedrivePolicy));
        let found = policy.and_then(|policy| target(policy)).ok_or_else(|| Error::Unreadable {
            item: "the queue's RedrivePolicy".to_owned(),
            detail: "it names no dead-letter queue".to_owned(),
        })?;
        let (account, name) = found;
        let answer = self
            .client
            .get_queue_url()
            .queue_name(name)
            .queue_owner_aws_account_id(account)
            .send()
            .await
            .map_err(|error| Error::sdk(FIND, &error))?;
        let url = answer.queue_url.ok_or_else(|| refused(FIND, "no address"))?;
        Ok(SqsDeadLetters { client: self.client.clone(), url })
    }
}

/// Account and name in `arn:aws:sqs:REGION:ACCOUNT:NAME`.
fn target(policy: &str) -> Option<(String, String)> {
    let RedrivePolicy { dead_letter_target_arn: arn } = serde_json::from_str(policy).ok()?;
    let mut parts = arn.split(':').skip(4);
    Some((parts.next()?.to_owned(), parts.next()?.to_owned()))
}

impl SqsDeadLetters {
    /// Reads until nothing more comes, or what was read comes back into sight. On an error, what was read is
    /// given back.
    async fn read(&self, most: usize) -> Result<Vec<DeadLetter>, Error> {
        let mut letters = BTreeMap::new();
        while letters.len() < most {
            let known = letters.len();
            match self.receive().await {
                Ok(received) => letters.extend(received),
                Err(error) => {
                    let letters: Vec<_> = letters.into_values().collect();
                    // What cannot be given back comes back by itself.
                    let _ = self.give_all_back(&letters).await;
                    return Err(error);
                }
            }
            if letters.len() == known {
                break;
            }
        }
        Ok(letters.into_values().collect())
    }

    /// Up to ten letters, by SQS's id.
    async fn receive(&self) -> Result<Vec<(String, DeadLetter)>, Error> {
        let answer = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(i32::try_from(BATCH).unwrap_or(10))
            .visibility_timeout(OUT_OF_SIGHT)
            .wait_time_seconds(WAIT)
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .send()
            .await
            .map_err(|error| Error::sdk(READ, &error))?;
        let letter = |message: aws_sdk_sqs::types::Message| {
            let sent = message.attributes.as_ref();
            let sent = sent.and_then(|all| all.get(&MessageSystemAttributeName::SentTimestamp));
            let at = sent.and_then(|sent| Timestamp::from_millisecond(sent.parse().ok()?).ok());
            let id = Receipt(message.receipt_handle?);
            Some((
                message.message_id?,
                DeadLetter { id, body: message.body.unwrap_or_default(), at },
            ))
        };
        Ok(answer.messages.unwrap_or_default().into_iter().filter_map(letter).collect())
    }

    async fn delete_all(&self, letters: &[DeadLetter]) -> Result<(), Error> {
        for batch in letters.chunks(BATCH) {
            let entry = |(index, letter): (usize, &DeadLetter)| {
                let entry = DeleteMessageBatchRequestEntry::builder().id(index.to_string());
                entry.receipt_handle(&letter.id.0).build().map_err(|_| unbuilt(DELETE))
            };
            let entries = batch.iter().enumerate().map(entry).collect::<Result<_, _>>()?;
            let call = self.client.delete_message_batch().queue_url(&self.url);
            let answer = call.set_entries(Some(entries)).send().await;
            all_taken(DELETE, answer.map(|answer| answer.failed))?;
        }
        Ok(())
    }

    /// Every batch is tried, whatever becomes of another; tells the first error.
    async fn give_all_back(&self, letters: &[DeadLetter]) -> Result<(), Error> {
        let mut given_back = Ok(());
        for batch in letters.chunks(BATCH) {
            given_back = given_back.and(self.give_batch_back(batch).await);
        }
        given_back
    }

    async fn give_batch_back(&self, batch: &[DeadLetter]) -> Result<(), Error> {
        let entry = |(index, letter): (usize, &DeadLetter)| {
            let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(index.to_string());
            let entry = entry.receipt_handle(&letter.id.0).visibility_timeout(0);
            entry.build().map_err(|_| unbuilt(GIVE_BACK))
        };
        let entries = batch.iter().enumerate().map(entry).collect::<Result<_, _>>()?;
        let call = self.client.change_message_visibility_batch().queue_url(&self.url);
        let answer = call.set_entries(Some(entries)).send().await;
        all_taken(GIVE_BACK, answer.map(|answer| answer.failed))
    }
}

/// A batch can fail in part.
fn all_taken<E: ProvideErrorMetadata, R>(
    operation: &'static str,
    failed: Result<Vec<BatchResultErrorEntry>, SdkError<E, R>>,
) -> Result<(), Error> {
    let failed = failed.map_err(|error| Error::sdk(operation, &error))?;
    failed.first().map_or(Ok(()), |first| Err(refused(operation, first.code())))
}

fn refused(operation: &'static str, code: &str) -> Error {
    Error::Refused { operation, code: code.to_owned(), retryable: true }
}

fn unbuilt(operation: &'static str) -> Error {
    Error::Refused { operation, code: "entry not built".to_owned(), retryable: false }
}

impl DeadLetters for SqsDeadLetters {
    fn count(&self) -> BoxFuture<'_, Result<u64, Error>> {
        Box::pin(depth_of(&self.client, &self.url))
    }

    fn letters(&self, most: usize) -> BoxFuture<'_, Result<Vec<DeadLetter>, Error>> {
        Box::pin(self.read(most))
    }

    fn discard<'a>(&'a self, letters: &'a [DeadLetter]) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(self.delete_all(letters))
    }

    fn give_back<'a>(&'a self, letters: &'a [DeadLetter]) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(self.give_all_back(letters))
    }
}
