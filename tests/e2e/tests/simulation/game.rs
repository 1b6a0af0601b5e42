//! The shop, the org and the system of one history, and what a bystander who sees everything knows of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use e2e::Listener;
use jiff::Timestamp;
use rules::{CustomerId, GroupId, OrderId, PinnedTo, UserId};
use simulators::okta::GroupKind;
use simulators::{NewCustomer, Webhook, World};

use crate::book::{Book, GROUPS};
use crate::chance::Chance;
use crate::history::{ADDRESSES, History, Shape};
use crate::system::System;
use crate::tally::Tally;
use crate::work::WORKER_TIMEOUT;

/// A group that no segment goes with.
pub(crate) const STAFF: &str = "Staff";

/// A customer there is or was.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) id: CustomerId,
    /// In lower case.
    pub(crate) email: Option<String>,
    /// All addresses there ever were.
    pub(crate) borne: BTreeSet<String>,
    pub(crate) is_there: bool,
    pub(crate) has_euros: bool,
    pub(crate) pin: Option<PinnedTo>,
    /// Whether anybody ever decided where they belong.
    pub(crate) was_pinned: bool,
    /// When the last request to forget them was taken.
    pub(crate) redacted: Option<Timestamp>,
    /// When something last changed that decides where they belong.
    pub(crate) changed: (u64, Timestamp),
    /// When an event of theirs was last taken that leads to a look which sees everything up to then.
    pub(crate) told: u64,
}

/// A user there is or was.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) login: String,
    pub(crate) email: String,
    pub(crate) borne: BTreeSet<String>,
    pub(crate) is_there: bool,
    pub(crate) is_staff: bool,
    /// What people at Okta did to them, and the groups they put them into.
    pub(crate) hands: BTreeSet<Hand>,
    pub(crate) put_into: BTreeSet<&'static str>,
}

/// What people at Okta do to a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Hand {
    Rename,
    SetStatus,
    Delete,
    Move,
    WriteProfile,
}

#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) id: OrderId,
    pub(crate) owner: Option<CustomerId>,
    pub(crate) made: Timestamp,
    pub(crate) cents: u32,
    /// Whose else it was before.
    pub(crate) former: BTreeSet<CustomerId>,
    /// How many cents were paid back.
    pub(crate) refunded: u32,
}

/// Something that must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// What was promised and broken, in a word.
    pub(crate) kind: &'static str,
    pub(crate) what: String,
}

pub(crate) struct Game {
    pub(crate) world: World,
    pub(crate) system: Arc<System>,
    pub(crate) listener: Listener,
    pub(crate) shape: Shape,
    pub(crate) books: Vec<Book>,
    pub(crate) wanted: usize,
    /// The book that workers decide by; none if none was accepted yet.
    pub(crate) accepted: Option<Book>,
    /// Until when workers may go by an old book.
    pub(crate) unsure_until: Timestamp,
    pub(crate) people: Vec<Person>,
    pub(crate) users: Vec<User>,
    pub(crate) orders: Vec<Order>,
    /// Webhooks under way, and how often each was refused.
    pub(crate) post: BTreeMap<(Timestamp, u64), (Webhook, u32)>,
    /// Webhooks that were delivered.
    pub(crate) archive: Vec<Webhook>,
    pub(crate) chance: Chance,
    pub(crate) paused: bool,
    /// Whether anybody at Okta did anything to a group.
    pub(crate) groups_changed: bool,
    /// Whether the shop was forgotten, and all that was known of Okta with it.
    pub(crate) is_over: bool,
    /// The groups that are called something else, and the rules that fill groups.
    pub(crate) renamed: BTreeSet<(&'static str, GroupId)>,
    pub(crate) rules: Vec<String>,
    /// The groups that a rule filled at some time.
    pub(crate) ruled: BTreeSet<&'static str>,
    /// Until when the function may not know the latest signing secret.
    pub(crate) rotated_until: Timestamp,
    /// Where the org's log of memberships tells what was done by hand.
    pub(crate) by_hand: BTreeSet<usize>,
    /// How often each message was received by a worker that could not come to its end.
    pub(crate) spared: BTreeMap<String, u32>,
    pub(crate) replayed: usize,
    pub(crate) transcript: Vec<String>,
    pub(crate) tally: Tally,
    pub(crate) problems: Vec<Problem>,
    serial: u64,
}

/// An address by its number.
pub(crate) fn address(number: u8) -> String {
    let address = format!("person{}@example.com", number % ADDRESSES);
    if number % (2 * ADDRESSES) >= ADDRESSES { address.to_uppercase() } else { address }
}

/// "45.50".
pub(crate) fn amount(cents: u32) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

impl Game {
    pub(crate) async fn open(history: &History) -> Self {
        let (shape, seed) = (history.shape, history.seed);
        let world = World::new("my-store.myshopify.com".parse().unwrap());
        for name in GROUPS.into_iter().chain([STAFF]) {
            world.okta.add_group(name, GroupKind::Okta);
        }
        let listener = Listener::start().await.unwrap();
        let bus = listener.bus(Arc::new(world.clock.clone()));
        let settle = Duration::from_secs(shape.settle);
        let system = Arc::new(System::start(&world, bus, seed, settle).await);
        let number = |number: u64| AttributeValue::N(number.to_string());
        let settings = [
            ("settle_seconds", number(shape.settle)),
            ("second_look_seconds", number(shape.second_look)),
            ("guard_max_shrink_percent", number(100)),
        ];
        for (name, value) in settings {
            system.config.put_setting(name, value).await.unwrap();
        }
        // So that the groups of all of them are known; the first is wanted last.
        for book in history.books.iter().rev() {
            system.config.put_wanted(&book.parsed()).await.unwrap();
            system.refresh.run(world.clock.now() + WORKER_TIMEOUT).await.unwrap();
        }
        world.clock.advance(Duration::from_mins(1));
        world.shopify.add_customers(1 + shape.bystanders, |_| NewCustomer::default());
        world.shopify.set_totals_lag(Duration::from_secs(shape.totals_lag));
        world.okta.set_search_lag(Duration::from_secs(shape.search_lag));
        world.take_calls();
        Self {
            world,
            system,
            listener,
            shape,
            books: history.books.clone(),
            wanted: 0,
            accepted: None,
            unsure_until: Timestamp::MIN,
            people: Vec::new(),
            users: Vec::new(),
            orders: Vec::new(),
            post: BTreeMap::new(),
            archive: Vec::new(),
            chance: Chance::new(seed),
            paused: false,
            groups_changed: false,
            is_over: false,
            renamed: BTreeSet::new(),
            rules: Vec::new(),
            ruled: BTreeSet::new(),
            rotated_until: Timestamp::MIN,
            by_hand: BTreeSet::new(),
            spared: BTreeMap::new(),
            replayed: 0,
            transcript: Vec::new(),
            tally: Tally::default(),
            problems: Vec::new(),
            serial: 0,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    pub(crate) fn serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    pub(crate) fn note(&mut self, line: impl Into<String>) {
        self.transcript.push(line.into());
    }

    pub(crate) fn wrong(&mut self, kind: &'static str, what: impl Into<String>) {
        self.problems.push(Problem { kind, what: what.into() });
    }

    /// The group with this name; none if it is called something else, or gone.
    pub(crate) fn group(&self, name: &str) -> Option<GroupId> {
        self.world.okta.groups_named(name).pop()
    }

    /// The groups of segments that a user is in.
    pub(crate) fn groups_of(&self, user: &UserId) -> BTreeSet<&'static str> {
        let held = self.world.okta.group_names_of(user);
        GROUPS.into_iter().filter(|name| held.iter().any(|held| held == name)).collect()
    }

    pub(crate) fn person(&self, id: CustomerId) -> Option<&Person> {
        self.people.iter().find(|person| person.id == id)
    }

    /// Notes that something has changed that decides where these belong.
    pub(crate) fn changed(&mut self, who: impl IntoIterator<Item = CustomerId>) {
        let (serial, now) = (self.serial(), self.now());
        for id in who {
            if let Some(person) = self.people.iter_mut().find(|person| person.id == id) {
                person.changed = (serial, now);
            }
        }
    }

    /// Those whose address, now or before, is one of these.
    pub(crate) fn bearing(&self, addresses: &BTreeSet<String>) -> Vec<CustomerId> {
        let bears = |person: &&Person| !person.borne.is_disjoint(addresses);
        self.people.iter().filter(bears).map(|person| person.id).collect()
    }

    pub(crate) fn orders_of(&self, customer: CustomerId) -> impl Iterator<Item = &Order> {
        self.orders.iter().filter(move |order| order.owner == Some(customer))
    }

    /// What a person is called in a history: "customer 3".
    pub(crate) fn name(&self, customer: CustomerId) -> String {
        let place = self.people.iter().position(|person| person.id == customer);
        place.map_or_else(|| customer.to_string(), |place| format!("customer {place}"))
    }
}
