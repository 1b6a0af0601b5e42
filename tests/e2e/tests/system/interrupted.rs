//! A worker that is stopped or misled over a batch.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use announcements::EventBus;
use aws_sdk_eventbridge::Client;
use rules::SegmentName;
use simulators::Moment;
use state::{ConfigCache, ConfigTable, Customers, Entry, Receive};
use sync_customer::{Record, Worker};

use crate::between::{Calls, Fate, QueueBehind, at_each_call, retries};
use crate::harness::{Person, Shop};

/// More calls to services than any look makes.
const MOST_CALLS: u32 = 20;
/// How many messages a batch holds at most, as in `template.yaml`.
const BATCH: usize = 10;
/// How long the function may take, as in `template.yaml`.
const TIMEOUT: Duration = Duration::from_mins(1);

/// What happens to a worker over a batch.
pub(crate) enum Interruption {
    /// It dies at this call to a service, counted from 1.
    Service(u32, Moment),
    /// Something befalls one of its calls to the tables or the queue.
    Call(Calls),
}

impl fmt::Display for Interruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(nth, moment) => write!(f, "died {moment:?} call {nth} to a service"),
            Self::Call(calls) => f.write_str(&calls.place()),
        }
    }
}

/// Plays with a worker that dies at each call to a service, before and after it. `play` says whether the
/// worker came to the call.
pub(crate) async fn at_each_service_call(least: u32, play: impl AsyncFn(Interruption) -> bool) {
    for moment in [Moment::Before, Moment::After] {
        let mut deaths = 0;
        while play(Interruption::Service(deaths + 1, moment)).await {
            deaths += 1;
            assert!(deaths < MOST_CALLS, "there is no end to the calls");
        }
        assert!(deaths >= least, "only {deaths} places to die at");
    }
}

/// Plays with everything that can befall each call to the tables or the queue.
pub(crate) async fn at_each_table_call(least: u32, play: impl AsyncFn(Interruption) -> bool) {
    const FATES: [Fate; 4] =
        [Fate::KilledBefore, Fate::KilledAfter, Fate::AnswerLost, Fate::EveryAnswerLost];
    for fate in FATES {
        let calls = at_each_call(fate, None, async |calls| {
            play(Interruption::Call(calls)).await;
        });
        let calls = calls.await;
        assert!(calls >= least, "{fate:?}: only {calls} calls");
    }
}

/// The same bus, with its calls among these.
fn through(calls: &Calls, bus: &EventBus) -> EventBus {
    let config = bus.client().config().to_builder().http_client(calls.http());
    bus.through(Client::from_conf(config.retry_config(retries()).build()))
}

impl Shop {
    /// Has a worker take up what is due. False if it made fewer calls than up to the interruption.
    pub(crate) async fn works_interrupted(&self, how: &Interruption) -> bool {
        match how {
            Interruption::Service(nth, moment) => {
                self.world.suspend_at(*nth, *moment);
                tokio::select! {
                    () = self.world.suspended() => true,
                    _ = self.system.work_once() => !self.world.cancel_suspension(),
                }
            }
            Interruption::Call(calls) => {
                calls.until_killed(self.work_through(calls)).await;
                calls.is_befallen()
            }
        }
    }

    /// As Lambda does it: receives, has the worker work, and deletes what the worker is done with.
    async fn work_through(&self, calls: &Calls) {
        let queue = calls.to(self.system.queue());
        let Ok(received) = self.receive(&queue).await else { return };
        let record = |message: &state::Received| Record {
            id: message.id.to_string(),
            body: message.body.clone(),
        };
        let records = received.iter().map(record).collect();
        let deadline = self.now() + TIMEOUT;
        let report = Box::pin(self.worker(calls, &queue).handle(records, deadline)).await;
        for message in received {
            if !report.failed.contains(&message.id.to_string()) {
                let receipt = std::slice::from_ref(&message.id);
                let delete = || self.system.queue().delete_all(receipt);
                // What is not deleted comes back.
                let _ = queue.call("DeleteMessage", delete).await;
            }
        }
    }

    async fn receive(&self, queue: &QueueBehind) -> Result<Vec<state::Received>, state::Error> {
        let receive = || Receive::receive(self.system.queue(), BATCH);
        queue.call("ReceiveMessage", receive).await
    }

    /// A worker that has just started, with its calls to the tables and the queue among `calls`.
    fn worker(&self, calls: &Calls, queue: &Arc<QueueBehind>) -> Worker {
        let (whole, tables) = (self.system.worker(), self.system.tables());
        let client = calls.of(self.system.dynamodb());
        let config = ConfigTable::new(client.clone(), tables.config);
        Worker {
            shopify: whole.shopify.clone(),
            okta: whole.okta.clone(),
            config: ConfigCache::new(config, whole.clock.clone(), whole.random.clone()),
            customers: Customers::new(client, tables.customers),
            queue: Arc::clone(queue) as _,
            event_bus: whole.event_bus.as_ref().map(|bus| through(calls, bus)),
            clock: whole.clock.clone(),
            random: whole.random.clone(),
        }
    }

    /// Fails if the customer's entry is still leased, notes a group that the matched user is not in, or
    /// misses one; or if others believe the customer elsewhere.
    pub(crate) async fn assert_at_rest(&self, person: &Person, place: &str) {
        self.assert_told(person, place).await;
        if let Some(Entry::Customer(record)) = self.entry(person.customer).await {
            assert!(!record.is_leased(self.now()), "{place}");
            let noted = record.applied.groups.into_keys().collect::<Vec<_>>();
            let held = record.matched.map(|matched| self.held(&matched.user).groups);
            let held = held.into_iter().flatten().map(|name| self.group(&name));
            assert_eq!(noted, held.collect::<Vec<_>>(), "{place}");
        }
    }

    /// Fails if others have not been told of the customer's last change, if they are told of changes at
    /// all: of what full runs alone have done they may know nothing.
    async fn assert_told(&self, person: &Person, place: &str) {
        let (sequence, segment) = match self.entry(person.customer).await {
            Some(Entry::Customer(record)) => {
                assert_eq!(record.announcing, [], "{place}");
                (record.sequence, record.segment)
            }
            Some(Entry::Tombstone(stone)) => (stone.sequence, None),
            None => (0, None),
        };
        let told = self.listener.heard_of(person.customer);
        if let Some(last) = told.last() {
            assert_eq!(last["sequence"], sequence, "{place}: {told:#?}");
            assert_eq!(last["to"].as_str(), segment.as_ref().map(SegmentName::as_str), "{place}");
        }
    }
}
