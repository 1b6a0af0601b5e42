//! What makes us look.

use serde::{Deserialize, Serialize};

/// What made us look, the weightiest last: of two messages about one customer the weightier one's cause
/// is kept. Decides what a transition is recorded with and whether a second look follows;
/// never what a customer's figures are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A full run found that Okta does not hold what was applied.
    Drift,
    /// A full run found a difference that no event had told of.
    Schedule,
    /// The rule book was changed, and a full run found whom that moves.
    Rules,
    /// An operator had a dead letter's customer looked at again.
    Replay,
    /// An operator has decided for the customer, or taken such a decision back.
    Pin,
    /// The customer's own record was made, changed or deleted.
    Customer,
    /// Shopify says the customer's sales history changed.
    PurchasingSummary,
    /// Two customers became one.
    Merge,
    /// Another customer needs the Okta user this one holds.
    Contested,
    /// An order was placed, paid, changed or cancelled.
    Order,
    /// Money went back.
    Refund,
    /// The customer asks what is held about them.
    DataRequest,
    /// The customer, or the whole shop, asks to be forgotten.
    Redact,
}

impl Cause {
    /// Whether Shopify's totals may lag behind the event, so that a second look is due.
    pub fn has_lagging_totals(self) -> bool {
        matches!(self, Self::Order | Self::Refund)
    }

    /// Whether a full run asked, and nobody else: such work gives way to live events.
    pub fn is_of_run(self) -> bool {
        matches!(self, Self::Drift | Self::Schedule | Self::Rules)
    }

    /// The name used in records and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Drift => "drift",
            Self::Schedule => "schedule",
            Self::Rules => "rules",
            Self::Replay => "replay",
            Self::Pin => "pin",
            Self::Customer => "customer",
            Self::PurchasingSummary => "purchasing_summary",
            Self::Merge => "merge",
            Self::Contested => "contested",
            Self::Order => "order",
            Self::Refund => "refund",
            Self::DataRequest => "data_request",
            Self::Redact => "redact",
        }
    }
}
