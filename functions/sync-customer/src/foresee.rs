//! What a look at a customer would do now. Pure, and made of the parts that a look is made of.

use jiff::Timestamp;
use rules::{Applied, CustomerId, Desired, Group, Membership, Plan, Segment, UserId};
use shopify::{Customer, Truth};
use state::{Cause, Config, End, Entry, Message, Outcome, Record, Subject};

use crate::decide::{Wish, decide};
use crate::look::{group_of, is_same_person, ours};
use crate::recheck::managed;

/// Everything that is known of a customer.
#[derive(Debug)]
pub struct Known<'a> {
    /// Who.
    pub customer: CustomerId,
    /// What decides.
    pub config: &'a Config,
    /// What is kept of them.
    pub entry: Option<&'a Entry>,
    /// What Shopify says.
    pub truth: &'a Truth,
    /// Whom Okta has with their address, if that was asked: it matters only if no user is matched by the
    /// address that they have now.
    pub bearer: Bearer,
    /// The moment of the look.
    pub now: Timestamp,
}

/// Whom Okta has with an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bearer {
    /// Nobody, or it was not asked.
    Nobody,
    /// Several users.
    Several,
    /// A user who is deactivated.
    Deactivated,
    /// A user who can be written.
    User {
        /// Who.
        id: UserId,
        /// All groups they are in.
        groups: Vec<Group>,
        /// The customer who has claimed them, if one has.
        holder: Option<CustomerId>,
    },
}

/// What a look would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreseen {
    /// What is taken back first from a user who does not stand for the customer any more.
    pub parting: Option<Changes>,
    /// What comes then.
    pub next: Next,
}

/// Changes of an Okta user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// The user.
    pub user: UserId,
    /// The changes; there may be none.
    pub plan: Plan,
}

/// What comes of a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// The user is made to hold this; nothing to do if the plan is empty.
    Hold(Changes),
    /// The customer belongs to no segment, and Okta holds nothing of them.
    HoldNothing,
    /// Something stands in the way, and what Okta holds stays.
    HeldBack(Outcome),
    /// Everything is taken back, and a tombstone is left.
    End(End),
    /// The customer's tombstone stands, or they are gone and nothing was ever kept.
    Rest(End),
    /// Shopify shows an older state than was read before: a look waits for the newer one.
    Lagging,
    /// What Shopify says cannot be understood.
    Unreadable(&'static str),
}

/// What a look at a customer would do, if it were not interrupted and nothing changed meanwhile. A group
/// that Okta lost, or a refusal of Okta's, is found out by writing alone.
pub fn foresee(known: &Known<'_>) -> Foreseen {
    let record = match known.entry {
        Some(Entry::Customer(record)) => record,
        Some(Entry::Tombstone(_)) | None => &Box::default(),
    };
    let applied = ours(&record.applied, known.config);
    let message = Message::new(Subject::Customer(known.customer), Cause::Replay, known.now);
    match decide(&message, known.entry, Some(known.truth), &known.config.book) {
        Wish::Hold { customer, belongs } => known.hold(record, &applied, customer, belongs.segment),
        Wish::OtherCurrency { customer } => Foreseen {
            parting: known.parting(record, &applied, customer),
            next: Next::HeldBack(Outcome::OtherCurrency),
        },
        Wish::End(why) => {
            let matched = record.matched.as_ref();
            let parting = matched.map(|it| changes(&it.user, &Desired::NOTHING, &applied));
            Foreseen { parting, next: Next::End(why) }
        }
        Wish::Rest(why) => Next::Rest(why).alone(),
        Wish::LookAgain => Next::Lagging.alone(),
        Wish::Unreadable(detail) => Next::Unreadable(detail).alone(),
    }
}

impl Known<'_> {
    /// The user whom the customer was matched with, if they still stand for them.
    fn keeps<'r>(&self, record: &'r Record, customer: &Customer) -> Option<&'r UserId> {
        let user = record.matched.as_ref().map(|matched| &matched.user)?;
        let keeps = is_same_person(record, customer, self.config) || self.bearer.is(user);
        keeps.then_some(user)
    }

    /// What is taken back from the user whom the customer was matched with, if they no longer stand for
    /// them.
    fn parting(&self, record: &Record, applied: &Applied, customer: &Customer) -> Option<Changes> {
        let matched = record.matched.as_ref()?;
        let parts = self.keeps(record, customer).is_none();
        parts.then(|| changes(&matched.user, &Desired::NOTHING, applied))
    }

    fn hold(
        &self,
        record: &Record,
        applied: &Applied,
        customer: &Customer,
        segment: Option<&Segment>,
    ) -> Foreseen {
        if segment.is_none() && record.matched.is_none() {
            return Next::HoldNothing.alone();
        }
        let parting = self.parting(record, applied, customer);
        let group = match segment.map(|segment| group_of(segment, self.config)).transpose() {
            Ok(group) => group,
            Err(outcome) => return Foreseen { parting, next: Next::HeldBack(outcome) },
        };
        let desired = Desired { totals: Some(customer.totals), group };
        let next = match self.keeps(record, customer) {
            Some(user) => Next::Hold(changes(user, &desired, applied)),
            None if segment.is_none() => Next::HoldNothing,
            None => self.meet(&desired),
        };
        Foreseen { parting, next }
    }

    /// The first contact with whom Okta has.
    fn meet(&self, desired: &Desired) -> Next {
        let (user, groups) = match &self.bearer {
            Bearer::Nobody => return Next::HeldBack(Outcome::Unmatched),
            Bearer::Several => return Next::HeldBack(Outcome::Ambiguous),
            Bearer::Deactivated => return Next::HeldBack(Outcome::UserInactive),
            Bearer::User { holder: Some(holder), .. } if *holder != self.customer => {
                return Next::HeldBack(Outcome::UserTaken);
            }
            Bearer::User { id, groups, .. } => (id, groups),
        };
        let only = self.config.settings.match_only_group.as_ref();
        if only.is_some_and(|only| groups.iter().all(|group| group.name != *only)) {
            return Next::HeldBack(Outcome::Unmatched);
        }
        let managed = managed(self.config);
        let mut found = Applied::default();
        for group in groups.iter().filter(|group| managed.contains(&group.id)) {
            found.note(group.clone(), Membership::Member);
        }
        Next::Hold(changes(user, desired, &found))
    }
}

impl Bearer {
    fn is(&self, user: &UserId) -> bool {
        matches!(self, Self::User { id, .. } if id == user)
    }
}

impl Next {
    fn alone(self) -> Foreseen {
        Foreseen { parting: None, next: self }
    }
}

fn changes(user: &UserId, desired: &Desired, applied: &Applied) -> Changes {
    Changes { user: user.clone(), plan: Plan::new(desired, applied) }
}
