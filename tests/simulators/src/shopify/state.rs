//! What the shop holds.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use rules::{Currency, CustomerId, OrderId, ShopDomain};
use rust_decimal::Decimal;

use crate::clock::later;
use crate::lagging::Lagging;
use crate::shopify::budget::Budget;
use crate::shopify::bulk::Operations;
use crate::shopify::installation::Installed;
use crate::shopify::oauth::Tokens;
use crate::shopify::subscriptions::Subscriptions;
use crate::shopify::webhook::{Topic, WEBHOOK_SECRET, Webhook};

/// The first ids lie above 2^53, so whoever passes them through a floating-point number loses them.
const FIRST_CUSTOMER: u64 = 9_007_199_254_741_993;
const FIRST_ORDER: u64 = 9_007_199_254_800_001;

/// Who places an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Buyer {
    /// A customer of the shop.
    Customer(CustomerId),
    /// Nobody the shop knows.
    Guest,
}

impl From<CustomerId> for Buyer {
    fn from(customer: CustomerId) -> Self {
        Self::Customer(customer)
    }
}

/// What a new customer is made of. Names that are not given are made up.
#[derive(Debug, Clone, Default)]
pub struct NewCustomer {
    /// The e-mail address; a customer may have none.
    pub email: Option<String>,
    /// The first name.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
    /// How many orders the customer has from before: the shop counts them, and holds none of them.
    pub orders: u64,
    /// What those orders came to, in the shop's currency.
    pub spent: Decimal,
}

impl NewCustomer {
    /// A customer with this e-mail address.
    pub fn with_email(email: &str) -> Self {
        Self { email: Some(email.to_owned()), ..Self::default() }
    }

    /// The same, with so many orders from before that came to so much.
    #[must_use]
    pub fn with_totals(self, orders: u64, spent: Decimal) -> Self {
        Self { orders, spent, ..self }
    }
}

/// The shop has nothing with this id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoSuch(pub(crate) &'static str);

impl std::fmt::Display for NoSuch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the simulated shop has no such {}", self.0)
    }
}

impl std::error::Error for NoSuch {}

/// Everything in the shop.
pub(crate) struct Shop {
    pub(crate) domain: ShopDomain,
    /// What the API calls itself; another domain stands for a shop that is not ours.
    pub(crate) shown_domain: String,
    pub(crate) currency: Currency,
    pub(crate) customers: BTreeMap<CustomerId, Customer>,
    pub(crate) orders: BTreeMap<OrderId, Order>,
    /// Whose the orders are: a shop has too many to look through them all.
    orders_by: BTreeMap<CustomerId, BTreeSet<OrderId>>,
    pub(crate) totals_lag: Duration,
    /// The first signs; what is signed with the others was signed before a rotation.
    pub(crate) secret: String,
    pub(crate) outbox: VecDeque<Webhook>,
    pub(crate) bulk: Operations,
    pub(crate) subscriptions: Subscriptions,
    pub(crate) budget: Budget,
    pub(crate) tokens: Tokens,
    pub(crate) installed: Installed,
    /// The API version that answers, if it is not the one asked for.
    pub(crate) answering_version: Option<String>,
    next_customer: u64,
    next_order: u64,
    /// Grows with everything that needs a number of its own.
    pub(crate) serial: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct Customer {
    pub(crate) id: CustomerId,
    pub(crate) email: Option<String>,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) created: Timestamp,
    /// When the customer's own data last changed; figures carry their own time.
    pub(crate) updated: Timestamp,
    /// A currency other than the shop's.
    pub(crate) currency: Option<Currency>,
    /// What the API shows as the amount spent, in place of the figures'.
    pub(crate) shown_amount: Option<String>,
    pub(crate) figures: Lagging<Figures>,
    carried: Carried,
}

/// What a customer's figures hold beyond the orders that the shop still has. Less than nothing if a
/// test has set the figures below what those orders come to.
#[derive(Debug, Clone, Copy, Default)]
struct Carried {
    orders: i64,
    spent: Decimal,
}

/// What Shopify computes about a customer, some time after the orders changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Figures {
    pub(crate) orders: u64,
    pub(crate) spent: Decimal,
    pub(crate) last_order: Option<OrderId>,
    pub(crate) computed: Timestamp,
}

#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) id: OrderId,
    pub(crate) number: u64,
    pub(crate) buyer: Buyer,
    pub(crate) email: Option<String>,
    pub(crate) amount: Decimal,
    pub(crate) refunded: Decimal,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) cancelled: Option<Timestamp>,
}

impl Shop {
    pub(crate) fn new(domain: ShopDomain, now: Timestamp) -> Self {
        Self {
            shown_domain: domain.to_string(),
            domain,
            currency: Currency::USD,
            customers: BTreeMap::new(),
            orders: BTreeMap::new(),
            orders_by: BTreeMap::new(),
            totals_lag: Duration::ZERO,
            secret: WEBHOOK_SECRET.to_owned(),
            outbox: VecDeque::new(),
            bulk: Operations::new(),
            subscriptions: Subscriptions::new(),
            budget: Budget::new(now),
            tokens: Tokens::new(),
            installed: Installed::new(),
            answering_version: None,
            next_customer: FIRST_CUSTOMER,
            next_order: FIRST_ORDER,
            serial: 0,
        }
    }

    pub(crate) fn serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    pub(crate) fn add_customer(&mut self, new: NewCustomer, now: Timestamp) -> CustomerId {
        let id = CustomerId::new(self.next_customer);
        self.next_customer += 2;
        let carried = Carried { orders: signed(new.orders), spent: new.spent };
        let mut figures = Lagging::new();
        let before = Figures { orders: new.orders, spent: new.spent, ..Figures::none(now) };
        figures.change(now, before);
        let customer = Customer {
            id,
            email: new.email,
            first_name: new.first_name.unwrap_or_else(|| "Sample".to_owned()),
            last_name: new.last_name.unwrap_or_else(|| format!("Buyer {id}")),
            created: now,
            updated: now,
            currency: None,
            shown_amount: None,
            figures,
            carried,
        };
        self.customers.insert(id, customer);
        id
    }

    pub(crate) fn add_order(&mut self, buyer: Buyer, amount: Decimal, now: Timestamp) -> OrderId {
        let id = OrderId::new(self.next_order);
        self.next_order += 2;
        let number = 1_000 + self.orders.len() as u64 + 1;
        let email = match buyer {
            Buyer::Customer(customer) => {
                self.customers.get(&customer).and_then(|customer| customer.email.clone())
            }
            Buyer::Guest => Some(format!("guest-{number}@example.com")),
        };
        let order = Order {
            id,
            number,
            buyer,
            email,
            amount,
            refunded: Decimal::ZERO,
            created: now,
            updated: now,
            cancelled: None,
        };
        self.orders.insert(id, order);
        self.note_buyer(id, buyer);
        id
    }

    /// Says whose an order is; gives back whose it was.
    pub(crate) fn give_order(&mut self, id: OrderId, to: Buyer) -> Result<Buyer, NoSuch> {
        let before = std::mem::replace(&mut self.order_mut(id)?.buyer, to);
        if let Buyer::Customer(before) = before
            && let Some(orders) = self.orders_by.get_mut(&before)
        {
            orders.remove(&id);
        }
        self.note_buyer(id, to);
        Ok(before)
    }

    fn note_buyer(&mut self, id: OrderId, buyer: Buyer) {
        if let Buyer::Customer(customer) = buyer {
            self.orders_by.entry(customer).or_default().insert(id);
        }
    }

    /// Takes a customer out of the shop. The orders become the other's, and so does what the figures
    /// hold beyond them.
    pub(crate) fn remove_customer(&mut self, id: CustomerId, heir: Buyer) -> Result<(), NoSuch> {
        let gone = self.customers.remove(&id).ok_or(NoSuch("customer"))?;
        for order in self.orders_by.remove(&id).unwrap_or_default() {
            self.give_order(order, heir)?;
        }
        if let Buyer::Customer(heir) = heir {
            let carried = &mut self.customer_mut(heir)?.carried;
            carried.orders += gone.carried.orders;
            carried.spent += gone.carried.spent;
        }
        Ok(())
    }

    pub(crate) fn customer(&self, id: CustomerId) -> Result<&Customer, NoSuch> {
        self.customers.get(&id).ok_or(NoSuch("customer"))
    }

    pub(crate) fn customer_mut(&mut self, id: CustomerId) -> Result<&mut Customer, NoSuch> {
        self.customers.get_mut(&id).ok_or(NoSuch("customer"))
    }

    pub(crate) fn order(&self, id: OrderId) -> Result<&Order, NoSuch> {
        self.orders.get(&id).ok_or(NoSuch("order"))
    }

    pub(crate) fn order_mut(&mut self, id: OrderId) -> Result<&mut Order, NoSuch> {
        self.orders.get_mut(&id).ok_or(NoSuch("order"))
    }

    pub(crate) fn orders_of(&self, id: CustomerId) -> impl DoubleEndedIterator<Item = &Order> {
        let ids = self.orders_by.get(&id).into_iter().flatten();
        ids.filter_map(|id| self.orders.get(id))
    }

    pub(crate) fn currency_of(&self, customer: &Customer) -> Currency {
        customer.currency.unwrap_or(self.currency)
    }

    /// Computes the customer's figures anew; they show when the lag has passed. True if they differ.
    pub(crate) fn recompute(&mut self, id: CustomerId, now: Timestamp) -> bool {
        let figures = self.figures_now(id, now);
        let shows = later(now, self.totals_lag);
        let Some(customer) = self.customers.get_mut(&id) else { return false };
        let differ = customer.figures.latest().is_none_or(|last| !last.are_like(&figures));
        customer.figures.change(shows, figures);
        differ
    }

    fn figures_now(&self, id: CustomerId, now: Timestamp) -> Figures {
        let (orders, spent) = self.counted(id);
        let carried = self.customers.get(&id).map(|customer| customer.carried).unwrap_or_default();
        Figures {
            orders: u64::try_from(orders + carried.orders).unwrap_or(0),
            spent: spent + carried.spent,
            last_order: self.orders_of(id).next_back().map(|order| order.id),
            computed: now,
        }
    }

    /// How many of the customer's orders count, and what they come to.
    fn counted(&self, id: CustomerId) -> (i64, Decimal) {
        let counted = self.orders_of(id).filter(|order| order.cancelled.is_none());
        counted.fold((0, Decimal::ZERO), |(orders, spent), order| {
            (orders + 1, spent + order.amount - order.refunded)
        })
    }

    /// Makes a customer's figures these, whatever the orders are.
    pub(crate) fn set_figures(
        &mut self,
        id: CustomerId,
        orders: u64,
        spent: Decimal,
        now: Timestamp,
    ) -> Result<(), NoSuch> {
        let (counted, came_to) = self.counted(id);
        self.customer_mut(id)?.carried =
            Carried { orders: signed(orders) - counted, spent: spent - came_to };
        self.recompute(id, now);
        Ok(())
    }

    /// Puts a webhook into the outbox, to be delivered from `due` on.
    pub(crate) fn queue(
        &mut self,
        topic: Topic,
        body: &serde_json::Value,
        due: Timestamp,
        event: u64,
    ) -> Webhook {
        let webhook = Webhook::signed(self, topic, body, due, event);
        self.outbox.push_back(webhook.clone());
        webhook
    }
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl Figures {
    fn none(now: Timestamp) -> Self {
        Self { orders: 0, spent: Decimal::ZERO, last_order: None, computed: now }
    }

    fn are_like(&self, other: &Self) -> bool {
        self.orders == other.orders
            && self.spent == other.spent
            && self.last_order == other.last_order
    }
}

impl Customer {
    /// The figures that show at a moment.
    pub(crate) fn figures_at(&self, moment: Timestamp) -> Figures {
        self.figures.at(moment).copied().unwrap_or(Figures::none(self.created))
    }

    /// `updatedAt`, which moves with the figures that show.
    pub(crate) fn updated_at(&self, moment: Timestamp) -> Timestamp {
        self.updated.max(self.figures_at(moment).computed)
    }
}
