//! The functions as they are deployed: each is wired as its `main` does it, from the environment that the
//! template gives it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use outbound::Randomness;
use refresh_groups::RefreshGroups;
use resegment::{Answer, Event, Resegment, Start, Status};
use rules::RuleBook;
use runtime::{Env, Services};
use segments::local::{LocalSystem, Options};
use simulators::okta::GroupKind;
use simulators::{NewCustomer, SimRandom, World};
use state::{ConfigCache, LocalQueue};
use sync_customer::{Record, Worker};
use webhook::{SigningSecrets, Webhook};

use crate::aws::{Aws, Right};
use crate::document::{Document, Part, text};

/// The default book.
pub(crate) const BOOK: &str = include_str!("../../../../segments.toml");
/// More batches and ticks than anything here takes.
const MOST: usize = 1_000;

/// A function's environment and calls.
struct Side {
    aws: Aws,
    /// What the template sets.
    set: BTreeMap<String, String>,
    /// What the function asked for.
    asked: Arc<Mutex<BTreeSet<String>>>,
}

/// The stack. The functions' parts are those of one process each.
pub(crate) struct Deployed {
    pub(crate) world: World,
    /// The tables, as people reach them.
    pub(crate) tables: LocalSystem,
    pub(crate) document: Document,
    sides: BTreeMap<String, Side>,
    queue: LocalQueue,
    webhook: Webhook,
    worker: Worker,
    refresh: RefreshGroups,
    resegment: Resegment,
}

impl Deployed {
    /// A stack whose secrets and rule book are there, with its groups at Okta. Its bus is not the default one,
    /// so the worker looks whether it is there.
    pub(crate) async fn open() -> Self {
        Self::with_bus("EventBusName").await
    }

    /// The same with this as its bus.
    pub(crate) async fn with_bus(bus: &str) -> Self {
        let world = e2e::contracts::recorded(World::new("my-store.myshopify.com".parse().unwrap()));
        let tables = LocalSystem::start(Options::simulated(&world).unwrap()).await.unwrap();
        let queue = LocalQueue::new(Arc::new(world.clock.clone()));
        let aws = Aws::new(&world, tables.dynamodb_url(), queue.clone());
        let document = Document::read();
        let functions = document.functions();
        let sides: BTreeMap<_, _> = functions
            .iter()
            .map(|function| {
                let set = environment(&document, *function, &world, &tables, bus);
                let side = Side { aws: aws.for_another(), set, asked: Arc::default() };
                (function.id.to_owned(), side)
            })
            .collect();
        let random: Arc<dyn Randomness> = Arc::new(SimRandom::new(1));
        let services = |function: &str| sides[function].services(&world);
        let webhook = webhook(&services("WebhookFunction"));
        let worker = worker(&services("SyncCustomerFunction"), &random);
        let refresh = refresh(&services("RefreshGroupsFunction"));
        let resegment = resegment(&services("ResegmentFunction"), &random);
        let deployed =
            Self { world, tables, document, sides, queue, webhook, worker, refresh, resegment };
        deployed.wants(BOOK).await;
        deployed
    }

    /// Makes this the wanted book, as an operator would, with its groups at Okta.
    pub(crate) async fn wants(&self, book: &str) {
        let book = RuleBook::from_toml(book).unwrap();
        self.tables.config_table().put_wanted(&book).await.unwrap();
        for segment in book.segments() {
            let name = segment.okta_group_name().as_str();
            if self.world.okta.groups_named(name).is_empty() {
                self.world.okta.add_group(name, GroupKind::Okta);
            }
        }
    }

    /// People with these figures, who have a user at Okta.
    pub(crate) fn people(&self, name: &str, count: u64, orders: u64, spent: &str) {
        let login = |number: u64| format!("{name}-{number}@example.com");
        for number in 0..count {
            self.world.okta.add_user(&login(number), &login(number));
        }
        let spent = spent.parse().unwrap();
        self.world.shopify.add_customers(count, |number| {
            NewCustomer::with_email(&login(number)).with_totals(orders, spent)
        });
    }

    pub(crate) async fn deliver(&self, webhook: &simulators::Webhook) {
        let (method, path) = (http::Method::POST, webhook::PATH);
        let answer = self.webhook.handle(&method, path, &webhook.headers, &webhook.body).await;
        assert_eq!(answer.status().as_u16(), 200);
    }

    /// Calls the function of the groups.
    pub(crate) async fn refresh_groups(&self) {
        self.refresh.run(self.deadline("RefreshGroupsFunction")).await.unwrap();
        // Workers see it when their copy of the configuration is a minute old.
        self.world.clock.advance(Duration::from_mins(1));
    }

    /// Calls the worker until the queue is empty, as the queue's mapping does.
    pub(crate) async fn settle(&self) {
        for _ in 0..MOST {
            let Some(due) = self.queue.next_due() else { return };
            self.world.clock.advance_to(due);
            let received = self.queue.receive(10);
            let records = received
                .iter()
                .map(|message| Record { id: message.id.to_string(), body: message.body.clone() });
            let deadline = self.deadline("SyncCustomerFunction");
            let report = Box::pin(self.worker.handle(records.collect(), deadline)).await;
            assert!(report.failed.is_empty());
            for message in received {
                self.queue.delete(&message.id);
            }
        }
        panic!("messages breed messages");
    }

    /// Calls the function of full runs once.
    pub(crate) async fn tick(&self, start: Option<Start>) -> Answer {
        let deadline = self.deadline("ResegmentFunction");
        Box::pin(self.resegment.handle(Event { start }, deadline)).await.unwrap()
    }

    /// Begins a run and brings it to its end, with the worker at work.
    pub(crate) async fn run(&self, start: Start) -> Answer {
        let mut answer = self.tick(Some(start)).await;
        for _ in 0..MOST {
            if !matches!(answer.status, Status::Wait | Status::Continue) {
                return answer;
            }
            Box::pin(self.settle()).await;
            let wait = answer.wait_seconds.unwrap_or(0);
            self.world.clock.advance(Duration::from_secs(wait));
            answer = self.tick(None).await;
        }
        panic!("there is no end to it: {answer:?}");
    }

    /// What a function made use of, by the resources' names in the template.
    pub(crate) fn used(&self, function: &str) -> BTreeSet<Right> {
        let tables = self.tables.tables();
        let used = self.sides[function].aws.used().into_iter();
        used.map(|(action, resource)| {
            let id = match resource.as_str() {
                name if name == tables.config => "ConfigTable",
                name if name == tables.customers => "CustomersTable",
                name if name == tables.runs => "RunsTable",
                name => name.rsplit('/').next().unwrap(),
            };
            (action, id.to_owned())
        })
        .collect()
    }

    /// What the template sets in a function's environment, and what the function asked for.
    pub(crate) fn variables(&self, function: &str) -> (BTreeSet<String>, BTreeSet<String>) {
        let side = &self.sides[function];
        (side.set.keys().cloned().collect(), side.asked.lock().unwrap().clone())
    }

    fn deadline(&self, function: &str) -> Timestamp {
        let timeout = self.document.resource(function).number("Timeout");
        self.world.clock.now() + Duration::from_secs(timeout)
    }
}

impl Side {
    fn services(&self, world: &World) -> Services {
        let (set, asked) = (self.set.clone(), Arc::clone(&self.asked));
        let env = Env::from(move |name: &str| {
            asked.lock().unwrap().insert(name.to_owned());
            set.get(name).cloned()
        });
        let clock = Arc::new(world.clock.clone());
        Services::of(env, self.aws.config()).simulated(clock, world.transport())
    }
}

/// A function's environment, as the template makes it.
fn environment(
    document: &Document,
    function: Part<'_>,
    world: &World,
    tables: &LocalSystem,
    bus: &str,
) -> BTreeMap<String, String> {
    let of_all = document.at("Globals/Function/Environment/Variables").as_mapping().unwrap();
    let own = function.get("Environment/Variables").as_mapping().unwrap();
    let value = |value: &str| match value {
        "${ConfigTable}" => tables.tables().config.to_owned(),
        "${CustomersTable}" => tables.tables().customers.to_owned(),
        "${RunsTable}" => tables.tables().runs.to_owned(),
        "${SyncQueue}" => "https://sqs.us-east-1.amazonaws.com/123456789012/SyncQueue".to_owned(),
        "${ShopifyShop}" => world.shopify.domain().to_string(),
        "${ShopifyApiUrl}" => world.shopify_url(),
        "${OktaOrgUrl}" => world.okta_url(),
        "${MaveraApiUrl}" => world.mavera_url(),
        "${EventBusName}" => bus.to_owned(),
        reference => {
            let id = reference.replace(['$', '{', '}'], "");
            let parameters = document.parts("Parameters");
            let parameter = parameters.iter().find(|parameter| parameter.id == id);
            parameter.map_or(id, |parameter| text(&parameter.value["Default"]))
        }
    };
    let all = of_all.iter().chain(own);
    all.map(|(name, given)| (name.as_str().unwrap().to_owned(), value(&text(given)))).collect()
}

fn webhook(services: &Services) -> Webhook {
    let settle = services.env().parsed_or::<u16>("SETTLE_SECONDS", 10).unwrap();
    Webhook {
        shop: services.env().shop().unwrap(),
        secrets: services.secret("WEBHOOK_SECRET_ID", SigningSecrets::from_json).unwrap(),
        queue: services.queue().unwrap(),
        clock: services.clock(),
        settle: Duration::from_secs(settle.into()),
    }
}

fn worker(services: &Services, random: &Arc<dyn Randomness>) -> Worker {
    let config = services.config_table().unwrap();
    Worker {
        shopify: services.shopify().unwrap(),
        okta: services.okta().unwrap(),
        config: ConfigCache::new(config, services.clock(), Arc::clone(random)),
        customers: services.customers().unwrap(),
        queue: services.queue().unwrap(),
        event_bus: services.event_bus(),
        clock: services.clock(),
        random: Arc::clone(random),
    }
}

fn refresh(services: &Services) -> RefreshGroups {
    RefreshGroups {
        config: services.config_table().unwrap(),
        okta: services.okta().unwrap(),
        clock: services.clock(),
    }
}

fn resegment(services: &Services, random: &Arc<dyn Randomness>) -> Resegment {
    Resegment {
        shopify: services.shopify().unwrap(),
        okta: services.okta().unwrap(),
        mavera: services.mavera().unwrap(),
        config: services.config_table().unwrap(),
        customers: services.customers().unwrap(),
        runs: services.runs().unwrap(),
        queue: services.queue().unwrap(),
        clock: services.clock(),
        random: Arc::clone(random),
    }
}
