//! As much of AWS as the functions call, at one address: what `AWS_ENDPOINT_URL` is where there is no AWS.
//!
//! `DynamoDB` is the embedded engine, `EventBridge` its simulator. The queue is the one of local systems; nothing works
//! off what it holds, but it can be received, as from SQS. Every other call is answered as one that does not exist.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use outbound::{BaseUrl, Network, Transport};
use runtime::SecretStore;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use simulators::{BusEvent, EventBridgeSim, World};
use state::{Message, Outgoing, Queue};
use tokio::net::TcpListener;

use crate::local::{LocalSecrets, LocalSystem, WEBHOOK_SECRET};

/// What stands in the way of starting. It is shown, and nothing else is done with it.
pub(super) type AwsError = Box<dyn std::error::Error + Send + Sync>;

/// The name of the queue, which its address ends with.
pub(super) const QUEUE: &str = "segments-sync";
/// What the invocations in `events/webhook/` are signed with.
pub(super) const EXAMPLES_SECRET: &str = "shpss_example_webhook_secret";
/// Where the events that the bus has taken can be read.
const EVENTS: &str = "/events";
/// The longest a call to the engine or the bus may take, which are in this process.
const PATIENCE: Duration = Duration::from_secs(30);
/// Larger than any request that AWS takes here.
const LARGEST_REQUEST: usize = 16 * 1024 * 1024;
/// The most messages that one call receives, as at SQS.
const MOST_RECEIVED: u64 = 10;

/// The tables, the queue, the secrets and the event bus of a stack.
pub(super) struct Aws {
    system: LocalSystem,
    secrets: LocalSecrets,
    bus: EventBridgeSim,
    network: Network,
}

/// A call's answer, or the code of its refusal.
type Answer = Result<Value, &'static str>;

impl Aws {
    /// The stack that the invocations in `events/` find, in a new world.
    pub(super) async fn for_world(world: &World) -> Result<Self, AwsError> {
        let system = LocalSystem::of_events(world).await?;
        let secrets = LocalSecrets::simulated(world);
        let signing = json!({ "secrets": [world.shopify.webhook_secret(), EXAMPLES_SECRET] });
        secrets.put(WEBHOOK_SECRET, signing.to_string());
        let bus = EventBridgeSim::start().await?;
        let network = Network::new(&[&BaseUrl::configured(system.dynamodb_url())?])?;
        Ok(Self { system, secrets, bus, network })
    }

    /// What the tables are called.
    pub(super) fn tables(&self) -> crate::local::Tables {
        self.system.tables()
    }

    /// Answers until it is dropped.
    pub(super) async fn serve(self, listener: TcpListener) -> std::io::Result<()> {
        let app = Router::new().fallback(handle).with_state(Arc::new(self));
        axum::serve(listener, app).await
    }

    async fn answer(&self, service: &str, operation: &str, body: &[u8]) -> Answer {
        let request: Value = serde_json::from_slice(body).map_err(|_| "SerializationException")?;
        match service {
            "secretsmanager" if operation == "GetSecretValue" => self.secret(&request).await,
            "AmazonSQS" => self.queue(operation, &request).await,
            _ => Err("UnknownOperationException"),
        }
    }

    async fn secret(&self, request: &Value) -> Answer {
        let id = request["SecretId"].as_str().ok_or("InvalidParameterException")?;
        let text = self.secrets.read(id).await.map_err(|_| "ResourceNotFoundException")?;
        Ok(json!({ "Name": id, "SecretString": text.expose_secret() }))
    }

    async fn queue(&self, operation: &str, request: &Value) -> Answer {
        let url = request["QueueUrl"].as_str().unwrap_or_default();
        if url.rsplit('/').next() != Some(QUEUE) {
            return Err("QueueDoesNotExist");
        }
        match operation {
            "SendMessageBatch" => self.take(request).await,
            "ReceiveMessage" => Ok(self.hand_out(request)),
            "GetQueueAttributes" => Ok(self.depth()),
            _ => Err("UnsupportedOperation"),
        }
    }

    async fn take(&self, request: &Value) -> Answer {
        let mut taken = Vec::new();
        for entry in request["Entries"].as_array().ok_or("EmptyBatchRequest")? {
            let body = entry["MessageBody"].as_str().ok_or("InvalidMessageContents")?;
            let delay = Duration::from_secs(entry["DelaySeconds"].as_u64().unwrap_or_default());
            match Message::from_json(body) {
                Ok(message) => {
                    let outgoing = Outgoing { message, delay };
                    self.system.queue().send(vec![outgoing]).await.map_err(|_| "InternalError")?;
                }
                // SQS takes any text.
                Err(_) => self.system.queue().send_raw(body, delay),
            }
            taken.push(json!({ "Id": entry["Id"], "MessageId": entry["Id"] }));
        }
        Ok(json!({ "Successful": taken, "Failed": [] }))
    }

    fn hand_out(&self, request: &Value) -> Value {
        let most = request["MaxNumberOfMessages"].as_u64().unwrap_or(1).min(MOST_RECEIVED);
        let received = self.system.queue().receive(usize::try_from(most).unwrap_or(1));
        let message = |message: state::Received| {
            json!({
                "MessageId": message.id.to_string(),
                "ReceiptHandle": message.id.to_string(),
                "Body": message.body,
                "Attributes": { "ApproximateReceiveCount": message.receives.to_string() },
            })
        };
        json!({ "Messages": received.into_iter().map(message).collect::<Vec<_>>() })
    }

    /// All in one count: a local queue does not tell waiting from delayed.
    fn depth(&self) -> Value {
        json!({ "Attributes": {
            "ApproximateNumberOfMessages": self.system.queue().depth().to_string(),
            "ApproximateNumberOfMessagesDelayed": "0",
            "ApproximateNumberOfMessagesNotVisible": "0",
        } })
    }

    /// Hands a call to a service that is at an address of its own in this process.
    async fn forward(&self, to: &str, parts: &Parts, body: Bytes) -> Option<Response<Bytes>> {
        let mut request = Request::new(body);
        *request.method_mut() = parts.method.clone();
        *request.uri_mut() = to.parse::<Uri>().ok()?;
        *request.headers_mut() = parts.headers.clone();
        request.headers_mut().remove(header::HOST);
        self.network.send(request, PATIENCE).await.ok()
    }

    /// The events that the bus has taken, the oldest first.
    fn events(&self) -> Value {
        let event = |event: BusEvent| {
            let BusEvent { bus, source, detail_type, time: _, detail } = event;
            json!({ "bus": bus, "source": source, "detail_type": detail_type, "detail": detail })
        };
        self.bus.taken().into_iter().map(event).collect()
    }
}

async fn handle(State(aws): State<Arc<Aws>>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_REQUEST).await else {
        return refusal("RequestEntityTooLarge", StatusCode::PAYLOAD_TOO_LARGE);
    };
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let (service, operation) = target.unwrap_or_default().split_once('.').unwrap_or_default();
    if parts.method == Method::GET && parts.uri.path() == EVENTS {
        return json_answer(&aws.events());
    }
    let elsewhere = match service {
        "AWSEvents" => Some(aws.bus.url()),
        "DynamoDB_20120810" => Some(aws.system.dynamodb_url()),
        _ => None,
    };
    if let Some(to) = elsewhere {
        let answer = aws.forward(to, &parts, body).await;
        let missing = || refusal("InternalServerError", StatusCode::INTERNAL_SERVER_ERROR);
        return answer.map_or_else(missing, |answer| answer.map(Body::from));
    }
    match aws.answer(service, operation, &body).await {
        Ok(answer) => json_answer(&answer),
        Err(code) => refusal(code, StatusCode::BAD_REQUEST),
    }
}

fn json_answer(content: &Value) -> Response<Body> {
    let mut answer = Response::new(Body::from(content.to_string()));
    let kind = HeaderValue::from_static("application/x-amz-json-1.0");
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    answer
}

/// A refusal in the form of AWS's JSON protocols.
fn refusal(code: &'static str, status: StatusCode) -> Response<Body> {
    let mut answer = json_answer(&json!({ "__type": code, "message": code }));
    *answer.status_mut() = status;
    answer.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(code));
    answer
}
