//! Outcomes that stay until somebody does something, and what that is.

use state::{Cause, Outcome};

/// The outcomes that stay, in the order in which they are told.
pub(crate) const STANDING: [Outcome; 11] = [
    Outcome::GroupWithoutId,
    Outcome::GroupGone,
    Outcome::GroupRuleManaged,
    Outcome::ProfileRefused,
    Outcome::UserForbidden,
    Outcome::PinUnknown,
    Outcome::OtherCurrency,
    Outcome::UserTaken,
    Outcome::Ambiguous,
    Outcome::UserInactive,
    Outcome::Unmatched,
];

/// What an outcome means and what to do; none if there is nothing to do.
pub(crate) fn advice(outcome: Outcome) -> Option<&'static str> {
    Some(match outcome {
        Outcome::Unmatched => {
            "Okta has no user with the customer's address, or not in the group that match_only_group \
             names. Nothing to do for customers who never signed up; who signs up is found by their next \
             order or a full run."
        }
        Outcome::Ambiguous => {
            "Several Okta users have the customer's address. Leave it to the one it belongs to."
        }
        Outcome::UserTaken => {
            "The Okta user belongs to another customer of the shop. If they are one person, merge the \
             customers in Shopify; if not, correct an address."
        }
        Outcome::UserInactive => {
            "The Okta user is deactivated. Activate them in Okta, or leave it so if they are meant to be."
        }
        Outcome::UserForbidden => {
            "The tool's credentials may not change this Okta user, who may be an administrator. Give the \
             credentials more rights, or leave it so."
        }
        Outcome::ProfileRefused => {
            "The customer is in their group, but Okta does not take the totals. Make the two attributes \
             of type number in Okta's profile editor, and see that the user's profile meets its schema."
        }
        Outcome::PinUnknown => {
            "The customer is pinned to a segment that the rule book does not have, so the rules decide. Pin \
             them to another one, or unpin them."
        }
        Outcome::GroupWithoutId => {
            "The segment's group has no usable id. Make one Okta group of that name, or correct the name \
             in the rule book; ids are looked up every hour."
        }
        Outcome::GroupGone => {
            "Okta no longer has the segment's group. Make it again; ids are looked up every hour."
        }
        Outcome::GroupRuleManaged => {
            "An active group rule of Okta fills the segment's group. Deactivate the rule, or give the \
             segment a group of its own."
        }
        Outcome::OtherCurrency => {
            "The customer's figures are in another currency than the rule book's, so they are not \
             compared. Okta keeps what it has."
        }
        Outcome::Applied
        | Outcome::Unchanged
        | Outcome::Covered
        | Outcome::Deferred
        | Outcome::Redacted
        | Outcome::Gone => return None,
    })
}

/// What made us look, as people say it.
pub(super) fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Drift => "Okta held something else",
        Cause::Schedule => "a full run",
        Cause::Rules => "a change of the rules",
        Cause::Replay => "a replay",
        Cause::Pin => "a person's decision",
        Cause::Customer => "a change of the customer",
        Cause::PurchasingSummary => "a change of the sales history",
        Cause::Merge => "a merge of customers",
        Cause::Contested => "another customer's claim",
        Cause::Order => "an order",
        Cause::Refund => "a refund",
        Cause::DataRequest => "a data request",
        Cause::Redact => "a redaction",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_that_stays_has_its_advice() {
        assert!(STANDING.into_iter().all(|outcome| advice(outcome).is_some()));
        assert_eq!(advice(Outcome::Applied), None);
    }
}
