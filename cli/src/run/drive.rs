//! Taking a run to its end: call, wait as told, call again.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use resegment::{Answer, PhaseName, Progress, Record, Start, Status};
use state::RunId;

use super::site::{RunError, Site};

/// How often a deployed run is looked at while a call or a wait takes its time.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How much longer to wait after each further call of a deployed stack that had no answer; after the
/// first one not at all.
const AFTER_FAILURE: Duration = Duration::from_secs(15);
/// How many such calls in a row are borne: about seven minutes. The schedule goes on with the run.
const MOST_FAILURES: u32 = 8;
/// More calls than any run takes.
const MOST_CALLS: u32 = 1_000_000;
/// How often a dry run is gone on with: hours of exporting.
const MOST_DRY_CALLS: u32 = 30;

/// How far a run has come, as far as was seen.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// Which run; none for a dry run.
    pub run: Option<&'a RunId>,
    /// What it is at.
    pub phase: Option<PhaseName>,
    /// How far it has come, if that is known.
    pub progress: Option<Progress>,
    /// How many messages the workers have before them, if that is known.
    pub waiting: Option<u64>,
    /// What is being waited for.
    pub message: Option<&'a str>,
}

/// Sees a run come on.
pub(crate) type Watch<'a> = dyn FnMut(&Seen<'_>) + 'a;

/// A run that has ended, or was not begun.
#[derive(Debug)]
pub(crate) struct Driven {
    /// The last answer.
    pub(crate) answer: Answer,
    /// The record; none for a dry run, and for a run that was skipped.
    pub(crate) record: Option<Record>,
}

/// Begins a run and takes it to its end.
pub(crate) async fn drive(
    site: Site<'_>,
    start: &Start,
    watch: &mut Watch<'_>,
) -> Result<Driven, RunError> {
    if start.dry_run {
        return try_out(site, start, watch).await;
    }
    let answer = begin(site, start).await?;
    match answer.run_id.clone() {
        Some(run) if answer.status != Status::Skipped => {
            Drive { site, watch, run, failures: 0 }.finish(answer).await
        }
        _ => Ok(Driven { answer, record: None }),
    }
}

/// A dry run is one call, gone on with where the last one ran out of time. While it waits nobody works for
/// it: it writes nothing, nor does it have anything written.
async fn try_out(site: Site<'_>, start: &Start, watch: &mut Watch<'_>) -> Result<Driven, RunError> {
    let mut start = start.clone();
    let mut message = None;
    for _ in 0..MOST_DRY_CALLS {
        let answer = site.call(Some(&start)).await?;
        watch(&Seen::of(&answer, None));
        match answer.status {
            Status::Continue => {}
            Status::Wait => site.wait(wait_of(&answer)).await,
            _ => return Ok(Driven { answer, record: None }),
        }
        (start.export, message) = (answer.export, answer.message);
    }
    Err(RunError::Endless { calls: MOST_DRY_CALLS, message })
}

/// Asks for a run. If the answer is lost, the run may have begun all the same.
async fn begin(site: Site<'_>, start: &Start) -> Result<Answer, RunError> {
    let before = site.active().await;
    match site.call(Some(start)).await {
        Ok(answer) => Ok(answer),
        Err(error) => match site.begun_by(start, before).await {
            Some(record) => Ok(put_off(&record.run_id, &error, 0)),
            None => Err(error),
        },
    }
}

fn wait_of(answer: &Answer) -> Duration {
    Duration::from_secs(answer.wait_seconds.unwrap_or(1))
}

/// What stands for an answer that was lost, after so many others.
fn put_off(run: &RunId, error: &RunError, lost_before: u32) -> Answer {
    Answer {
        run_id: Some(run.clone()),
        wait_seconds: Some((AFTER_FAILURE * lost_before).as_secs()),
        message: Some(error.to_string()),
        ..Answer::new(Status::Wait)
    }
}

struct Drive<'a, 'w> {
    site: Site<'a>,
    watch: &'a mut Watch<'w>,
    run: RunId,
    /// How many calls in a row had no answer.
    failures: u32,
}

/// What came first.
enum First<T> {
    /// What was waited for.
    Work(T),
    /// The end of the run.
    End(Box<Record>),
}

impl Drive<'_, '_> {
    async fn finish(mut self, begun: Answer) -> Result<Driven, RunError> {
        let mut answer = begun;
        for _ in 0..MOST_CALLS {
            let waiting = self.site.waiting().await;
            (self.watch)(&Seen::of(&answer, waiting));
            match (answer.run_id == Some(self.run.clone()), answer.status) {
                (true, Status::Continue) => {}
                (true, Status::Wait) => {
                    let site = self.site;
                    match self.meanwhile(site.pass(wait_of(&answer))).await {
                        First::Work(passed) => passed?,
                        First::End(record) => return Ok(Driven::from(*record)),
                    }
                }
                // It has ended, by this call or before it.
                _ => return self.ended().await,
            }
            answer = match self.tick().await? {
                First::Work(answer) => answer,
                First::End(record) => return Ok(Driven::from(*record)),
            };
        }
        Err(RunError::Endless { calls: MOST_CALLS, message: answer.message })
    }

    async fn ended(&self) -> Result<Driven, RunError> {
        let record = self.site.record(&self.run).await?;
        let ended = record.filter(|record| record.end().is_some());
        ended.map(Driven::from).ok_or_else(|| RunError::NoRecord(self.run.clone()))
    }

    /// Goes on with the run. Of a stack, calls without an answer are borne for a while.
    async fn tick(&mut self) -> Result<First<Answer>, RunError> {
        let site = self.site;
        match self.meanwhile(site.call(None)).await {
            First::Work(Ok(answer)) => {
                self.failures = 0;
                Ok(First::Work(answer))
            }
            First::Work(Err(error))
                if site.goes_on_by_itself() && self.failures < MOST_FAILURES =>
            {
                self.failures += 1;
                Ok(First::Work(put_off(&self.run, &error, self.failures - 1)))
            }
            First::Work(Err(error)) => Err(error),
            First::End(record) => Ok(First::End(record)),
        }
    }

    /// Looks at a deployed run while something takes its time.
    async fn meanwhile<T>(&mut self, work: impl Future<Output = T>) -> First<T> {
        let mut work = pin!(work);
        if !self.site.goes_on_by_itself() {
            return First::Work(work.await);
        }
        loop {
            tokio::select! {
                done = &mut work => return First::Work(done),
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            if let Some(record) = self.look().await {
                return First::End(Box::new(record));
            }
        }
    }

    /// The run's record, if the run has ended. What cannot be read now is read by the next look.
    async fn look(&mut self) -> Option<Record> {
        let record = self.site.record(&self.run).await.ok()??;
        let waiting = self.site.waiting().await;
        (self.watch)(&Seen {
            run: Some(&record.run_id),
            phase: Some(record.phase.name()),
            progress: Some(record.progress()),
            waiting,
            message: record.message.as_deref(),
        });
        record.end().map(|_| record)
    }
}

impl<'a> Seen<'a> {
    fn of(answer: &'a Answer, waiting: Option<u64>) -> Self {
        Self {
            run: answer.run_id.as_ref(),
            phase: answer.phase,
            progress: answer.progress,
            waiting,
            message: answer.message.as_deref(),
        }
    }
}

/// A run, by its record.
impl From<Record> for Driven {
    fn from(record: Record) -> Self {
        let status = record.end().map_or(Status::Continue, |end| end.how.status());
        let answer = Answer {
            run_id: Some(record.run_id.clone()),
            phase: Some(record.phase.name()),
            message: record.message.clone(),
            progress: Some(record.progress()),
            ..Answer::new(status)
        };
        Self { answer, record: Some(record) }
    }
}
