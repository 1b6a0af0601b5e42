//! Letting the system come to rest.

use jiff::Timestamp;
use runtime::Tally;
use state::{Error, Receive};
use sync_customer::{Done, Report};

use super::LocalSystem;

/// More batches than any test or scenario needs; beyond this, messages breed messages.
const MOST_BATCHES: usize = 10_000;

/// The batches that were worked off until the queue was empty.
#[derive(Debug, Default)]
pub struct Settled {
    /// The batches, in order.
    pub steps: Vec<Step>,
}

/// One batch.
#[derive(Debug)]
pub struct Step {
    /// When it was begun.
    pub at: Timestamp,
    /// What became of it.
    pub report: Report,
}

/// The queue does not become empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsettled {
    /// There is no end to it.
    #[error("{waiting} messages still wait after {MOST_BATCHES} batches: messages breed messages")]
    Endless {
        /// How many messages wait.
        waiting: u64,
    },
    /// The queue does not answer.
    #[error(transparent)]
    Queue(#[from] Error),
}

impl Settled {
    /// Each look's outcome, in order.
    pub fn done(&self) -> impl Iterator<Item = &Done> {
        self.steps.iter().flat_map(|step| &step.report.done)
    }

    /// How often each outcome occurred.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for step in &self.steps {
            tally.merge(&step.report.tally);
        }
        tally
    }
}

impl<Q: Receive + Clone + 'static> LocalSystem<Q> {
    /// Works until the queue is empty, and waits for each message until it is due. A virtual clock
    /// moves on instead; a real one takes its time.
    ///
    /// # Errors
    /// If the queue does not become empty.
    pub async fn settle(&self) -> Result<Settled, Unsettled> {
        self.settle_until(Timestamp::MAX).await
    }

    /// Works until no message is due before `moment`, as [`settle`](Self::settle) does. The clock
    /// stays at the last message.
    ///
    /// # Errors
    /// If there is no end to it.
    pub async fn settle_until(&self, moment: Timestamp) -> Result<Settled, Unsettled> {
        let mut settled = Settled::default();
        for _ in 0..MOST_BATCHES {
            let next = self.queue.next_due().await?;
            let Some(due) = next.filter(|due| *due <= moment) else {
                return Ok(settled);
            };
            self.wait_until(due).await;
            let at = self.clock.now();
            if let Some(report) = self.work_once().await? {
                settled.steps.push(Step { at, report });
            }
        }
        Err(Unsettled::Endless { waiting: self.queue.depth().await? })
    }

    pub(super) async fn wait_until(&self, moment: Timestamp) {
        if let Ok(wait) = moment.duration_since(self.clock.now()).try_into() {
            self.clock.sleep(wait).await;
        }
    }
}
