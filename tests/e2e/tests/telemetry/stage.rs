//! The functions, called as Lambda calls them.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use e2e::Listener;
use futures_util::FutureExt;
use outbound::Traffic;
use resegment::{Answer, Event, Start, Status};
use rules::RuleBook;
use runtime::{Function, Invocation, Measured, Measures, Telemetry};
use segments::local::{
    LocalSecrets, LocalSystem, MAVERA_SECRET, OKTA_SECRET, Options, SHOPIFY_SECRET,
};
use serde_json::{Value, json};
use simulators::okta::{GroupKind, NewServiceApp, ProofOfPossession};
use simulators::{Webhook, World, mavera, shopify};
use sync_customer::Report;

use crate::wire::Wire;

const TRACE: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) wire: Arc<Wire>,
    pub(crate) secrets: Arc<LocalSecrets>,
    /// What is stored for Okta.
    pub(crate) okta_secret: String,
    /// Who is told of changes of segment.
    pub(crate) listener: Listener,
    pub(crate) system: LocalSystem,
    telemetry: [Telemetry; 4],
    calls: AtomicU64,
}

/// What the worker did with a batch, if there was one.
struct Batch(Option<Report>);

impl Measured for Batch {
    fn measure(&self, measures: &mut Measures) {
        self.0.iter().for_each(|report| report.measure(measures));
    }
}

impl Stage {
    /// A shop with the default rule book. Its credentials are those with the most secrets in them.
    pub(crate) async fn open() -> Self {
        let telemetry = Function::ALL.map(Telemetry::start);
        let world = e2e::contracts::recorded(World::new("my-store.myshopify.com".parse().unwrap()));
        let book = RuleBook::from_toml(include_str!("../../../../segments.toml")).unwrap();
        for segment in book.segments() {
            world.okta.add_group(segment.okta_group_name().as_str(), GroupKind::Okta);
        }
        let wire = Wire::over(world.transport());
        let secrets = Arc::new(LocalSecrets::simulated(&world));
        let okta_secret = store(&world, &wire, &secrets);
        let mut options = Options::simulated(&world).unwrap();
        options.transport = wire.clone();
        options.secrets = secrets.clone();
        let listener = Listener::start().await.unwrap();
        options.event_bus = Some(listener.bus(Arc::new(world.clock.clone())));
        let system = LocalSystem::start(options).await.unwrap();
        system.config_table().put_wanted(&book).await.unwrap();
        let calls = AtomicU64::new(0);
        let stage = Self { world, wire, secrets, okta_secret, listener, system, telemetry, calls };
        stage.refresh_groups().await;
        stage.world.clock.advance(Duration::from_mins(1));
        stage
    }

    /// Calls a function. What it panics with is dropped, as Lambda's runtime does.
    async fn call<T: Measured, E: std::fmt::Display>(
        &self,
        function: Function,
        traffic: impl Fn() -> Vec<(&'static str, Traffic)>,
        work: impl Future<Output = Result<T, E>>,
    ) -> Option<Result<T, E>> {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        let request_id = format!("8476a536-e9f4-11e8-9739-{number:012}");
        let invocation = Invocation { request_id: &request_id, trace: Some(TRACE) };
        let place = Function::ALL.iter().position(|it| *it == function).unwrap();
        let call = self.telemetry[place].call(invocation, traffic, Box::pin(work));
        AssertUnwindSafe(call).catch_unwind().await.ok()
    }

    pub(crate) async fn deliver(&self, webhook: &Webhook) {
        let (method, path) = (http::Method::POST, webhook::PATH);
        self.request(&method, path, webhook).await;
    }

    pub(crate) async fn request(&self, method: &http::Method, path: &str, webhook: &Webhook) {
        let work = async {
            let (headers, body) = (&webhook.headers, &webhook.body);
            Ok::<_, String>(self.system.deliver(method, path, headers, body).await)
        };
        let _ = self.call(Function::Webhook, Vec::new, work).await;
    }

    pub(crate) async fn refresh_groups(&self) {
        let okta = || self.system.worker().traffic().into_iter().filter(|(api, _)| *api == "okta");
        let work = self.system.refresh_groups();
        let _ = self.call(Function::RefreshGroups, || okta().collect(), work).await;
    }

    pub(crate) async fn resegment(&self, start: Option<Start>) -> Option<Answer> {
        let traffic = || self.system.resegmenter().traffic();
        let work = self.system.resegment(Event { start });
        self.call(Function::Resegment, traffic, work).await?.ok()
    }

    /// Has the worker work off what is due; false if nothing was.
    pub(crate) async fn work(&self) -> bool {
        let traffic = || self.system.worker().traffic();
        let work = async { self.system.work_once().await.map(Batch) };
        let done = self.call(Function::SyncCustomer, traffic, work).await;
        !matches!(done, Some(Ok(Batch(None))))
    }

    /// Works until nothing waits any more.
    pub(crate) async fn settle(&self) {
        for _ in 0..500 {
            while self.work().await {}
            let Some(due) = self.system.queue().next_due() else { return };
            self.world.clock.advance_to(due);
        }
        panic!("the queue does not become empty");
    }

    /// A run to its end, with the worker at work.
    pub(crate) async fn run(&self) -> Status {
        let mut answer = self.resegment(Some(Start::default())).await.unwrap();
        while matches!(answer.status, Status::Wait | Status::Continue) {
            self.settle().await;
            let wait = answer.wait_seconds.unwrap_or(0);
            self.world.clock.advance(Duration::from_secs(wait));
            answer = self.resegment(None).await.unwrap();
        }
        self.settle().await;
        answer.status
    }

    pub(crate) async fn set(&self, name: &str, value: &str) {
        self.system.set(name, AttributeValue::N(value.to_owned())).await.unwrap();
        self.world.clock.advance(Duration::from_mins(1));
    }
}

/// Stores the credentials: an app's with a key, where there is a choice. Gives Okta's.
fn store(world: &World, wire: &Wire, secrets: &LocalSecrets) -> String {
    let app = NewServiceApp { proof: ProofOfPossession::Required, ..NewServiceApp::default() };
    let okta = world.okta.add_service_app(&app).secret;
    let shopify = json!({
        "client_id": shopify::CLIENT_ID,
        "client_secret": shopify::CLIENT_SECRET,
    });
    overhear(wire, &okta["private_key"]);
    wire.overhear(shopify::CLIENT_SECRET);
    wire.overhear(mavera::API_KEY);
    wire.overhear(&world.shopify.webhook_secret());
    secrets.put(OKTA_SECRET, okta.to_string());
    secrets.put(SHOPIFY_SECRET, shopify.to_string());
    secrets.put(MAVERA_SECRET, json!({ "api_key": mavera::API_KEY }).to_string());
    okta.to_string()
}

/// The private part of a key, and all of it.
fn overhear(wire: &Wire, key: &Value) {
    match key {
        Value::String(key) => key.lines().for_each(|line| wire.overhear(line)),
        key => wire.overhear(key["d"].as_str().unwrap()),
    }
}
