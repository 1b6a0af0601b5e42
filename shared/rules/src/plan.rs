//! Desired against applied: what must change for one customer, and what is known after each step.
//!
//! A plan is made before anything is written and survives a crash at any point, because what is
//! about to change is noted as *uncertain* first ([`Applied::noting`]). A later plan repeats what is
//! uncertain, whatever the customer has become meanwhile.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{GroupId, GroupName, Totals};

/// An Okta group, with the name people know it by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// What calls are made with.
    pub id: GroupId,
    /// What people read. Two groups are the same if their ids are.
    pub name: GroupName,
}

/// What the user's two profile attributes hold, as far as we know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attributes {
    /// A write was begun and not seen to end, or the user was never read.
    #[default]
    Unknown,
    /// Empty.
    Cleared,
    /// These totals.
    Set(Totals),
}

/// Whether the user is in a noted group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Membership {
    /// Joined, and seen to be.
    Member,
    /// A join or a leave was begun and not seen to end.
    Uncertain,
}

/// A group the user is in, or may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// The group's name when it was noted; the group may have been renamed or dropped since.
    pub name: GroupName,
    /// What is known of the membership.
    pub membership: Membership,
}

/// What Okta holds for one customer's user, as far as we know. Only groups that this product joined
/// the user to, or found the user in and manages, are noted; others are never touched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// The two profile attributes.
    pub attributes: Attributes,
    /// The noted groups.
    pub groups: BTreeMap<GroupId, Noted>,
}

/// What Okta should hold for one customer's user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desired {
    /// The totals to show; none clears the attributes.
    pub totals: Option<Totals>,
    /// The one managed group to be in; none leaves them all.
    pub group: Option<Group>,
}

impl Desired {
    /// For a customer who is gone, was redacted or now belongs to another user: nothing remains.
    pub const NOTHING: Self = Self { totals: None, group: None };
}

/// One change, which is one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Write the totals to the profile attributes.
    SetTotals(Totals),
    /// Empty the profile attributes.
    ClearTotals,
    /// Put the user into the group.
    Join(Group),
    /// Take the user out of the group.
    Leave(Group),
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SetTotals(totals) => write!(f, "set totals to {totals}"),
            Self::ClearTotals => f.write_str("clear totals"),
            Self::Join(group) => write!(f, "join {}", group.name),
            Self::Leave(group) => write!(f, "leave {}", group.name),
        }
    }
}

/// The changes for one customer, in the order to make them: totals, join, leave. The customer is
/// never without a group on the way from one to another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    changes: Vec<Change>,
}

impl Plan {
    /// What must change so that Okta holds what is desired. Empty if nothing differs.
    pub fn new(desired: &Desired, applied: &Applied) -> Self {
        let totals = match (desired.totals, applied.attributes) {
            (Some(wanted), Attributes::Set(held)) if wanted == held => None,
            (None, Attributes::Cleared) => None,
            (Some(wanted), _) => Some(Change::SetTotals(wanted)),
            (None, _) => Some(Change::ClearTotals),
        };
        let join = desired
            .group
            .clone()
            .filter(|group| {
                applied
                    .groups
                    .get(&group.id)
                    .is_none_or(|noted| noted.membership == Membership::Uncertain)
            })
            .map(Change::Join);
        let leaves = applied
            .groups
            .iter()
            .filter(|(id, _)| desired.group.as_ref().is_none_or(|group| group.id != **id))
            .map(|(id, noted)| Change::Leave(Group { id: id.clone(), name: noted.name.clone() }));
        Self { changes: totals.into_iter().chain(join).chain(leaves).collect() }
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The changes, in order.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }
}

/// One line a change; nothing for an empty plan.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, change) in self.changes.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{change}")?;
        }
        Ok(())
    }
}

impl Applied {
    /// What is known once the plan has begun and before it has ended: everything it touches is
    /// uncertain. Written before the first call, so that whoever comes after a crash repeats it.
    #[must_use]
    pub fn noting(&self, plan: &Plan) -> Self {
        let mut noted = self.clone();
        for change in &plan.changes {
            noted.begin(change);
        }
        noted
    }

    /// Takes note that a change is about to be made.
    pub fn begin(&mut self, change: &Change) {
        match change {
            Change::SetTotals(_) | Change::ClearTotals => self.attributes = Attributes::Unknown,
            Change::Join(group) | Change::Leave(group) => {
                self.note(group.clone(), Membership::Uncertain);
            }
        }
    }

    /// Takes note that a change was made and seen to end.
    pub fn record(&mut self, change: &Change) {
        match change {
            Change::SetTotals(totals) => self.attributes = Attributes::Set(*totals),
            Change::ClearTotals => self.attributes = Attributes::Cleared,
            Change::Join(group) => self.note(group.clone(), Membership::Member),
            Change::Leave(group) => {
                self.groups.remove(&group.id);
            }
        }
    }

    /// Notes a group the user is in, or may be in.
    pub fn note(&mut self, group: Group, membership: Membership) {
        self.groups.insert(group.id, Noted { name: group.name, membership });
    }
}
