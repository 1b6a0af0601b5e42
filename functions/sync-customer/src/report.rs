//! What becomes of each job, and the batch's report.

use std::time::Duration;

use rules::SegmentName;
use state::{Message, Outcome, Outgoing};

use crate::batch::{Batch, Job};
use crate::delay;
use crate::failure::Setback;
use crate::worker::{Done, Report, Work};

impl Work<'_> {
    pub(crate) fn done(&mut self, message: &Message, done: Done) {
        let webhook_id = message.webhook_id.as_ref().map(ToString::to_string);
        let run_id = message.run.as_ref().map(|run| run.id.as_str());
        tracing::info!(
            outcome = done.outcome.as_str(),
            customer_id = %done.customer,
            segment = done.segment.as_ref().map(SegmentName::as_str),
            cause = message.cause.as_str(),
            webhook_id,
            run_id,
            "customer"
        );
        self.report.tally.count(done.outcome.as_str());
        self.report.done.push(done);
    }

    /// Has the job taken up later, or gives it up to be seen by a person.
    pub(crate) fn put_off(&mut self, job: Job, setback: &Setback) {
        let now = self.now();
        let later = delay::put_off(job.message.clone(), setback, now, &*self.worker.random);
        let waits = later.as_ref().map(|(_, delay)| *delay);
        log(&job.message, setback, waits);
        let Some((message, delay)) = later else {
            self.report.tally.count("failed");
            return self.fail(job);
        };
        self.report.tally.count(Outcome::Deferred.as_str());
        if let Some(customer) = message.subject.customer() {
            self.report.done.push(Done { customer, outcome: Outcome::Deferred, segment: None });
        }
        self.later.push((Outgoing { message, delay }, job.records));
    }

    /// Has the job's records delivered again. They would have their second look queued again each
    /// time, so a job whose second look is queued is sent anew in their place, saying so.
    pub(crate) fn fail(&mut self, job: Job) {
        if job.second_look.is_none() {
            self.report.failed.extend(job.records);
        } else {
            let again = Outgoing { message: job.message, delay: Duration::ZERO };
            self.later.push((again, job.records));
        }
    }

    pub(crate) fn put_all_off(&mut self, batch: Batch, setback: impl Fn() -> Setback) {
        for job in batch.into_jobs() {
            self.put_off(job, &setback());
        }
    }

    /// Sends what is to be taken up later. If the queue does not take it, the records themselves are
    /// delivered again.
    pub(crate) async fn finish(mut self) -> Report {
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

/// Says why a job is put off, or given up if it does not wait. That a full run gives way is said once for
/// all of a batch.
fn log(message: &Message, setback: &Setback, waits: Option<Duration>) {
    let customer_id = message.subject.customer().map(|customer| customer.to_string());
    let webhook_id = message.webhook_id.as_ref().map(ToString::to_string);
    let run_id = message.run.as_ref().map(|run| run.id.as_str());
    let why = setback.as_str();
    let error = match setback {
        Setback::GivesWay { .. } => return,
        Setback::Unavailable(failure) | Setback::Permanent(failure) => Some(failure.to_string()),
        _ => None,
    };
    if let Some(delay) = waits {
        tracing::warn!(
            outcome = Outcome::Deferred.as_str(),
            why,
            error,
            customer_id,
            webhook_id,
            run_id,
            delay_seconds = delay.as_secs(),
            deferrals = message.deferrals,
            "put off"
        );
    } else {
        let ends = "failed; after three times, a dead letter";
        tracing::error!(why, error, customer_id, webhook_id, run_id, "{ends}");
    }
}
