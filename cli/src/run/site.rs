//! Where runs are made: in a deployed stack, or in a local system.

use std::time::Duration;

use resegment::{Answer, Event, Record, ResegmentError, Start};
use state::{Depth, RunId};

use crate::local::{Local, Unsettled};
use crate::stack::{Stack, StackError};

/// Where runs are made.
#[derive(Clone, Copy)]
pub(crate) enum Site<'a> {
    /// In a deployed stack. Its workers work, and its schedule goes on with a run, whoever watches.
    Stack(&'a Stack),
    /// In this process. Workers work while a run waits.
    Local(&'a dyn Local),
}

/// A run that cannot be taken to its end, or not be watched.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A call has no answer.
    #[error(transparent)]
    Call(#[from] ResegmentError),
    /// A call to the deployed stack has none.
    #[error(transparent)]
    Stack(Box<dyn std::error::Error + Send + Sync>),
    /// The table of runs does not answer.
    #[error("the table of runs: {0}")]
    Runs(#[from] state::Error),
    /// The workers do not come to rest.
    #[error(transparent)]
    Workers(#[from] Unsettled),
    /// The run is not active, and there is no record of its end.
    #[error("run {0} is no longer active, and there is no record of its end")]
    NoRecord(RunId),
    /// The run does not end.
    #[error("the run has not ended after {calls} calls{}", last_said(.message.as_deref()))]
    Endless {
        /// How often it was gone on with.
        calls: u32,
        /// What it said last.
        message: Option<String>,
    },
}

fn last_said(message: Option<&str>) -> String {
    message.map(|message| format!(", and said last: {message}")).unwrap_or_default()
}

impl From<StackError> for RunError {
    fn from(error: StackError) -> Self {
        Self::Stack(error.into())
    }
}

impl Site<'_> {
    /// Calls the function, with a start or as the tick.
    pub(super) async fn call(self, start: Option<&Start>) -> Result<Answer, RunError> {
        match self {
            Self::Stack(stack) => Ok(stack.resegment(start).await?),
            Self::Local(system) => Ok(system.call(Event { start: start.cloned() }).await?),
        }
    }

    /// A run's record.
    pub(super) async fn record(self, run: &RunId) -> Result<Option<Record>, RunError> {
        match self {
            Self::Stack(stack) => Ok(stack.runs.record(run).await?),
            Self::Local(system) => Ok(system.runs().record(run).await?),
        }
    }

    /// The active run of a stack, if there is one.
    pub(super) async fn active(self) -> Result<Option<RunId>, RunError> {
        match self {
            Self::Stack(stack) => Ok(stack.runs.active().await?),
            Self::Local(_) => Ok(None),
        }
    }

    /// The record of the active run, if it was begun by this start: one whose answer was lost. A run that was
    /// active before is somebody else's.
    pub(super) async fn begun_by(
        self,
        start: &Start,
        before: Result<Option<RunId>, RunError>,
    ) -> Option<Record> {
        let Self::Stack(stack) = self else { return None };
        let before = before.ok()?;
        let active =
            stack.runs.active().await.ok()?.filter(|active| Some(active) != before.as_ref())?;
        let record: Record = stack.runs.record(&active).await.ok()??;
        let Start { reason, verify, accept, .. } = start;
        let is_ours = (&record.reason, record.verify, &record.accept) == (reason, *verify, accept);
        is_ours.then_some(record)
    }

    /// How many messages the workers have before them; none if that cannot be told.
    pub(super) async fn waiting(self) -> Option<u64> {
        match self {
            Self::Stack(stack) => stack.queue.depth().await.ok(),
            Self::Local(system) => system.waiting().await.ok(),
        }
    }

    /// Lets so much time pass, in which nobody works.
    pub(super) async fn wait(self, time: Duration) {
        match self {
            Self::Stack(_) => tokio::time::sleep(time).await,
            Self::Local(system) => system.wait(time).await,
        }
    }

    /// Lets so much time pass, with the workers at work.
    pub(super) async fn pass(self, time: Duration) -> Result<(), RunError> {
        match self {
            Self::Stack(_) => tokio::time::sleep(time).await,
            Self::Local(system) => system.work_for(time).await?,
        }
        Ok(())
    }

    /// Whether a run goes on while a call of ours has no answer yet, or none at all.
    pub(super) fn goes_on_by_itself(self) -> bool {
        matches!(self, Self::Stack(_))
    }
}
