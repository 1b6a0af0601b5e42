//! Full runs of a local system.

use std::pin::Pin;
use std::time::Duration;

use jiff::Timestamp;
use outbound::BoxFuture;
use resegment::{Answer, Event, ResegmentError, Start};
use state::{Error, Receive, Runs};

use super::{LocalSystem, Unsettled};
use crate::run::{Site, drive};

pub use crate::run::{RunError, Seen};

/// How long the function may take, as in `template.yaml`.
const TIMEOUT: Duration = Duration::from_mins(15);

impl<Q: Receive + Clone + 'static> LocalSystem<Q> {
    /// Calls the function once, as the schedule or an operator does.
    ///
    /// # Errors
    /// If the call has no answer.
    pub async fn resegment(&self, event: Event) -> Result<Answer, ResegmentError> {
        let deadline = self.clock.now() + TIMEOUT;
        Box::pin(self.resegment.handle(event, deadline)).await
    }

    /// Begins a run and goes on with it to its end. While it waits, the workers work, as they do on AWS
    /// all the time; of a dry run, only time passes. `watch` sees how far it has come after every call.
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
}

/// A future that stays on the thread it was made on: one with a run's comparison in it has to.
pub(crate) type LocalFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// A local system, whatever queue it has.
pub(crate) trait Local {
    /// Calls the function that advances runs.
    fn call(&self, event: Event) -> LocalFuture<'_, Result<Answer, ResegmentError>>;

    /// The runs.
    fn runs(&self) -> &Runs;

    /// What the workers work off.
    fn waiting(&self) -> BoxFuture<'_, Result<u64, Error>>;

    /// Waits until so much later.
    fn wait(&self, time: Duration) -> LocalFuture<'_, ()>;

    /// Lets the workers work until so much later.
    fn work_for(&self, time: Duration) -> LocalFuture<'_, Result<(), Unsettled>>;
}

impl<Q: Receive + Clone + 'static> Local for LocalSystem<Q> {
    fn call(&self, event: Event) -> LocalFuture<'_, Result<Answer, ResegmentError>> {
        Box::pin(self.resegment(event))
    }

    fn runs(&self) -> &Runs {
        self.runs()
    }

    fn waiting(&self) -> BoxFuture<'_, Result<u64, Error>> {
        self.queue.depth()
    }

    fn wait(&self, time: Duration) -> LocalFuture<'_, ()> {
        Box::pin(self.wait_until(self.clock.now() + time))
    }

    fn work_for(&self, time: Duration) -> LocalFuture<'_, Result<(), Unsettled>> {
        Box::pin(async move {
            let until: Timestamp = self.clock.now() + time;
            self.settle_until(until).await?;
            self.wait_until(until).await;
            Ok(())
        })
    }
}
