//! How looks at customers end.

use serde::{Deserialize, Serialize};

/// How a look at a customer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Okta was made to agree.
    Applied,
    /// Okta agrees already.
    Unchanged,
    /// A read that came later than the event has answered it.
    Covered,
    /// Put off: something was not to be had, or Shopify's figures lag behind.
    Deferred,
    /// Okta has no user with the customer's address.
    Unmatched,
    /// Okta has several users with the customer's address.
    Ambiguous,
    /// The Okta user belongs to another customer.
    UserTaken,
    /// The Okta user is deactivated.
    UserInactive,
    /// Our credentials may not change the Okta user.
    UserForbidden,
    /// The customer is in their group, and Okta does not take the totals into the user's profile.
    ProfileRefused,
    /// The customer is where the rules put them, because their pin names a segment that the book does
    /// not have.
    PinUnknown,
    /// The segment's group has no usable id: missing, ambiguous, or of a kind that takes no members.
    GroupWithoutId,
    /// Okta no longer has the segment's group.
    GroupGone,
    /// An active rule of Okta fills the segment's group, so it is not ours to write.
    GroupRuleManaged,
    /// The customer's figures are in another currency than the rule book's.
    OtherCurrency,
    /// The customer asked to be forgotten, and is.
    Redacted,
    /// Shopify no longer has the customer.
    Gone,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Applied,
        Self::Unchanged,
        Self::Covered,
        Self::Deferred,
        Self::Unmatched,
        Self::Ambiguous,
        Self::UserTaken,
        Self::UserInactive,
        Self::UserForbidden,
        Self::ProfileRefused,
        Self::PinUnknown,
        Self::GroupWithoutId,
        Self::GroupGone,
        Self::GroupRuleManaged,
        Self::OtherCurrency,
        Self::Redacted,
        Self::Gone,
    ];

    /// The name used in records, logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Unchanged => "unchanged",
            Self::Covered => "covered",
            Self::Deferred => "deferred",
            Self::Unmatched => "unmatched",
            Self::Ambiguous => "ambiguous",
            Self::UserTaken => "user_taken",
            Self::UserInactive => "user_inactive",
            Self::UserForbidden => "user_forbidden",
            Self::ProfileRefused => "profile_refused",
            Self::PinUnknown => "pin_unknown",
            Self::GroupWithoutId => "group_without_id",
            Self::GroupGone => "group_gone",
            Self::GroupRuleManaged => "group_rule_managed",
            Self::OtherCurrency => "other_currency",
            Self::Redacted => "redacted",
            Self::Gone => "gone",
        }
    }
}
