//! A system as both kinds of target: a local store, and a stack behind stand-ins for AWS.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use http::{Request, Response, StatusCode};
use rules::RuleBook;
use segments::local::{LocalSystem, Options};
use serde_json::{Value, json};
use simulators::okta::GroupKind;
use simulators::shopify::Topic;
use simulators::{SimClock, World, mavera, okta, shopify};
use state::{Depth, Message, Outgoing, Queue, StoredQueue};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::store::new_folder;
use crate::support::{BOOK, STACK, run, segments};

/// What the tool works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Local,
    Stack,
}

impl Kind {
    pub(crate) const BOTH: [Self; 2] = [Self::Local, Self::Stack];
}

/// What is to be heard of.
pub(crate) const TOPICS: [Topic; 10] = [
    Topic::OrdersCreate,
    Topic::OrdersUpdated,
    Topic::OrdersCancelled,
    Topic::OrdersEdited,
    Topic::RefundsCreate,
    Topic::CustomersCreate,
    Topic::CustomersUpdate,
    Topic::CustomersDelete,
    Topic::CustomersPurchasingSummary,
    Topic::CustomersMerge,
];

/// A shop, an org, and a system between them. The simulated world keeps real time.
pub(crate) struct Site {
    pub(crate) kind: Kind,
    pub(crate) world: World,
    pub(crate) system: Arc<LocalSystem<StoredQueue>>,
    folder: PathBuf,
    /// Where the simulated services are.
    services: String,
    /// Where the stand-ins for AWS and the endpoint are.
    own: String,
    behind: Arc<Behind>,
    serving: [JoinHandle<()>; 2],
}

/// What stands behind the stand-ins.
pub(crate) struct Behind {
    system: Arc<LocalSystem<StoredQueue>>,
    /// What the function has in its environment.
    variables: Mutex<BTreeMap<&'static str, String>>,
    secrets: Mutex<BTreeMap<&'static str, String>>,
    dead_letters: Mutex<u64>,
    /// What the endpoint answers in place of the system.
    endpoint: Mutex<Option<StatusCode>>,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.serving.iter().for_each(JoinHandle::abort);
        // What cannot be removed is in the build's own folder.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Site {
    /// Nothing is set up: empty tables, no attributes, no groups, no subscriptions.
    pub(crate) async fn bare(kind: Kind) -> Self {
        let site = Self::of(kind).await;
        for name in ["shopify_total_spent", "shopify_orders_count"] {
            site.world.okta.remove_attribute(name);
        }
        site
    }

    /// Everything is set up.
    pub(crate) async fn set_up(kind: Kind) -> Self {
        let site = Self::of(kind).await;
        let book = RuleBook::from_toml(BOOK).unwrap();
        for segment in book.segments() {
            site.world.okta.add_group(segment.okta_group_name().as_str(), GroupKind::Okta);
        }
        site.system.config_table().put_wanted(&book).await.unwrap();
        site.system.refresh_groups().await.unwrap();
        for topic in TOPICS {
            site.world.shopify.add_subscription(topic, &site.endpoint()).unwrap();
        }
        site
    }

    async fn of(kind: Kind) -> Self {
        let clock = SimClock::following_real_time();
        let world = World::at(clock, "my-store.myshopify.com".parse().unwrap());
        let folder = new_folder();
        let options = Options::simulated(&world).unwrap();
        let system = Arc::new(LocalSystem::open(options, &folder).await.unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let services = format!("http://{}", listener.local_addr().unwrap());
        let simulated = simulators::serve(world.clone(), listener);
        let simulated = tokio::spawn(async move { simulated.await.unwrap() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = format!("http://{}", listener.local_addr().unwrap());
        let behind = Arc::new(Behind {
            system: Arc::clone(&system),
            variables: Mutex::default(),
            secrets: Mutex::new(secrets(&world)),
            dead_letters: Mutex::default(),
            endpoint: Mutex::default(),
        });
        let app = Router::new().fallback(answer).with_state(Arc::clone(&behind));
        let serving = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        let serving = [simulated, serving];
        let site = Self { kind, world, system, folder, services, own, behind, serving };
        *site.behind.variables.lock().unwrap() = site.variables();
        site
    }

    /// Where the endpoint is.
    pub(crate) fn endpoint(&self) -> String {
        format!("{}/webhooks/shopify", self.own)
    }

    /// What a function of this system has in its environment.
    fn variables(&self) -> BTreeMap<&'static str, String> {
        let at = |service: &str| format!("{}/{service}", self.services);
        let tables = self.system.tables();
        BTreeMap::from([
            ("CONFIG_TABLE", tables.config.to_owned()),
            ("CUSTOMERS_TABLE", tables.customers.to_owned()),
            ("RUNS_TABLE", tables.runs.to_owned()),
            ("SYNC_QUEUE_URL", "http://127.0.0.1/queue".to_owned()),
            ("SHOPIFY_SHOP", self.world.shopify.domain().to_string()),
            ("SHOPIFY_API_URL", at("shopify")),
            ("OKTA_ORG_URL", at("okta")),
            ("MAVERA_API_URL", at("mavera")),
            ("SHOPIFY_SECRET_ID", "SHOPIFY_SECRET".to_owned()),
            ("OKTA_SECRET_ID", "OKTA_SECRET".to_owned()),
            ("MAVERA_SECRET_ID", "MAVERA_SECRET".to_owned()),
            ("WEBHOOK_SECRET_ID", "WEBHOOK_SECRET".to_owned()),
            ("WEBHOOK_URL", self.endpoint()),
        ])
    }

    /// Stores another text in a secret, such as `OKTA_SECRET`.
    pub(crate) fn set_secret(&self, name: &'static str, text: &Value) {
        self.behind.secrets.lock().unwrap().insert(name, text.to_string());
    }

    /// Sets a variable of the function's environment; of a local system it is the tool's own.
    pub(crate) fn set_variable(&self, name: &'static str, value: &str) {
        self.behind.variables.lock().unwrap().insert(name, value.to_owned());
    }

    /// A variable of the function's environment.
    pub(crate) fn variable(&self, name: &'static str) -> String {
        self.behind.variables.lock().unwrap()[name].clone()
    }

    /// Puts a message into a local queue that has been due for an hour.
    pub(crate) async fn put_overdue_message(&self) {
        let hour_ago = self.world.clock.now() - Duration::from_hours(1);
        let key = format!("{:020}#overdue", hour_ago.as_microsecond());
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let put = self.system.dynamodb().put_item().table_name(self.system.tables().queue);
        let put = put.item("pk", text("live")).item("sk", text(&key)).item("body", text("{}"));
        put.send().await.unwrap();
    }

    /// Puts something in the place of the endpoint that gives everybody this answer.
    pub(crate) fn replace_endpoint(&self, status: StatusCode) {
        *self.behind.endpoint.lock().unwrap() = Some(status);
    }

    /// Puts so many letters into the dead-letter queue.
    pub(crate) fn add_dead_letters(&self, count: u64) {
        *self.behind.dead_letters.lock().unwrap() += count;
    }

    /// Where a store of this test could be, and is not.
    pub(crate) fn unmade(&self) -> PathBuf {
        self.folder.join("unmade")
    }

    /// The tool, led to this system.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.anywhere(arguments);
        match self.kind {
            Kind::Local => command.arg("--store").arg(&self.folder),
            Kind::Stack => command.args(["--stack", STACK]),
        };
        command
    }

    /// The tool, with the environment of this system.
    pub(crate) fn anywhere(&self, arguments: &[&str]) -> Command {
        let mut command = segments(arguments);
        command.current_dir(&self.folder);
        match self.kind {
            Kind::Local => {
                command.envs(self.behind.variables.lock().unwrap().iter());
                command.envs(self.behind.secrets.lock().unwrap().iter());
            }
            Kind::Stack => {
                command.env("AWS_ENDPOINT_URL", &self.own);
                command.env("AWS_ENDPOINT_URL_DYNAMODB", self.system.dynamodb_url());
            }
        }
        command
    }

    /// Runs the tool on this system.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Output {
        run(self.command(arguments)).await
    }
}

fn secrets(world: &World) -> BTreeMap<&'static str, String> {
    [
        ("WEBHOOK_SECRET", json!({ "secrets": [world.shopify.webhook_secret()] })),
        ("SHOPIFY_SECRET", json!({ "access_token": shopify::ACCESS_TOKEN })),
        ("OKTA_SECRET", json!({ "api_token": okta::API_TOKEN })),
        ("MAVERA_SECRET", json!({ "api_key": mavera::API_KEY })),
    ]
    .map(|(name, secret)| (name, secret.to_string()))
    .into()
}

/// The endpoint, and as much of Lambda, SQS and the Secrets Manager as the tool uses.
async fn answer(State(behind): State<Arc<Behind>>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let path = parts.uri.path();
    if path == "/webhooks/shopify" {
        let other = *behind.endpoint.lock().unwrap();
        let status = match other {
            Some(status) => status,
            None => {
                behind.system.deliver(&parts.method, path, &parts.headers, &body).await.status()
            }
        };
        return status_alone(status);
    }
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let asked = || serde_json::from_slice::<Value>(&body).unwrap();
    let answer = match (path, target) {
        (path, _) if path.ends_with(&format!("/functions/{STACK}-resegment/configuration")) => {
            let variables = behind.variables.lock().unwrap().clone();
            json!({ "Environment": { "Variables": variables } })
        }
        (_, Some("secretsmanager.GetSecretValue")) => {
            let secrets = behind.secrets.lock().unwrap();
            json!({ "SecretString": secrets[asked()["SecretId"].as_str().unwrap()] })
        }
        (_, Some("AmazonSQS.GetQueueUrl")) => json!({ "QueueUrl": "http://127.0.0.1/dead" }),
        (_, Some("AmazonSQS.GetQueueAttributes")) => behind.queue(&asked()).await,
        (_, Some("AmazonSQS.SendMessageBatch")) => behind.send(&asked()).await,
        _ => return status_alone(StatusCode::NOT_FOUND),
    };
    Response::new(Body::from(answer.to_string()))
}

impl Behind {
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

    async fn queue(&self, asked: &Value) -> Value {
        let is_dead = asked["QueueUrl"].as_str().unwrap().ends_with("/dead");
        let waiting = if is_dead {
            *self.dead_letters.lock().unwrap()
        } else {
            self.system.queue().depth().await.unwrap()
        };
        json!({ "Attributes": {
            "ApproximateNumberOfMessages": waiting.to_string(),
            "ApproximateNumberOfMessagesDelayed": "0",
            "ApproximateNumberOfMessagesNotVisible": "0",
            "RedrivePolicy": crate::dead_letter_queue::REDRIVE_POLICY,
        } })
    }
}

fn status_alone(status: StatusCode) -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    answer
}
