//! From a call to its answer.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use mavera::Mavera;
use okta::Okta;
use outbound::{Clock, Randomness, Traffic};
use shopify::Shopify;
use state::{Begun, ConfigTable, Customers, Depth, Kept, RunId, Runs, Taken};

use crate::event::{Answer, Ended, Event, InvalidStart, Start, Status};
use crate::notes::{Notes, lease_end};
use crate::record::{EndedAs, PhaseName, Progress, Record, Summary};
use crate::run::Run;
use crate::trouble::Trouble;

/// How long a caller waits while another step has the run, at most.
const BUSY: Duration = Duration::from_mins(1);

/// Advances full runs.
pub struct Resegment {
    /// The shop.
    pub shopify: Shopify,
    /// The org.
    pub okta: Okta,
    /// Where personas are kept; none if nobody asked for them.
    pub mavera: Option<Mavera>,
    /// The wanted book, the accepted book, settings, groups.
    pub config: ConfigTable,
    /// The applied state.
    pub customers: Customers,
    /// The runs.
    pub runs: Runs,
    /// Where the ids of those who differ go.
    pub queue: Arc<dyn Depth>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub random: Arc<dyn Randomness>,
}

/// A call that has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ResegmentError {
    /// The event asks for what cannot be.
    #[error(transparent)]
    Start(#[from] InvalidStart),
    /// The table of runs did not answer, or holds what this product did not write.
    #[error("the table of runs: {0}")]
    Runs(#[from] state::Error),
}

impl Resegment {
    /// Answers a call. `deadline` is when the function is stopped.
    ///
    /// # Errors
    /// If the event makes no sense, or the table of runs does not answer. The run, if there is one, is
    /// as good as before: the next call goes on with it.
    pub async fn handle(
        &self,
        event: Event,
        deadline: Timestamp,
    ) -> Result<Answer, ResegmentError> {
        let answer = match event.start {
            Some(start) => self.start(start, deadline).await?,
            None => self.tick(deadline).await?,
        };
        log(&answer);
        Ok(answer)
    }

    /// What the clients have sent, by service: Shopify's with its file store.
    pub fn traffic(&self) -> Vec<(&'static str, Traffic)> {
        let mavera = self.mavera.as_ref().map(|mavera| ("mavera", mavera.traffic()));
        let others = [("shopify", self.shopify.traffic()), ("okta", self.okta.traffic())];
        others.into_iter().chain(mavera).collect()
    }

    async fn start(&self, start: Start, deadline: Timestamp) -> Result<Answer, ResegmentError> {
        start.check()?;
        let now = self.clock.now();
        let id = RunId::new(now, &*self.random);
        let mut record = Record::new(id.clone(), now);
        if start.dry_run {
            let notes = Notes::InMemory(std::collections::BTreeMap::new());
            return Ok(Run::new(self, notes, record, deadline).dry(start).await);
        }
        record.reason = start.reason;
        record.verify = start.verify;
        record.accept = start.accept;
        let mut begun = self.runs.begin(&id, &record, now, lease_end(now)).await?;
        if let Begun::Another(active) = &begun
            && !self.can_be_read(active).await?
        {
            Box::pin(self.tick(deadline)).await?;
            begun = self.runs.begin(&id, &record, now, lease_end(now)).await?;
        }
        match begun {
            Begun::Ours(hold) => {
                let notes = Notes::Kept { runs: &self.runs, hold };
                Ok(Run::new(self, notes, record, deadline).advance().await)
            }
            Begun::Another(active) => Ok(Answer {
                message: Some(format!("run {active} is active: wait for its end, or cancel it")),
                run_id: Some(active),
                ..Answer::new(Status::Skipped)
            }),
        }
    }

    async fn tick(&self, deadline: Timestamp) -> Result<Answer, ResegmentError> {
        let Some(id) = self.runs.active().await? else { return Ok(Answer::new(Status::Idle)) };
        let now = self.clock.now();
        match self.runs.take::<Record>(&id, now, lease_end(now)).await? {
            Taken::Ours(hold, record) => {
                let notes = Notes::Kept { runs: &self.runs, hold };
                Ok(Run::new(self, notes, record, deadline).advance().await)
            }
            Taken::Busy { until } => {
                let left = Duration::try_from(until.duration_since(now)).unwrap_or_default();
                Ok(Answer {
                    run_id: Some(id),
                    wait_seconds: Some(left.min(BUSY).as_secs() + 1),
                    message: Some("another call is at it".to_owned()),
                    ..Answer::new(Status::Wait)
                })
            }
            Taken::Ended => {
                let (Kept::Yes | Kept::No) = self.runs.forget(&id).await?;
                Ok(Answer::new(Status::Idle))
            }
            Taken::Unreadable(error) => self.give_up(id, &error, now).await,
        }
    }

    /// Whether a run's record is there and can be read.
    async fn can_be_read(&self, run: &RunId) -> Result<bool, ResegmentError> {
        match self.runs.record::<Record>(run).await {
            Ok(record) => Ok(record.is_some()),
            Err(state::Error::Unreadable { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Ends a run that nobody can go on with: no other could begin otherwise.
    async fn give_up(
        &self,
        run: RunId,
        error: &state::Error,
        now: Timestamp,
    ) -> Result<Answer, ResegmentError> {
        let message = format!(
            "{error}, so the run was ended: what it has queued is worked off, what it has not is \
             found by the next run; run again"
        );
        let summary = Summary::given_up(run.clone(), message.clone(), now);
        let (Kept::Yes | Kept::No) = self.runs.abandon(&run, &summary, now).await?;
        let ended = Some(Ended { how: EndedAs::Failed, unmatched_percent: None });
        let message = Some(message);
        Ok(Answer { run_id: Some(run), message, ended, ..Answer::new(Status::Failed) })
    }
}

/// Says how a call ended that had something to do.
fn log(answer: &Answer) {
    if answer.status == Status::Idle {
        return;
    }
    let outcome = answer.ended.map_or(answer.status.as_str(), |ended| ended.how.as_str());
    let run_id = answer.run_id.as_ref().map(RunId::as_str);
    let phase = answer.phase.map(PhaseName::as_str);
    let why = answer.message.as_deref();
    let Progress { customers, differing, dispatched, settled } =
        answer.progress.unwrap_or_default();
    if matches!(answer.status, Status::Refused | Status::Failed) {
        tracing::error!(
            outcome, run_id, phase, why, customers, differing, dispatched, settled, "run"
        );
    } else {
        tracing::info!(
            outcome, run_id, phase, why, customers, differing, dispatched, settled, "run"
        );
    }
}

impl From<Trouble> for Answer {
    fn from(trouble: Trouble) -> Self {
        let message = match trouble {
            Trouble::Lost => {
                let lost = "another call has taken the run".to_owned();
                return Self {
                    wait_seconds: Some(BUSY.as_secs()),
                    message: Some(lost),
                    ..Self::new(Status::Wait)
                };
            }
            Trouble::Cancelled => "cancelled by an operator".to_owned(),
            Trouble::OutOfTime => return Self::new(Status::Continue),
            Trouble::Later { why, .. } | Trouble::Fatal(why) => why,
        };
        Self { message: Some(message), ..Self::new(Status::Failed) }
    }
}
