//! The shop, the Okta org, and the store that the tool works with.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use outbound::Randomness;
use rules::{CustomerId, Decision, RuleBook, UserId};
use rust_decimal::Decimal;
use segments::local::{LocalSystem, Options};
use serde_json::json;
use simulators::okta::GroupKind;
use simulators::{
    NewCustomer, Service, SimClock, SimRandom, Webhook, World, mavera, okta, shopify,
};
use state::{Depth, StoredQueue};
use tokio::net::TcpListener;

use crate::{Arguments, Failure};

const BOOK: &str = include_str!("../../../../segments.toml");
/// Okta's and Shopify's own limits would be met long before the tool's.
const NO_LIMIT: u32 = 1_000_000;
/// How often to look whether the queue is empty.
const PAUSE: Duration = Duration::from_millis(500);
/// The longest that takes.
const LONGEST: Duration = Duration::from_mins(30);

/// A shop whose customers have Okta users, a store, and nobody who works with it yet.
pub(crate) struct Town {
    world: World,
    book: RuleBook,
    /// The store, as this process sees it.
    system: LocalSystem<StoredQueue>,
    folder: PathBuf,
    services: String,
    people: Vec<(CustomerId, UserId)>,
    chance: SimRandom,
    /// Caused in the shop, and not posted yet.
    outbox: Mutex<VecDeque<Webhook>>,
}

impl Drop for Town {
    fn drop(&mut self) {
        // What cannot be removed is in the system's folder for what may go.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Town {
    pub(crate) async fn build(arguments: &Arguments) -> Result<Self, Failure> {
        let world = World::at(SimClock::following_real_time(), "my-store.myshopify.com".parse()?);
        world.okta.set_limit_everywhere(NO_LIMIT);
        world.shopify.set_cost_bucket(NO_LIMIT, NO_LIMIT);
        let book = RuleBook::from_toml(BOOK)?;
        for segment in book.segments() {
            world.okta.add_group(segment.okta_group_name().as_str(), GroupKind::Okta);
        }
        let folder = std::env::temp_dir().join(format!("segments-load-{}", std::process::id()));
        let system = LocalSystem::open(Options::simulated(&world)?, &folder).await?;
        system.config_table().put_wanted(&book).await?;
        let seconds = |seconds: u64| AttributeValue::N(seconds.to_string());
        system.set("settle_seconds", seconds(arguments.settle)).await?;
        system.set("second_look_seconds", seconds(arguments.second_look)).await?;
        system.refresh_groups().await?;
        let people = populate(&world, arguments.customers);
        let services = serve(world.clone())?;
        let (chance, outbox) = (SimRandom::new(1), Mutex::default());
        Ok(Self { world, book, system, folder, services, people, chance, outbox })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the tool has to be told.
    pub(crate) fn environment(&self, arguments: &Arguments) -> [(&'static str, String); 9] {
        let at = |service: &str| format!("{}/{service}", self.services);
        [
            ("SHOPIFY_SHOP", self.world.shopify.domain().to_string()),
            ("SHOPIFY_API_URL", at("shopify")),
            ("OKTA_ORG_URL", at("okta")),
            ("MAVERA_API_URL", at("mavera")),
            ("SETTLE_SECONDS", arguments.settle.to_string()),
            ("WEBHOOK_SECRET", json!({ "secrets": [shopify::WEBHOOK_SECRET] }).to_string()),
            ("SHOPIFY_SECRET", json!({ "access_token": shopify::ACCESS_TOKEN }).to_string()),
            ("OKTA_SECRET", json!({ "api_token": okta::API_TOKEN }).to_string()),
            ("MAVERA_SECRET", json!({ "api_key": mavera::API_KEY }).to_string()),
        ]
    }

    /// The next webhook of what happens in the shop: an order, which is placed now, and then what else Shopify
    /// sends for it. The first customer buys nothing here.
    pub(crate) fn order(&self) -> Result<Webhook, Failure> {
        let mut outbox = self.outbox.lock().map_err(|_| "the outbox is gone")?;
        if outbox.is_empty() {
            let count = u64::try_from(self.people.len().saturating_sub(1))?;
            let lucky = 1 + usize::try_from(self.chance.below(count))?;
            let (buyer, _) = self.people.get(lucky).ok_or("there are too few customers")?;
            self.world.shopify.place_order(*buyer, self.amount()?)?;
            outbox.extend(self.world.shopify.take_webhooks());
        }
        outbox.pop_front().ok_or_else(|| "the shop sends nothing".into())
    }

    /// Has each customer order once, the next whenever it is asked: the first webhook of the order, and no other.
    pub(crate) fn one_each(&self) -> impl FnMut() -> Result<Webhook, Failure> {
        let mut people = self.people.iter();
        move || {
            let (buyer, _) = people.next().ok_or("everybody has ordered")?;
            let (_, webhook) = self.world.shopify.place_order(*buyer, self.amount()?)?;
            self.world.shopify.take_webhooks();
            Ok(webhook)
        }
    }

    fn amount(&self) -> Result<Decimal, Failure> {
        Ok(Decimal::new(i64::try_from(500 + self.chance.below(15_000))?, 2))
    }

    /// Changes the only order of the first customer, so that other totals follow and no other group; gives what
    /// tells of it.
    pub(crate) fn change(&self) -> Result<Webhook, Failure> {
        let (customer, _) = self.people.first().ok_or("there are no customers")?;
        let [order] = self.world.shopify.orders(*customer)[..] else {
            return Err("the first customer has not bought just once".into());
        };
        let webhook = self.world.shopify.update_order(order, Decimal::new(499, 2))?;
        self.world.shopify.take_webhooks();
        Ok(webhook)
    }

    /// How often each service was called since this was asked last, those that changed something at Okta
    /// told apart.
    pub(crate) fn calls(&self) -> Calls {
        let mut calls = Calls::default();
        for call in self.world.take_calls() {
            match call.service {
                Service::Shopify => calls.shopify += 1,
                Service::Okta if call.method == http::Method::GET => calls.okta_reads += 1,
                Service::Okta => calls.okta_writes += 1,
                _ => {}
            }
        }
        calls
    }

    /// Calls are kept for whoever asks; nobody does.
    pub(crate) fn forget_calls(&self) {
        self.world.take_calls();
    }

    /// How many messages are in the queue.
    pub(crate) async fn waiting(&self) -> Result<u64, Failure> {
        Ok(self.system.queue().depth().await?)
    }

    /// Waits until no message is left.
    pub(crate) async fn drained(&self) -> Result<(), Failure> {
        let began = tokio::time::Instant::now();
        while self.waiting().await? > 0 {
            if began.elapsed() > LONGEST {
                return Err("the queue does not become empty".into());
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    /// Holds what Okta has of every customer against the shop.
    ///
    /// # Errors
    /// If somebody is not right, or a message is dead.
    pub(crate) async fn check(&self) -> Result<String, Failure> {
        let dead = self.system.queue().dead_letters().await?.len();
        let mut wrong = 0;
        let mut bought = 0;
        for (customer, user) in &self.people {
            let totals = self.world.shopify.totals(*customer)?;
            bought += u32::from(totals.orders > 0);
            let group = match self.book.decide(&totals) {
                Decision::Segment { segment, .. } => Some(segment.okta_group_name().to_string()),
                _ => None,
            };
            // Of who has never bought Okta is told nothing.
            let figures = (totals.orders > 0).then_some((totals.spent.amount, totals.orders));
            let (spent, orders) = self.world.okta.attributes_of(user);
            let groups = self.world.okta.group_names_of(user);
            let is_right = spent.zip(orders) == figures && groups.iter().eq(group.iter());
            wrong += u32::from(!is_right);
        }
        let all = self.people.len();
        let told = format!(
            "{bought} of {all} customers have bought, {wrong} are wrong, {dead} dead letters"
        );
        if wrong > 0 || dead > 0 { Err(told.into()) } else { Ok(told) }
    }
}

/// How often services were called.
#[derive(Default)]
pub(crate) struct Calls {
    pub(crate) shopify: usize,
    pub(crate) okta_reads: usize,
    pub(crate) okta_writes: usize,
}

/// Customers without an order, each with an Okta user.
fn populate(world: &World, count: usize) -> Vec<(CustomerId, UserId)> {
    let address = |number: String| format!("customer-{number}@example.com");
    let users = world.okta.add_users(count, |number| {
        let address = address(number.to_string());
        (address.clone(), address)
    });
    let customers = (0..count).map(|number| {
        let new = NewCustomer::with_email(&address(number.to_string()));
        world.shopify.silently(|shop| shop.add_customer(new)).0
    });
    customers.zip(users).collect()
}

/// Serves the world from a thread of its own; gives its address.
fn serve(world: World) -> Result<String, Failure> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let url = format!("http://{}", listener.local_addr()?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::spawn(move || {
        runtime.block_on(async { simulators::serve(world, TcpListener::from_std(listener)?).await })
    });
    Ok(url)
}
