//! Who differs, and why.

use std::collections::BTreeMap;

use rules::{CustomerId, UserId};
use serde::{Deserialize, Serialize};

use crate::OktaRead;
use crate::chunk::chunks;
use crate::okta_read::UserPlace;

/// Why a customer differs. If there are several reasons, the first of this list is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Belongs to a segment, and nobody has looked for an Okta user yet.
    New = 1,
    /// Changed after their tombstone was checked, and belongs to a segment.
    Returned = 2,
    /// Belongs to another segment than applied.
    Moved = 3,
    /// Belongs to no segment any more.
    Left = 4,
    /// Belongs to a segment, after having belonged to none.
    Entered = 5,
    /// The groups applied are not exactly the one that the segment has now.
    Remapped = 6,
    /// The totals in the profile are others, or not known for certain; or those of somebody who is pinned are in
    /// another currency than the book's, in which totals are not compared.
    Totals = 7,
    /// The address is another than the one that was matched or sought by, or there is none any more.
    Address = 8,
    /// Okta was found to hold other groups than were applied.
    Drift = 9,
    /// What stood in the way of finding an Okta user is gone, or nobody knows how the last look ended.
    Retry = 10,
    /// An Okta user who bears the address has appeared.
    Found = 11,
    /// Known, and no longer in the shop.
    Gone = 12,
}

impl Why {
    /// All reasons.
    pub const ALL: [Self; 12] = [
        Self::New,
        Self::Returned,
        Self::Moved,
        Self::Left,
        Self::Entered,
        Self::Remapped,
        Self::Totals,
        Self::Address,
        Self::Drift,
        Self::Retry,
        Self::Found,
        Self::Gone,
    ];
}

/// A customer who differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differing {
    /// Who.
    pub id: CustomerId,
    /// Why.
    pub why: Why,
    /// Whether the applied state is not to be trusted: Okta was found to hold something else.
    pub recheck: bool,
    /// The Okta user found by the customer's address, if no other user bears it.
    pub user: Option<UserId>,
}

/// Everybody who differs, in ascending order of id: 16 bytes each.
#[derive(Debug, Default)]
pub struct Differences<'okta> {
    packed: Vec<Packed>,
    okta: Option<&'okta OktaRead>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Packed {
    id: u64,
    /// The place of a user in the read of Okta.
    user: u32,
    why: Why,
    recheck: bool,
}

const NO_USER: u32 = u32::MAX;

impl<'okta> Differences<'okta> {
    pub(crate) fn new(okta: Option<&'okta OktaRead>) -> Self {
        Self { packed: Vec::new(), okta }
    }

    pub(crate) fn push(&mut self, id: u64, why: Why, recheck: bool, user: Option<UserPlace>) {
        let user = user.map_or(NO_USER, |place| place.0);
        self.packed.push(Packed { id, user, why, recheck });
    }

    pub(crate) fn arrange(&mut self) {
        if !self.packed.is_sorted() {
            self.packed.sort_unstable();
        }
    }

    pub(crate) fn by_reason(&self) -> BTreeMap<Why, u64> {
        let mut counts = [0; Why::ALL.len() + 1];
        for packed in &self.packed {
            counts[packed.why as usize] += 1;
        }
        let counted = Why::ALL.into_iter().map(|why| (why, counts[why as usize]));
        counted.filter(|(_, count)| *count > 0).collect()
    }

    pub(crate) fn users_found(&self) -> u64 {
        self.packed.iter().map(|packed| u64::from(packed.user != NO_USER)).sum()
    }

    /// How many customers nobody has looked up, and whose Okta user was not found either: each of them
    /// costs a search.
    pub fn to_be_searched(&self) -> u64 {
        let unfound = |packed: &&Packed| packed.why == Why::New && packed.user == NO_USER;
        self.packed.iter().filter(unfound).map(|_| 1).sum()
    }

    /// How many customers differ.
    pub fn len(&self) -> usize {
        self.packed.len()
    }

    /// Whether nobody differs.
    pub fn is_empty(&self) -> bool {
        self.packed.is_empty()
    }

    /// Everybody, in ascending order of id.
    pub fn iter(&self) -> impl Iterator<Item = Differing> {
        self.packed.iter().map(|packed| Differing {
            id: CustomerId::new(packed.id),
            why: packed.why,
            recheck: packed.recheck,
            user: self.okta.and_then(|okta| okta.id(UserPlace(packed.user))),
        })
    }

    /// Everybody, in chunks as [`chunks`] makes them.
    pub fn chunks(&self) -> impl Iterator<Item = Vec<u8>> {
        chunks(self.iter())
    }
}
