//! How a run ended, and what outlives it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rules::{CustomerId, Shift};
use serde::{Deserialize, Serialize};
use state::{Outcome, RunId};

use crate::event::{Reason, Status};

/// How and when a run ended.
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
    /// Everything was worked off, except what is among the dead letters.
    Done,
    /// It was held back before the first write.
    Refused,
    /// It could not go on.
    Failed,
    /// An operator ended it.
    Cancelled,
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
    /// Customers pinned by a person (to a segment, or to none), whatever the rules say.
    #[serde(default)]
    pub pinned: u64,
    /// Customers pinned to a segment that the book does not have.
    #[serde(default)]
    pub pins_unknown: u64,
    /// The figures the guard judged by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shift: Option<Shift>,
}

/// What the next run has to know.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// How many customers the shop had at the last run that ended well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customers: Option<u64>,
    /// Since when changed users have to be asked for. None if no run has asked yet, or if so many looks
    /// were lost that everything has to be read anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swept_at: Option<Timestamp>,
    /// When the members of all managed groups were last read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members_read_at: Option<Timestamp>,
    /// Customers of whom the last run that ended does not know how the look at them ended, or whom it
    /// could not judge. What it saw of their users at Okta may not have been worked off.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<CustomerId>,
}

impl EndedAs {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Done, Self::Refused, Self::Failed, Self::Cancelled];

    /// The name in logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// What a call answers that finds the run so.
    pub fn status(self) -> Status {
        match self {
            Self::Done => Status::Done,
            Self::Refused => Status::Refused,
            Self::Failed | Self::Cancelled => Status::Failed,
        }
    }
}

impl Summary {
    /// Of a run whose record cannot be read.
    pub(crate) fn given_up(run_id: RunId, message: String, now: Timestamp) -> Self {
        Self {
            started_at: run_id.begun_at().unwrap_or(now),
            run_id,
            ended_at: now,
            ended_as: EndedAs::Failed,
            reason: None,
            message: Some(message),
            book: None,
            dispatched: 0,
            outcomes: BTreeMap::new(),
            unanswered: 0,
            segments: Vec::new(),
            pinned: 0,
            pins_unknown: 0,
            shift: None,
        }
    }
}
