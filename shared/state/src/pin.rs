//! What a person decided for one customer, as it is kept.

use jiff::Timestamp;
use rules::{PinReason, PinnedTo};
use serde::{Deserialize, Serialize};

/// A person's decision for one customer. It stands whatever the rules say, until it is taken back or the
/// customer is gone or redacted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// Where the customer is to be.
    pub to: PinnedTo,
    /// Why.
    pub reason: PinReason,
    /// Since when.
    pub since: Timestamp,
}

/// What a change of segment rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grounds {
    /// This range of the segment's rule matched, counted from 0.
    Range(usize),
    /// A person decided, and gave this reason.
    Pin(PinReason),
}

impl Grounds {
    /// The range that matched, if it was a rule that decided.
    pub fn range(&self) -> Option<usize> {
        match self {
            Self::Range(range) => Some(*range),
            Self::Pin(_) => None,
        }
    }
}
