//! A shop with the default rule book, set up and never told of anything.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use resegment::{Answer, EndedAs, Event, Record, Start, Status};
use rules::{CustomerId, GroupId, RuleBook, UserId};
use segments::local::{LocalSystem, Options};
use simulators::okta::GroupKind;
use simulators::{CallRecord, NewCustomer, Service, Webhook, World};
use state::RunId;

pub(crate) const NEW: &str = "Shopify New Customer";
pub(crate) const RETURNING: &str = "Shopify Returning Customer";
pub(crate) const VIP: &str = "Shopify VIP Customer";
/// The most customers of a shop that needs no export.
pub(crate) const PAGE: u64 = 250;

pub(crate) const BOOK: &str = include_str!("../../../../segments.toml");

pub(crate) struct Shop {
    pub(crate) world: World,
    pub(crate) system: LocalSystem,
    /// How often people were made: they bear names of their own.
    named: AtomicU64,
}

/// A customer with an Okta user.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) customer: CustomerId,
    pub(crate) user: UserId,
}

/// How long an answer tells its caller to wait.
pub(crate) fn wait_of(answer: &Answer) -> Duration {
    Duration::from_secs(answer.wait_seconds.unwrap_or(0))
}

impl Shop {
    /// A shop that is set up: groups, rule book, group ids.
    pub(crate) async fn open() -> Self {
        Self::open_with(|_, _| ()).await
    }

    /// The same, with a system that is made of other parts.
    pub(crate) async fn open_with(change: impl FnOnce(&World, &mut Options)) -> Self {
        let world = e2e::contracts::recorded(World::new("my-store.myshopify.com".parse().unwrap()));
        for name in [NEW, RETURNING, VIP] {
            world.okta.add_group(name, GroupKind::Okta);
        }
        let mut options = Options::simulated(&world).unwrap();
        change(&world, &mut options);
        let system = LocalSystem::start(options).await.unwrap();
        let shop = Self { world, system, named: AtomicU64::default() };
        shop.wants(BOOK).await;
        shop.refresh_groups().await;
        shop.world.take_calls();
        shop
    }

    /// Makes this the wanted book.
    pub(crate) async fn wants(&self, book: &str) {
        let book = RuleBook::from_toml(book).unwrap();
        self.system.config_table().put_wanted(&book).await.unwrap();
    }

    pub(crate) async fn refresh_groups(&self) {
        self.system.refresh_groups().await.unwrap();
        // Workers see it when their copy of the configuration is a minute old.
        self.world.clock.advance(Duration::from_mins(1));
    }

    /// People with these figures, as if they had been there before anybody listened.
    pub(crate) fn people(&self, count: u64, orders: u64, spent: &str) -> Vec<Person> {
        let spent = spent.parse().unwrap();
        let first = self.named.fetch_add(1, Ordering::Relaxed);
        let name = |number: u64| format!("person-{first}-{number}@example.com");
        let customers = self.world.shopify.add_customers(count, |number| {
            NewCustomer::with_email(&name(number)).with_totals(orders, spent)
        });
        let names = |number: usize| {
            let name = name(u64::try_from(number).unwrap());
            (name.clone(), name)
        };
        let users = self.world.okta.add_users(usize::try_from(count).unwrap(), names);
        let people = customers.into_iter().zip(users);
        people.map(|(customer, user)| Person { customer, user }).collect()
    }

    /// Customers whom Okta does not know.
    pub(crate) fn strangers(&self, count: u64, orders: u64, spent: &str) -> Vec<CustomerId> {
        let spent = spent.parse().unwrap();
        self.world.shopify.add_customers(count, |number| {
            NewCustomer::with_email(&format!("stranger-{orders}-{number}@example.com"))
                .with_totals(orders, spent)
        })
    }

    /// Changes a customer's figures, and nobody is told.
    pub(crate) fn now_has(&self, person: &Person, orders: u64, spent: &str) {
        // Shopify's marks of changes are whole seconds.
        self.world.clock.advance(Duration::from_secs(1));
        let spent = spent.parse().unwrap();
        self.world.shopify.set_totals(person.customer, orders, spent).unwrap();
    }

    pub(crate) fn group(&self, name: &str) -> GroupId {
        self.world.okta.groups_named(name).remove(0)
    }

    /// The managed groups the user is in.
    pub(crate) fn groups_of(&self, person: &Person) -> Vec<String> {
        self.world.okta.group_names_of(&person.user)
    }

    /// What the user's profile shows.
    pub(crate) fn shown(&self, person: &Person) -> (Option<String>, Option<u64>) {
        let (spent, orders) = self.world.okta.attributes_of(&person.user);
        (spent.map(|spent| spent.normalize().to_string()), orders)
    }

    /// Delivers a webhook.
    pub(crate) async fn deliver(&self, webhook: &Webhook) {
        let (method, path) = (http::Method::POST, webhook::PATH);
        let answer = self.system.deliver(&method, path, &webhook.headers, &webhook.body).await;
        assert_eq!(answer, webhook::Answer::Queued(1));
    }

    /// A run from its start to its end, with the workers at work.
    pub(crate) async fn run(&self, start: Start) -> Answer {
        self.system.run(start, |_| ()).await.unwrap()
    }

    /// A run that has to end well; gives its record.
    pub(crate) async fn full_run(&self) -> Record {
        let answer = self.run(Start::default()).await;
        assert_eq!(answer.status, Status::Done, "{answer:?}");
        self.settle().await;
        self.record(answer.run_id.as_ref().unwrap()).await
    }

    /// A day later, a run that has to end well; gives its record.
    pub(crate) async fn nightly_run(&self) -> Record {
        self.world.clock.advance(Duration::from_hours(24));
        self.full_run().await
    }

    /// A run that has to be refused; gives its record.
    pub(crate) async fn refused_run(&self, start: Start) -> Record {
        let answer = self.run(start).await;
        assert_eq!(answer.status, Status::Refused, "{answer:?}");
        let record = self.record(answer.run_id.as_ref().unwrap()).await;
        assert_eq!(record.end().unwrap().how, EndedAs::Refused);
        record
    }

    pub(crate) async fn tick(&self) -> Answer {
        self.system.resegment(Event::default()).await.unwrap()
    }

    pub(crate) async fn begin(&self) -> Answer {
        let start = Some(Start::default());
        self.system.resegment(Event { start }).await.unwrap()
    }

    /// Goes on with the active run to its end, with the workers at work. Gives the last answer.
    pub(crate) async fn finish(&self, mut answer: Answer) -> Answer {
        while matches!(answer.status, Status::Wait | Status::Continue) {
            self.settle().await;
            self.world.clock.advance(wait_of(&answer));
            answer = self.tick().await;
        }
        answer
    }

    /// Works until the queue is empty.
    pub(crate) async fn settle(&self) {
        self.system.settle().await.unwrap();
    }

    pub(crate) async fn record(&self, run: &RunId) -> Record {
        self.system.runs().record(run).await.unwrap().unwrap()
    }

    /// How many calls each service got since calls were taken last: Shopify, the file store, Okta,
    /// Mavera.
    pub(crate) fn take_counts(&self) -> [usize; 4] {
        let calls = self.world.take_calls();
        let count = |service| calls.iter().filter(|call| call.service == service).count();
        [Service::Shopify, Service::Storage, Service::Okta, Service::Mavera].map(count)
    }

    pub(crate) fn take_calls_of(&self, service: Service) -> Vec<CallRecord> {
        let mut calls = self.world.take_calls();
        calls.retain(|call| call.service == service);
        calls
    }
}
