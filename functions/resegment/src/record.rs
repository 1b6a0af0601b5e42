//! What is kept of a run.

mod chunks;
mod end;
mod lists;
mod phase;

use std::collections::BTreeMap;

use jiff::Timestamp;
use rules::{CustomerId, Refusal, RuleBook, SegmentName};
use serde::{Deserialize, Serialize};
use state::{Outcome, RunId};

pub use chunks::{Chunks, Place};
pub use end::{End, EndedAs, Memory, Summary};
pub use lists::{List, OktaPages};
pub use phase::{Begun, Export, Missing, Phase, PhaseName};

use crate::event::Reason;
use crate::report::Report;

/// How many customers are remembered by name whose looks were lost: an item of the table has its limits.
const MOST_LOST: usize = 1_000;

/// How a look ends that finds no Okta user that can be written.
const WITHOUT_USER: [Outcome; 4] =
    [Outcome::Unmatched, Outcome::Ambiguous, Outcome::UserInactive, Outcome::UserTaken];

/// A run, from its start to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Which.
    pub run_id: RunId,
    /// When it was begun.
    pub started_at: Timestamp,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Whether it was asked to read all managed groups.
    #[serde(default)]
    pub verify: bool,
    /// The refused run whose figures an operator has seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accept: Option<RunId>,
    /// What it is at.
    pub phase: Phase,
    /// When each phase was begun, in order.
    #[serde(default)]
    pub begun: Vec<Begun>,
    /// How often in a row a service was not to be had.
    #[serde(default)]
    pub setbacks: u32,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stuck_since: Option<Timestamp>,
    /// Until when there is nothing to do but wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_until: Option<Timestamp>,
    /// How many exports came to nothing.
    #[serde(default)]
    pub exports_lost: u32,
    /// What is being waited for, or why the run ended as it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What Shopify said of the shop at the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shop: Option<Shop>,
    /// What was read of Okta.
    #[serde(default)]
    pub okta: OktaPages,
    /// The book the run decides by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub book: Option<Book>,
    /// What the plan found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Box<Report>>,
    /// Why the run was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
    /// Where the ids of those who differ are kept.
    #[serde(default)]
    pub ids: Chunks,
    /// How many messages were sent.
    #[serde(default)]
    pub dispatched: u64,
    /// How the looks at them ended.
    #[serde(default)]
    pub outcomes: BTreeMap<Outcome, u64>,
    /// How many have no outcome and will have none: their messages are dead letters.
    #[serde(default)]
    pub unanswered: u64,
    /// Who they are, up to 1,000 of them. The next run looks at them again.
    #[serde(default)]
    pub lost: Vec<CustomerId>,
    /// Customers of whose Okta user something was found, and who could not be judged. The next run takes
    /// that up. If there are more than 1,000 it reads everything of Okta anew, and no more than 1,001
    /// are kept.
    #[serde(default)]
    pub postponed: Vec<CustomerId>,
    /// What became of the personas.
    #[serde(default)]
    pub personas: BTreeMap<SegmentName, PersonaEnd>,
    /// The requests the run itself sent, by service, repeats included; the workers' are not among them.
    #[serde(default)]
    pub calls: BTreeMap<String, u64>,
}

/// What Shopify said of the shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shop {
    /// How many customers it has.
    pub customers: u64,
    /// The webhook topics that nobody is subscribed to, and that live updates need.
    pub missing_subscriptions: Vec<String>,
}

/// The book a run decides by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    /// SHA-256 of the book, in hexadecimal: the same for books that decide alike.
    pub hash: String,
    /// Its version, once it is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// The version it takes the place of; none if it is the accepted one, or the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<u64>,
    /// The book.
    pub content: RuleBook,
}

/// What became of a persona.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum PersonaEnd {
    /// It says what it should.
    Unchanged,
    /// It was made to say what it should.
    Updated,
    /// It was created.
    Created,
    /// There is no usable secret for Mavera, so personas are not kept.
    Skipped {
        /// What there is instead.
        detail: String,
    },
    /// Nobody is in the segment: there is nothing to say.
    Empty,
    /// A person has to see to it.
    Failed {
        /// What happened, and what to do.
        detail: String,
    },
}

/// How far a run has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Customers of the shop.
    pub customers: u64,
    /// Customers who differ.
    pub differing: u64,
    /// Messages sent.
    pub dispatched: u64,
    /// Looks that have ended.
    pub settled: u64,
}

impl Record {
    pub(crate) fn new(run_id: RunId, now: Timestamp) -> Self {
        Self {
            run_id,
            started_at: now,
            reason: None,
            verify: false,
            accept: None,
            phase: Phase::Preflight,
            begun: vec![Begun { phase: PhaseName::Preflight, at: now }],
            setbacks: 0,
            stuck_since: None,
            wait_until: None,
            exports_lost: 0,
            message: None,
            shop: None,
            okta: OktaPages::default(),
            book: None,
            report: None,
            refusal: None,
            ids: Chunks::default(),
            dispatched: 0,
            outcomes: BTreeMap::new(),
            unanswered: 0,
            lost: Vec::new(),
            postponed: Vec::new(),
            personas: BTreeMap::new(),
            calls: BTreeMap::new(),
        }
    }

    /// Goes on to a phase.
    pub(crate) fn enter(&mut self, phase: Phase, now: Timestamp) {
        let name = phase.name();
        let is_another = self.begun.last().is_none_or(|last| last.phase != name);
        if is_another {
            self.begun.push(Begun { phase: name, at: now });
        }
        // A plan that is begun again has not come further.
        if is_another || name != PhaseName::Plan {
            self.come_further();
        }
        self.phase = phase;
        self.message = None;
    }

    /// What was not to be had is had.
    pub(crate) fn come_further(&mut self) {
        (self.setbacks, self.stuck_since) = (0, None);
    }

    /// How far the run has come.
    pub fn progress(&self) -> Progress {
        Progress {
            customers: self.report.as_ref().map_or(0, |report| report.shift.customers),
            differing: self.report.as_ref().map_or(0, |report| report.differing()),
            dispatched: self.dispatched,
            settled: self.outcomes.values().sum::<u64>() + self.unanswered,
        }
    }

    /// How the run ended; none if it has not.
    pub fn end(&self) -> Option<End> {
        match self.phase {
            Phase::Ended(end) => Some(end),
            _ => None,
        }
    }

    /// Counts customers of whom nobody will know how the look at them ended.
    pub(crate) fn lose(&mut self, customers: &[CustomerId]) {
        self.unanswered += u64::try_from(customers.len()).unwrap_or(u64::MAX);
        let room = MOST_LOST.saturating_sub(self.lost.len());
        self.lost.extend(customers.iter().take(room));
    }

    /// Leaves customers to the next run.
    pub(crate) fn postpone(&mut self, customers: impl Iterator<Item = CustomerId>) {
        self.postponed = customers.take(MOST_LOST + 1).collect();
    }

    /// What the next run has to know, after what was known before.
    ///
    /// What Okta was asked about counts as asked, although some looks were lost or could not be asked
    /// for: the next run takes those up by name. If they are too many for that, it reads everything of
    /// Okta anew.
    pub(crate) fn memory(&self, before: &Memory) -> Memory {
        let are_named = usize::try_from(self.unanswered).is_ok_and(|lost| lost == self.lost.len())
            && self.lost.len() + self.postponed.len() <= MOST_LOST;
        let read_at = self.okta.begun_at.filter(|_| self.okta.members);
        Memory {
            customers: self.report.as_ref().map(|it| it.shift.customers).or(before.customers),
            swept_at: self.okta.begun_at.or(before.swept_at).filter(|_| are_named),
            members_read_at: read_at.or(before.members_read_at).filter(|_| are_named),
            lost: self.lost.iter().chain(&self.postponed).take(MOST_LOST).copied().collect(),
        }
    }

    /// How many of the customers with a segment have no Okta user that can be written, in whole per cent,
    /// after the looks have ended.
    pub(crate) fn unmatched_percent(&self) -> Option<u64> {
        let figures = &self.report.as_ref()?.figures;
        let of = |outcome: &Outcome| self.outcomes.get(outcome).copied().unwrap_or(0);
        let unmatched = figures.unmatched + WITHOUT_USER.iter().map(of).sum::<u64>();
        let customers: u64 = figures.segments.iter().map(|it| it.cohort.customers()).sum();
        unmatched.saturating_mul(100).checked_div(customers)
    }

    pub(crate) fn summary(&self, end: End) -> Summary {
        let report = self.report.as_ref();
        Summary {
            run_id: self.run_id.clone(),
            started_at: self.started_at,
            ended_at: end.at,
            ended_as: end.how,
            reason: self.reason.clone(),
            message: self.message.clone(),
            book: self.book.as_ref().and_then(|book| book.version),
            dispatched: self.dispatched,
            outcomes: self.outcomes.clone(),
            unanswered: self.unanswered,
            segments: report.map(|report| report.figures.segments.clone()).unwrap_or_default(),
            pinned: report.map_or(0, |report| report.figures.pinned),
            pins_unknown: report.map_or(0, |report| report.figures.pins_unknown.count),
            shift: report.map(|report| report.shift),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        let mut record = Record::new("20261121T120000Z-000001".parse().unwrap(), Timestamp::MIN);
        record.okta.begun_at = Some(Timestamp::UNIX_EPOCH);
        record
    }

    fn before() -> Memory {
        let at = Some(Timestamp::MIN);
        let lost = vec![CustomerId::new(7)];
        Memory { customers: Some(5), swept_at: at, members_read_at: at, lost }
    }

    #[test]
    fn lost_looks_are_remembered_by_name_and_keep_no_question_open() {
        let mut record = record();
        record.lose(&[CustomerId::new(1), CustomerId::new(2)]);
        let memory = record.memory(&before());
        assert_eq!(memory.lost, [CustomerId::new(1), CustomerId::new(2)]);
        assert_eq!(memory.swept_at, record.okta.begun_at);
        assert_eq!(memory.members_read_at, before().members_read_at, "they were not read");
        assert_eq!(memory.customers, before().customers);
    }

    #[test]
    fn who_could_not_be_judged_is_remembered_beside_the_lost() {
        let mut record = record();
        record.lose(&[CustomerId::new(1)]);
        record.postpone([2, 3].map(CustomerId::new).into_iter());
        let memory = record.memory(&before());
        assert_eq!(memory.lost, [1, 2, 3].map(CustomerId::new));
        assert_eq!((memory.swept_at, record.unanswered), (record.okta.begun_at, 1));
        record.postpone((0..2_000).map(CustomerId::new));
        let memory = record.memory(&before());
        assert_eq!((memory.swept_at, memory.lost.len()), (None, MOST_LOST));
    }

    #[test]
    fn more_lost_looks_than_can_be_named_have_the_next_run_read_everything() {
        let mut record = record();
        let many: Vec<_> = (0..600).map(CustomerId::new).collect();
        record.lose(&many);
        record.lose(&many);
        assert_eq!((record.unanswered, record.lost.len()), (1_200, MOST_LOST));
        let memory = record.memory(&before());
        assert_eq!((memory.swept_at, memory.members_read_at), (None, None));
        assert_eq!(memory.lost.len(), MOST_LOST);
    }
}
