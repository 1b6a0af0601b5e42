//! A batch of queue records, read one by one and put together by whom they are about.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rules::{CustomerId, OrderId};
use state::{Cause, Message, Subject};

/// A record as the queue delivers it.
#[derive(Debug, Clone)]
pub struct Record {
    /// What to report it by if it fails.
    pub id: String,
    /// Its body.
    pub body: String,
}

/// Records about one subject, answered together.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    /// The one message they amount to.
    pub(crate) message: Message,
    /// The records it stands for.
    pub(crate) records: Vec<String>,
    /// When the second look is due that was queued just now, which its records do not say.
    pub(crate) second_look: Option<Timestamp>,
}

impl Job {
    pub(crate) fn new(message: Message, record: String) -> Self {
        Self { message, records: vec![record], second_look: None }
    }

    fn merge(self, other: Self) -> Self {
        let mut records = self.records;
        records.extend(other.records);
        Self { message: self.message.merged(other.message), records, second_look: None }
    }
}

/// Jobs by whom they are about.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) customers: BTreeMap<CustomerId, Job>,
    pub(crate) orders: BTreeMap<OrderId, Job>,
    pub(crate) shop: Option<Job>,
    /// Looks at customers whom this batch redacts. A redaction and a look have no one answer, so the
    /// look comes after it.
    pub(crate) after: Vec<Job>,
}

impl Batch {
    pub(crate) fn add(&mut self, job: Job) {
        match job.message.subject {
            Subject::Customer(customer) => self.add_customer(customer, job),
            Subject::Order(order) => add(&mut self.orders, order, job),
            Subject::Shop => {
                self.shop = Some(match self.shop.take() {
                    Some(first) => first.merge(job),
                    None => job,
                });
            }
        }
    }

    fn add_customer(&mut self, customer: CustomerId, job: Job) {
        let is_redaction = |job: &Job| job.message.cause == Cause::Redact;
        match self.customers.get(&customer).map(is_redaction) {
            Some(true) if !is_redaction(&job) => self.after.push(job),
            Some(false) if is_redaction(&job) => {
                self.after.extend(self.customers.insert(customer, job));
            }
            _ => add(&mut self.customers, customer, job),
        }
    }

    /// The customers' ids.
    pub(crate) fn customer_ids(&self) -> Vec<CustomerId> {
        self.customers.keys().copied().collect()
    }
}

fn add<K: Ord>(jobs: &mut BTreeMap<K, Job>, key: K, job: Job) {
    let job = match jobs.remove(&key) {
        Some(first) => first.merge(job),
        None => job,
    };
    jobs.insert(key, job);
}
