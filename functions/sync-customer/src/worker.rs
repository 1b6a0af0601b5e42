//! A batch from the queue to its report.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use jiff::Timestamp;
use okta::Okta;
use outbound::{Clock, ErrorKind, Randomness};
use rules::{CustomerId, SegmentName};
use runtime::Tally;
use shopify::Shopify;
use state::{Config, ConfigCache, Customers, Message, Outcome, Outgoing, Queue};

use crate::batch::{Batch, Job, Record};
use crate::delay;
use crate::failure::{Failure, Setback};
use crate::look::Look;

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
    /// The segment the customer is in now; none if they are in none, or if the look was put off.
    pub segment: Option<SegmentName>,
}

/// A batch while it is being worked off.
pub(crate) struct Run<'a> {
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
        let mut run = Run { worker: self, deadline, until, report, later };
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
    pub(crate) fn now(&self) -> Timestamp {
        self.worker.clock.now()
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
            return self.put_all_off(batch, || Setback::from(error.clone()));
        }
        for job in batch.after {
            self.put_off(job, &Setback::Busy { until: None });
        }
        let mut outage = None;
        for (customer, job) in batch.customers {
            if let Some(error) = outage.clone() {
                self.put_off(job, &Setback::from(error));
                continue;
            }
            let look = Look {
                worker: self.worker,
                config,
                customer,
                message: &job.message,
                queued_for: job.second_look,
                found: entries.get(&customer),
                truth: truths.get(&customer),
                read_at,
                until: self.until,
                deadline: self.deadline,
            };
            let ended = self.guarded(look).await;
            outage = ended.as_ref().ok().and_then(|ended| ended.as_ref().err()).and_then(silence);
            self.end(customer, job, ended);
        }
    }

    /// Runs one look so that neither a panic nor a lack of time in it reaches the others.
    async fn guarded(&self, look: Look<'_>) -> Result<Result<Done, Setback>, Panicked> {
        if self.now() + LEAST_TIME > self.until {
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
                self.fail(job);
            }
        }
    }

    pub(crate) fn done(&mut self, message: &Message, done: Done) {
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
    pub(crate) fn put_off(&mut self, job: Job, setback: &Setback) {
        let customer_id = job.message.subject.customer().map(|customer| customer.to_string());
        let why = setback.as_str();
        let error = match setback {
            Setback::Unavailable(failure) | Setback::Permanent(failure) => {
                Some(failure.to_string())
            }
            _ => None,
        };
        let webhook_id = job.message.webhook_id.as_ref().map(ToString::to_string);
        let now = self.now();
        let later = delay::put_off(job.message.clone(), setback, now, &*self.worker.random);
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
            if let Some(customer) = message.subject.customer() {
                let outcome = Outcome::Deferred;
                self.report.done.push(Done { customer, outcome, segment: None });
            }
            self.later.push((Outgoing { message, delay }, job.records));
        } else {
            tracing::error!(
                why,
                error,
                customer_id,
                webhook_id,
                "failed; after three times, a dead letter"
            );
            self.report.tally.count("failed");
            self.fail(job);
        }
    }

    /// Has the job's records delivered again. They would have their second look queued again each
    /// time, so a job whose second look is queued is sent anew in their place, saying so.
    fn fail(&mut self, job: Job) {
        if job.second_look.is_none() {
            self.report.failed.extend(job.records);
        } else {
            let again = Outgoing { message: job.message, delay: Duration::ZERO };
            self.later.push((again, job.records));
        }
    }

    fn put_all_off(&mut self, batch: Batch, setback: impl Fn() -> Setback) {
        let jobs = batch.customers.into_values().chain(batch.orders.into_values());
        let jobs = jobs.chain(batch.shop).chain(batch.after);
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

/// The error of a service that does not answer at all. The next customer of the batch would wait for
/// it as long and as vainly.
fn silence(setback: &Setback) -> Option<outbound::Error> {
    match setback {
        Setback::Unavailable(Failure::Call(error))
            if matches!(error.kind, ErrorKind::Timeout | ErrorKind::Connect) =>
        {
            Some(error.clone())
        }
        _ => None,
    }
}
