//! What stands in for AWS, and for the address that webhooks go to. It is told of a system's state as AWS is, and
//! keeps what it was asked to do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_cbor::Encoder;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use http::request::Parts;
use http::{Request, Response, StatusCode};
use segments::local::LocalSystem;
use serde_json::{Value, json};
use simulators::EventBridgeSim;
use state::{Depth, Message, Outgoing, Queue, Receive, StoredQueue};
use tokio::runtime::Handle;

use crate::dead_letter_queue::{DeadLetterQueue, REDRIVE_POLICY};
use crate::meddler::ask;
use crate::needs::{Need, needs_of};

/// What the queue's address is.
pub(crate) const QUEUE_URL: &str = "http://127.0.0.1/123456789012/sync";
/// The bus that changes of segment are told to.
pub(crate) const EVENT_BUS: &str = "customer-changes";
const QUEUE: &[u8] = b"sync";
const GET_METRIC: &str = "/operation/GetMetricStatistics";

/// What stands behind the stand-ins.
pub(crate) struct Behind {
    pub(crate) system: Arc<LocalSystem<StoredQueue>>,
    /// What the stack is called.
    pub(crate) stack: Mutex<&'static str>,
    /// What the function has in its environment.
    pub(crate) variables: Mutex<BTreeMap<&'static str, String>>,
    pub(crate) event_bridge: EventBridgeSim,
    /// Whether `EventBridge` says that a right is lacking.
    pub(crate) denies_events: Mutex<bool>,
    pub(crate) secrets: Mutex<BTreeMap<&'static str, String>>,
    /// The secrets that are not given, by the code of the refusal.
    pub(crate) withheld: Mutex<BTreeMap<&'static str, &'static str>>,
    pub(crate) dead_letters: Mutex<DeadLetterQueue>,
    /// What the endpoint answers in place of the system.
    pub(crate) endpoint: Mutex<Option<StatusCode>>,
    /// Whether `CloudWatch` says that a right is lacking.
    pub(crate) denies_metrics: Mutex<bool>,
    /// The rights that the calls so far took.
    pub(crate) needs: Mutex<BTreeSet<Need>>,
}

impl Behind {
    pub(crate) async fn new(
        system: &Arc<LocalSystem<StoredQueue>>,
        stack: &'static str,
        secrets: BTreeMap<&'static str, String>,
    ) -> Self {
        let event_bridge = EventBridgeSim::start().await.unwrap();
        event_bridge.add_bus(EVENT_BUS);
        Self {
            system: Arc::clone(system),
            stack: Mutex::new(stack),
            variables: Mutex::default(),
            event_bridge,
            denies_events: Mutex::default(),
            secrets: Mutex::new(secrets),
            withheld: Mutex::default(),
            dead_letters: Mutex::default(),
            endpoint: Mutex::default(),
            denies_metrics: Mutex::default(),
            needs: Mutex::default(),
        }
    }
}

/// The endpoint, and as much of Lambda, SQS, the Secrets Manager, `EventBridge` and `CloudWatch` as the tool uses. `DynamoDB` is
/// the system's own.
pub(crate) async fn answer(
    State(behind): State<Arc<Behind>>,
    request: Request<Body>,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    if parts.uri.path() == "/webhooks/shopify" {
        return behind.endpoint(&parts, &body).await;
    }
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let (service, operation) = target.unwrap_or_default().split_once('.').unwrap_or_default();
    let asked = serde_json::from_slice(&body).unwrap_or_default();
    let needs = needs_of(parts.uri.path(), (service, operation), &asked);
    behind.needs.lock().unwrap().extend(needs);
    let answer = match (service, operation) {
        ("DynamoDB_20120810", _) => {
            return ask(behind.system.dynamodb_url(), &parts.headers, &body).await;
        }
        ("AWSEvents", "DescribeEventBus") => {
            if *behind.denies_events.lock().unwrap() {
                return refused("AccessDeniedException");
            }
            return ask(behind.event_bridge.url(), &parts.headers, &body).await;
        }
        ("secretsmanager", "GetSecretValue") => {
            let id = asked["SecretId"].as_str().unwrap();
            if let Some(code) = behind.withheld.lock().unwrap().get(id) {
                return refused(code);
            }
            json!({ "SecretString": behind.secrets.lock().unwrap()[id] })
        }
        ("AmazonSQS", operation) => behind.sqs(operation, &asked).await,
        _ => return behind.elsewhere(&parts, body).await,
    };
    Response::new(Body::from(answer.to_string()))
}

impl Behind {
    async fn endpoint(&self, parts: &Parts, body: &Bytes) -> Response<Body> {
        let other = *self.endpoint.lock().unwrap();
        let (path, headers) = (parts.uri.path(), &parts.headers);
        status_alone(match other {
            Some(status) => status,
            None => self.system.deliver(&parts.method, path, headers, body).await.status(),
        })
    }

    /// Services whose operations are addresses.
    async fn elsewhere(self: &Arc<Self>, parts: &Parts, body: Bytes) -> Response<Body> {
        let path = parts.uri.path();
        if path.ends_with(GET_METRIC) {
            return self.age(&body).await;
        }
        let function = format!("/functions/{}-resegment/", *self.stack.lock().unwrap());
        match path.split_once(&function) {
            Some((_, "configuration")) => {
                let variables = self.variables.lock().unwrap().clone();
                let answer = json!({ "Environment": { "Variables": variables } });
                Response::new(Body::from(answer.to_string()))
            }
            Some((_, "invocations")) => {
                // The function's future keeps to one thread, so a thread of its own polls it.
                let (behind, runtime) = (Arc::clone(self), Handle::current());
                let handled = move || runtime.block_on(behind.invoked(&body));
                let answer = tokio::task::spawn_blocking(handled).await.unwrap();
                Response::new(Body::from(answer.to_string()))
            }
            _ => status_alone(StatusCode::NOT_FOUND),
        }
    }

    /// What the function answers. What it would have its caller wait for is over by then, or soon: the
    /// workers have worked.
    async fn invoked(&self, event: &[u8]) -> Value {
        let event = serde_json::from_slice(event).unwrap();
        let mut answer = self.system.resegment(event).await.unwrap();
        if let Some(seconds) = &mut answer.wait_seconds {
            *seconds = 1;
            while self.system.work_once().await.unwrap().is_some() {}
        }
        json!(answer)
    }

    async fn sqs(&self, operation: &str, asked: &Value) -> Value {
        if let Some(answer) = self.dead_letters.lock().unwrap().answer(operation, asked) {
            return answer;
        }
        assert_eq!(asked["QueueUrl"], QUEUE_URL);
        match operation {
            "GetQueueAttributes" => json!({ "Attributes": {
                "ApproximateNumberOfMessages": self.system.queue().depth().await.unwrap().to_string(),
                "ApproximateNumberOfMessagesDelayed": "0",
                "ApproximateNumberOfMessagesNotVisible": "0",
                "RedrivePolicy": REDRIVE_POLICY,
            } }),
            "SendMessageBatch" => self.send(asked).await,
            other => panic!("SQS is not asked to {other}"),
        }
    }

    async fn send(&self, asked: &Value) -> Value {
        let (mut outgoing, mut taken) = (Vec::new(), Vec::new());
        for entry in asked["Entries"].as_array().unwrap() {
            let message = Message::from_json(entry["MessageBody"].as_str().unwrap()).unwrap();
            let delay = Duration::from_secs(entry["DelaySeconds"].as_u64().unwrap());
            outgoing.push(Outgoing { message, delay });
            taken.push(json!({ "Id": entry["Id"], "MessageId": "sent", "MD5OfMessageBody": "" }));
        }
        self.system.queue().send(outgoing).await.unwrap();
        json!({ "Successful": taken, "Failed": [] })
    }

    /// What `CloudWatch` tells of the queue's age, in the one protocol that its client speaks. A queue in which
    /// nothing waits has no age.
    async fn age(&self, asked: &[u8]) -> Response<Body> {
        for name in [&b"AWS/SQS"[..], b"ApproximateAgeOfOldestMessage", b"QueueName", QUEUE] {
            assert!(asked.windows(name.len()).any(|it| it == name), "the queue is not named");
        }
        let mut answer = Encoder::new(Vec::new());
        let denied = *self.denies_metrics.lock().unwrap();
        if denied {
            answer.map(1).str("__type").str("com.amazonaws.cloudwatch#AccessDenied");
        } else {
            let now = jiff::Timestamp::now();
            let due = self.system.queue().next_due().await.unwrap().filter(|due| *due <= now);
            answer.map(2).str("Label").str("ApproximateAgeOfOldestMessage").str("Datapoints");
            answer.array(usize::from(due.is_some()));
            if let Some(due) = due {
                let moment = aws_sdk_cloudwatch::primitives::DateTime::from_secs(now.as_second());
                answer.map(3).str("Timestamp").timestamp(&moment).str("Unit").str("Seconds");
                answer.str("Maximum").double(now.duration_since(due).as_secs_f64());
            }
        }
        let mut response = Response::new(Body::from(answer.into_writer()));
        *response.status_mut() = if denied { StatusCode::FORBIDDEN } else { StatusCode::OK };
        response.headers_mut().insert("smithy-protocol", "rpc-v2-cbor".parse().unwrap());
        response.headers_mut().insert("content-type", "application/cbor".parse().unwrap());
        response
    }
}

fn refused(code: &str) -> Response<Body> {
    let mut answer = Response::new(Body::from(json!({ "__type": code }).to_string()));
    *answer.status_mut() = StatusCode::BAD_REQUEST;
    answer
}

fn status_alone(status: StatusCode) -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    answer
}
