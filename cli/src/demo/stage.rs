//! The shop, the Okta org, and the system between them, before anything happens.

use std::time::Duration;

use http::Method;
use jiff::Timestamp;
use rules::{CustomerId, GroupName, RuleBook, Segment, SegmentName, UserId};
use simulators::okta::GroupKind;
use simulators::shopify::Topic;
use simulators::{NewCustomer, Webhook, World};
use state::{Entry, Record};
use webhook::Answer;

use super::{DemoError, Scene};
use crate::local::{LocalSystem, Options};

const SHOP: &str = "my-store.myshopify.com";
/// The default book, as it lies in the repository.
pub(super) const BOOK: &str = include_str!("../../../segments.toml");
/// How long Shopify's totals show old values after a change: longer than the first look waits.
const TOTALS_LAG: Duration = Duration::from_secs(20);
/// The webhooks that reach us in the scenarios: those that Okta's template has one make, and a privacy
/// one.
const DELIVERED: [Topic; 4] =
    [Topic::OrdersCreate, Topic::OrdersUpdated, Topic::OrdersCancelled, Topic::CustomersRedact];

/// The webhooks that are subscribed to: all that live updates need.
const TOPICS: [Topic; 9] = [
    Topic::OrdersCreate,
    Topic::OrdersUpdated,
    Topic::OrdersCancelled,
    Topic::OrdersEdited,
    Topic::RefundsCreate,
    Topic::CustomersCreate,
    Topic::CustomersUpdate,
    Topic::CustomersDelete,
    Topic::CustomersPurchasingSummary,
];
const HOOK: &str = "https://hooks.example/webhooks/shopify";

/// Everything that plays a part.
pub(super) struct Stage {
    pub(super) world: World,
    pub(super) system: LocalSystem,
    pub(super) ann: Person,
    pub(super) ben: Person,
}

/// A customer of the shop who is a user of the org.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) customer: CustomerId,
    pub(super) user: UserId,
}

/// What Okta and the applied state hold of a person.
#[derive(Debug, Clone, Default)]
pub(super) struct Holding {
    pub(super) segment: Option<SegmentName>,
    pub(super) groups: Vec<String>,
    /// The two profile attributes, as they read.
    pub(super) attributes: Option<String>,
}

impl Stage {
    /// A shop and an org with two people and the book's groups, and a system that has resolved them.
    pub(super) async fn set() -> Result<Self, DemoError> {
        let world = World::new(SHOP.parse()?);
        let book = RuleBook::from_toml(BOOK)?;
        for name in book.segments().iter().map(Segment::okta_group_name) {
            world.okta.add_group(name.as_str(), GroupKind::Okta);
        }
        let (ann, ben) = (person(&world, "ann@example.com"), person(&world, "ben@example.com"));
        let system = LocalSystem::start(Options::simulated(&world)?).await?;
        system.config_table().put_wanted(&book).await?;
        system.refresh_groups().await?;
        for topic in TOPICS {
            world.shopify.add_subscription(topic, HOOK)?;
        }
        world.shopify.set_totals_lag(TOTALS_LAG);
        world.shopify.take_webhooks();
        world.take_calls();
        Ok(Self { world, system, ann, ben })
    }

    pub(super) fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    /// The webhooks that the shop sent since the last time, as far as they are delivered.
    pub(super) fn sent(&self) -> Vec<Webhook> {
        let mut sent = self.world.shopify.take_webhooks();
        sent.retain(|webhook| DELIVERED.contains(&webhook.topic));
        sent
    }

    /// Posts a webhook.
    pub(super) async fn post(&self, webhook: &Webhook) -> Answer {
        let Webhook { headers, body, .. } = webhook;
        self.system.deliver(&Method::POST, webhook::PATH, headers, body).await
    }

    /// Posts webhooks, and works until the queue is empty.
    pub(super) async fn take(&self, scene: &mut Scene, sent: &[Webhook]) -> Result<(), DemoError> {
        for webhook in sent {
            let answer = self.post(webhook).await;
            scene.came_in(webhook.header("x-shopify-topic"), answer);
        }
        scene.settled(self.system.settle().await?);
        Ok(())
    }

    /// What is held of a person now.
    pub(super) async fn holding(&self, person: &Person) -> Result<Holding, DemoError> {
        let (spent, orders) = self.world.okta.attributes_of(&person.user);
        let attributes = spent.zip(orders).map(|(spent, orders)| {
            let plural = if orders == 1 { "" } else { "s" };
            format!("{spent:.2} spent, {orders} order{plural}")
        });
        Ok(Holding {
            segment: self.record(person.customer).await?.and_then(|record| record.segment),
            groups: self.world.okta.group_names_of(&person.user),
            attributes,
        })
    }

    async fn record(&self, customer: CustomerId) -> Result<Option<Record>, DemoError> {
        let mut entries = self.system.customers().load(&[customer]).await?;
        let entry = entries.remove(&customer).transpose()?;
        Ok(entry.and_then(|found| match found.entry {
            Entry::Customer(record) => Some(*record),
            Entry::Tombstone(_) => None,
        }))
    }

    /// The name of a segment's group.
    pub(super) async fn group_of(&self, segment: &str) -> Result<GroupName, DemoError> {
        let config = self.system.worker().config.current().await?;
        let segment = config.book.book.segment(&segment.parse()?).ok_or("no such segment")?;
        Ok(segment.okta_group_name().clone())
    }
}

fn person(world: &World, email: &str) -> Person {
    let user = world.okta.add_user(email, email);
    let (customer, _) = world.shopify.add_customer(NewCustomer::with_email(email));
    Person { customer, user }
}
