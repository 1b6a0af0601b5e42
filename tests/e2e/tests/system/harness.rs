//! A shop with the default rule book, its Okta org, and the system between them.

use std::sync::Arc;
use std::time::Duration;

use e2e::Listener;
use jiff::Timestamp;
use rules::{CustomerId, GroupId, OrderId, RuleBook, SegmentName, UserId};
use segments::local::{LocalSystem, Options, Settled};
use simulators::okta::{GroupKind, MembershipChange};
use simulators::{CallRecord, NewCustomer, Service, Webhook, World};
use state::{Entry, Outcome, Record};
use webhook::Answer;

pub(crate) const NEW: &str = "Shopify New Customer";
pub(crate) const RETURNING: &str = "Shopify Returning Customer";
pub(crate) const VIP: &str = "Shopify VIP Customer";
/// A group that no segment names.
pub(crate) const STAFF: &str = "Staff";

pub(crate) struct Shop {
    pub(crate) world: World,
    pub(crate) system: LocalSystem,
    pub(crate) listener: Listener,
}

/// A customer who has an Okta user, who is staff too.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) customer: CustomerId,
    pub(crate) user: UserId,
}

/// What Okta holds for a user, as far as it concerns us.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) groups: Vec<String>,
    pub(crate) spent: Option<String>,
    pub(crate) orders: Option<u64>,
}

/// What a user should hold: one group, and the totals.
pub(crate) fn held(group: &str, spent: &str, orders: u64) -> Held {
    Held { groups: vec![group.to_owned()], spent: Some(spent.to_owned()), orders: Some(orders) }
}

/// What a user should hold who stands for nobody.
pub(crate) fn nothing() -> Held {
    Held { groups: Vec::new(), spent: None, orders: None }
}

impl Shop {
    /// A shop that is set up: groups, rule book, group ids.
    pub(crate) async fn open() -> Self {
        let shop = Self::unresolved().await;
        shop.refresh_groups().await;
        shop.world.take_calls();
        shop
    }

    /// A shop whose group names nobody has resolved yet.
    pub(crate) async fn unresolved() -> Self {
        let world = e2e::contracts::recorded(World::new("my-store.myshopify.com".parse().unwrap()));
        let options = Options::simulated(&world).unwrap();
        Self::of(world, options).await
    }

    /// The same, with a system that has these options.
    pub(crate) async fn of(world: World, mut options: Options) -> Self {
        for name in [NEW, RETURNING, VIP, STAFF] {
            world.okta.add_group(name, GroupKind::Okta);
        }
        let listener = Listener::start().await.unwrap();
        options.event_bus = Some(listener.bus(Arc::new(world.clock.clone())));
        let system = LocalSystem::start(options).await.unwrap();
        let book = RuleBook::from_toml(include_str!("../../../../segments.toml")).unwrap();
        system.config_table().put_wanted(&book).await.unwrap();
        Self { world, system, listener }
    }

    pub(crate) async fn refresh_groups(&self) {
        self.system.refresh_groups().await.unwrap();
        // Workers see it when their copy of the configuration is a minute old.
        self.world.clock.advance(Duration::from_mins(1));
    }

    pub(crate) fn customer(&self, email: &str) -> CustomerId {
        let (customer, _) = self.world.shopify.add_customer(NewCustomer::with_email(email));
        self.world.shopify.take_webhooks();
        customer
    }

    pub(crate) fn person(&self, email: &str) -> Person {
        let user = self.world.okta.add_user(email, email);
        self.world.okta.add_member(&self.group(STAFF), &user).unwrap();
        Person { customer: self.customer(email), user }
    }

    pub(crate) fn group(&self, name: &str) -> GroupId {
        self.world.okta.groups_named(name).remove(0)
    }

    pub(crate) async fn deliver(&self, webhook: &Webhook) -> Answer {
        let (method, path) = (http::Method::POST, webhook::PATH);
        self.system.deliver(&method, path, &webhook.headers, &webhook.body).await
    }

    /// Places an order; nobody is told of it yet.
    pub(crate) fn place(&self, customer: CustomerId, amount: &str) -> (OrderId, Webhook) {
        self.world.shopify.place_order(customer, amount.parse().unwrap()).unwrap()
    }

    /// Places an order and delivers the one webhook of it.
    pub(crate) async fn order(&self, customer: CustomerId, amount: &str) -> OrderId {
        let (order, webhook) = self.place(customer, amount);
        assert_eq!(self.deliver(&webhook).await, Answer::Queued(1));
        order
    }

    /// Works until the queue is empty.
    pub(crate) async fn settle(&self) -> Settled {
        self.system.settle().await.unwrap()
    }

    /// Places an order, delivers its webhook, and works until the queue is empty.
    pub(crate) async fn buys(&self, person: &Person, amount: &str) -> OrderId {
        let order = self.order(person.customer, amount).await;
        self.settle().await;
        order
    }

    /// What the user holds. Fails if the user lost a group that is none of ours, or if a call was made
    /// that the product never makes, such as one that replaces a whole profile.
    pub(crate) fn held(&self, user: &UserId) -> Held {
        assert_eq!(self.world.forbidden_calls(), []);
        let mut groups = self.world.okta.group_names_of(user);
        assert!(
            groups.iter().any(|name| name == STAFF),
            "a group of others was touched: {groups:?}"
        );
        groups.retain(|name| [NEW, RETURNING, VIP].contains(&name.as_str()));
        let (spent, orders) = self.world.okta.attributes_of(user);
        Held { groups, spent: spent.map(|spent| spent.normalize().to_string()), orders }
    }

    pub(crate) async fn entry(&self, customer: CustomerId) -> Option<Entry> {
        let mut found = self.system.customers().load(&[customer]).await.unwrap();
        found.remove(&customer).map(|found| found.unwrap().entry)
    }

    pub(crate) async fn record(&self, customer: CustomerId) -> Record {
        match self.entry(customer).await {
            Some(Entry::Customer(record)) => *record,
            other => panic!("no record: {other:?}"),
        }
    }

    pub(crate) async fn segment(&self, customer: CustomerId) -> Option<SegmentName> {
        self.record(customer).await.segment
    }

    pub(crate) fn calls(&self, service: Service) -> Vec<CallRecord> {
        let calls = self.world.calls();
        calls.into_iter().filter(|call| call.service == service).collect()
    }

    /// The calls to Okta since the last time calls were taken, without what varies.
    pub(crate) fn okta_calls(&self) -> Vec<String> {
        let calls = self.calls(Service::Okta);
        calls.iter().map(|call| format!("{} {}", call.method, call.path)).collect()
    }

    pub(crate) fn set_email(&self, customer: CustomerId, email: Option<&str>) -> Webhook {
        self.world.shopify.change_email(customer, email).unwrap()
    }

    /// Moves time on without anybody working.
    pub(crate) fn wait(&self, time: Duration) {
        self.world.clock.advance(time);
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    /// Fails if the user was ever in no managed group between the first join and the end, which is
    /// what moving must never cause.
    pub(crate) fn assert_never_without_a_group(&self, user: &UserId) {
        let managed = [NEW, RETURNING, VIP].map(|name| self.group(name));
        let mut inside = 0;
        for event in self.world.okta.membership_log() {
            if event.user != *user || !managed.contains(&event.group) {
                continue;
            }
            match event.change {
                MembershipChange::Joined => inside += 1,
                MembershipChange::Left => inside -= 1,
            }
            assert!(inside > 0, "without a group at {}", event.at);
        }
    }
}

/// The outcomes of looks, in order.
pub(crate) fn outcomes(settled: &Settled) -> Vec<Outcome> {
    settled.done().map(|done| done.outcome).collect()
}
