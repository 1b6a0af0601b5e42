//! The customers of a batch, one after the other.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use jiff::Timestamp;
use outbound::ErrorKind;
use rules::CustomerId;
use shopify::Truth;
use state::{Config, Versioned};
use tracing::Instrument;

use crate::batch::{Batch, Job};
use crate::failure::{Failure, Setback};
use crate::look::Look;
use crate::message_end::MessageEnd;
use crate::report::follow;
use crate::worker::{Done, LEAST_TIME, Work};

/// What was read for the whole batch.
pub(crate) struct Reads {
    /// The entries, read before the truth.
    pub(crate) entries: BTreeMap<CustomerId, Versioned>,
    pub(crate) truths: BTreeMap<CustomerId, Truth>,
    /// When the truth was read, or was about to be.
    pub(crate) at: Timestamp,
}

/// What keeps the rest of a batch from being begun.
#[derive(Default)]
struct Halt {
    /// A service does not answer at all: the next customer would wait for it as long and as vainly.
    silence: Option<outbound::Error>,
    /// When a full run's jobs come back: what they may use of Okta's limits is used up.
    of_runs: Option<Timestamp>,
}

/// The look panicked.
struct Panicked;

impl Halt {
    fn before(&self, job: &Job) -> Option<Setback> {
        let of_runs = self.of_runs.filter(|_| job.is_of_run());
        let silence = self.silence.clone().map(Setback::from);
        silence.or(of_runs.map(|until| Setback::GivesWay { until }))
    }
}

impl Work<'_> {
    /// Looks at one customer after the other, live ones first.
    pub(crate) async fn take_turns(
        &mut self,
        jobs: BTreeMap<CustomerId, Job>,
        reads: &Reads,
        config: &Config,
    ) {
        let mut halt = Halt::default();
        for (customer, job) in Batch::in_turn(jobs) {
            if let Some(setback) = halt.before(&job) {
                self.put_off(job, &setback);
                continue;
            }
            let before = self.worker.okta.traffic();
            let look = self.guarded(self.look(customer, &job, reads, config));
            let ended = look.instrument(follow(&job.message)).await;
            let calls = self.worker.okta.traffic().since(before).sent;
            match ended {
                Ok(Ok(done)) => self.done(&job.message, done, calls),
                Ok(Err(setback)) => {
                    let setback = self.halting(&mut halt, &job, setback);
                    self.put_off(job, &setback);
                }
                Err(Panicked) => {
                    let outcome = MessageEnd::Panicked.as_str();
                    follow(&job.message).in_scope(|| tracing::error!(outcome, "customer"));
                    self.report.tally.count(outcome);
                    self.fail(job);
                }
            }
        }
    }

    fn look<'a>(
        &'a self,
        customer: CustomerId,
        job: &'a Job,
        reads: &'a Reads,
        config: &'a Config,
    ) -> Look<'a> {
        Look {
            worker: self.worker,
            config,
            customer,
            message: &job.message,
            queued_for: job.second_look,
            found: reads.entries.get(&customer),
            truth: reads.truths.get(&customer),
            read_at: reads.at,
            until: self.until,
            deadline: self.deadline,
        }
    }

    /// Runs one look so that neither a panic nor a lack of time in it reaches the others.
    async fn guarded(&self, look: Look<'_>) -> Result<Result<Done, Setback>, Panicked> {
        if self.now() + LEAST_TIME > self.until {
            return Ok(Err(Setback::OutOfTime));
        }
        // Boxed: it holds all of a look's state, and so would everything around it.
        let carried_out = Box::pin(AssertUnwindSafe(look.carry_out()).catch_unwind());
        carried_out.await.map_err(|_| Panicked)
    }

    /// Takes note of a setback that the next jobs would meet too.
    fn halting(&self, halt: &mut Halt, job: &Job, setback: Setback) -> Setback {
        halt.silence = silence(&setback);
        match setback.limited_until().filter(|_| job.is_of_run()) {
            Some(limited_until) => {
                let until = self.back_at(limited_until);
                halt.of_runs = Some(until);
                Setback::GivesWay { until }
            }
            None => setback,
        }
    }
}

/// The error of a service that does not answer at all.
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
