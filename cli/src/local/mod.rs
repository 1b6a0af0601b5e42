//! The whole system in one process: the handlers that Lambda runs, with an embedded `DynamoDB` engine, a
//! queue, and whatever ports it is given.
//!
//! With simulated ports and everything in memory it is a deterministic test bed; with a virtual clock,
//! waiting takes no time. With a folder and the real services it is a system that forgets nothing.

mod dynamodb;
mod environment;
#[cfg(feature = "demo")]
mod of_events;
mod runs;
mod secrets;
mod settle;
#[cfg(feature = "demo")]
mod simulated;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use announcements::EventBus;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use http::{HeaderMap, Method};
use jiff::Timestamp;
use mavera::{Mavera, MaveraCredentials};
use okta::{Okta, OktaCredentials};
use outbound::{BaseUrl, Clock, Credentials, Outbound, Randomness, Transport};
use refresh_groups::{RefreshError, RefreshGroups, Summary};
use resegment::Resegment;
use rules::ShopDomain;
use runtime::{CachedSecret, SecretStore, credentials};
use shopify::{ApiVersion, Shopify, ShopifyCredentials};
use state::{
    ConfigCache, ConfigTable, Customers, Error, LocalQueue, Receipt, Receive, Received, Runs,
    StoredQueue,
};
use sync_customer::{Record, Report, Worker};
use webhook::{Answer, SigningSecrets, Webhook};

pub(crate) use dynamodb::is_store;
pub use dynamodb::{EngineError, Tables};
pub use environment::{InvalidFile, environment};
pub(crate) use runs::Local;
pub use runs::{RunError, Seen};
pub use secrets::{LocalSecrets, MAVERA_SECRET, OKTA_SECRET, SHOPIFY_SECRET, WEBHOOK_SECRET};
pub use settle::{Settled, Step, Unsettled};

use dynamodb::{Engine, TABLES};

/// How many messages a batch holds at most, as in `template.yaml`.
const BATCH: usize = 10;
/// How long a function may take, as in `template.yaml`.
const TIMEOUT: Duration = Duration::from_mins(1);

/// What a local system is made of.
pub struct Options {
    /// Whose webhooks are taken, and whose customers are read.
    pub shop: ShopDomain,
    /// Where the shop's API is.
    pub shopify_url: BaseUrl,
    /// The version of it that is called.
    pub shopify_version: ApiVersion,
    /// Where Okta is.
    pub okta_url: BaseUrl,
    /// Where Mavera is; none keeps no personas.
    pub mavera_url: Option<BaseUrl>,
    /// Where the secrets are, by [`WEBHOOK_SECRET`], [`SHOPIFY_SECRET`], [`OKTA_SECRET`] and
    /// [`MAVERA_SECRET`].
    pub secrets: Arc<dyn SecretStore>,
    /// Carries calls to Shopify and Okta.
    pub transport: Arc<dyn Transport>,
    /// The time that everything goes by.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub random: Arc<dyn Randomness>,
    /// How long a webhook's message waits before it is worked off.
    pub settle: Duration,
    /// Where changes of segment are told; none tells nobody.
    pub event_bus: Option<EventBus>,
}

/// The whole system. Dropping it stops the engine, and forgets what is in memory.
pub struct LocalSystem<Q = LocalQueue> {
    clock: Arc<dyn Clock>,
    engine: Engine,
    config: ConfigTable,
    customers: Customers,
    queue: Q,
    webhook: Webhook,
    worker: Worker,
    refresh: RefreshGroups,
    resegment: Resegment,
}

impl LocalSystem {
    /// Starts a system with empty tables and an empty queue in memory, inside a Tokio runtime that has
    /// I/O and time.
    ///
    /// # Errors
    /// If the embedded engine cannot start.
    pub async fn start(options: Options) -> Result<Self, EngineError> {
        let queue = LocalQueue::new(Arc::clone(&options.clock));
        Ok(Self::wired(options, Engine::in_memory().await?, queue))
    }
}

impl LocalSystem<StoredQueue> {
    /// Starts a system whose tables and queue are kept in a folder, as they were left. Several
    /// processes may work with one folder.
    ///
    /// # Errors
    /// If the folder cannot be made, or the embedded engine cannot start in it.
    pub async fn open(options: Options, folder: &Path) -> Result<Self, EngineError> {
        let engine = Engine::in_folder(folder).await?;
        let (clock, random) = (Arc::clone(&options.clock), Arc::clone(&options.random));
        let queue = StoredQueue::new(engine.client().clone(), TABLES.queue, clock, random);
        Ok(Self::wired(options, engine, queue))
    }
}

impl<Q: Receive + Clone + 'static> LocalSystem<Q> {
    fn wired(options: Options, engine: Engine, queue: Q) -> Self {
        let config = ConfigTable::new(engine.client().clone(), TABLES.config);
        let customers = Customers::new(engine.client().clone(), TABLES.customers).in_one_part();
        let Options { clock, random, .. } = &options;
        let okta = okta(&options);
        let shopify = shopify(&options);
        let resegment = Resegment {
            shopify: shopify.clone(),
            okta: okta.clone(),
            mavera: mavera(&options),
            config: config.clone(),
            customers: customers.clone(),
            runs: Runs::new(engine.client().clone(), TABLES.runs),
            queue: Arc::new(queue.clone()),
            clock: Arc::clone(clock),
            random: Arc::clone(random),
        };
        let worker = Worker {
            shopify,
            okta: okta.clone(),
            config: ConfigCache::new(config.clone(), Arc::clone(clock), Arc::clone(random)),
            customers: customers.clone(),
            queue: Arc::new(queue.clone()),
            event_bus: options.event_bus.clone(),
            clock: Arc::clone(clock),
            random: Arc::clone(random),
        };
        let refresh = RefreshGroups { config: config.clone(), okta, clock: Arc::clone(clock) };
        let webhook = Webhook {
            shop: options.shop.clone(),
            secrets: secret(&options, WEBHOOK_SECRET, SigningSecrets::from_json),
            queue: Arc::new(queue.clone()),
            clock: Arc::clone(clock),
            settle: options.settle,
        };
        let clock = options.clock;
        Self { clock, engine, config, customers, queue, webhook, worker, refresh, resegment }
    }

    /// Hands a request to the webhook function.
    pub async fn deliver(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Answer {
        self.webhook.handle(method, path, headers, body).await
    }

    /// Hands the messages that are due, ten at most, to the worker, and deletes those it is done with,
    /// as Lambda does. None if no message is due.
    ///
    /// If the future is dropped half-way, the messages come back like those of a function that died.
    ///
    /// # Errors
    /// If the queue does not answer; its messages then come back.
    pub async fn work_once(&self) -> Result<Option<Report>, Error> {
        let received = self.queue.receive(BATCH).await?;
        if received.is_empty() {
            return Ok(None);
        }
        let record =
            |message: &Received| Record { id: message.id.to_string(), body: message.body.clone() };
        let records = received.iter().map(record).collect();
        // Boxed: it holds every look's state, and each caller's future would hold it too.
        let deadline = self.deadline();
        let report = Box::pin(self.worker.handle(records, deadline)).await;
        if self.clock.now() > deadline {
            // Lambda would have stopped the function before it could report anything.
            return Ok(Some(report));
        }
        let is_done = |id: &Receipt| !report.failed.contains(&id.to_string());
        let done: Vec<_> = received.into_iter().map(|message| message.id).filter(is_done).collect();
        self.queue.delete_all(&done).await?;
        Ok(Some(report))
    }

    /// Resolves the rule book's group names, as the schedule does.
    ///
    /// # Errors
    /// If the run fails as a whole.
    pub async fn refresh_groups(&self) -> Result<Summary, RefreshError> {
        self.refresh.run(self.deadline()).await
    }

    /// Writes one setting, as a person would. Workers see it within a minute.
    ///
    /// # Errors
    /// If the table does not take it.
    pub async fn set(&self, name: &str, value: AttributeValue) -> Result<(), state::Error> {
        self.config.put_setting(name, value).await
    }

    /// When a function that starts now would be stopped.
    fn deadline(&self) -> Timestamp {
        self.now() + TIMEOUT
    }

    /// The time that everything here goes by.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The shop.
    pub fn shop(&self) -> &ShopDomain {
        &self.webhook.shop
    }

    /// The configuration table.
    pub fn config_table(&self) -> &ConfigTable {
        &self.config
    }

    /// The table of customers.
    pub fn customers(&self) -> &Customers {
        &self.customers
    }

    /// The queue.
    pub fn queue(&self) -> &Q {
        &self.queue
    }

    /// The runs.
    pub fn runs(&self) -> &Runs {
        &self.resegment.runs
    }

    /// The worker.
    pub fn worker(&self) -> &Worker {
        &self.worker
    }

    /// What webhooks may be signed with.
    pub fn signing_secrets(&self) -> &Arc<dyn Credentials<SigningSecrets>> {
        &self.webhook.secrets
    }

    /// The full run's function.
    pub fn resegmenter(&self) -> &Resegment {
        &self.resegment
    }

    /// A client of the embedded engine.
    pub fn dynamodb(&self) -> &Client {
        self.engine.client()
    }

    /// Where the embedded engine listens, on this machine alone.
    pub fn dynamodb_url(&self) -> &str {
        self.engine.url()
    }

    /// What the tables are called.
    pub fn tables(&self) -> Tables {
        TABLES
    }
}

fn shopify(options: &Options) -> Shopify {
    let credentials = secret::<ShopifyCredentials>(options, SHOPIFY_SECRET, credentials);
    let (base, shop) = (options.shopify_url.clone(), options.shop.clone());
    let version = options.shopify_version.clone();
    Shopify::new(outbound(options), base, shop, version, credentials)
}

fn okta(options: &Options) -> Okta {
    let credentials = secret::<OktaCredentials>(options, OKTA_SECRET, credentials);
    Okta::new(outbound(options), options.okta_url.clone(), credentials)
}

fn mavera(options: &Options) -> Option<Mavera> {
    let base = options.mavera_url.clone()?;
    let credentials = secret::<MaveraCredentials>(options, MAVERA_SECRET, credentials);
    Some(Mavera::new(outbound(options), base, credentials))
}

fn outbound(options: &Options) -> Outbound {
    let Options { transport, clock, random, .. } = options;
    Outbound::new(Arc::clone(transport), Arc::clone(clock), Arc::clone(random))
}

fn secret<C>(options: &Options, id: &str, parse: runtime::Parse<C>) -> Arc<CachedSecret<C>> {
    let (store, clock) = (Arc::clone(&options.secrets), Arc::clone(&options.clock));
    Arc::new(CachedSecret::new(store, id, parse, clock))
}
