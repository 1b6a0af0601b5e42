//! What becomes of each job, and the batch's report.

use std::time::Duration;

use rules::SegmentName;
use runtime::NO_SEGMENT;
use state::{Message, Outcome, Outgoing, VISIBILITY};
use tracing::Span;

use crate::batch::{Batch, Job};
use crate::delay;
use crate::failure::Setback;
use crate::message_end::MessageEnd;
use crate::worker::{Done, Report, Work};

impl Work<'_> {
    /// Notes how a look has ended, for which Okta was called so often.
    pub(crate) fn done(&mut self, message: &Message, mut done: Done, calls: u64) {
        let _entered = follow(message).entered();
        if done.outcome == Outcome::Applied && !message.cause.is_of_run() {
            let after = self.now().duration_since(message.event_moment());
            done.applied_after = after.try_into().ok();
        }
        let milliseconds = done.applied_after.map(|after| after.as_millis());
        let outcome = done.outcome.as_str();
        tracing::info!(
            outcome,
            reason = message.cause.as_str(),
            from = named(done.from.as_ref()),
            to = named(done.segment.as_ref()),
            okta_calls = calls,
            event_to_applied_ms = milliseconds.and_then(|after| u64::try_from(after).ok()),
            "customer"
        );
        self.report.tally.count(outcome);
        self.report.done.push(done);
    }

    /// Notes that a message asks for no look.
    pub(crate) fn drop_job(&mut self, message: &Message, end: MessageEnd) {
        let (outcome, reason) = (end.as_str(), message.cause.as_str());
        follow(message).in_scope(|| tracing::info!(outcome, reason, "message"));
        self.report.tally.count(outcome);
    }

    /// Has the job taken up later, or gives it up to be seen by a person.
    pub(crate) fn put_off(&mut self, job: Job, setback: &Setback) {
        let now = self.now();
        let later = delay::put_off(job.message.clone(), setback, now, &*self.worker.random);
        let waits = later.as_ref().map(|(_, delay)| *delay);
        log(&job.message, setback, waits);
        let Some((message, delay)) = later else {
            self.report.tally.count(MessageEnd::Failed.as_str());
            return self.fail(job);
        };
        self.deferred(&message);
        self.later.push((Outgoing { message, delay }, job.records));
    }

    fn deferred(&mut self, message: &Message) {
        self.report.tally.count(Outcome::Deferred.as_str());
        if let Some(customer) = message.subject.customer() {
            let outcome = Outcome::Deferred;
            let (from, segment, applied_after) = (None, None, None);
            self.report.done.push(Done { customer, outcome, from, segment, applied_after });
        }
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

    /// Has everybody's records delivered again, because the queue does not answer. It may have taken what it was
    /// sent: if these were sent to it as well, each time they came back there would be more of them.
    pub(crate) fn give_all_back(&mut self, batch: Batch, setback: &Setback) {
        for job in batch.into_jobs() {
            log(&job.message, setback, Some(VISIBILITY));
            self.deferred(&job.message);
            self.report.failed.extend(job.records);
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
            let failed = self.report.failed.len();
            tracing::info!(outcomes = %self.report.tally, failed, "batch");
        }
        self.report
    }
}

/// What every line about a message says: whom it is about, and the webhook and the run it came from.
pub(crate) fn follow(message: &Message) -> Span {
    // Of the gravest level, so that every line has it, whatever level is heard.
    tracing::error_span!(
        "message",
        customer_id = message.subject.customer().map(display),
        correlation_id = message.webhook_id.as_ref().map(display),
        run_id = message.run.as_ref().map(|run| run.id.as_str()),
    )
}

fn named(segment: Option<&SegmentName>) -> &str {
    segment.map_or(NO_SEGMENT, SegmentName::as_str)
}

/// Says why a job is put off, or given up if it does not wait. That a full run gives way is said once for
/// all of a batch.
fn log(message: &Message, setback: &Setback, waits: Option<Duration>) {
    let why = setback.as_str();
    let error = match setback {
        Setback::GivesWay { .. } => return,
        Setback::Unavailable(failure) | Setback::Permanent(failure) => Some(failure.to_string()),
        _ => None,
    };
    let reason = message.cause.as_str();
    let _entered = follow(message).entered();
    if let Some(delay) = waits {
        tracing::warn!(
            outcome = Outcome::Deferred.as_str(),
            why,
            error,
            reason,
            delay_seconds = delay.as_secs(),
            deferrals = message.deferrals,
            "put off"
        );
    } else {
        let outcome = MessageEnd::Failed.as_str();
        tracing::error!(outcome, why, error, reason, "failed; after five times, a dead letter");
    }
}
