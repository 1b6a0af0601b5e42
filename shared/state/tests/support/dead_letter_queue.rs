//! A dead-letter queue as SQS keeps one, by its protocol's requests and answers
//! ([API](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/Welcome.html)).

use serde_json::{Value, json};

/// What the queue is called.
pub(crate) const NAME: &str = "sync-dead-letters";
/// The redrive policy of the queue whose letters come here.
pub(crate) const REDRIVE_POLICY: &str = r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123456789012:sync-dead-letters","maxReceiveCount":5}"#;
/// The address that `GetQueueUrl` tells.
pub(crate) const URL: &str = "http://127.0.0.1/123456789012/sync-dead-letters";
/// The most messages of one call.
const MOST: usize = 10;

/// Letters that are in sight, and those that were received and come back.
#[derive(Default)]
pub(crate) struct DeadLetterQueue {
    letters: Vec<Letter>,
    receives: u32,
    /// Which letters the next deletion leaves, by their bodies.
    pub(crate) undeletable: Vec<String>,
    /// Whether letters are kept out of sight, whoever gives them back.
    pub(crate) keeps_hidden: bool,
}

struct Letter {
    id: String,
    body: String,
    sent: i64,
    /// The handle it was last received with, while it is out of sight.
    handle: Option<String>,
}

impl DeadLetterQueue {
    /// Puts a letter into the queue, first sent at this millisecond.
    pub(crate) fn add(&mut self, body: &str, sent: i64) {
        let id = format!("letter-{}", self.letters.len());
        self.letters.push(Letter { id, body: body.to_owned(), sent, handle: None });
    }

    /// The bodies that are left, in sight or not.
    pub(crate) fn bodies(&self) -> Vec<&str> {
        self.letters.iter().map(|letter| letter.body.as_str()).collect()
    }

    /// How many of them are in sight.
    pub(crate) fn in_sight(&self) -> usize {
        self.letters.iter().filter(|letter| letter.handle.is_none()).count()
    }

    /// The time out of sight has passed.
    pub(crate) fn come_back(&mut self) {
        self.letters.iter_mut().for_each(|letter| letter.handle = None);
    }

    /// Answers an operation; none if it is not one that this stands for, or of another queue.
    pub(crate) fn answer(&mut self, operation: &str, request: &Value) -> Option<Value> {
        if operation == "GetQueueUrl" {
            assert_eq!(
                (&request["QueueName"], &request["QueueOwnerAWSAccountId"]),
                (&json!(NAME), &json!("123456789012"))
            );
            return Some(json!({ "QueueUrl": URL }));
        }
        if request["QueueUrl"] != URL {
            return None;
        }
        match operation {
            "ReceiveMessage" => Some(self.receive(request)),
            "DeleteMessageBatch" => Some(self.each(request, |queue, at| {
                let is_kept = queue.undeletable.contains(&queue.letters[at].body);
                if !is_kept {
                    queue.letters.remove(at);
                }
                !is_kept
            })),
            "ChangeMessageVisibilityBatch" => Some(self.each(request, |queue, at| {
                if !queue.keeps_hidden {
                    queue.letters[at].handle = None;
                }
                !queue.keeps_hidden
            })),
            "GetQueueAttributes" => {
                let hidden = self.letters.len() - self.in_sight();
                Some(json!({ "Attributes": {
                    "ApproximateNumberOfMessages": self.in_sight().to_string(),
                    "ApproximateNumberOfMessagesDelayed": "0",
                    "ApproximateNumberOfMessagesNotVisible": hidden.to_string(),
                } }))
            }
            _ => None,
        }
    }

    fn receive(&mut self, request: &Value) -> Value {
        let most = usize::try_from(request["MaxNumberOfMessages"].as_u64().unwrap()).unwrap();
        assert!(most <= MOST && request["VisibilityTimeout"].as_u64().unwrap() > 0);
        self.receives += 1;
        let receives = self.receives;
        let in_sight = self.letters.iter_mut().filter(|letter| letter.handle.is_none());
        let messages = in_sight.take(most).map(|letter| {
            let handle = format!("{}-received-{receives}", letter.id);
            letter.handle = Some(handle.clone());
            json!({
                "MessageId": letter.id,
                "ReceiptHandle": handle,
                "Body": letter.body,
                "Attributes": { "SentTimestamp": letter.sent.to_string() },
            })
        });
        let messages: Vec<Value> = messages.collect();
        json!({ "Messages": messages })
    }

    /// Does something to every letter of a batch; says for which of them that did not succeed.
    fn each(&mut self, request: &Value, act: impl Fn(&mut Self, usize) -> bool) -> Value {
        let entries = request["Entries"].as_array().unwrap();
        assert!(entries.len() <= MOST);
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for entry in entries {
            let handle = entry["ReceiptHandle"].as_str();
            let at = self.letters.iter().position(|letter| letter.handle.as_deref() == handle);
            if at.is_some_and(|at| act(self, at)) {
                successful.push(json!({ "Id": entry["Id"] }));
            } else {
                let code = "ReceiptHandleIsInvalid";
                failed.push(json!({ "Id": entry["Id"], "Code": code, "SenderFault": true }));
            }
        }
        json!({ "Successful": successful, "Failed": failed })
    }
}
