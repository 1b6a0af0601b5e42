//! From records to the looks that are due: each step takes out of the batch what it answers.

use std::collections::BTreeMap;
use std::time::Duration;

use rules::CustomerId;
use shopify::{Owner, Truth};
use state::{Cause, Config, Entry, Erased, Message, Outcome, Outgoing, Subject, Versioned};

use crate::batch::{Batch, Job, Record};
use crate::failure::Setback;
use crate::worker::{Done, Run};

/// How much earlier than due a message may be: the clocks of two machines differ a little.
const TOLERANCE: Duration = Duration::from_secs(1);

impl Run<'_> {
    /// Reads each record by itself: a body that is no message keeps no other from being worked off.
    pub(crate) fn read(&mut self, records: Vec<Record>) -> Batch {
        let mut batch = Batch::default();
        for Record { id, body } in records {
            match Message::from_json(&body) {
                Ok(message) if message.cause == Cause::DataRequest => self.data_request(&message),
                Ok(message) => batch.add(Job::new(message, id)),
                Err(error) => {
                    tracing::error!(error = %error, record = id, "a record cannot be read");
                    self.report.tally.count("unreadable_record");
                    self.report.failed.push(id);
                }
            }
        }
        batch
    }

    /// A person answers it; what is held of a customer is their entry in the table.
    fn data_request(&mut self, message: &Message) {
        let customer_id = match message.subject {
            Subject::Customer(customer) => Some(customer.to_string()),
            Subject::Order(_) | Subject::Shop => None,
        };
        tracing::warn!(customer_id, "a customer asks what is held about them: answer in 30 days");
        self.report.tally.count("data_request");
    }

    /// Deletes some of what is kept of the shop, and comes back until nothing is left.
    pub(crate) async fn forget_shop(&mut self, mut job: Job) {
        match self.worker.customers.erase_some().await {
            Ok(Erased::All) => self.report.tally.count("shop_forgotten"),
            Ok(Erased::Some) => {
                job.message.deferrals = 0;
                self.later
                    .push((Outgoing { message: job.message, delay: Duration::ZERO }, job.records));
            }
            Err(error) => self.put_off(job, &Setback::from(error)),
        }
    }

    /// Finds out who placed the orders of events that name no customer.
    pub(crate) async fn resolve_orders(&mut self, batch: &mut Batch) {
        let orders = std::mem::take(&mut batch.orders);
        if orders.is_empty() {
            return;
        }
        let ids: Vec<_> = orders.keys().copied().collect();
        let owners = self.worker.shopify.customers_of(&ids, self.deadline).await;
        for (order, mut job) in orders {
            let owner = match &owners {
                Ok(owners) => owners.get(&order).copied(),
                Err(error) => {
                    self.put_off(job, &Setback::from(error.clone()));
                    continue;
                }
            };
            match owner {
                Some(Owner::Customer(customer)) => {
                    job.message.subject = Subject::Customer(customer);
                    batch.add(job);
                }
                Some(Owner::Guest) => self.report.tally.count("guest"),
                Some(Owner::Gone) | None => self.report.tally.count("order_gone"),
            }
        }
    }

    /// Puts back what is too young for a look.
    pub(crate) fn set_aside(&mut self, batch: &mut Batch, config: &Config) {
        let now = self.now();
        for job in std::mem::take(&mut batch.customers).into_values() {
            let first = job.message.looks == 0 && job.message.deferrals == 0;
            let due = job.message.as_of + config.settings.settle;
            let fresh = matches!(job.message.cause, Cause::Contested) || job.message.followed_up;
            if first && !fresh && now + TOLERANCE < due {
                self.put_off(job, &Setback::Unsettled { until: due });
            } else {
                batch.add(job);
            }
        }
    }

    /// Keeps the entries that can be read, and gives up the jobs of those that cannot.
    pub(crate) fn readable(
        &mut self,
        batch: &mut Batch,
        entries: BTreeMap<CustomerId, Result<Versioned, state::Error>>,
    ) -> BTreeMap<CustomerId, Versioned> {
        let mut readable = BTreeMap::new();
        for (customer, entry) in entries {
            match (entry, batch.customers.remove(&customer)) {
                (Ok(entry), Some(job)) => {
                    readable.insert(customer, entry);
                    batch.customers.insert(customer, job);
                }
                (Err(error), Some(job)) => self.put_off(job, &Setback::from(error)),
                (_, None) => {}
            }
        }
        readable
    }

    /// Drops the jobs that a later read has answered already.
    pub(crate) fn drop_covered(
        &mut self,
        batch: &mut Batch,
        entries: &BTreeMap<CustomerId, Versioned>,
    ) {
        for (customer, job) in std::mem::take(&mut batch.customers) {
            match entries.get(&customer).map(|found| &found.entry) {
                Some(Entry::Customer(record)) if is_covered(&job.message, record) => {
                    let segment = record.segment.clone();
                    self.done(&job.message, Done { customer, outcome: Outcome::Covered, segment });
                }
                _ => batch.add(job),
            }
        }
    }

    /// Reads the truth about everybody left, in one call. A redaction needs none.
    pub(crate) async fn read_truth(
        &self,
        batch: &Batch,
    ) -> Result<BTreeMap<CustomerId, Truth>, outbound::Error> {
        let jobs = batch.customers.iter();
        let ids: Vec<_> = jobs
            .filter(|(_, job)| job.message.cause != Cause::Redact)
            .map(|(customer, _)| *customer)
            .collect();
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        self.worker.shopify.customers(&ids, self.deadline).await
    }

    /// Has everybody with an order event looked at once more: Shopify's totals may lag behind it.
    /// Queued before anything is written, so that no crash can lose it.
    pub(crate) async fn queue_second_looks(
        &self,
        batch: &mut Batch,
        config: &Config,
    ) -> Result<(), state::Error> {
        let delay = config.settings.second_look;
        let due = self.now() + delay;
        let mut looks = Vec::new();
        for job in batch.customers.values_mut() {
            if job.message.cause.has_lagging_totals() && !job.message.followed_up {
                job.message.followed_up = true;
                job.followed_up_now = true;
                let mut message = Message::new(job.message.subject, job.message.cause, due);
                message.followed_up = true;
                message.webhook_id.clone_from(&job.message.webhook_id);
                looks.push(Outgoing { message, delay });
            }
        }
        if looks.is_empty() { Ok(()) } else { self.worker.queue.send(looks).await }
    }
}

/// Whether a read that was worked off to its end began after the event reached us, and showed what it
/// told. One that began at the very moment may have been first.
fn is_covered(message: &Message, record: &state::Record) -> bool {
    message.cause != Cause::Redact
        && record.read.is_some_and(|read| {
            let met = |expected: &state::Expectation| {
                expected.is_met(read.last_order, read.totals.orders)
            };
            read.at > message.as_of && message.expect.as_ref().is_none_or(met)
        })
}
