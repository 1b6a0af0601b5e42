//! A batch from the queue to its report.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use jiff::Timestamp;
use okta::Okta;
use outbound::{Clock, Randomness};
use rules::{CustomerId, SegmentName};
use runtime::Tally;
use shopify::{Owner, Shopify, Truth};
use state::{
    Cause, Config, ConfigCache, Customers, Entry, Erased, Message, Outcome, Outgoing, Queue,
    Subject, Versioned,
};

use crate::batch::{Batch, Job, Record};
use crate::delay;
use crate::failure::Setback;
use crate::look::Look;

/// The least time a customer is begun with: a first contact is eight calls.
const LEAST_TIME: Duration = Duration::from_secs(10);
/// How much earlier than due a message may be: the clocks of two machines differ a little.
const TOLERANCE: Duration = Duration::from_secs(1);

/// Works off messages.
pub struct Worker {
    /// Where the truth is.
    pub shopify: Shopify,
    /// What is made to agree with it.
    pub okta: Okta,
    /// The rule book, settings and group ids.
    pub config: ConfigCache,
    /// The applied state.
    pub customers: Customers,
    /// Where later looks go.
    pub queue: Arc<dyn Queue>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Spreads waits.
    pub random: Arc<dyn Randomness>,
}

/// What became of a batch.
#[derive(Debug, Default)]
pub struct Report {
    /// The records to be delivered again; the others are done with.
    pub failed: Vec<String>,
    /// How often each outcome occurred.
    pub tally: Tally,
    /// Each customer's outcome.
    pub done: Vec<Done>,
}

/// How the look at one customer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// Who.
    pub customer: CustomerId,
    /// How it ended.
    pub outcome: Outcome,
    /// The segment the customer is in now; none if they are in none.
    pub segment: Option<SegmentName>,
}

/// A batch while it is being worked off.
struct Run<'a> {
    worker: &'a Worker,
    deadline: Timestamp,
    report: Report,
    later: Vec<(Outgoing, Vec<String>)>,
}

impl Worker {
    /// Works off a batch. `deadline` is when the function is stopped.
    pub async fn handle(&self, records: Vec<Record>, deadline: Timestamp) -> Report {
        let mut run = Run { worker: self, deadline, report: Report::default(), later: Vec::new() };
        let batch = run.read(records);
        match self.config.current().await {
            Ok(config) if config.settings.paused => run.put_all_off(batch, || Setback::Paused),
            Ok(config) => run.work(batch, &config).await,
            Err(error) => {
                tracing::error!(error = %error, "the configuration cannot be used");
                run.put_all_off(batch, || Setback::from(error.clone()));
            }
        }
        run.finish().await
    }
}

impl Run<'_> {
    fn now(&self) -> Timestamp {
        self.worker.clock.now()
    }

    /// Reads each record by itself: a body that is no message keeps no other from being worked off.
    fn read(&mut self, records: Vec<Record>) -> Batch {
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

    async fn work(&mut self, mut batch: Batch, config: &Config) {
        if let Some(job) = batch.shop.take() {
            self.forget_shop(job).await;
        }
        self.resolve_orders(&mut batch).await;
        self.set_aside(&mut batch, config);
        let entries = match self.worker.customers.load(&batch.customer_ids()).await {
            Ok(entries) => self.readable(&mut batch, entries),
            Err(error) => return self.put_all_off(batch, || Setback::from(error.clone())),
        };
        self.drop_covered(&mut batch, &entries);
        let read_at = self.now();
        let truths = match self.read_truth(&batch).await {
            Ok(truths) => truths,
            Err(error) => return self.put_all_off(batch, || Setback::from(error.clone())),
        };
        if let Err(error) = self.queue_second_looks(&mut batch, config).await {
            return self.put_all_off(batch, || Setback::from(error.clone()));
        }
        for (customer, job) in batch.customers {
            let look = Look {
                worker: self.worker,
                config,
                customer,
                message: &job.message,
                found: entries.get(&customer),
                truth: truths.get(&customer),
                read_at,
                deadline: self.deadline,
            };
            let ended = self.guarded(look).await;
            self.end(customer, job, ended);
        }
    }

    /// Runs one look so that neither a panic nor a lack of time in it reaches the others.
    async fn guarded(&self, look: Look<'_>) -> Result<Result<Done, Setback>, Panicked> {
        if self.now() + LEAST_TIME > self.deadline {
            return Ok(Err(Setback::OutOfTime));
        }
        AssertUnwindSafe(look.carry_out()).catch_unwind().await.map_err(|_| Panicked)
    }

    fn end(
        &mut self,
        customer: CustomerId,
        job: Job,
        ended: Result<Result<Done, Setback>, Panicked>,
    ) {
        match ended {
            Ok(Ok(done)) => self.done(&job.message, done),
            Ok(Err(setback)) => self.put_off(job, &setback),
            Err(Panicked) => {
                tracing::error!(customer_id = %customer, "panic: a mistake in this program");
                self.report.tally.count("panicked");
                self.report.failed.extend(job.records);
            }
        }
    }

    fn done(&mut self, message: &Message, done: Done) {
        let webhook_id = message.webhook_id.as_ref().map(ToString::to_string);
        tracing::info!(
            outcome = done.outcome.as_str(),
            customer_id = %done.customer,
            segment = done.segment.as_ref().map(SegmentName::as_str),
            cause = message.cause.as_str(),
            webhook_id,
            "customer"
        );
        self.report.tally.count(done.outcome.as_str());
        self.report.done.push(done);
    }

    /// Has the job taken up later, or gives it up to be seen by a person.
    fn put_off(&mut self, job: Job, setback: &Setback) {
        let customer_id = match job.message.subject {
            Subject::Customer(customer) => Some(customer.to_string()),
            Subject::Order(_) | Subject::Shop => None,
        };
        let why = setback.as_str();
        let error = match setback {
            Setback::Unavailable(failure) | Setback::Permanent(failure) => {
                Some(failure.to_string())
            }
            _ => None,
        };
        let webhook_id = job.message.webhook_id.as_ref().map(ToString::to_string);
        let now = self.now();
        // A record that comes back would have its second look queued again each time; a message that
        // says it is queued is sent in its place.
        let rewritten = job.followed_up_now.then(|| (job.message.clone(), Duration::ZERO));
        let later = delay::put_off(job.message, setback, now, &*self.worker.random).or(rewritten);
        if let Some((message, delay)) = later {
            tracing::warn!(
                outcome = Outcome::Deferred.as_str(),
                why,
                error,
                customer_id,
                webhook_id,
                delay_seconds = delay.as_secs(),
                deferrals = message.deferrals,
                "put off"
            );
            self.report.tally.count(Outcome::Deferred.as_str());
            if let Subject::Customer(customer) = message.subject {
                let outcome = Outcome::Deferred;
                self.report.done.push(Done { customer, outcome, segment: None });
            }
            self.later.push((Outgoing { message, delay }, job.records));
        } else {
            tracing::error!(why, error, customer_id, webhook_id, "given up: a dead letter follows");
            self.report.tally.count("failed");
            self.report.failed.extend(job.records);
        }
    }

    fn put_all_off(&mut self, batch: Batch, setback: impl Fn() -> Setback) {
        let jobs =
            batch.customers.into_values().chain(batch.orders.into_values()).chain(batch.shop);
        for job in jobs {
            self.put_off(job, &setback());
        }
    }

    /// Sends what is to be taken up later. If the queue does not take it, the records themselves are
    /// delivered again.
    async fn finish(mut self) -> Report {
        let (outgoing, records): (Vec<_>, Vec<_>) = self.later.into_iter().unzip();
        if !outgoing.is_empty()
            && let Err(error) = self.worker.queue.send(outgoing).await
        {
            tracing::error!(error = %error, "what was put off could not be queued");
            self.report.failed.extend(records.into_iter().flatten());
        }
        if !self.report.tally.is_empty() {
            tracing::info!(outcomes = %self.report.tally, "batch");
        }
        self.report
    }
}

/// The look panicked.
struct Panicked;

impl Run<'_> {
    /// Deletes some of what is kept of the shop, and comes back until nothing is left.
    async fn forget_shop(&mut self, mut job: Job) {
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
    async fn resolve_orders(&mut self, batch: &mut Batch) {
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
    fn set_aside(&mut self, batch: &mut Batch, config: &Config) {
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
    fn readable(
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
    fn drop_covered(&mut self, batch: &mut Batch, entries: &BTreeMap<CustomerId, Versioned>) {
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
    async fn read_truth(
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
    async fn queue_second_looks(
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
