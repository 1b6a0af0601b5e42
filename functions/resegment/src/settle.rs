//! Waiting until every look that was asked for has ended.
//!
//! Nothing is counted by the workers: each look leaves a mark on the customer's own entry, in the write
//! that records its outcome, and the marks are read here. So a message that is delivered twice, or a
//! worker that dies at any point, cannot make the count wrong.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rules::CustomerId;

use crate::record::{Missing, Phase, Place};
use crate::run::{Next, Run};
use crate::trouble::Trouble;

/// How many customers are looked at together.
const WINDOW: usize = 1_000;
/// The pause between two looks.
const PAUSE: Duration = Duration::from_secs(15);
/// How long the queue has to be empty before what has no outcome is taken for dead letters. Longer than
/// a message is ever delayed or hidden.
const LOST: SignedDuration = SignedDuration::from_mins(20);
/// How long not one more look may end. A shop's queue may never be empty, so a message that died among
/// others is given up by this.
const STUCK: SignedDuration = SignedDuration::from_hours(12);

impl Run<'_> {
    /// Counts the outcomes of the next thousand customers, once all of them have one.
    pub(crate) async fn settle(
        &mut self,
        place: Place,
        before: Option<Missing>,
    ) -> Result<Next, Trouble> {
        if place.chunk >= self.record.ids.count {
            return Ok(Next::Done);
        }
        let ids = self.ids(place.chunk).await?;
        let rest = place.rest(&ids);
        let window: Vec<CustomerId> =
            rest.iter().take(WINDOW).map(|differing| differing.id).collect();
        let answered = self.me.customers.answered(&self.record.run_id, &window).await?;
        let lost: Vec<CustomerId> =
            window.iter().copied().filter(|id| !answered.contains_key(id)).collect();
        let mut waited = before.filter(Missing::is_uncounted);
        if !lost.is_empty() {
            let count = u64::try_from(lost.len()).unwrap_or(u64::MAX);
            let missing = self.missing(count, before).await?;
            if !missing.is_given_up(self.now()) {
                return self.wait_for_workers(place, before, missing).await;
            }
            waited = Some(missing);
        }
        for mark in answered.values() {
            *self.record.outcomes.entry(mark.outcome).or_default() += 1;
        }
        self.record.lose(&lost);
        let place = place.behind(window.len(), rest.len());
        // What was waited for in vain here is not waited for again with the next thousand.
        self.enter(Phase::Settle { place, missing: waited.map(Missing::uncounted) }).await
    }

    /// What is missing now, seen after what was missing before.
    async fn missing(&self, count: u64, before: Option<Missing>) -> Result<Missing, Trouble> {
        let is_empty = self.me.queue.depth().await? == 0;
        let now = self.now();
        let is_same = |before: &Missing| before.count == count || before.is_uncounted();
        let same = before.filter(is_same);
        let since = same.map_or(now, |same| same.since);
        let empty_since = before.and_then(|before| before.empty_since).unwrap_or(now);
        Ok(Missing { count, since, empty_since: is_empty.then_some(empty_since) })
    }

    async fn wait_for_workers(
        &mut self,
        place: Place,
        before: Option<Missing>,
        missing: Missing,
    ) -> Result<Next, Trouble> {
        if before != Some(missing) {
            self.enter(Phase::Settle { place, missing: Some(missing) }).await?;
        }
        let why = format!("the workers have at least {} more customers to look at", missing.count);
        Ok(Next::Wait { until: self.now() + PAUSE, why })
    }
}

impl Missing {
    /// The wait so far, for customers of whom nobody has counted yet how many are missing.
    fn uncounted(self) -> Self {
        Self { count: 0, ..self }
    }

    fn is_uncounted(&self) -> bool {
        self.count == 0
    }

    fn is_given_up(&self, now: Timestamp) -> bool {
        let lost = self.empty_since.is_some_and(|since| now.duration_since(since) >= LOST);
        lost || now.duration_since(self.since) >= STUCK
    }
}
