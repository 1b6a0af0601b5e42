//! A system as both kinds of target: a local store, and a stack behind stand-ins for AWS.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use axum::Router;
use http::StatusCode;
use jiff::Timestamp;
use rules::RuleBook;
use segments::local::{LocalSystem, Options};
use serde_json::{Value, json};
use simulators::okta::GroupKind;
use simulators::shopify::Topic;
use simulators::{SimClock, World, mavera, okta, shopify};
use state::{Message, StoredQueue};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::needs::Need;
use crate::stand_ins::{Behind, EVENT_BUS, QUEUE_URL, answer};
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
        let world =
            e2e::contracts::recorded(World::at(clock, "my-store.myshopify.com".parse().unwrap()));
        let folder = new_folder();
        let options = Options::simulated(&world).unwrap();
        let system = Arc::new(LocalSystem::open(options, &folder).await.unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let services = format!("http://{}", listener.local_addr().unwrap());
        let simulated = simulators::serve(world.clone(), listener);
        let simulated = tokio::spawn(async move { simulated.await.unwrap() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = format!("http://{}", listener.local_addr().unwrap());
        let behind = Arc::new(Behind::new(&system, STACK, secrets(&world)).await);
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
            ("SYNC_QUEUE_URL", QUEUE_URL.to_owned()),
            ("SHOPIFY_SHOP", self.world.shopify.domain().to_string()),
            ("SHOPIFY_API_URL", at("shopify")),
            ("OKTA_ORG_URL", at("okta")),
            ("MAVERA_API_URL", at("mavera")),
            ("SHOPIFY_SECRET_ID", "SHOPIFY_SECRET".to_owned()),
            ("OKTA_SECRET_ID", "OKTA_SECRET".to_owned()),
            ("MAVERA_SECRET_ID", "MAVERA_SECRET".to_owned()),
            ("WEBHOOK_SECRET_ID", "WEBHOOK_SECRET".to_owned()),
            ("WEBHOOK_URL", self.endpoint()),
            ("EVENT_BUS_NAME", EVENT_BUS.to_owned()),
        ])
    }

    /// Stores another text in a secret, such as `OKTA_SECRET`.
    pub(crate) fn set_secret(&self, name: &'static str, text: &Value) {
        self.behind.secrets.lock().unwrap().insert(name, text.to_string());
    }

    /// Has a stack's secret refused with this code.
    pub(crate) fn withhold_secret(&self, name: &'static str, code: &'static str) {
        self.behind.withheld.lock().unwrap().insert(name, code);
    }

    /// Takes a variable away.
    pub(crate) fn remove_variable(&self, name: &'static str) {
        self.behind.variables.lock().unwrap().remove(name);
    }

    /// Sets a variable of the function's environment; of a local system it is the tool's own.
    pub(crate) fn set_variable(&self, name: &'static str, value: &str) {
        self.behind.variables.lock().unwrap().insert(name, value.to_owned());
    }

    /// A variable of the function's environment.
    pub(crate) fn variable(&self, name: &'static str) -> String {
        self.behind.variables.lock().unwrap()[name].clone()
    }

    /// Puts a message into the queue that has been due for an hour.
    pub(crate) async fn put_overdue_message(&self) {
        self.put("live", self.world.clock.now() - Duration::from_hours(1), "{}").await;
    }

    async fn put(&self, part: &str, due: Timestamp, body: &str) {
        let key = format!("{:020}#{part}", due.as_microsecond());
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let put = self.system.dynamodb().put_item().table_name(self.system.tables().queue);
        let put = put.item("pk", text(part)).item("sk", text(&key)).item("body", text(body));
        put.send().await.unwrap();
    }

    /// Makes a message a dead letter.
    pub(crate) async fn bury(&self, message: &Message) {
        let (body, now) = (message.to_json(), self.world.clock.now());
        match self.kind {
            Kind::Local => self.put("dead", now, &body).await,
            Kind::Stack => {
                self.behind.dead_letters.lock().unwrap().add(&body, now.as_millisecond());
            }
        }
    }

    /// Puts something in the place of the endpoint that gives everybody this answer.
    pub(crate) fn replace_endpoint(&self, status: StatusCode) {
        *self.behind.endpoint.lock().unwrap() = Some(status);
    }

    /// Puts something into the dead-letter queue of a stack that is no message.
    pub(crate) fn add_foreign_letter(&self) {
        let sent = self.world.clock.now().as_millisecond();
        self.behind.dead_letters.lock().unwrap().add("what is this?", sent);
    }

    /// Takes the right away to look at event buses.
    pub(crate) fn deny_events(&self) {
        *self.behind.denies_events.lock().unwrap() = true;
    }

    /// Takes the right away to read metrics.
    pub(crate) fn deny_metrics(&self) {
        *self.behind.denies_metrics.lock().unwrap() = true;
    }

    /// The rights that a stack's callers needed since this was asked last.
    pub(crate) fn take_needs(&self) -> BTreeSet<Need> {
        std::mem::take(&mut self.behind.needs.lock().unwrap())
    }

    /// Whether a stack was asked how deep its queue is.
    pub(crate) fn was_asked_for_the_depth(&self) -> bool {
        let depth = Need::new("sqs:GetQueueAttributes", "queue");
        self.behind.needs.lock().unwrap().contains(&depth)
    }

    /// Gives a stack another name.
    pub(crate) fn called(self, name: &'static str) -> Self {
        *self.behind.stack.lock().unwrap() = name;
        self
    }

    /// Where a local store is, and where the tool is called.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
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
            Kind::Stack => command.args(["--stack", *self.behind.stack.lock().unwrap()]),
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
