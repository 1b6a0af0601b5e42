//! What a run is at.

use jiff::Timestamp;
use okta::Cursor;
use serde::{Deserialize, Serialize};
use shopify::ExportId;

use super::{End, List, Place};

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

/// Outcomes that are waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// How many; 0 if that is not counted yet, and the wait is the one for those before.
    pub count: u64,
    /// Since when there have been so many.
    pub since: Timestamp,
    /// Since when the queue has been empty all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty_since: Option<Timestamp>,
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

/// When a phase was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// Which.
    pub phase: PhaseName,
    /// When.
    pub at: Timestamp,
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

impl Export {
    /// An export that was decided on and not begun.
    pub(crate) fn intended(intent: Timestamp) -> Self {
        Self { intent, id: None, polls: 0, poll_at: None, lost_id: None }
    }
}
