//! From records to the looks that are due: each step takes out of the batch what it answers.

use std::collections::BTreeMap;
use std::time::Duration;

use rules::CustomerId;
use shopify::{Owner, Truth};
use state::{
    Cause, Config, Entry, Erased, Expectation, Message, Outcome, Outgoing, Record, Subject,
    Versioned,
};

use crate::batch::{self, Batch, Job};
use crate::delay;
use crate::failure::Setback;
use crate::message_end::MessageEnd;
use crate::of_run::is_answered;
use crate::report::follow;
use crate::worker::{Done, LEAST_TIME, Work};

/// How far ahead of now a message's moment can be: no message is delayed for longer.
const FURTHEST_AHEAD: Duration = Duration::from_mins(20);
/// How much earlier than due a message may be: the clocks of two machines differ a little.
const TOLERANCE: Duration = Duration::from_secs(1);

impl Work<'_> {
    /// Reads each record by itself: a body that is no message keeps no other from being worked off.
    pub(crate) fn read(&mut self, records: Vec<batch::Record>) -> Vec<Job> {
        let mut jobs = Vec::with_capacity(records.len());
        for batch::Record { id, body } in records {
            match Message::from_json(&body) {
                Ok(message) if message.cause == Cause::DataRequest => self.data_request(&message),
                Ok(message) if message.as_of > self.now() + FURTHEST_AHEAD => {
                    self.unreadable(id, "its moment is further ahead than any message's can be");
                }
                Ok(message) => jobs.push(Job::new(message, id)),
                Err(error) => self.unreadable(id, &error.to_string()),
            }
        }
        jobs
    }

    fn unreadable(&mut self, record: String, error: &str) {
        let outcome = MessageEnd::UnreadableRecord.as_str();
        tracing::error!(outcome, error, record, "a record cannot be read: a dead letter follows");
        self.report.tally.count(outcome);
        self.report.failed.push(record);
    }

    /// A person answers it; what is held of a customer is their entry in the table.
    fn data_request(&mut self, message: &Message) {
        let _entered = follow(message).entered();
        let outcome = MessageEnd::DataRequest.as_str();
        tracing::warn!(outcome, "a customer asks what is held about them: answer in 30 days");
        self.report.tally.count(outcome);
    }

    /// Deletes what is kept of the shop, and comes back until nothing is left.
    pub(crate) async fn forget_shop(&mut self, job: Job) {
        while self.now() + LEAST_TIME <= self.until {
            match self.worker.customers.erase_some().await {
                Ok(Erased::Some) => {}
                Ok(Erased::All) => return self.drop_job(&job.message, MessageEnd::ShopForgotten),
                Err(error) => return self.put_off(job, &Setback::from(error)),
            }
        }
        self.put_off(job, &Setback::OutOfTime);
    }

    /// Finds out who placed the orders of events that name no customer.
    pub(crate) async fn resolve_orders(&mut self, batch: &mut Batch) {
        let orders = std::mem::take(&mut batch.orders);
        if orders.is_empty() {
            return;
        }
        let ids: Vec<_> = orders.keys().copied().collect();
        let owners = self.worker.shopify.customers_of(&ids, self.until).await;
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
                Some(Owner::Guest) => self.drop_job(&job.message, MessageEnd::Guest),
                // An order placed a moment ago may not show yet.
                Some(Owner::Gone) | None if delay::may_look_again(&job.message) => {
                    self.put_off(job, &Setback::Lagging);
                }
                Some(Owner::Gone) | None => self.drop_job(&job.message, MessageEnd::OrderGone),
            }
        }
    }

    /// Puts back what is too young for a look. What a full run asks for has settled long ago.
    pub(crate) fn set_aside(&mut self, batch: &mut Batch, config: &Config) {
        let now = self.now();
        for job in std::mem::take(&mut batch.customers).into_values() {
            let first = job.message.looks == 0 && job.message.deferrals == 0;
            let due = job.message.as_of + config.settings.settle;
            let settled = matches!(job.message.cause, Cause::Contested | Cause::Pin)
                || job.message.followed_up
                || job.is_of_run();
            if first && !settled && now + TOLERANCE < due {
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

    /// Drops the jobs that a later read has answered already, and puts off those of customers whom
    /// another worker writes.
    pub(crate) fn drop_covered(
        &mut self,
        batch: &mut Batch,
        entries: &BTreeMap<CustomerId, Versioned>,
        config: &Config,
    ) {
        let now = self.now();
        for (customer, job) in std::mem::take(&mut batch.customers) {
            match entries.get(&customer).map(|found| &found.entry) {
                Some(entry) if is_covered(&job.message, entry, config.settings.second_look) => {
                    let segment = match entry {
                        Entry::Customer(record) => record.segment.clone(),
                        Entry::Tombstone(_) => None,
                    };
                    let done = Done {
                        customer,
                        outcome: Outcome::Covered,
                        from: segment.clone(),
                        segment,
                        applied_after: None,
                    };
                    self.done(&job.message, done, 0);
                }
                Some(Entry::Customer(record)) if record.is_leased(now) => {
                    let until = record.lease.map(|lease| lease.until);
                    self.put_off(job, &Setback::Busy { until });
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
        self.worker.shopify.customers(&ids, self.until).await
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
        let look = |job: &Job| {
            let mut message = Message::new(job.message.subject, job.message.cause, due);
            message.followed_up = true;
            message.event_at = Some(job.message.event_moment());
            message.webhook_id.clone_from(&job.message.webhook_id);
            Outgoing { message, delay }
        };
        let jobs = batch.customers.values_mut();
        let mut followed: Vec<_> = jobs.filter(|job| job.message.needs_second_look()).collect();
        if followed.is_empty() {
            return Ok(());
        }
        let looks = followed.iter().map(|job| look(job)).collect();
        self.worker.queue.send(looks).await?;
        // Not before: what the queue did not take has to be asked for again.
        for job in &mut followed {
            job.message.followed_up = true;
            job.second_look = Some(due);
        }
        Ok(())
    }
}

/// Whether a message asks for nothing that was not done before. What a full run asks for was not, whenever
/// the truth was read last, unless its answer is there.
fn is_covered(message: &Message, entry: &Entry, second_look: Duration) -> bool {
    match entry {
        _ if message.run.is_some() => is_answered(message, entry),
        Entry::Customer(record) => is_answered_by_read(message, record, second_look),
        Entry::Tombstone(_) => false,
    }
}

/// Whether a read that was worked off to its end answers an event.
///
/// It has to have begun after the event reached us; one that began at the very moment may have been
/// first. It has to show what the event told. And where Shopify's totals may lag, a second look has to
/// be as far behind this event as behind any other: one that is queued already, or was made. And nobody may
/// have decided for the customer since.
fn is_answered_by_read(message: &Message, record: &Record, second_look: Duration) -> bool {
    let Some(read) = record.read.filter(|_| message.cause != Cause::Redact) else { return false };
    let met = |expected: &Expectation| expected.is_met(read.last_order, read.totals.orders);
    let looked_at_last = record.second_look.map_or(read.at, |due| due.max(read.at));
    record.last.is_some()
        && read.at > message.as_of
        && message.expect.as_ref().is_none_or(met)
        && (!message.needs_second_look() || looked_at_last >= message.as_of + second_look)
}
