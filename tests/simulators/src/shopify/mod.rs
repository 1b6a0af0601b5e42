//! The simulated shop: customers and orders, the GraphQL Admin API over them, and the webhooks that
//! their changes cause.

mod api;
mod budget;
mod bulk;
mod changes;
mod graphql;
mod installation;
mod oauth;
mod paging;
mod payloads;
mod queries;
mod schema;
mod search;
mod state;
pub(crate) mod storage;
mod subscriptions;
mod switches;
mod webhook;

use std::sync::{Arc, Mutex, MutexGuard};

use jiff::Timestamp;
use rules::ShopDomain;

use crate::clock::SimClock;
use crate::lock::lock;
use state::Shop;

pub use api::{API_VERSION, sdl};
pub(crate) use api::{answer, operation, template};
pub use bulk::{BulkEnd, BulkError, BulkOperationSeen, BulkStatus};
pub use oauth::{ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET};
pub use state::{Buyer, NewCustomer, NoSuch};
pub use subscriptions::SubscriptionSeen;
pub use webhook::{Topic, WEBHOOK_SECRET, Webhook};

/// The simulated shop. Clones are the same shop.
///
/// It answers as the contract says, and decides what Shopify leaves undocumented: a cancelled order
/// leaves both figures (`numberOfOrders`, `amountSpent`), a refund lowers `amountSpent` alone, and
/// `lastOrder` stays whatever becomes of the order. The product must not depend on these.
#[derive(Clone)]
pub struct ShopifySim {
    clock: SimClock,
    shop: Arc<Mutex<Shop>>,
    schema: queries::ShopSchema,
}

impl ShopifySim {
    /// An empty shop.
    pub(crate) fn new(clock: SimClock, domain: ShopDomain) -> Self {
        let shop = Shop::new(domain, clock.now());
        Self { clock, shop: Arc::new(Mutex::new(shop)), schema: queries::build() }
    }

    /// The shop's permanent domain.
    pub fn domain(&self) -> ShopDomain {
        self.lock().domain.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Shop> {
        lock(&self.shop)
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
