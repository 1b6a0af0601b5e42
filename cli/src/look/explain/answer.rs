//! The answer, as it is written as JSON.

use jiff::Timestamp;
use okta::HeldAttributes;
use rules::{Currency, CustomerId, GroupName, OrderId, SegmentName, Totals, UserId};
use serde::Serialize;
use state::{End, Outcome, Transition};

use super::super::pins::PinView;

/// Why a customer is where they are.
#[derive(Debug, Serialize)]
pub(super) struct Explained {
    /// The customer.
    pub(super) customer_id: CustomerId,
    /// What Shopify says now.
    pub(super) shopify: ShopifySays,
    /// What the rules say of that; none if there are no figures to decide by.
    pub(super) rules: Option<RulesSay>,
    /// What a person decided for the customer; none if nobody did. It wins over the rules.
    pub(super) pin: Option<PinSays>,
    /// What is kept: what was done last.
    pub(super) applied: Kept,
    /// What Okta has.
    pub(super) okta: OktaHas,
    /// What a look would do now; none if what is kept cannot be read, or a service was not reached.
    pub(super) next: Option<NextStep>,
    /// The changes of segment that are remembered, the newest first.
    pub(super) history: Vec<Transition>,
    /// What a person should look at; nothing if all is well.
    pub(super) to_look_at: Vec<String>,
    /// The services that gave no answer, so that what they have is not known.
    pub(super) not_reached: Vec<NotReached>,
}

/// A service that gave no answer.
#[derive(Debug, Clone, Serialize)]
pub(super) struct NotReached {
    /// Which: `shopify` or `okta`.
    pub(super) service: &'static str,
    /// What happened.
    pub(super) detail: String,
}

/// What Shopify says.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "found")]
pub(super) enum ShopifySays {
    /// The customer is there.
    Present {
        /// The figures that decide.
        totals: Totals,
        /// When Shopify last changed the customer.
        updated_at: Timestamp,
        /// The last order that the figures include.
        last_order_id: Option<OrderId>,
        /// When it was placed.
        last_order_at: Option<Timestamp>,
        /// Whether there is an e-mail address to find an Okta user by.
        has_address: bool,
    },
    /// The shop has no such customer.
    Gone,
    /// Shopify gave no answer.
    NotReached,
    /// The answer cannot be understood.
    Unreadable {
        /// What is wrong with it.
        detail: &'static str,
    },
}

/// What a person decided.
#[derive(Debug, Serialize)]
pub(super) struct PinSays {
    /// The decision.
    #[serde(flatten)]
    pub(super) pin: PinView,
    /// Whether the rule book in use has the segment; if not, the rules decide.
    pub(super) can_be_followed: bool,
}

/// What the rules say, whether or not a person decided.
#[derive(Debug, Serialize)]
pub(super) struct RulesSay {
    /// The accepted book's version; none if none is accepted yet and the wanted one is told.
    pub(super) book: Option<u64>,
    /// The segment they put the customer into; none if none matches, or the currency is another.
    pub(super) segment: Option<SegmentName>,
    /// The customer's currency, if it is not the book's, so that nothing is compared.
    pub(super) other_currency: Option<Currency>,
    /// Every rule, in order.
    pub(super) segments: Vec<Rule>,
    /// What the wanted book would say, if that is another one and says something else.
    pub(super) wanted: Option<WantedSays>,
}

/// What the wanted book would say.
#[derive(Debug, Serialize)]
pub(super) struct WantedSays {
    /// The segment; none if none matches.
    pub(super) segment: Option<SegmentName>,
}

/// A segment's rule.
#[derive(Debug, Serialize)]
pub(super) struct Rule {
    /// The segment.
    pub(super) segment: SegmentName,
    /// Its group.
    pub(super) group: GroupName,
    /// What the rule means for the customer.
    pub(super) verdict: VerdictName,
    /// Its ranges, in order.
    pub(super) ranges: Vec<RangeSays>,
}

/// What a rule means for the customer.
#[cfg_attr(test, derive(serde::Deserialize))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum VerdictName {
    /// It is the first that matches.
    Wins,
    /// It matches, and so did one above it.
    Outranked,
    /// It does not match.
    NoMatch,
}

/// What a range says.
#[derive(Debug, Serialize)]
pub(super) struct RangeSays {
    /// What it asks for, in words.
    pub(super) asks: String,
    /// Whether it matches.
    pub(super) matches: bool,
    /// Every bound that does not hold, in words.
    pub(super) misses: Vec<String>,
}

/// What is kept of the customer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub(super) enum Kept {
    /// Nothing: nobody has looked at them, or there was nothing to keep.
    Nothing,
    /// What was done last.
    Customer(Box<Applied>),
    /// The mark of a customer who is gone or was redacted.
    Tombstone {
        /// Why.
        why: End,
        /// Since when.
        at: Timestamp,
    },
    /// Something that this product did not write.
    Unreadable {
        /// What is wrong with it.
        detail: String,
    },
}

/// The applied state.
#[derive(Debug, Serialize)]
pub(super) struct Applied {
    /// The segment the customer was put into last.
    pub(super) segment: Option<SegmentName>,
    /// Since when.
    pub(super) since: Option<Timestamp>,
    /// The Okta user they are matched with.
    pub(super) okta_user_id: Option<UserId>,
    /// What Okta holds as far as is known: attributes and groups.
    pub(super) holds: rules::Applied,
    /// The figures of the last read.
    pub(super) totals: Option<Totals>,
    /// When they were read.
    pub(super) read_at: Option<Timestamp>,
    /// How the last look ended.
    pub(super) outcome: Option<Outcome>,
    /// When.
    pub(super) outcome_at: Option<Timestamp>,
    /// The version of the book it went by.
    pub(super) book: Option<u64>,
    /// Until when a worker has the customer in hand; none if nobody has.
    pub(super) in_work_until: Option<Timestamp>,
}

/// What Okta has.
#[derive(Debug, Serialize)]
pub(super) struct OktaHas {
    /// The user there is to show: the one matched, or else the one with the address. None also if Okta was
    /// not reached.
    pub(super) user: Option<OktaUser>,
    /// Where the applied state and Okta part.
    pub(super) differences: Vec<String>,
}

/// An Okta user.
#[derive(Debug, Serialize)]
pub(super) struct OktaUser {
    /// Who.
    pub(super) id: UserId,
    /// Whether the customer is matched with them.
    pub(super) is_matched: bool,
    /// Whether they are deactivated.
    pub(super) is_deactivated: bool,
    /// The managed groups they are in.
    pub(super) groups: Vec<GroupName>,
    /// What the two attributes hold.
    pub(super) attributes: HeldAttributes,
}

/// What a look would do now.
#[derive(Debug, Serialize)]
pub(super) struct NextStep {
    /// What comes of it.
    pub(super) kind: NextKind,
    /// The same in words.
    pub(super) meaning: String,
    /// The user who is written to.
    pub(super) okta_user_id: Option<UserId>,
    /// The changes of that user, in order.
    pub(super) changes: Vec<String>,
    /// What is taken back before from the user who stood for the customer until now.
    pub(super) parting: Vec<String>,
    /// What stands in the way.
    pub(super) outcome: Option<Outcome>,
}

/// What comes of a look.
#[cfg_attr(test, derive(serde::Deserialize))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum NextKind {
    /// Nothing differs.
    Nothing,
    /// Okta is changed.
    Changes,
    /// Something stands in the way.
    HeldBack,
    /// Everything is taken back.
    End,
    /// It waits for figures that Shopify does not show yet.
    Wait,
    /// Shopify's answer cannot be understood.
    Unreadable,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schemas::assert_names;

    #[test]
    fn the_schema_names_every_value() {
        assert_names::<NextKind>("explain.schema.json#/$defs/next/properties/kind", "");
        assert_names::<VerdictName>(
            "explain.schema.json#/$defs/rules/properties/segments/items/properties/verdict",
            "",
        );
    }
}
