//! Full runs of a local system.

use std::time::Duration;

use jiff::Timestamp;
use resegment::{Answer, Event, ResegmentError, Start};

use super::{LocalSystem, Unsettled};
use crate::run::{Site, drive};

pub use crate::run::{RunError, Seen};

/// How long the function may take, as in `template.yaml`.
const TIMEOUT: Duration = Duration::from_mins(15);

impl LocalSystem {
    /// Calls the function once, as the schedule or an operator does.
    ///
    /// # Errors
    /// If the call has no answer.
    pub async fn resegment(&self, event: Event) -> Result<Answer, ResegmentError> {
        let deadline = self.clock.now() + TIMEOUT;
        Box::pin(self.resegment.handle(event, deadline)).await
    }

    /// Begins a run and goes on with it to its end. While it waits, the workers work, as they do on AWS
    /// all the time. `watch` sees how far it has come after every call.
    ///
    /// # Errors
    /// If a call has no answer, or there is no end to it.
    pub async fn run(
        &self,
        start: Start,
        mut watch: impl FnMut(&Seen<'_>),
    ) -> Result<Answer, RunError> {
        Ok(drive(Site::Local(self), &start, &mut watch).await?.answer)
    }

    /// Lets the workers work until so much later.
    pub(crate) async fn work_for(&self, time: Duration) -> Result<(), Unsettled> {
        let until: Timestamp = self.clock.now() + time;
        self.settle_until(until).await?;
        self.wait_until(until).await;
        Ok(())
    }
}
