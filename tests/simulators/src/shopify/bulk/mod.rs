//! Bulk operations: a query over everything, answered by a file
//! ([bulk operations](https://shopify.dev/docs/api/usage/bulk-operations/queries)).

mod api;
mod document;
mod fields;
mod operation;
mod rows;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;

use crate::shopify::ShopifySim;

pub(crate) use api::{BulkMutations, BulkOperation, BulkQueries, find};
pub(crate) use document::Plan;
pub(crate) use operation::Operation;
pub use operation::{BulkEnd, BulkError, BulkStatus};
pub(crate) use rows::Rows;

/// How many queries one app may run at once in one shop, from version 2026-01 on.
const AT_ONCE: usize = 5;
/// The numbers of operations, as far apart as they were seen.
const FIRST: u64 = 7_933_223_797_042;
const STEP: u64 = 32_768;
/// How long an operation takes unless a test says otherwise.
const TAKES: Duration = Duration::from_secs(3);
/// How long a file can be downloaded.
const LINK_LIFETIME: Duration = Duration::from_hours(7 * 24);

/// The app's bulk operations in the shop. Those of other apps are invisible to it, and count against
/// none of its limits.
pub(crate) struct Operations {
    all: BTreeMap<u64, Operation>,
    next: u64,
    takes: Duration,
    link_lifetime: Duration,
    ends: VecDeque<BulkEnd>,
    /// Whether the list begins with the newest when it is asked for as it is, as the contract says,
    /// or when it is asked for the other way round, as other lists do.
    newest_first: bool,
}

impl Operations {
    pub(crate) fn new() -> Self {
        Self {
            all: BTreeMap::new(),
            next: FIRST,
            takes: TAKES,
            link_lifetime: LINK_LIFETIME,
            ends: VecDeque::new(),
            newest_first: true,
        }
    }

    pub(crate) fn get(&self, gid: &str) -> Option<&Operation> {
        self.all.get(&number_of(gid)?)
    }

    fn get_mut(&mut self, gid: &str) -> Option<&mut Operation> {
        self.all.get_mut(&number_of(gid)?)
    }

    pub(crate) fn numbered(&self, number: u64) -> Option<&Operation> {
        self.all.get(&number)
    }

    /// The operations that are not over, if there may be no more of them.
    fn in_the_way(&self, now: Timestamp) -> Option<Vec<&Operation>> {
        let running: Vec<_> = self.all.values().filter(|it| !it.status(now).is_over()).collect();
        (running.len() >= AT_ONCE).then_some(running)
    }

    /// Begins an operation whose result is known already.
    fn begin(&mut self, query: &str, rows: Rows, now: Timestamp) -> &Operation {
        let (takes, end) = (self.takes, self.ends.pop_front().unwrap_or(BulkEnd::Completed));
        self.add(Operation::new(query.to_owned(), rows, takes, end, now))
    }

    fn add(&mut self, mut operation: Operation) -> &Operation {
        // What can no longer be downloaded need not be kept.
        for old in self.all.values_mut() {
            old.forget_expired(operation.created);
        }
        operation.number = self.next;
        operation.link_lifetime = self.link_lifetime;
        self.next += STEP;
        self.all.entry(operation.number).or_insert(operation)
    }
}

fn number_of(gid: &str) -> Option<u64> {
    gid.strip_prefix("gid://shopify/BulkOperation/")?.parse().ok()
}

/// A bulk operation as a test sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkOperationSeen {
    /// Its global id.
    pub id: String,
    /// What it is doing now.
    pub status: BulkStatus,
    /// What it asks for.
    pub query: String,
    /// How many rows its file has, or will have.
    pub rows: u64,
}

impl ShopifySim {
    /// Lets bulk operations take so long from now on: a fifth of it created, the rest running. Each
    /// reads the shop at its beginning.
    pub fn set_bulk_duration(&self, takes: Duration) {
        self.lock().bulk.takes = takes;
    }

    /// Lets the files of bulk operations be downloaded for so long from now on, seven days unless said
    /// otherwise. After that the operation is expired.
    pub fn set_bulk_link_lifetime(&self, lifetime: Duration) {
        self.lock().bulk.link_lifetime = lifetime;
    }

    /// Says how the next bulk operation ends; said again, how the one after it ends.
    pub fn end_next_bulk_operation(&self, end: BulkEnd) {
        self.lock().bulk.ends.push_back(end);
    }

    /// Lists bulk operations from the oldest on, and from the newest only with `reverse: true`. Shopify
    /// says that it is the other way round, and shows examples that suggest this.
    pub fn list_bulk_operations_oldest_first(&self) {
        self.lock().bulk.newest_first = false;
    }

    /// Begins bulk operations that the same app is running for something else, whatever the limit is.
    /// They find nothing. Gives their ids.
    pub fn run_bulk_operations(&self, count: usize, takes: Duration) -> Vec<String> {
        const QUERY: &str = "{ products { edges { node { id } } } }";
        let (now, mut shop) = (self.now(), self.lock());
        let other =
            || Operation::new(QUERY.to_owned(), Rows::none(), takes, BulkEnd::Completed, now);
        (0..count).map(|_| shop.bulk.add(other()).gid()).collect()
    }

    /// Every bulk operation of the app, oldest first.
    pub fn bulk_operations(&self) -> Vec<BulkOperationSeen> {
        let (now, shop) = (self.now(), self.lock());
        let seen = |operation: &Operation| BulkOperationSeen {
            id: operation.gid(),
            status: operation.status(now),
            query: operation.query.clone(),
            rows: operation.rows.count,
        };
        shop.bulk.all.values().map(seen).collect()
    }
}
