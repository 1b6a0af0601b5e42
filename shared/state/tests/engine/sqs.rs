//! The queue on AWS, against a stand-in that speaks its protocol: AWS JSON 1.0 over HTTP
//! ([`SendMessageBatch`](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html),
//! [`GetQueueAttributes`](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html)).

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use rules::{CustomerId, OrderId};
use serde_json::{Value, json};
use state::{ByRun, Cause, Depth, Error, Hint, Message, Outgoing, Queue, SqsQueue, Subject};

use crate::support::run;

const MOST_ENTRIES: usize = 10;
const LONGEST_DELAY: u64 = 900;
const LONGEST_GROUP_ID: usize = 128;
const COUNTS: [&str; 3] = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
];

/// What a queue holds and what was asked of it.
#[derive(Default)]
struct Sqs {
    /// Bodies and delays in seconds, in the order they were taken.
    taken: Vec<(String, u64)>,
    /// The message groups of those.
    groups: Vec<String>,
    /// The attributes it tells if asked for them.
    attributes: BTreeMap<&'static str, &'static str>,
    /// How many entries each call had.
    calls: Vec<usize>,
    /// What the next calls refuse.
    refusals: VecDeque<Refusal>,
}

/// The customers whose entries one call refuses, and whether it says that we are to blame.
struct Refusal {
    customers: &'static [u64],
    sender_fault: bool,
}

type Shared = Arc<Mutex<Sqs>>;

impl Sqs {
    fn send(&mut self, request: &Value) -> (StatusCode, Value) {
        let entries = request["Entries"].as_array().unwrap();
        self.calls.push(entries.len());
        if entries.len() > MOST_ENTRIES {
            let kind = "com.amazonaws.sqs#TooManyEntriesInBatchRequest";
            return (StatusCode::BAD_REQUEST, json!({ "__type": kind }));
        }
        let refusal = self.refusals.pop_front();
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for entry in entries {
            match self.take(entry, refusal.as_ref()) {
                Ok(success) => successful.push(success),
                Err(failure) => failed.push(failure),
            }
        }
        (StatusCode::OK, json!({ "Successful": successful, "Failed": failed }))
    }

    fn take(&mut self, entry: &Value, refusal: Option<&Refusal>) -> Result<Value, Value> {
        let (id, body) = (&entry["Id"], entry["MessageBody"].as_str().unwrap());
        let delay = entry["DelaySeconds"].as_u64().unwrap();
        let failed = |code, sender_fault| {
            Err(json!({ "Id": id, "Code": code, "SenderFault": sender_fault }))
        };
        let group = entry["MessageGroupId"].as_str().unwrap_or_default();
        let is_group =
            group.len() <= LONGEST_GROUP_ID && group.bytes().all(|byte| byte.is_ascii_graphic());
        if delay > LONGEST_DELAY || !is_group {
            return failed("InvalidParameterValue", true);
        }
        let subject = Message::from_json(body).unwrap().subject;
        let refused = refusal.filter(|refusal| {
            refusal.customers.iter().any(|id| subject == Subject::Customer(CustomerId::new(*id)))
        });
        if let Some(refusal) = refused {
            return failed("InternalError", refusal.sender_fault);
        }
        self.taken.push((body.to_owned(), delay));
        self.groups.push(group.to_owned());
        let message_id = format!("message-{}", self.taken.len());
        Ok(json!({ "Id": id, "MessageId": message_id, "MD5OfMessageBody": "" }))
    }

    fn tell(&self, request: &Value) -> (StatusCode, Value) {
        let asked = request["AttributeNames"].as_array().unwrap();
        let told: BTreeMap<_, _> =
            self.attributes.iter().filter(|(name, _)| asked.contains(&json!(name))).collect();
        (StatusCode::OK, json!({ "Attributes": told }))
    }
}

fn answer(sqs: &Shared, headers: &HeaderMap, body: &[u8]) -> (StatusCode, String) {
    let request: Value = serde_json::from_slice(body).unwrap();
    assert!(request["QueueUrl"].as_str().unwrap().ends_with("/123456789012/sync"));
    let mut sqs = sqs.lock().unwrap();
    let (status, answer) = match headers["x-amz-target"].to_str().unwrap() {
        "AmazonSQS.SendMessageBatch" => sqs.send(&request),
        "AmazonSQS.GetQueueAttributes" => sqs.tell(&request),
        other => panic!("{other}"),
    };
    (status, answer.to_string())
}

/// A queue that refuses as told, call by call.
async fn queue(refusals: impl IntoIterator<Item = Refusal>) -> (Shared, SqsQueue) {
    let refusals = refusals.into_iter().collect();
    let sqs = Shared::new(Mutex::new(Sqs { refusals, ..Sqs::default() }));
    let shared = Arc::clone(&sqs);
    let handler = async move |headers: HeaderMap, body: Bytes| {
        let (status, body) = answer(&shared, &headers, &body);
        (status, [("content-type", "application/x-amz-json-1.0")], body)
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(handler);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(&endpoint)
        .build();
    let client = aws_sdk_sqs::Client::from_conf(config);
    (sqs, SqsQueue::new(client, format!("{endpoint}/123456789012/sync")))
}

fn refusing(customers: &'static [u64]) -> Refusal {
    Refusal { customers, sender_fault: false }
}

fn message(customer: u64) -> Message {
    let now = "2026-11-21T12:00:00Z".parse().unwrap();
    Message::new(Subject::Customer(CustomerId::new(customer)), Cause::Order, now)
}

fn messages(customers: impl IntoIterator<Item = u64>) -> Vec<Outgoing> {
    let outgoing = |id| Outgoing { message: message(id), delay: Duration::from_secs(id) };
    customers.into_iter().map(outgoing).collect()
}

/// What the queue holds once these customers' messages were taken, in this order.
fn held(customers: impl IntoIterator<Item = u64>) -> Vec<(String, u64)> {
    customers.into_iter().map(|id| (message(id).to_json(), id)).collect()
}

fn of_run(customer: u64, cause: Cause) -> Message {
    let (id, user) = (run("4f21aa"), Hint::None);
    let by_run = ByRun { id, book: 1, recheck: false, user };
    Message { cause, run: Some(by_run), ..message(customer) }
}

#[tokio::test]
async fn messages_are_taken_with_their_delays() {
    let (sqs, queue) = queue([]).await;
    queue.send(messages([1, 2, 3])).await.unwrap();
    assert_eq!(sqs.lock().unwrap().taken, held([1, 2, 3]));
}

#[tokio::test]
async fn a_delay_is_shortened_to_the_longest_there_is() {
    let (sqs, queue) = queue([]).await;
    let delays = [Duration::from_millis(1_999), Duration::from_mins(15), Duration::MAX];
    let outgoing = delays.map(|delay| Outgoing { message: message(1), delay });
    queue.send(outgoing.to_vec()).await.unwrap();
    let taken: Vec<u64> = sqs.lock().unwrap().taken.iter().map(|(_, delay)| *delay).collect();
    assert_eq!(taken, [1, 900, 900]);
}

#[tokio::test]
async fn more_than_ten_messages_are_several_calls() {
    let (sqs, queue) = queue([]).await;
    queue.send(messages(1..=25)).await.unwrap();
    let sqs = sqs.lock().unwrap();
    assert_eq!((&sqs.taken, &sqs.calls), (&held(1..=25), &vec![10, 10, 5]));
}

#[tokio::test]
async fn no_messages_take_no_call() {
    let (sqs, queue) = queue([]).await;
    queue.send(Vec::new()).await.unwrap();
    assert_eq!(sqs.lock().unwrap().calls, [0; 0]);
}

#[tokio::test]
async fn entries_that_were_not_taken_are_sent_again_and_no_others() {
    let (sqs, queue) = queue([refusing(&[2, 4]), refusing(&[4])]).await;
    queue.send(messages(1..=4)).await.unwrap();
    let sqs = sqs.lock().unwrap();
    assert_eq!((&sqs.taken, &sqs.calls), (&held([1, 3, 2, 4]), &vec![4, 2, 1]));
}

#[tokio::test]
async fn entries_that_are_not_taken_thrice_may_be_taken_later() {
    let (sqs, queue) = queue([refusing(&[2]), refusing(&[2]), refusing(&[2])]).await;
    let error = queue.send(messages([1, 2])).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert_eq!(sqs.lock().unwrap().calls, [2, 1, 1]);
    queue.send(messages([2])).await.unwrap();
    assert_eq!(sqs.lock().unwrap().taken, held([1, 2]));
}

#[tokio::test]
async fn entries_refused_for_our_fault_are_not_sent_again() {
    let (sqs, queue) = queue([Refusal { customers: &[2], sender_fault: true }]).await;
    let error = queue.send(messages([1, 2])).await.unwrap_err();
    let Error::Refused { code, retryable, .. } = error else { panic!("{error}") };
    assert_eq!((code.as_str(), retryable), ("InternalError", false));
    assert_eq!(sqs.lock().unwrap().calls, [2]);
}

#[tokio::test]
async fn a_run_takes_one_turn_and_each_live_customer_one_of_their_own() {
    let (sqs, queue) = queue([]).await;
    let live = |subject| Message { subject, ..message(1) };
    let messages = [
        of_run(1, Cause::Schedule),
        of_run(2, Cause::Drift),
        of_run(3, Cause::Rules),
        of_run(4, Cause::Schedule).merged(message(4)),
        message(5),
        live(Subject::Order(OrderId::new(6))),
        live(Subject::Shop),
    ];
    let outgoing = messages.map(|message| Outgoing { message, delay: Duration::ZERO });
    queue.send(outgoing.to_vec()).await.unwrap();
    let of_the_run = "run-20261121T120000Z-4f21aa";
    let expected =
        [of_the_run, of_the_run, of_the_run, "customer-4", "customer-5", "order-6", "shop"];
    assert_eq!(sqs.lock().unwrap().groups, expected);
}

#[tokio::test]
async fn the_longest_names_there_are_make_a_group() {
    let (sqs, queue) = queue([]).await;
    let mut message = of_run(u64::MAX, Cause::Drift);
    message.run.as_mut().unwrap().id = "r".repeat(40).parse().unwrap();
    let live = Message { run: None, ..message.clone() };
    let outgoing = [message, live].map(|message| Outgoing { message, delay: Duration::ZERO });
    queue.send(outgoing.to_vec()).await.unwrap();
    assert_eq!(sqs.lock().unwrap().groups.len(), 2);
}

#[tokio::test]
async fn the_depth_is_all_that_waits_is_delayed_or_in_work() {
    let (sqs, queue) = queue([]).await;
    sqs.lock().unwrap().attributes =
        COUNTS.into_iter().zip(["5", "70", "900"]).chain([("VisibilityTimeout", "30")]).collect();
    assert_eq!(queue.depth().await, Ok(975));
}

#[tokio::test]
async fn a_depth_of_which_a_part_is_missing_is_none() {
    let (sqs, queue) = queue([]).await;
    for missing in COUNTS {
        let told = COUNTS.into_iter().filter(|count| *count != missing);
        sqs.lock().unwrap().attributes = told.map(|count| (count, "0")).collect();
        let error = queue.depth().await.unwrap_err();
        assert_eq!(error.to_string(), "read the queue's depth: a count is missing");
        assert!(error.is_retryable());
    }
}
