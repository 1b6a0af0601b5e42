//! Sending the ids of those who differ to the workers.

use std::time::Duration;

use comparison::{Differing, Why};
use jiff::Timestamp;
use state::{ByRun, Cause, Hint, Message, Outgoing, Subject};

use crate::judge::IDS;
use crate::record::{Phase, Place};
use crate::run::{Next, Run};
use crate::trouble::Trouble;

/// The pause between two lots of messages.
const PAUSE: Duration = Duration::from_secs(10);
/// How long to wait while the queue is full.
const FULL: Duration = Duration::from_secs(15);

impl Run<'_> {
    /// Sends as many as the queue has room for.
    pub(crate) async fn dispatch(&mut self, place: Place) -> Result<Next, Trouble> {
        if place.chunk >= self.record.ids.count {
            return self.enter(Phase::Personas).await;
        }
        let room = self.room().await?;
        if room == 0 {
            let why = "the queue is full; the workers have to come after".to_owned();
            return Ok(Next::Wait { until: self.now() + FULL, why });
        }
        let ids = self.ids(place.chunk).await?;
        let rest = place.rest(&ids);
        let batch = &rest[..room.min(rest.len())];
        let now = self.now();
        let messages = batch.iter().map(|differing| self.message(differing, now)).collect();
        self.me.queue.send(messages).await?;
        self.record.dispatched += u64::try_from(batch.len()).unwrap_or(u64::MAX);
        let next = place.behind(batch.len(), rest.len());
        self.enter(Phase::Dispatch(next)).await?;
        if next.chunk >= self.record.ids.count {
            return Ok(Next::Step);
        }
        // The queue tells its depth a little late.
        let why = "the workers come after the last messages first".to_owned();
        Ok(Next::Wait { until: self.now() + PAUSE, why })
    }

    /// How many more messages the queue may hold.
    async fn room(&mut self) -> Result<usize, Trouble> {
        let shallow = u64::from(self.config().await?.settings.queue_shallow);
        let depth = self.me.queue.depth().await?;
        Ok(usize::try_from(shallow.saturating_sub(depth)).unwrap_or(usize::MAX))
    }

    /// The ids of a chunk.
    pub(crate) async fn ids(&self, chunk: u32) -> Result<Vec<Differing>, Trouble> {
        let content =
            self.notes.get(IDS, &self.record.run_id, self.record.ids.fence, chunk).await?;
        comparison::read_chunk(&content).map_err(|error| Trouble::Fatal(error.to_string()))
    }

    fn message(&self, differing: &Differing, now: Timestamp) -> Outgoing {
        let seeks = matches!(differing.why, Why::New | Why::Returned);
        let cause = if differing.recheck && !seeks { Cause::Drift } else { Cause::Schedule };
        let mut message = Message::new(Subject::Customer(differing.id), cause, now);
        // Only a list of everybody says that nobody else bears the address.
        let okta = &self.record.okta;
        let user = match &differing.user {
            Some(user) if okta.everybody => Hint::Is(user.clone()),
            None if okta.everybody
                && okta.unreadable == 0
                && differing.why == Why::New
                && !differing.recheck =>
            {
                Hint::Nobody
            }
            _ => Hint::None,
        };
        message.run = Some(ByRun {
            id: self.record.run_id.clone(),
            book: self.record.book.as_ref().and_then(|book| book.version).unwrap_or(0),
            recheck: differing.recheck,
            user,
        });
        Outgoing { message, delay: Duration::ZERO }
    }
}
