//! Workers and runs at work, left alone, killed, and slow.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use announcements::EventBus;
use aws_sdk_eventbridge::Client;
use jiff::Timestamp;
use segments::local::LocalSystem;
use simulators::Moment;
use state::{ConfigCache, ConfigTable, Customers, LONGEST_DELAY, Receive, Received};
use sync_customer::{Record, Worker};

use crate::between::{Calls, retries};
use crate::game::Game;
use crate::step::{Death, Step};

/// How many messages a batch holds at most, as in `template.yaml`.
const BATCH: usize = 10;
/// How long the worker may take, as in `template.yaml`.
const WORKER_TIMEOUT: Duration = Duration::from_mins(1);
/// After so long a worker may run out of time.
const LONG: Duration = Duration::from_secs(20);
/// More batches than any wait needs.
pub(crate) const MOST_BATCHES: u32 = 3_000;
/// For how long a paused system is watched turning its messages over.
const PAUSED: Duration = Duration::from_mins(5);

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
                if let Some((_, webhook)) = self.post.pop_first() {
                    self.note(format!("a late {} comes", webhook.topic));
                    self.deliver(webhook).await;
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
        let (log, began) = (self.world.okta.membership_log().len(), self.now());
        let deadline = began + WORKER_TIMEOUT;
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
                ended.filter(|_| !calls.is_befallen())
            }
        };
        self.ended(&received, ended, deadline);
        self.watch(log, self.now() > began + LONG);
        true
    }

    /// Notes how a batch ended.
    fn ended(&mut self, received: &[Received], ended: Option<String>, deadline: Timestamp) {
        if ended.is_none() || self.now() > deadline {
            for message in received {
                *self.spared.entry(message.body.clone()).or_default() += 1;
            }
        }
        let ended = ended.unwrap_or_else(|| "killed, or misled".to_owned());
        if ended.contains("panicked") {
            self.wrong("panic", format!("a look: {ended}"));
        }
        let line = format!("{} batch of {}: {ended}", self.now(), received.len());
        self.note(line);
    }

    /// As Lambda does it: has a worker work, and deletes what it is done with.
    fn work_off(
        &self,
        received: Vec<Received>,
        deadline: Timestamp,
        calls: Option<Calls>,
    ) -> Local<String> {
        let (system, clock) = (Arc::clone(&self.system), self.world.clock.clone());
        Box::pin(async move {
            let records = received
                .iter()
                .map(|message| Record { id: message.id.to_string(), body: message.body.clone() });
            let records = records.collect();
            let report = match &calls {
                None => Box::pin(system.worker().handle(records, deadline)).await,
                Some(calls) => Box::pin(worker(&system, calls).handle(records, deadline)).await,
            };
            if clock.now() > deadline {
                return "out of time".to_owned();
            }
            let queue = system.queue();
            for message in received {
                if report.failed.contains(&message.id.to_string()) {
                    continue;
                }
                match &calls {
                    None => queue.delete(&message.id),
                    Some(calls) => {
                        let delete = || Receive::delete(queue, &message.id);
                        // What is not deleted comes back.
                        drop(calls.to(queue).call("DeleteMessage", delete).await);
                    }
                }
            }
            format!("{}, {} failed", report.tally, report.failed.len())
        })
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
            self.ended(&received, Some(ended), deadline);
            return format!("a worker works; {}", self.happen(meanwhile).await);
        }
        let what = self.happen(meanwhile).await;
        self.wait(Duration::from_secs(seconds.into()), true).await;
        let ended = if self.now() < deadline {
            self.world.let_go_on();
            Some(work.await)
        } else {
            // Lambda has stopped it.
            self.world.cancel_suspension();
            drop(work);
            None
        };
        let end = if ended.is_some() { "goes on" } else { "is stopped" };
        self.ended(&received, ended, deadline);
        format!(
            "a worker stands still {moment:?} call {nth}; {what}; {seconds} s pass; the worker {end}"
        )
    }
}

/// A worker that has just started, with its calls among `calls`.
fn worker(system: &LocalSystem, calls: &Calls) -> Worker {
    let (whole, tables) = (system.worker(), system.tables());
    let client = calls.of(system.dynamodb());
    let config = ConfigTable::new(client.clone(), tables.config);
    let clock = Arc::clone(&whole.clock);
    Worker {
        shopify: whole.shopify.clone(),
        okta: whole.okta.clone(),
        config: ConfigCache::new(config, Arc::clone(&clock), Arc::clone(&whole.random)),
        customers: Customers::new(client, tables.customers).in_one_part(),
        queue: calls.to(system.queue()),
        event_bus: whole.event_bus.as_ref().map(|bus| through(calls, bus)),
        clock,
        random: Arc::clone(&whole.random),
    }
}

fn through(calls: &Calls, bus: &EventBus) -> EventBus {
    let config = bus.client().config().to_builder().http_client(calls.http());
    bus.through(Client::from_conf(config.retry_config(retries()).build()))
}
