//! The bus on AWS.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::operation::put_events::PutEventsOutput;
use aws_sdk_eventbridge::primitives::DateTime;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use jiff::Timestamp;
use outbound::{Clock, Traffic};
use rules::CustomerId;
use state::Announcement;

use crate::error::{Error, UNANSWERED, passes};
use crate::event::{DETAIL_TYPE, SOURCE, SegmentChanged};

/// How long an entry that was not taken waits before it is sent again, each time.
const WAITS: [Duration; 3] =
    [Duration::from_millis(200), Duration::from_millis(800), Duration::from_secs(2)];
/// The bus that every account has in every region, and that cannot be deleted.
const DEFAULT: &str = "default";
/// How long it is believed that the bus is there.
const BELIEVED: Duration = Duration::from_mins(5);
const PUT: &str = "put events";
const LOOK: &str = "look whether it is there";

/// An event bus of this account.
///
/// `PutEvents` takes events for a bus that does not exist, and forgets them without a word
/// ([aws-cli#9186](https://github.com/aws/aws-cli/issues/9186)). So any bus but the default one is asked
/// for by name before events are put on it, and again every five minutes.
#[derive(Clone)]
pub struct EventBus {
    client: Client,
    name: String,
    clock: Arc<dyn Clock>,
    known: Arc<Mutex<Known>>,
}

/// What is known by the calls made so far.
#[derive(Debug, Default)]
struct Known {
    /// When the bus was last seen.
    seen: Option<Timestamp>,
    traffic: Traffic,
}

impl EventBus {
    /// The bus of this name.
    pub fn new(client: Client, name: impl Into<String>, clock: Arc<dyn Clock>) -> Self {
        Self { client, name: name.into(), clock, known: Arc::default() }
    }

    /// The same bus, called by another client.
    #[must_use]
    pub fn through(&self, client: Client) -> Self {
        Self::new(client, self.name.clone(), Arc::clone(&self.clock))
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// What was sent to the service so far.
    pub fn traffic(&self) -> Traffic {
        self.known().traffic
    }

    /// Puts a customer's changes on the bus, in one call; ten at most. What of them is not taken is sent
    /// again, until `until`.
    ///
    /// # Errors
    /// If not all of them are known to be taken. Some may have been: all of them have to be announced
    /// again, and those who listen hear some twice.
    pub async fn announce(
        &self,
        customer: CustomerId,
        announcements: &[Announcement],
        until: Timestamp,
    ) -> Result<(), Error> {
        self.must_exist().await?;
        let entries = announcements.iter().map(|it| self.entry(customer, it));
        let mut left: Vec<_> = entries.collect();
        let mut waits = WAITS.into_iter();
        while let Some(refusal) = self.put(&mut left).await? {
            let error = Error::coded(&self.name, PUT, &refusal);
            let wait = waits.next().filter(|_| passes(&refusal)).ok_or(error)?;
            if self.clock.now() + wait > until {
                return Err(Error::OutOfTime { bus: self.name.clone(), code: refusal });
            }
            self.clock.sleep(wait).await;
        }
        Ok(())
    }

    /// Puts entries on the bus, and keeps those it did not take: each entry can fail by itself. Gives why,
    /// if it did not take all.
    async fn put(&self, left: &mut Vec<PutEventsRequestEntry>) -> Result<Option<String>, Error> {
        let request = self.client.put_events().set_entries(Some(left.clone()));
        let answer = request.send().await.map_err(|error| Error::sdk(&self.name, PUT, &error));
        let answer = answer.inspect_err(|error| self.count(Some(error)))?;
        let refusals = refusals(&answer, left.len());
        let refusal = worst(&refusals);
        let error = refusal.as_ref().map(|code| Error::coded(&self.name, PUT, code));
        self.count(error.as_ref());
        let mut refused = refusals.into_iter().map(|refusal| refusal.is_some());
        left.retain(|_| refused.next().unwrap_or(true));
        Ok(refusal)
    }

    fn entry(&self, customer: CustomerId, announcement: &Announcement) -> PutEventsRequestEntry {
        PutEventsRequestEntry::builder()
            .event_bus_name(&self.name)
            .source(SOURCE)
            .detail_type(DETAIL_TYPE)
            .time(DateTime::from_secs(announcement.transition.at.as_second()))
            .detail(SegmentChanged::new(customer, announcement).to_json())
            .build()
    }

    /// Looks whether the bus is there, unless that is known.
    async fn must_exist(&self) -> Result<(), Error> {
        let (now, seen) = (self.clock.now(), self.known().seen);
        if seen.is_some_and(|seen| now < seen + BELIEVED) {
            return Ok(());
        }
        self.look().await
    }

    /// Looks whether the bus is there. The default one always is, and is not asked for.
    ///
    /// # Errors
    /// If it is not, or cannot be looked at.
    pub async fn look(&self) -> Result<(), Error> {
        if self.name == DEFAULT {
            return Ok(());
        }
        let now = self.clock.now();
        let look = self.client.describe_event_bus().name(&self.name).send().await;
        let look = look.map_err(|error| Error::sdk(&self.name, LOOK, &error));
        self.count(look.as_ref().err());
        look?;
        self.known().seen = Some(now);
        Ok(())
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call, and how it ended.
    fn count(&self, error: Option<&Error>) {
        let traffic = &mut self.known().traffic;
        traffic.sent += 1;
        match error {
            Some(error) if error.is_throttle() => traffic.throttled += 1,
            Some(_) => traffic.failed += 1,
            None => {}
        }
    }
}

impl fmt::Debug for EventBus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventBus").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Why each entry was not taken, in the order of the entries; none for one that was. An entry has been taken
/// if it was given an id
/// ([answers](https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html)): an
/// answer that leaves entries out has not taken them.
fn refusals(answer: &PutEventsOutput, entries: usize) -> Vec<Option<String>> {
    let results = answer.entries().iter();
    let told = results.map(|entry| match (entry.event_id(), entry.error_code()) {
        (Some(_), None) => None,
        (_, code) => Some(code.unwrap_or(UNANSWERED).to_owned()),
    });
    let missing = std::iter::repeat_with(|| Some(UNANSWERED.to_owned()));
    told.chain(missing).take(entries).collect()
}

/// The refusal that says most: one that no repeat makes better, if there is one.
fn worst(refusals: &[Option<String>]) -> Option<String> {
    let codes = || refusals.iter().flatten();
    codes().find(|code| !passes(code)).or_else(|| codes().next()).cloned()
}
