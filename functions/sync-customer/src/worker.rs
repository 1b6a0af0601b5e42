//! A batch from the queue to its report.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use announcements::EventBus;
use jiff::Timestamp;
use okta::Okta;
use outbound::{Clock, Randomness, Traffic};
use rules::{CustomerId, SegmentName};
use runtime::{Measured, Measures, Metric, NO_SEGMENT, Tally};
use shopify::Shopify;
use state::{Config, ConfigCache, Customers, Entry, Outcome, Outgoing, Queue, Versioned};

use crate::batch::{Batch, Record};
use crate::failure::Setback;
use crate::of_run::newest_book;
use crate::turns::Reads;

/// What is kept of the function's time to record how far the work has come and to queue what is put
/// off: without that, a function that is stopped while a service hangs would have its whole batch
/// delivered again, and in the end buried.
const RESERVE: Duration = Duration::from_secs(8);
/// The least time a customer is begun with: a first contact is eight calls.
pub(crate) const LEAST_TIME: Duration = Duration::from_secs(10);

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
    /// Where changes of segment are told; none tells nobody.
    pub event_bus: Option<EventBus>,
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
    /// The segment the customer was in before; none if they were in none, or if the look was put off.
    pub from: Option<SegmentName>,
    /// The segment the customer is in now; none if they are in none, or if the look was put off.
    pub segment: Option<SegmentName>,
    /// How long after the event Okta held what follows from it; none if nothing was written, or if no
    /// event asked for it.
    pub applied_after: Option<Duration>,
}

impl Worker {
    /// What the clients have sent, by service.
    pub fn traffic(&self) -> Vec<(&'static str, Traffic)> {
        let services = [("shopify", self.shopify.traffic()), ("okta", self.okta.traffic())];
        let bus = self.event_bus.iter().map(|bus| ("eventbridge", bus.traffic()));
        services.into_iter().chain(bus).collect()
    }
}

impl Measured for Report {
    fn measure(&self, measures: &mut Measures) {
        for (outcome, count) in self.tally.iter() {
            measures.add(Metric::Customers, outcome, count);
        }
        for done in &self.done {
            if done.from != done.segment {
                let entered = done.segment.as_ref().map_or(NO_SEGMENT, SegmentName::as_str);
                measures.add(Metric::Movements, entered, 1);
            }
            let applied_after = done.applied_after.map(|after| after.as_millis());
            if let Some(Ok(milliseconds)) = applied_after.map(u64::try_from) {
                measures.add(Metric::EventToApplied, "", milliseconds);
            }
        }
    }
}

/// A batch while it is being worked off.
pub(crate) struct Work<'a> {
    pub(crate) worker: &'a Worker,
    /// When the function is stopped.
    pub(crate) deadline: Timestamp,
    /// Until when services are called.
    pub(crate) until: Timestamp,
    pub(crate) report: Report,
    /// What is to be taken up later, and the records it stands for.
    pub(crate) later: Vec<(Outgoing, Vec<String>)>,
}

impl Worker {
    /// Works off a batch. `deadline` is when the function is stopped.
    pub async fn handle(&self, records: Vec<Record>, deadline: Timestamp) -> Report {
        let until = deadline - RESERVE;
        let (report, later) = (Report::default(), Vec::new());
        let mut work = Work { worker: self, deadline, until, report, later };
        let jobs = work.read(records);
        match self.config.at_least(newest_book(&jobs)).await {
            Ok(config) if config.settings.paused => {
                work.put_all_off(jobs.into_iter().collect(), || Setback::Paused);
            }
            Ok(config) => {
                let batch = work.admit(jobs, &config);
                // Boxed: it holds a whole look's state, and the function's own future would hold it too.
                Box::pin(work.carry_out(batch, &config)).await;
            }
            Err(error) => {
                tracing::error!(error = %error, "the configuration cannot be used");
                work.put_all_off(jobs.into_iter().collect(), || Setback::from(error.clone()));
            }
        }
        work.finish().await
    }
}

impl Work<'_> {
    pub(crate) fn now(&self) -> Timestamp {
        self.worker.clock.now()
    }

    async fn carry_out(&mut self, mut batch: Batch, config: &Config) {
        if let Some(job) = batch.shop.take() {
            self.forget_shop(job).await;
        }
        self.resolve_orders(&mut batch).await;
        self.set_aside(&mut batch, config);
        self.give_way(&mut batch, config);
        let entries = match self.worker.customers.load(&batch.customer_ids()).await {
            Ok(entries) => self.readable(&mut batch, entries),
            Err(error) => return self.put_all_off(batch, || Setback::from(error.clone())),
        };
        // Another worker may have decided by a book that this one has not read yet.
        let reloaded = match self.worker.config.at_least(decided_by(&entries)).await {
            Ok(reloaded) => reloaded,
            Err(error) => return self.put_all_off(batch, || Setback::from(error.clone())),
        };
        let config = if reloaded.book.version > config.book.version { &*reloaded } else { config };
        self.drop_covered(&mut batch, &entries, config);
        if self.now() + LEAST_TIME > self.until {
            return self.put_all_off(batch, || Setback::OutOfTime);
        }
        let read_at = self.now();
        let truths = match self.read_truth(&batch).await {
            Ok(truths) => truths,
            Err(error) => return self.put_all_off(batch, || Setback::from(error.clone())),
        };
        if let Err(error) = self.queue_second_looks(&mut batch, config).await {
            return self.give_all_back(batch, &Setback::from(error));
        }
        for job in batch.after {
            self.put_off(job, &Setback::Busy { until: None });
        }
        let reads = Reads { entries, truths, at: read_at };
        self.take_turns(batch.customers, &reads, config).await;
    }
}

/// The newest book that any of these entries was decided by; 0 if none was.
fn decided_by(entries: &BTreeMap<CustomerId, Versioned>) -> u64 {
    let books = entries.values().map(|found| match &found.entry {
        Entry::Customer(record) => record.newest_book(),
        Entry::Tombstone(_) => 0,
    });
    books.max().unwrap_or(0)
}
