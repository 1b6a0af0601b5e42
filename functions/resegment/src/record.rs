//! What is kept of a run.

use std::collections::BTreeMap;

use jiff::Timestamp;
use okta::Cursor;
use rules::{GroupId, GroupName, Refusal, RuleBook, SegmentName, Shift};
use serde::{Deserialize, Serialize};
use shopify::ExportId;
use state::{Outcome, RunId};

use crate::event::{Reason, Status};
use crate::report::Report;

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
    /// How often in a row a service was not to be had, without saying for how long.
    #[serde(default)]
    pub setbacks: u32,
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
    /// What became of the personas.
    #[serde(default)]
    pub personas: BTreeMap<SegmentName, PersonaEnd>,
    /// The requests the run itself sent, by service, repeats included; the workers' are not among them.
    #[serde(default)]
    pub calls: BTreeMap<String, u64>,
}

/// When a phase was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// Which.
    pub phase: PhaseName,
    /// When.
    pub at: Timestamp,
}

/// What a run is at, with what it needs to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "name")]
pub enum Phase {
    /// Asks Shopify about the shop.
    Preflight,
    /// Has Shopify write out all customers.
    Export(Export),
    /// Reads lists of Okta's users.
    ReadOkta {
        /// The lists still to be read, the first one first.
        lists: Vec<List>,
        /// Where the first list goes on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<Cursor>,
        /// The export to go on with; none if the shop fits into one page.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        export: Option<ExportId>,
    },
    /// Compares the shop with the applied state.
    Plan {
        /// The export; none if the shop fits into one page.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        export: Option<ExportId>,
        /// How often it was begun.
        #[serde(default)]
        tries: u32,
    },
    /// Puts the wanted book into use, now that the guard has passed it.
    Accept,
    /// Sends messages to the workers.
    Dispatch(Place),
    /// Keeps the personas.
    Personas,
    /// Waits for the workers.
    Settle {
        /// Everybody before this place has an outcome.
        place: Place,
        /// What is still missing there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        missing: Option<Missing>,
    },
    /// It has ended.
    Ended(End),
}

/// Outcomes that are waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// How many.
    pub count: u64,
    /// Since when there have been so many.
    pub since: Timestamp,
    /// Since when the queue has been empty all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty_since: Option<Timestamp>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// How.
    pub how: EndedAs,
    /// When.
    pub at: Timestamp,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedAs {
    /// Everything was worked off.
    Done,
    /// It was held back before the first write.
    Refused,
    /// It could not go on.
    Failed,
    /// An operator ended it.
    Cancelled,
}

/// What a run is at, as people read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhaseName {
    /// Asks Shopify about the shop.
    Preflight,
    /// Has Shopify write out all customers.
    Export,
    /// Reads lists of Okta's users.
    ReadOkta,
    /// Compares the shop with the applied state, and has the guard judge what would follow.
    Plan,
    /// Puts the wanted book into use.
    Accept,
    /// Sends messages to the workers.
    Dispatch,
    /// Keeps the personas.
    Personas,
    /// Waits for the workers.
    Settle,
    /// It has ended.
    Ended,
}

/// How far Shopify has come with writing out all customers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// When we decided to have it written out. Written down before Shopify is asked, so that an export
    /// whose answer never came is found again.
    pub intent: Timestamp,
    /// The export, once Shopify has told its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ExportId>,
    /// How often it was asked about.
    #[serde(default)]
    pub polls: u32,
    /// When to ask again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll_at: Option<Timestamp>,
    /// The one before that came to nothing: it is not to be taken for this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost_id: Option<ExportId>,
}

impl Export {
    /// An export that was decided on and not begun.
    pub(crate) fn intended(intent: Timestamp) -> Self {
        Self { intent, id: None, polls: 0, poll_at: None, lost_id: None }
    }
}

/// A list of Okta's users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum List {
    /// The members of a managed group.
    Members {
        /// The group's configured name.
        name: GroupName,
        /// Its id.
        id: GroupId,
    },
    /// The users who were changed since.
    ChangedSince(Timestamp),
    /// All users.
    Everybody,
}

/// What was read of Okta.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OktaPages {
    /// Where the pages are kept.
    #[serde(default)]
    pub pages: Chunks,
    /// When the reading was begun: the next run asks for changes since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun_at: Option<Timestamp>,
    /// Whether the members of all managed groups that Okta has were read.
    #[serde(default)]
    pub members: bool,
    /// The managed groups whose members were read to the last.
    #[serde(default)]
    pub whole: Vec<GroupName>,
    /// Whether all users were listed.
    #[serde(default)]
    pub everybody: bool,
    /// How many users were read.
    #[serde(default)]
    pub users: u64,
    /// How many of them could not be understood.
    #[serde(default)]
    pub unreadable: u64,
    /// How often a list had to be begun anew.
    #[serde(default)]
    pub restarts: u32,
    /// Groups that Okta no longer has.
    #[serde(default)]
    pub gone: Vec<GroupName>,
}

/// Chunks beside the record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunks {
    /// The fencing number they were begun with.
    pub fence: u64,
    /// How many there are.
    pub count: u32,
}

/// A place among the ids of those who differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The chunk, counted from 0.
    pub chunk: u32,
    /// How many of its ids lie before the place.
    pub offset: u32,
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

/// What is kept of a run for a year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Which.
    pub run_id: RunId,
    /// When it was begun.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// How.
    pub ended_as: EndedAs,
    /// What it was for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Why it ended as it did, if not well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The version of the book.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub book: Option<u64>,
    /// How many messages were sent.
    pub dispatched: u64,
    /// How the looks ended.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// How many have no outcome.
    pub unanswered: u64,
    /// Each segment's figures.
    #[serde(default)]
    pub segments: Vec<comparison::SegmentFigures>,
    /// The figures the guard judged by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shift: Option<Shift>,
}

/// What the next run has to know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// How many customers the shop had at the last run that ended well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customers: Option<u64>,
    /// Since when changed users have to be asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swept_at: Option<Timestamp>,
    /// When the members of all managed groups were last read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members_read_at: Option<Timestamp>,
}

impl Memory {
    /// What this run learnt, and where it learnt nothing, what was known before.
    pub(crate) fn or(self, before: Self) -> Self {
        Self {
            customers: self.customers.or(before.customers),
            swept_at: self.swept_at.or(before.swept_at),
            members_read_at: self.members_read_at.or(before.members_read_at),
        }
    }
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
            self.setbacks = 0;
        }
        self.phase = phase;
        self.message = None;
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

    /// What the next run has to know. What this run did not learn is left out.
    pub(crate) fn memory(&self) -> Memory {
        Memory {
            customers: self.report.as_ref().map(|report| report.shift.customers),
            // Who was found and then lost on the way is to be found again.
            swept_at: self.okta.begun_at.filter(|_| self.unanswered == 0),
            members_read_at: self.okta.begun_at.filter(|_| self.okta.members),
        }
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
            shift: report.map(|report| report.shift),
        }
    }
}

impl Phase {
    /// The phase as people read it.
    pub fn name(&self) -> PhaseName {
        match self {
            Self::Preflight => PhaseName::Preflight,
            Self::Export(_) => PhaseName::Export,
            Self::ReadOkta { .. } => PhaseName::ReadOkta,
            Self::Plan { .. } => PhaseName::Plan,
            Self::Accept => PhaseName::Accept,
            Self::Dispatch(_) => PhaseName::Dispatch,
            Self::Personas => PhaseName::Personas,
            Self::Settle { .. } => PhaseName::Settle,
            Self::Ended(_) => PhaseName::Ended,
        }
    }
}

impl PhaseName {
    /// The name used in records and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Preflight => "preflight",
            Self::Export => "export",
            Self::ReadOkta => "read_okta",
            Self::Plan => "plan",
            Self::Accept => "accept",
            Self::Dispatch => "dispatch",
            Self::Personas => "personas",
            Self::Settle => "settle",
            Self::Ended => "ended",
        }
    }
}

impl EndedAs {
    /// What a call answers that finds the run so.
    pub(crate) fn status(self) -> Status {
        match self {
            Self::Done => Status::Done,
            Self::Refused => Status::Refused,
            Self::Failed | Self::Cancelled => Status::Failed,
        }
    }
}
