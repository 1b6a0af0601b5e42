//! What a full run tells the worker.

use jiff::{SignedDuration, Timestamp};
use rules::UserId;
use serde::{Deserialize, Serialize};

use crate::RunId;

/// How far Shopify's clock and ours may be apart, its marks being whole seconds.
const CLOCKS_APART: SignedDuration = SignedDuration::from_secs(5);

/// What a full run tells the worker about a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByRun {
    /// The run. The customer's entry is marked with it, so that the run learns of the outcome.
    pub id: RunId,
    /// The book the run was planned by. A worker with an older one reads the configuration again.
    pub book: u64,
    /// Whether Okta was seen to differ from the applied state: nothing applied is to be believed then,
    /// and the user and their groups are to be read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recheck: bool,
    /// What the run found out about the customer's Okta user.
    #[serde(default, skip_serializing_if = "Hint::is_none")]
    pub user: Hint,
}

/// What a full run found out about the Okta user of a customer who has none yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hint {
    /// Nothing: look for the user.
    #[default]
    None,
    /// This user bears the customer's address. It is read before it is believed.
    Is(UserId),
    /// All users were listed and none bears it, so looking for one is of no use. It is believed only
    /// of the address that the run saw: see [`ByRun::has_compared`].
    Nobody,
}

impl Hint {
    fn is_none(&self) -> bool {
        *self == Self::None
    }
}

impl ByRun {
    /// Whether what the run compared is the customer whom Shopify last changed at this moment. What it
    /// read of Shopify is no older than the run itself, so whoever has changed since the run was begun
    /// may have another address than the one that it looked for.
    pub fn has_compared(&self, updated_at: Timestamp) -> bool {
        let is_before = |begun: Timestamp| begun.duration_since(updated_at) > CLOCKS_APART;
        self.id.begun_at().is_some_and(is_before)
    }

    /// Of two runs the later one counts: there is but one at a time, so the other has ended.
    pub(super) fn merged(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(one), Some(other)) => {
                let recheck = one.recheck || other.recheck;
                let later = if other.id > one.id { other } else { one };
                Some(Self { recheck, ..later })
            }
            (one, other) => one.or(other),
        }
    }
}
