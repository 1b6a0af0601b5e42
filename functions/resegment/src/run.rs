//! One run in one call: step by step, until it has to wait, time runs out, or it ends.

use std::time::Duration;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use outbound::Traffic;
use rules::Refusal;
use shopify::{ExportFile, ExportId};
use state::RunConfig;

use crate::event::{Answer, Ended, Status};
use crate::notes::Notes;
use crate::record::{Book, End, EndedAs, Memory, Phase, Record};
use crate::resegment::Resegment;
use crate::trouble::Trouble;

/// What is kept of the function's time to write down how far the run has come.
const RESERVE: Duration = Duration::from_secs(5);
/// The least time a step is begun with.
pub(crate) const LEAST_TIME: Duration = Duration::from_secs(10);
/// The first wait for something that was not to be had; it doubles.
const FIRST: Duration = Duration::from_secs(10);
/// The longest such wait.
const LONGEST: Duration = Duration::from_mins(10);
/// How often in a row the same thing may not be to be had: with growing waits, about a day. Waits that a
/// service asks for may be shorter, so a day has to have passed too.
const MOST_SETBACKS: u32 = 150;
/// See [`MOST_SETBACKS`].
const LONGEST_SETBACK: SignedDuration = SignedDuration::from_hours(24);
/// How long a dry run bears what only a person may mend: somebody waits for its answer, and it leaves nothing
/// behind to go on with.
const LONGEST_DRY_SETBACK: SignedDuration = SignedDuration::from_mins(2);
/// How long one call may take. A lease that was just renewed lasts longer.
const WITHIN_LEASE: Duration = Duration::from_secs(75);

/// A run, and what this call knows of it beyond its record.
pub(crate) struct Run<'a> {
    pub(crate) me: &'a Resegment,
    pub(crate) notes: Notes<'a>,
    pub(crate) record: Record,
    /// Until when services are called.
    pub(crate) until: Timestamp,
    /// The configuration, and when it was read.
    pub(crate) config: Option<(Timestamp, RunConfig)>,
    pub(crate) memory: Option<Memory>,
    /// The customers of a shop that fits into one page, as lines of an export.
    pub(crate) page: Option<Page>,
    /// The file of the finished export, with its signed link, which is not written down.
    pub(crate) file: Option<(ExportId, Timestamp, Option<ExportFile>)>,
    /// The book to try, and not the wanted one.
    pub(crate) tried: Option<rules::RuleBook>,
    /// What each client had sent when it was counted last.
    traffic: Vec<(&'static str, Traffic)>,
}

/// The customers of a shop that fits into one page.
pub(crate) struct Page {
    pub(crate) lines: Bytes,
    pub(crate) read_at: Timestamp,
}

/// What follows a step.
pub(crate) enum Next {
    /// The next step, at once.
    Step,
    /// A pause.
    Wait { until: Timestamp, why: String },
    /// The run has ended well.
    Done,
    /// The run must not write.
    Refuse { refusal: Option<Refusal>, why: String },
}

impl<'a> Run<'a> {
    pub(crate) fn new(
        me: &'a Resegment,
        notes: Notes<'a>,
        record: Record,
        deadline: Timestamp,
    ) -> Self {
        let until = deadline - RESERVE;
        let (config, memory, page, file, tried) = (None, None, None, None, None);
        let traffic = me.traffic();
        Self { me, notes, record, until, config, memory, page, file, tried, traffic }
    }

    /// Adds to the record what was sent since the last time.
    fn count_calls(&mut self) {
        let traffic = self.me.traffic();
        for ((service, now), (_, before)) in traffic.iter().zip(&self.traffic) {
            let sent = now.since(*before).sent;
            if sent > 0 {
                *self.record.calls.entry((*service).to_owned()).or_default() += sent;
            }
        }
        self.traffic = traffic;
    }

    /// The book the run decides by.
    pub(crate) fn book(&self) -> Result<&Book, Trouble> {
        self.record.book.as_ref().ok_or_else(|| Trouble::Fatal("the run has no book".to_owned()))
    }

    /// Whether too little time is left to begin something.
    pub(crate) fn is_short_of_time(&self) -> bool {
        self.now() + LEAST_TIME > self.until
    }

    /// Until when a call may take that must not outlast the lease of this step.
    pub(crate) fn soon(&self) -> Timestamp {
        self.until.min(self.now() + WITHIN_LEASE)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.me.clock.now()
    }

    /// Goes on for as long as there is time and nothing to wait for.
    pub(crate) async fn advance(mut self) -> Answer {
        let waits = self.record.wait_until.filter(|until| *until > self.now());
        if let Some(until) = waits
            && !matches!(self.held_by_operator().await, Err(Trouble::Cancelled))
        {
            let answer = self.wait(until);
            return self.leave(answer).await;
        }
        self.record.wait_until = None;
        loop {
            if self.is_short_of_time() {
                return self.leave(Answer::new(Status::Continue)).await;
            }
            let ended = match self.step().await {
                Ok(Next::Step) => continue,
                Ok(Next::Wait { until, why }) => {
                    self.record.message = Some(why);
                    self.record.wait_until = Some(until);
                    let answer = self.wait(until);
                    return self.leave(answer).await;
                }
                Ok(Next::Done) => self.end(EndedAs::Done).await,
                Ok(Next::Refuse { refusal, why }) => {
                    self.record.refusal = refusal;
                    self.record.message = Some(why);
                    self.end(EndedAs::Refused).await
                }
                Err(Trouble::Fatal(why)) => {
                    self.record.message = Some(why);
                    self.end(EndedAs::Failed).await
                }
                Err(Trouble::Later { at, why }) => match self.put_off(at, why) {
                    Some(until) => {
                        self.record.wait_until = Some(until);
                        let answer = self.wait(until);
                        return self.leave(answer).await;
                    }
                    None => self.end(EndedAs::Failed).await,
                },
                Err(Trouble::OutOfTime) => return self.leave(Answer::new(Status::Continue)).await,
                Err(Trouble::Cancelled) => {
                    self.record.message = Some("cancelled by an operator".to_owned());
                    self.end(EndedAs::Cancelled).await
                }
                Err(trouble @ Trouble::Lost) => Err(trouble),
            };
            return match ended {
                Ok(answer) => answer,
                // The end could not be written down. The next step comes to it again.
                Err(Trouble::Later { why, .. }) => {
                    let answer = self.wait(self.now() + FIRST);
                    self.describe(Answer { message: Some(why), ..answer })
                }
                Err(trouble) => self.describe(trouble.into()),
            };
        }
    }

    /// One step of the phase the run is in.
    pub(crate) async fn step(&mut self) -> Result<Next, Trouble> {
        if matches!(self.record.phase, Phase::Accept | Phase::Dispatch(_)) {
            // Much may have happened since the call began, and from here on it is written.
            self.config = None;
        }
        if let Some(next) = self.held_by_operator().await? {
            if let Phase::Settle { missing, .. } = &mut self.record.phase {
                // The workers rest too, so nothing is known by what has no outcome yet.
                *missing = None;
            }
            return Ok(next);
        }
        let now = self.now();
        self.notes.renew(&self.record, now).await?;
        match self.record.phase.clone() {
            Phase::Preflight => self.preflight().await,
            Phase::Export(export) => self.export(export).await,
            Phase::ReadOkta { lists, from, export } => self.read_okta(lists, from, export).await,
            Phase::Plan { export, tries } => self.plan(export, tries).await,
            Phase::Accept => self.accept().await,
            Phase::Dispatch(place) => self.dispatch(place).await,
            Phase::Personas => self.keep_personas().await,
            Phase::Settle { place, missing } => self.settle(place, missing).await,
            Phase::Ended(_) => Ok(Next::Done),
        }
    }

    /// What earlier runs left to be known, read once a call.
    pub(crate) async fn memory(&mut self) -> Result<Memory, Trouble> {
        let memory = match self.memory.take() {
            Some(memory) => memory,
            None => self.me.runs.memory().await?,
        };
        Ok(self.memory.insert(memory).clone())
    }

    /// Goes on to a phase and writes that down.
    pub(crate) async fn enter(&mut self, phase: Phase) -> Result<Next, Trouble> {
        let now = self.now();
        self.record.enter(phase, now);
        self.count_calls();
        self.notes.save(&self.record, now).await?;
        Ok(Next::Step)
    }

    /// When to try again what was not to be had; none if it has been tried for long enough.
    pub(crate) fn put_off(&mut self, at: Option<Timestamp>, why: String) -> Option<Timestamp> {
        self.record.message = Some(why);
        if let Phase::Plan { tries, .. } = &mut self.record.phase {
            // It was not the function's time that ran out.
            *tries = tries.saturating_sub(1);
        }
        let now = self.now();
        let since = *self.record.stuck_since.get_or_insert(now);
        self.record.setbacks = self.record.setbacks.saturating_add(1);
        let stuck = now.duration_since(since);
        let is_hopeless = if self.notes.is_dry() {
            // Who says when to come back is there, and only busy.
            at.is_none() && stuck >= LONGEST_DRY_SETBACK
        } else {
            self.record.setbacks > MOST_SETBACKS && stuck >= LONGEST_SETBACK
        };
        let growing = FIRST.saturating_mul(1 << (self.record.setbacks - 1).min(10)).min(LONGEST);
        (!is_hopeless).then(|| at.unwrap_or(now + growing))
    }

    pub(crate) fn wait(&self, until: Timestamp) -> Answer {
        let left = Duration::try_from(until.duration_since(self.now())).unwrap_or_default();
        let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        Answer { wait_seconds: Some(seconds.max(1)), ..Answer::new(Status::Wait) }
    }

    /// Ends the call and leaves the run to the next one.
    async fn leave(mut self, answer: Answer) -> Answer {
        let now = self.now();
        self.count_calls();
        match self.notes.close(&self.record, now).await {
            Ok(()) => self.describe(answer),
            Err(trouble @ Trouble::Lost) => self.describe(trouble.into()),
            Err(trouble) => {
                tracing::warn!(?trouble, "the lease of a run could not be given back; it runs out");
                self.describe(answer)
            }
        }
    }

    async fn end(&mut self, how: EndedAs) -> Result<Answer, Trouble> {
        let end = End { how, at: self.now() };
        self.count_calls();
        let message = self.record.message.take();
        self.record.enter(Phase::Ended(end), end.at);
        self.record.message = message;
        let memory = match how {
            EndedAs::Done => {
                let before = self.memory().await?;
                Some(self.record.memory(&before))
            }
            EndedAs::Refused | EndedAs::Failed | EndedAs::Cancelled => None,
        };
        self.notes.end(&self.record, end, memory.as_ref()).await?;
        let unmatched_percent = self.record.unmatched_percent().filter(|_| how == EndedAs::Done);
        let ended = Some(Ended { how, unmatched_percent });
        Ok(self.describe(Answer { ended, ..Answer::new(how.status()) }))
    }

    pub(crate) fn describe(&self, mut answer: Answer) -> Answer {
        answer.run_id = (!self.notes.is_dry()).then(|| self.record.run_id.clone());
        answer.phase = Some(self.record.phase.name());
        answer.message = answer.message.or_else(|| self.record.message.clone());
        answer.progress = Some(self.record.progress());
        answer
    }
}
