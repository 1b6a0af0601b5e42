//! What a full run's messages need beyond others: they may have been answered or called off already, ask
//! for the book they were planned by, and give way to live events.

use jiff::Timestamp;
use state::{Answered, Config, Entry, Message};

use crate::batch::{Batch, Job};
use crate::delay;
use crate::failure::{Failure, Setback};
use crate::message_end::MessageEnd;
use crate::worker::Work;

/// Whether a full run sent the message and no event has joined it.
pub(crate) fn is_of_run(message: &Message) -> bool {
    message.run.is_some() && message.cause.is_of_run()
}

/// The full run that an entry was answered for last.
pub(crate) fn answered(entry: &Entry) -> Option<&Answered> {
    match entry {
        Entry::Customer(record) => record.answered.as_ref(),
        Entry::Tombstone(stone) => stone.answered.as_ref(),
    }
}

/// Whether the message was worked off before, for its run or for a later one.
pub(crate) fn is_answered(message: &Message, entry: &Entry) -> bool {
    let before = answered(entry).filter(|_| is_of_run(message));
    before.zip(message.run.as_ref()).is_some_and(|(before, run)| before.run >= run.id)
}

/// The newest book that any of the jobs was planned by; 0 if none was.
pub(crate) fn newest_book(jobs: &[Job]) -> u64 {
    let books = jobs.iter().filter_map(|job| job.message.run.as_ref().map(|run| run.book));
    books.max().unwrap_or(0)
}

impl Work<'_> {
    /// Puts together the jobs that can be worked off: drops those of cancelled runs, and puts off those
    /// that need a newer book. An event that a cancelled run has joined goes on without it.
    pub(crate) fn admit(&mut self, jobs: Vec<Job>, config: &Config) -> Batch {
        let mut batch = Batch::default();
        for mut job in jobs {
            let Some(run) = &job.message.run else {
                batch.add(job);
                continue;
            };
            let (planned, accepted) = (run.book, config.book.version);
            if config.cancelled.contains(&run.id) {
                if job.is_of_run() {
                    self.drop_job(&job.message, MessageEnd::Cancelled);
                    continue;
                }
                job.message.run = None;
            } else if planned > accepted {
                self.put_off(job, &Failure::OldBook { planned, accepted }.into());
                continue;
            }
            batch.add(job);
        }
        batch
    }

    /// Puts off a full run's jobs while Okta's limits leave no room for them, before anything is read for
    /// them.
    pub(crate) fn give_way(&mut self, batch: &mut Batch, config: &Config) {
        if !batch.customers.values().any(Job::is_of_run) {
            return;
        }
        let share = config.settings.okta_rate_share.for_runs();
        let limited_until = self.worker.okta.before(self.until, share).limited_until();
        let Some(until) = limited_until.map(|until| self.back_at(until)) else { return };
        for job in std::mem::take(&mut batch.customers).into_values() {
            if job.is_of_run() {
                self.put_off(job, &Setback::GivesWay { until });
            } else {
                batch.add(job);
            }
        }
    }

    /// When this batch's jobs of a full run come back, said once in the log.
    pub(crate) fn back_at(&self, limited_until: Timestamp) -> Timestamp {
        let until = delay::back_at(limited_until, &*self.worker.random);
        tracing::info!(%until, "a full run gives way: its part of Okta's limits is used up");
        until
    }
}
