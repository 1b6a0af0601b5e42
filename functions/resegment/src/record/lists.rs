//! What a run reads of Okta.

use jiff::Timestamp;
use rules::{GroupId, GroupName};
use serde::{Deserialize, Serialize};

use super::Chunks;

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
