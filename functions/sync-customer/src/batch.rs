//! A batch of queue records, read one by one and put together by whom they are about.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rules::{CustomerId, OrderId};
use state::{Cause, Message, Subject};

use crate::of_run::is_of_run;
use crate::report::follow;

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
        // A run asks for a look at no moment in particular, so an event keeps its own.
        let as_of = match (self.is_of_run(), other.is_of_run()) {
            (true, false) => other.message.as_of,
            (false, true) => self.message.as_of,
            _ => self.message.as_of.max(other.message.as_of),
        };
        if let (Some(kept), Some(joined)) = (&self.message.webhook_id, &other.message.webhook_id)
            && kept != joined
        {
            // Its own id is not seen any more after this.
            follow(&other.message)
                .in_scope(|| tracing::info!(outcome = "joined", joined_to = %kept, "message"));
        }
        let mut records = self.records;
        records.extend(other.records);
        let message = Message { as_of, ..self.message.merged(other.message) };
        Self { message, records, second_look: None }
    }

    pub(crate) fn is_of_run(&self) -> bool {
        is_of_run(&self.message)
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

impl FromIterator<Job> for Batch {
    fn from_iter<J: IntoIterator<Item = Job>>(jobs: J) -> Self {
        let mut batch = Self::default();
        for job in jobs {
            batch.add(job);
        }
        batch
    }
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

    /// All jobs, in any order.
    pub(crate) fn into_jobs(self) -> impl Iterator<Item = Job> {
        let jobs = self.customers.into_values().chain(self.orders.into_values());
        jobs.chain(self.shop).chain(self.after)
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

    /// The customers' jobs in the order to work them off: nobody waits for a full run's.
    pub(crate) fn in_turn(
        customers: BTreeMap<CustomerId, Job>,
    ) -> impl Iterator<Item = (CustomerId, Job)> {
        let (of_run, live): (Vec<_>, Vec<_>) =
            customers.into_iter().partition(|(_, job)| job.is_of_run());
        live.into_iter().chain(of_run)
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

#[cfg(test)]
mod tests {
    use state::{ByRun, Hint};

    use super::*;

    fn job(cause: Cause, second: i64) -> Job {
        let subject = Subject::Customer(CustomerId::new(1));
        let at = Timestamp::from_second(second).unwrap();
        let mut message = Message::new(subject, cause, at);
        if cause.is_of_run() {
            let id = "20261006T030000Z-000001".parse().unwrap();
            message.run = Some(ByRun { id, book: 1, recheck: false, user: Hint::None });
        }
        Job::new(message, second.to_string())
    }

    #[test]
    fn an_event_keeps_its_moment_whatever_runs_join_it() {
        let (event, run) = (job(Cause::Order, 10), job(Cause::Schedule, 20));
        for jobs in [[event.clone(), run.clone()], [run, event]] {
            let batch: Batch = jobs.into_iter().collect();
            let [joined] = &batch.into_jobs().collect::<Vec<_>>()[..] else { panic!() };
            assert_eq!(joined.message.as_of, Timestamp::from_second(10).unwrap());
            assert!(joined.message.run.is_some() && !joined.is_of_run());
            assert_eq!(joined.records.len(), 2);
        }
        let batch: Batch = [job(Cause::Order, 10), job(Cause::Refund, 20)].into_iter().collect();
        let later = batch.into_jobs().next().unwrap().message.as_of;
        assert_eq!(later, Timestamp::from_second(20).unwrap());
    }
}
