//! AWS as the functions reach it, without a network: the tables are the embedded engine's, and the protocol of
//! SQS leads to the queue in memory. What goes wrong there is in `aws_faults`.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_sdk_dynamodb::config::retry::{RetryPartition, TokenBucket};
use aws_sdk_dynamodb::config::{
    AsyncSleep, Credentials, HttpClient, SharedAsyncSleep, SharedCredentialsProvider,
    SharedHttpClient, Sleep, StalledStreamProtectionConfig,
};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::result::ConnectorError;
use dynoxide::Database;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use simulators::SimClock;
use state::{LocalQueue, Message, Outgoing, Queue, SqsQueue};

use crate::aws_faults::{AwsFaults, Met};
use crate::between::retries;

/// The queue's address. Nobody looks at it.
const QUEUE: &str = "http://sqs.test/queue";

/// AWS. Clones are the same.
#[derive(Clone)]
pub(crate) struct Aws {
    /// The queue, as whoever plays sees it.
    pub(crate) queue: LocalQueue,
    /// What goes wrong here.
    pub(crate) faults: Arc<AwsFaults>,
    database: Arc<Mutex<Database>>,
    clock: SimClock,
    /// All messages that functions put on the queue.
    sent: Arc<Mutex<Vec<Message>>>,
}

impl Aws {
    pub(crate) fn new(clock: &SimClock) -> Self {
        Self {
            queue: LocalQueue::new(Arc::new(clock.clone())),
            faults: Arc::new(AwsFaults::new(clock.clone())),
            database: Arc::new(Mutex::new(Database::memory().unwrap())),
            clock: clock.clone(),
            sent: Arc::default(),
        }
    }

    /// How many messages functions have put on the queue.
    pub(crate) fn sent(&self) -> usize {
        self.sent.lock().unwrap().len()
    }

    /// Those after so many.
    pub(crate) fn sent_since(&self, count: usize) -> Vec<Message> {
        self.sent.lock().unwrap()[count..].to_vec()
    }

    /// The way for functions: things go wrong on it.
    pub(crate) fn way(&self) -> SharedHttpClient {
        self.http(true)
    }

    /// The way for bystanders.
    fn quiet_way(&self) -> SharedHttpClient {
        self.http(false)
    }

    fn http(&self, is_befallen: bool) -> SharedHttpClient {
        let aws = self.clone();
        http_client_fn(move |_, _| SharedHttpConnector::new(Way { aws: aws.clone(), is_befallen }))
    }

    /// The tables, for a bystander.
    pub(crate) fn quiet_tables(&self) -> Client {
        tables(self.quiet_way())
    }

    async fn answer(&self, service: &str, operation: &str, body: &[u8]) -> Answer {
        match (service, operation) {
            ("DynamoDB_20120810", _) => self.engine(operation, body),
            ("AmazonSQS", "SendMessageBatch") => self.send(body).await,
            ("AmazonSQS", "GetQueueAttributes") => self.attributes(body),
            _ => panic!("nobody said what {service} {operation} answers"),
        }
    }

    fn engine(&self, operation: &str, body: &[u8]) -> Answer {
        let database = self.database.lock().unwrap();
        match operation {
            "CreateTable" => run(body, |request| database.create_table(request)),
            "ListTables" => run(body, |request| database.list_tables(request)),
            "GetItem" => run(body, |request| database.get_item(request)),
            "PutItem" => run(body, |request| database.put_item(request)),
            "UpdateItem" => run(body, |request| database.update_item(request)),
            "DeleteItem" => run(body, |request| database.delete_item(request)),
            "BatchGetItem" => run(body, |request| database.batch_get_item(request)),
            "BatchWriteItem" => run(body, |request| database.batch_write_item(request)),
            "Query" => run(body, |request| database.query(request)),
            "Scan" => run(body, |request| database.scan(request)),
            "TransactGetItems" => run(body, |request| database.transact_get_items(request)),
            "TransactWriteItems" => run(body, |request| database.transact_write_items(request)),
            _ => panic!("nobody said what {operation} of the tables answers"),
        }
    }

    async fn send(&self, body: &[u8]) -> Answer {
        let request: Value = serde_json::from_slice(body).unwrap();
        let mut taken = Vec::new();
        for entry in request["Entries"].as_array().unwrap() {
            let message = Message::from_json(entry["MessageBody"].as_str().unwrap()).unwrap();
            let delay = Duration::from_secs(entry["DelaySeconds"].as_u64().unwrap());
            self.sent.lock().unwrap().push(message.clone());
            self.queue.send(vec![Outgoing { message, delay }]).await.unwrap();
            taken
                .push(json!({ "Id": entry["Id"], "MessageId": "message", "MD5OfMessageBody": "" }));
        }
        Answer::ok(&json!({ "Successful": taken, "Failed": [] }))
    }

    fn attributes(&self, body: &[u8]) -> Answer {
        let request: Value = serde_json::from_slice(body).unwrap();
        let names = request["AttributeNames"].as_array().unwrap().iter();
        let counts = names.map(|name| (name.as_str().unwrap().to_owned(), json!("0")));
        let mut counts: serde_json::Map<_, _> = counts.collect();
        let waiting = self.queue.depth().to_string();
        counts.insert("ApproximateNumberOfMessages".to_owned(), json!(waiting));
        Answer::ok(&json!({ "Attributes": counts }))
    }
}

/// Clients of the tables and of the queue that go this way.
pub(crate) fn tables(way: impl HttpClient + 'static) -> Client {
    let config = aws_sdk_dynamodb::config::Builder::from(&config(way));
    Client::from_conf(config.retry_partition(partition()).build())
}

pub(crate) fn queue(way: impl HttpClient + 'static) -> Arc<SqsQueue> {
    let config = aws_sdk_sqs::config::Builder::from(&config(way));
    let client = aws_sdk_sqs::Client::from_conf(config.retry_partition(partition()).build());
    Arc::new(SqsQueue::new(client, QUEUE))
}

/// How much may be repeated is counted by all clients of a process together, unless they are told otherwise:
/// then one history would change another.
fn partition() -> RetryPartition {
    RetryPartition::custom("history").token_bucket(TokenBucket::unlimited()).build()
}

fn config(way: impl HttpClient + 'static) -> SdkConfig {
    let credentials = Credentials::new("test", "test", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(retries())
        .sleep_impl(SharedAsyncSleep::new(Instantly))
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .endpoint_url("http://aws.test")
        .http_client(way)
        .build()
}

/// The SDK's waits between its tries take no time.
#[derive(Debug)]
struct Instantly;

impl AsyncSleep for Instantly {
    fn sleep(&self, _: Duration) -> Sleep {
        Sleep::new(std::future::ready(()))
    }
}

/// What AWS answers.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn ok(body: &Value) -> Self {
        Self { status: 200, body: body.to_string().into_bytes() }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// Has the engine carry a request out.
fn run<Q: DeserializeOwned, A: Serialize>(
    body: &[u8],
    call: impl FnOnce(Q) -> dynoxide::Result<A>,
) -> Answer {
    match call(serde_json::from_slice(body).unwrap()) {
        Ok(answer) => Answer { status: 200, body: serde_json::to_vec(&answer).unwrap() },
        Err(error) => Answer { status: error.status_code(), body: error.to_json().into_bytes() },
    }
}

struct Way {
    aws: Aws,
    is_befallen: bool,
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Way")
    }
}

impl HttpConnector for Way {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (aws, is_befallen) = (self.aws.clone(), self.is_befallen);
        HttpConnectorFuture::new(async move {
            let target = request.headers().get("x-amz-target").unwrap();
            let (service, operation) = target.split_once('.').unwrap();
            let body = request.body().bytes().unwrap();
            let met = is_befallen.then(|| aws.faults.meet(operation, body)).flatten();
            let answer = match met {
                None => aws.answer(service, operation, body).await,
                Some(Met::Instead(answer)) => answer,
                Some(Met::Less { request, left }) => {
                    left.told(aws.answer(service, operation, &request).await)
                }
                Some(Met::Lost { done }) => {
                    if done {
                        aws.answer(service, operation, body).await;
                    }
                    return Err(ConnectorError::io("the connection broke".into()));
                }
                Some(Met::Cut) => {
                    let mut answer = aws.answer(service, operation, body).await;
                    answer.body.truncate(answer.body.len() / 2);
                    answer
                }
                Some(Met::Slow(time)) => {
                    let answer = aws.answer(service, operation, body).await;
                    outbound::Clock::sleep(&aws.clock, time).await;
                    answer
                }
            };
            Ok(HttpResponse::new(answer.status.try_into().unwrap(), answer.body.into()))
        })
    }
}
