//! AWS as the functions reach it: the tables are the embedded engine's, the queue and the secrets are kept
//! here, and each call is noted as the right it takes.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{Credentials, HttpClient, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use serde_json::{Value, json};
use simulators::World;
use simulators::{mavera, okta, shopify};
use state::LocalQueue;

/// A right: an action on a resource, by the resource's name at AWS.
pub(crate) type Right = (String, String);

/// AWS, with its calls. Clones are the same.
#[derive(Clone)]
pub(crate) struct Aws {
    pub(crate) queue: LocalQueue,
    world: World,
    /// Where the embedded engine is.
    tables: String,
    used: Arc<Mutex<BTreeSet<Right>>>,
}

impl Aws {
    pub(crate) fn new(world: &World, tables: &str, queue: LocalQueue) -> Self {
        Self { queue, world: world.clone(), tables: tables.to_owned(), used: Arc::default() }
    }

    /// The same AWS, which notes somebody else's calls.
    pub(crate) fn for_another(&self) -> Self {
        Self { used: Arc::default(), ..self.clone() }
    }

    /// What was made use of so far.
    pub(crate) fn used(&self) -> BTreeSet<Right> {
        self.used.lock().unwrap().clone()
    }

    /// What clients are made with that call this AWS.
    pub(crate) fn config(&self) -> SdkConfig {
        let credentials = Credentials::new("test", "test", None, None, "test");
        let (aws, http) = (self.clone(), aws_smithy_http_client::Builder::new().build_http());
        let client = http_client_fn(move |settings, components| {
            let (aws, tables) = (aws.clone(), http.http_connector(settings, components));
            SharedHttpConnector::new(Between { aws, tables })
        });
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(RetryConfig::disabled())
            .endpoint_url(&self.tables)
            .http_client(client)
            .build()
    }

    /// Notes a call. Gives the answer, if it is not the tables that answer.
    fn call(&self, target: &str, request: &Value) -> Option<Value> {
        let (service, operation) = target.split_once('.').unwrap();
        let rights = match service {
            "DynamoDB_20120810" => rights_of_tables(operation, request),
            "AmazonSQS" => vec![right("sqs", single(operation), &request["QueueUrl"])],
            "secretsmanager" => vec![right(service, operation, &request["SecretId"])],
            "AWSEvents" => rights_of_events(operation, request),
            other => panic!("nobody said what {other} answers"),
        };
        self.used.lock().unwrap().extend(rights);
        match (service, operation) {
            ("DynamoDB_20120810", _) => None,
            ("AmazonSQS", "SendMessageBatch") => Some(self.send(request)),
            ("AmazonSQS", "GetQueueAttributes") => {
                let waiting = self.queue.depth().to_string();
                let names = request["AttributeNames"].as_array().unwrap().iter();
                let counts = names.map(|name| (name.as_str().unwrap().to_owned(), json!("0")));
                let mut counts: serde_json::Map<_, _> = counts.collect();
                counts.insert("ApproximateNumberOfMessages".to_owned(), json!(waiting));
                Some(json!({ "Attributes": counts }))
            }
            ("secretsmanager", "GetSecretValue") => {
                let content = self.secret(request["SecretId"].as_str().unwrap());
                Some(json!({ "SecretString": content.to_string() }))
            }
            ("AWSEvents", "PutEvents") => {
                let entries = request["Entries"].as_array().unwrap().iter();
                let taken: Vec<_> = entries.map(|_| json!({ "EventId": "event" })).collect();
                Some(json!({ "FailedEntryCount": 0, "Entries": taken }))
            }
            ("AWSEvents", "DescribeEventBus") => Some(json!({ "Name": request["Name"] })),
            _ => panic!("nobody said what {target} answers"),
        }
    }

    fn send(&self, request: &Value) -> Value {
        let entries = request["Entries"].as_array().unwrap();
        for entry in entries {
            let delay = Duration::from_secs(entry["DelaySeconds"].as_u64().unwrap_or(0));
            self.queue.send_raw(entry["MessageBody"].as_str().unwrap(), delay);
        }
        let sent = |entry: &Value| json!({ "Id": entry["Id"], "MessageId": "message", "MD5OfMessageBody": "" });
        json!({ "Successful": entries.iter().map(sent).collect::<Vec<_>>(), "Failed": [] })
    }

    /// What an operator stored in a secret.
    fn secret(&self, id: &str) -> Value {
        match id {
            "WebhookSecret" => json!({ "secrets": [self.world.shopify.webhook_secret()] }),
            "ShopifySecret" => json!({ "access_token": shopify::ACCESS_TOKEN }),
            "OktaSecret" => json!({ "api_token": okta::API_TOKEN }),
            "MaveraSecret" => json!({ "api_key": mavera::API_KEY }),
            other => panic!("no secret {other}"),
        }
    }
}

fn right(service: &str, operation: &str, resource: &Value) -> Right {
    (format!("{service}:{operation}"), resource.as_str().unwrap().to_owned())
}

/// Who may send one message may send a batch of them
/// ([actions of SQS](https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html)).
fn single(operation: &str) -> &str {
    operation.strip_suffix("Batch").unwrap_or(operation)
}

/// A transaction takes the rights of its parts, a batch one of its own for each table
/// ([transactions](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html)).
fn rights_of_tables(operation: &str, request: &Value) -> Vec<Right> {
    match operation {
        "TransactWriteItems" => {
            let parts = request["TransactItems"].as_array().unwrap().iter();
            let parts = parts.flat_map(|part| part.as_object().unwrap());
            let rights = parts.map(|(kind, part)| {
                let action = match kind.as_str() {
                    "ConditionCheck" => "ConditionCheckItem".to_owned(),
                    kind => format!("{kind}Item"),
                };
                right("dynamodb", &action, &part["TableName"])
            });
            rights.collect()
        }
        "TransactGetItems" => {
            let parts = request["TransactItems"].as_array().unwrap().iter();
            parts.map(|part| right("dynamodb", "GetItem", &part["Get"]["TableName"])).collect()
        }
        "BatchGetItem" | "BatchWriteItem" => {
            let tables = request["RequestItems"].as_object().unwrap().keys();
            tables.map(|table| right("dynamodb", operation, &json!(table))).collect()
        }
        _ => vec![right("dynamodb", operation, &request["TableName"])],
    }
}

fn rights_of_events(operation: &str, request: &Value) -> Vec<Right> {
    match operation {
        "PutEvents" => {
            let entries = request["Entries"].as_array().unwrap().iter();
            entries.map(|entry| right("events", operation, &entry["EventBusName"])).collect()
        }
        _ => vec![right("events", operation, &request["Name"])],
    }
}

/// What lies between a client and AWS.
struct Between {
    aws: Aws,
    tables: SharedHttpConnector,
}

impl std::fmt::Debug for Between {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Between")
    }
}

impl HttpConnector for Between {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap().to_owned();
        let body: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        match self.aws.call(&target, &body) {
            None => self.tables.call(request),
            Some(answer) => {
                let status = 200_u16.try_into().unwrap();
                HttpConnectorFuture::ready(Ok(HttpResponse::new(status, answer.to_string().into())))
            }
        }
    }
}
