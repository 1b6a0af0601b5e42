//! Workers and runs at work, left alone, killed, and slow.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rules::CustomerId;
use simulators::Moment;
use state::{LONGEST_DELAY, Message, Outcome, Receive, Received};
use sync_customer::{Done, Record, Report};

use crate::between::Calls;
use crate::game::Game;
use crate::step::{Death, Step};

/// How many messages a batch holds at most, as in `template.yaml`.
const BATCH: usize = 10;
/// How long the worker may take, as in `template.yaml`.
pub(crate) const WORKER_TIMEOUT: Duration = Duration::from_mins(1);
/// How looks end after which the customer is looked at again.
const UNFINISHED: [Outcome; 3] = [Outcome::Covered, Outcome::Deferred, Outcome::UserTaken];
/// More batches than any wait needs.
pub(crate) const MOST_BATCHES: u32 = 3_000;
/// For how long a paused system is watched turning its messages over.
const PAUSED: Duration = Duration::from_mins(5);

/// What came of a batch.
#[derive(Default)]
pub(crate) struct Worked {
    line: String,
    /// Whose looks came to their end.
    well: Vec<CustomerId>,
    /// The messages that come back because the queue did not do as it was told.
    undeleted: Vec<String>,
    /// What should have been queued, and was not.
    lost: Vec<String>,
}

/// A future that stays on its thread.
pub(crate) type Local<T> = Pin<Box<dyn Future<Output = T>>>;

impl Game {
    /// Lets time pass, with or without anybody at work. Webhooks that are due come.
    pub(crate) async fn wait(&mut self, time: Duration, working: bool) {
        let until = self.now() + time;
        let work_until = if self.paused { until.min(self.now() + PAUSED) } else { until };
        for _ in 0..MOST_BATCHES {
            self.send_late().await;
            let work = self.system.queue().next_due().filter(|due| working && *due <= work_until);
            let post = self.post.keys().next().map(|(due, _)| *due).filter(|due| *due <= until);
            let Some(next) = work.into_iter().chain(post).min() else {
                self.world.clock.advance_to(until);
                return self.send_late().await;
            };
            self.world.clock.advance_to(next);
            if post.is_some_and(|due| due <= self.now()) {
                if let Some((_, (webhook, refused))) = self.post.pop_first() {
                    self.note(format!("a late {} comes", webhook.topic));
                    self.deliver(webhook, refused).await;
                }
            } else {
                self.batch(None).await;
            }
        }
        let waiting = self.system.queue().depth();
        self.wrong("endless", format!("{waiting} messages still wait after so many batches"));
    }

    /// Works until nothing waits and nothing is under way.
    pub(crate) async fn settle(&mut self) {
        for _ in 0..MOST_BATCHES {
            let next_due = self.system.queue().next_due();
            let post = self.post.keys().next().map(|(due, _)| *due);
            let Some(next) = next_due.into_iter().chain(post).min() else { return };
            let time = next.duration_since(self.now()).try_into().unwrap_or(Duration::ZERO);
            self.wait(time, true).await;
        }
        self.wrong("endless", "the queue does not become empty");
    }

    /// Lets time pass until a message is due, if one will be before long.
    pub(crate) fn pass_until_due(&self) {
        let soon = self.now() + LONGEST_DELAY;
        if let Some(due) = self.system.queue().next_due().filter(|due| *due <= soon) {
            self.world.clock.advance_to(due);
        }
    }

    /// Works a batch off that is due; false if none is.
    pub(crate) async fn batch(&mut self, death: Option<Death>) -> bool {
        let received = self.system.queue().receive(BATCH);
        if received.is_empty() {
            return false;
        }
        self.take_calls();
        let log = self.world.okta.membership_log().len();
        let deadline = self.now() + WORKER_TIMEOUT;
        let ended = match death {
            None => Some(self.work_off(received.clone(), deadline, None).await),
            Some(Death::Service { nth, moment }) => {
                self.world.suspend_at(nth.into(), moment);
                let reached = self.world.suspended();
                let work = self.work_off(received.clone(), deadline, None);
                let ended = tokio::select! {
                    biased;
                    () = reached => None,
                    ended = work => Some(ended),
                };
                self.world.cancel_suspension();
                ended
            }
            Some(Death::Call { fate, nth, apart }) => {
                let calls = Calls::new(fate, nth.into(), apart.map(usize::from));
                let work = self.work_off(received.clone(), deadline, Some(calls.clone()));
                let ended = calls.until_killed(work).await;
                // What the worker was told may be wrong.
                ended.filter(|_| !calls.is_befallen())
            }
        };
        let well = self.ended(&received, ended, deadline);
        self.watch(log, &well).await;
        self.hand_out_again(received);
        true
    }

    /// Notes how a batch ended. Says whose looks came to their end.
    fn ended(
        &mut self,
        received: &[Received],
        ended: Option<Worked>,
        deadline: Timestamp,
    ) -> Vec<CustomerId> {
        if ended.is_none() || self.now() > deadline {
            for message in received {
                *self.spared.entry(message.body.clone()).or_default() += 1;
            }
        }
        self.tally.count(if ended.is_some() { "batches" } else { "batches killed or misled" });
        let Worked { line, well, undeleted, lost } = ended.unwrap_or_else(|| Worked {
            line: "killed, or misled".to_owned(),
            ..Worked::default()
        });
        for what in lost {
            self.wrong("lost", what);
        }
        for body in undeleted {
            *self.spared.entry(body).or_default() += 1;
        }
        if line.contains("panicked") {
            self.wrong("panic", format!("a look: {line}"));
        }
        self.note(format!("{} batch of {}: {line}", self.now(), received.len()));
        well
    }

    /// As Lambda does it: has a worker work, and deletes what it is done with.
    fn work_off(
        &self,
        received: Vec<Received>,
        deadline: Timestamp,
        calls: Option<Calls>,
    ) -> Local<Worked> {
        let (system, clock) = (Arc::clone(&self.system), self.world.clock.clone());
        Box::pin(async move {
            let met = system.aws.faults.met_at_queue();
            let sent = system.aws.sent();
            let records = received
                .iter()
                .map(|message| Record { id: message.id.to_string(), body: message.body.clone() });
            let records = records.collect();
            let report = match &calls {
                None => Box::pin(system.worker.handle(records, deadline)).await,
                Some(calls) => {
                    Box::pin(system.worker_behind(calls).handle(records, deadline)).await
                }
            };
            if clock.now() > deadline {
                return Worked { line: "out of time".to_owned(), ..Worked::default() };
            }
            let line = format!("{}, {} failed", report.tally, report.failed.len());
            let queue_failed = system.aws.faults.met_at_queue() > met;
            let is_well = |done: &&Done| !UNFINISHED.contains(&done.outcome);
            let well = report.done.iter().filter(is_well).map(|done| done.customer).collect();
            let lost = lost(&received, &report, &system.aws.sent_since(sent));
            let mut worked = Worked { line, well, undeleted: Vec::new(), lost };
            let queue = system.queue();
            for message in received {
                if report.failed.contains(&message.id.to_string()) {
                    if queue_failed {
                        worked.undeleted.push(message.body);
                    }
                    continue;
                }
                match &calls {
                    // What is not deleted comes back.
                    None if system.aws.faults.befalls("DeleteMessage") => {
                        worked.undeleted.push(message.body);
                    }
                    None => queue.delete(&message.id),
                    Some(calls) => {
                        let delete = || queue.delete_all(std::slice::from_ref(&message.id));
                        drop(calls.to(queue).call("DeleteMessage", delete).await);
                    }
                }
            }
            worked
        })
    }

    /// The queue hands some messages out once more that were deleted, as SQS may.
    fn hand_out_again(&mut self, received: Vec<Received>) {
        for message in received {
            if self.chance.percent(self.shape.again) {
                self.tally.count("messages handed out again");
                let later = *self.chance.one(&[1, 30, 200]);
                self.system.queue().send_raw(message.body, Duration::from_secs(later));
            }
        }
    }

    /// Has a worker stand still in the middle of a call while something else happens.
    pub(crate) async fn work_slowly(
        &mut self,
        (nth, moment): (u8, Moment),
        seconds: u8,
        meanwhile: &Step,
    ) -> String {
        let received = self.system.queue().receive(BATCH);
        if received.is_empty() {
            return format!("nothing is due; {}", self.happen(meanwhile).await);
        }
        self.take_calls();
        let log = self.world.okta.membership_log().len();
        let deadline = self.now() + WORKER_TIMEOUT;
        self.world.suspend_at(nth.into(), moment);
        let reached = self.world.suspended();
        let mut work = self.work_off(received.clone(), deadline, None);
        let early = tokio::select! {
            biased;
            () = reached => None,
            ended = &mut work => Some(ended),
        };
        if let Some(ended) = early {
            self.world.cancel_suspension();
            let well = self.ended(&received, Some(ended), deadline);
            self.watch(log, &well).await;
            return format!("a worker works; {}", self.happen(meanwhile).await);
        }
        self.watch(log, &[]).await;
        let what = self.happen(meanwhile).await;
        self.wait(Duration::from_secs(seconds.into()), true).await;
        let is_in_time = self.now() < deadline;
        let ended = if is_in_time {
            self.world.let_go_on();
            Some(work.await)
        } else {
            // Lambda has stopped it.
            self.world.cancel_suspension();
            drop(work);
            None
        };
        let end = if is_in_time { "goes on" } else { "is stopped" };
        let well = self.ended(&received, ended, deadline);
        self.watch(log, &well).await;
        format!(
            "a worker stands still {moment:?} call {nth}; {what}; {seconds} s pass; the worker {end}"
        )
    }
}

/// What a worker ought to have queued, and did not: a further look at whom it put off without giving their
/// messages back, and the second look after an event that totals may lag behind.
fn lost(received: &[Received], report: &Report, sent: &[Message]) -> Vec<String> {
    let messages = received.iter().filter_map(|it| Some((it, Message::from_json(&it.body).ok()?)));
    let messages: Vec<_> = messages.collect();
    let mut lost = Vec::new();
    for done in &report.done {
        let about = |message: &Message| message.subject.customer() == Some(done.customer);
        let mut theirs = messages.iter().filter(|(_, message)| about(message)).peekable();
        let is_of_order = theirs.peek().is_none();
        let (mut comes_back, mut is_followed) = (false, false);
        for (it, message) in theirs {
            comes_back |= report.failed.contains(&it.id.to_string());
            is_followed |= message.needs_second_look();
        }
        let mut queued = sent.iter().filter(|message| about(message));
        let what = match done.outcome {
            // The look that came with a redaction comes after it.
            Outcome::Covered | Outcome::Redacted => continue,
            _ if comes_back || is_of_order => continue,
            Outcome::Deferred if queued.next().is_none() => "was put off, and is not queued",
            Outcome::Deferred => continue,
            _ if is_followed && !queued.any(|message| message.followed_up) => {
                "was looked at for an order, and no second look is queued"
            }
            _ => continue,
        };
        lost.push(format!("{} {what}", done.customer));
    }
    lost
}
