//! What the function is called with, and what it answers.

use rules::{InvalidId, RuleBook};
use runtime::{Measured, Measures, Metric};
use serde::{Deserialize, Serialize};
use shopify::ExportId;
use state::RunId;

use crate::record::{EndedAs, PhaseName, Progress};
use crate::report::Report;

/// A call. Without `start` it is the tick: it goes on with the active run, or does nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Begins a run.
    pub start: Option<Start>,
}

/// How a run begins.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Start {
    /// Finds out and writes nothing, nowhere. There is no record: the answer holds the report.
    pub dry_run: bool,
    /// Reads the members of all managed groups, whenever that was last done.
    pub verify: bool,
    /// A rule book to try in place of the wanted one; for dry runs alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<RuleBook>,
    /// A run that was refused, and whose figures an operator has seen: this run may do as much, by the
    /// same book.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept: Option<RunId>,
    /// What the run is for, to be read in its record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The export of a dry run whose first call ran out of time, as its answer gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export: Option<ExportId>,
}

/// What a run is for, in an operator's words: one line of up to 200 characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reason(String);

/// A start that asks for two things which exclude each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidStart {
    /// `rules` without `dry_run`.
    #[error(
        "start.rules is for dry runs: a book is put into use by writing it to the configuration"
    )]
    RulesWithoutDryRun,
    /// `accept` with `dry_run`.
    #[error("start.accept is for real runs: a dry run is never refused")]
    AcceptWithDryRun,
    /// `export` without `dry_run`.
    #[error("start.export goes on with a dry run: a real run remembers its export")]
    ExportWithoutDryRun,
}

impl Start {
    pub(crate) fn check(&self) -> Result<(), InvalidStart> {
        if self.rules.is_some() && !self.dry_run {
            Err(InvalidStart::RulesWithoutDryRun)
        } else if self.accept.is_some() && self.dry_run {
            Err(InvalidStart::AcceptWithDryRun)
        } else if self.export.is_some() && !self.dry_run {
            Err(InvalidStart::ExportWithoutDryRun)
        } else {
            Ok(())
        }
    }
}

impl TryFrom<String> for Reason {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        let text = text.trim();
        let plain = text.chars().count() <= 200 && !text.chars().any(char::is_control);
        plain
            .then(|| Self(text.to_owned()))
            .ok_or(InvalidId { expected: "a reason (one line of up to 200 characters)" })
    }
}

impl std::str::FromStr for Reason {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        text.to_owned().try_into()
    }
}

impl From<Reason> for String {
    fn from(reason: Reason) -> Self {
        reason.0
    }
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// No run is active.
    Idle,
    /// There is more to do, and it can be done now.
    Continue,
    /// There is more to do, in `wait_seconds`.
    Wait,
    /// The run has ended, and everything was worked off, except what is among the dead letters.
    Done,
    /// The run was held back before the first write.
    Refused,
    /// The run cannot go on.
    Failed,
    /// Another run is active, so this one was not begun.
    Skipped,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Idle,
        Self::Continue,
        Self::Wait,
        Self::Done,
        Self::Refused,
        Self::Failed,
        Self::Skipped,
    ];

    /// The name in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Continue => "continue",
            Self::Wait => "wait",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// What a call answers, so that a caller may loop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The run; none if there is none, and none for a dry run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    /// What the run is at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<PhaseName>,
    /// How the call ended.
    pub status: Status,
    /// When to call again, if the status is `wait`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_seconds: Option<u64>,
    /// Why, in words: what is waited for, why it was refused or failed, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// How far the run has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// What a dry run found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Box<Report>>,
    /// What a dry run that ran out of time is gone on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub export: Option<ExportId>,
    /// How the run ended, if it was this call that ended it; for metrics.
    #[serde(skip)]
    pub ended: Option<Ended>,
}

/// How a run ended, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// How.
    pub how: EndedAs,
    /// How many of the customers with a segment have no Okta user, in whole per cent; none unless
    /// everything was worked off.
    pub unmatched_percent: Option<u64>,
}

impl Measured for Answer {
    fn measure(&self, measures: &mut Measures) {
        if let Some(Ended { how, unmatched_percent }) = self.ended {
            measures.add(Metric::Runs, how.as_str(), 1);
            if let Some(percent) = unmatched_percent {
                measures.add(Metric::UnmatchedShare, "", percent);
            }
        }
    }
}

impl Answer {
    /// An answer that says no more than this.
    pub fn new(status: Status) -> Self {
        Self {
            run_id: None,
            phase: None,
            status,
            wait_seconds: None,
            message: None,
            progress: None,
            report: None,
            export: None,
            ended: None,
        }
    }
}
