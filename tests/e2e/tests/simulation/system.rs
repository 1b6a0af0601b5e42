//! The functions, wired as `main` of each does it, to AWS without a network and to the simulated services.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use announcements::EventBus;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::SharedHttpClient;
use jiff::Timestamp;
use mavera::{Mavera, MaveraCredentials};
use okta::{Okta, OktaCredentials};
use outbound::{BaseUrl, BoxFuture, Clock, Error, ErrorKind, Outbound, Randomness, Transport};
use refresh_groups::RefreshGroups;
use resegment::Resegment;
use runtime::{CachedSecret, Parse, SecretStore, credentials};
use secrecy::SecretString;
use segments::local::{LocalSecrets, MAVERA_SECRET, OKTA_SECRET, SHOPIFY_SECRET, WEBHOOK_SECRET};
use serde_json::json;
use shopify::{ApiVersion, Shopify, ShopifyCredentials};
use simulators::{SimClock, SimRandom, World};
use state::{ConfigCache, ConfigTable, Customers, LocalQueue, Runs};
use sync_customer::Worker;
use webhook::{SigningSecrets, Webhook};

use crate::aws::{Aws, queue, tables};
use crate::between::{Calls, retries};

const CONFIG: &str = "config";
const CUSTOMERS: &str = "customers";
const RUNS: &str = "runs";

/// The functions as they are while nobody kills them, and what whoever plays sees of the tables.
pub(crate) struct System {
    pub(crate) aws: Aws,
    pub(crate) vault: Arc<Vault>,
    pub(crate) webhook: Webhook,
    pub(crate) worker: Worker,
    pub(crate) resegment: Resegment,
    pub(crate) refresh: RefreshGroups,
    /// What whoever plays reads and writes the tables by.
    pub(crate) config: ConfigTable,
    pub(crate) customers: Customers,
    bus: EventBus,
}

/// What the functions share.
struct Services {
    shopify: Shopify,
    okta: Okta,
    mavera: Mavera,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Randomness>,
    bus: EventBus,
}

impl System {
    pub(crate) async fn start(world: &World, bus: EventBus, seed: u64, settle: Duration) -> Self {
        let aws = Aws::new(&world.clock);
        let quiet = aws.quiet_tables();
        state::create_table(&quiet, CONFIG, state::CONFIG_KEYS).await.unwrap();
        for name in [CUSTOMERS, RUNS] {
            state::create_table(&quiet, name, state::ITEM_KEYS).await.unwrap();
        }
        let vault = Arc::new(Vault::new(world));
        let clock: Arc<dyn Clock> = Arc::new(world.clock.clone());
        let services = services(world, &vault, &clock, bus.clone(), seed);
        let way = aws.way();
        let webhook = Webhook {
            shop: world.shopify.domain(),
            secrets: secret(&vault, WEBHOOK_SECRET, SigningSecrets::from_json, &clock),
            queue: queue(way.clone()),
            clock: Arc::clone(&clock),
            settle,
        };
        let refresh = RefreshGroups {
            config: ConfigTable::new(tables(way.clone()), CONFIG),
            okta: services.okta.clone(),
            clock,
        };
        Self {
            worker: worker(&services, services.bus.clone(), &way),
            resegment: resegment(&services, &way),
            webhook,
            refresh,
            config: ConfigTable::new(quiet.clone(), CONFIG),
            customers: Customers::new(quiet, CUSTOMERS).in_one_part(),
            vault,
            aws,
            bus,
        }
    }

    pub(crate) fn queue(&self) -> &LocalQueue {
        &self.aws.queue
    }

    /// How many items the table of customers has.
    pub(crate) async fn customers_kept(&self) -> usize {
        let scan = self.aws.quiet_tables().scan().table_name(CUSTOMERS);
        scan.send().await.unwrap().items().len()
    }

    fn services(&self) -> Services {
        let whole = &self.resegment;
        Services {
            shopify: whole.shopify.clone(),
            okta: whole.okta.clone(),
            mavera: whole.mavera.clone().unwrap(),
            clock: Arc::clone(&whole.clock),
            random: Arc::clone(&whole.random),
            bus: self.bus.clone(),
        }
    }

    /// A worker that has just started, with its calls among `calls`.
    pub(crate) fn worker_behind(&self, calls: &Calls) -> Worker {
        let config = self.bus.client().config().to_builder().http_client(calls.http());
        let bus = aws_sdk_eventbridge::Client::from_conf(config.retry_config(retries()).build());
        let way = calls.over(self.aws.way());
        worker(&self.services(), self.bus.through(bus), &way)
    }

    /// The full run's function, with its calls to the tables and the queue among `calls`.
    pub(crate) fn resegment_behind(&self, calls: &Calls) -> Resegment {
        resegment(&self.services(), &calls.over(self.aws.way()))
    }

    /// The function that looks groups up, likewise.
    pub(crate) fn refresh_behind(&self, calls: &Calls) -> RefreshGroups {
        let config = ConfigTable::new(tables(calls.over(self.aws.way())), CONFIG);
        let Services { okta, clock, .. } = self.services();
        RefreshGroups { config, okta, clock }
    }
}

fn worker(services: &Services, bus: EventBus, way: &SharedHttpClient) -> Worker {
    let Services { shopify, okta, clock, random, .. } = services;
    let tables: Client = tables(way.clone());
    let config = ConfigTable::new(tables.clone(), CONFIG);
    Worker {
        shopify: shopify.clone(),
        okta: okta.clone(),
        config: ConfigCache::new(config, Arc::clone(clock), Arc::clone(random)),
        customers: Customers::new(tables, CUSTOMERS).in_one_part(),
        queue: queue(way.clone()),
        event_bus: Some(bus),
        clock: Arc::clone(clock),
        random: Arc::clone(random),
    }
}

fn resegment(services: &Services, way: &SharedHttpClient) -> Resegment {
    let Services { shopify, okta, mavera, clock, random, .. } = services;
    let tables = tables(way.clone());
    Resegment {
        shopify: shopify.clone(),
        okta: okta.clone(),
        mavera: Some(mavera.clone()),
        config: ConfigTable::new(tables.clone(), CONFIG),
        customers: Customers::new(tables.clone(), CUSTOMERS).in_one_part(),
        runs: Runs::new(tables, RUNS),
        queue: queue(way.clone()),
        clock: Arc::clone(clock),
        random: Arc::clone(random),
    }
}

fn services(
    world: &World,
    vault: &Arc<Vault>,
    clock: &Arc<dyn Clock>,
    bus: EventBus,
    seed: u64,
) -> Services {
    let random: Arc<dyn Randomness> = Arc::new(SimRandom::new(seed));
    let transport: Arc<dyn Transport> = world.transport();
    let outbound = || Outbound::new(Arc::clone(&transport), Arc::clone(clock), Arc::clone(&random));
    let base = |url: String| BaseUrl::configured(&url).unwrap();
    let of_shop = secret::<ShopifyCredentials>(vault, SHOPIFY_SECRET, credentials, clock);
    let of_org = secret::<OktaCredentials>(vault, OKTA_SECRET, credentials, clock);
    let of_mavera = secret::<MaveraCredentials>(vault, MAVERA_SECRET, credentials, clock);
    let (shop, version) = (world.shopify.domain(), ApiVersion::default());
    Services {
        shopify: Shopify::new(outbound(), base(world.shopify_url()), shop, version, of_shop),
        okta: Okta::new(outbound(), base(world.okta_url()), of_org),
        mavera: Mavera::new(outbound(), base(world.mavera_url()), of_mavera),
        clock: Arc::clone(clock),
        random,
        bus,
    }
}

fn secret<C>(
    vault: &Arc<Vault>,
    id: &str,
    parse: Parse<C>,
    clock: &Arc<dyn Clock>,
) -> Arc<CachedSecret<C>> {
    let store: Arc<dyn SecretStore> = Arc::<Vault>::clone(vault);
    Arc::new(CachedSecret::new(store, id, parse, Arc::clone(clock)))
}

/// Where the secrets are. It may not answer for a while.
pub(crate) struct Vault {
    secrets: LocalSecrets,
    /// What webhooks may be signed with, the newest first.
    signing: Mutex<Vec<String>>,
    clock: SimClock,
    shut_until: Mutex<Timestamp>,
}

impl Vault {
    fn new(world: &World) -> Self {
        let signing = Mutex::new(vec![world.shopify.webhook_secret()]);
        let (secrets, clock) = (LocalSecrets::simulated(world), world.clock.clone());
        Self { secrets, signing, clock, shut_until: Mutex::new(Timestamp::MIN) }
    }

    /// Answers nobody until then.
    pub(crate) fn shut_until(&self, until: Timestamp) {
        *self.shut_until.lock().unwrap() = until;
    }

    /// Stores one more signing secret beside those there were.
    pub(crate) fn add_signing_secret(&self, secret: &str) {
        let mut signing = self.signing.lock().unwrap();
        signing.insert(0, secret.to_owned());
        self.secrets.put(WEBHOOK_SECRET, json!({ "secrets": *signing }).to_string());
    }
}

impl SecretStore for Vault {
    fn read<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<SecretString, Error>> {
        if self.clock.now() < *self.shut_until.lock().unwrap() {
            let kind = ErrorKind::Unavailable { status: 503 };
            return Box::pin(async { Err(Error::new("secret store", "read secret", kind)) });
        }
        self.secrets.read(id)
    }
}
