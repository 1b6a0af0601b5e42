//! Sets of numbers that remember whom there was a line of.

use std::collections::HashSet;

/// A set of places, one bit each.
#[derive(Debug, Default)]
pub(crate) struct Bits(Vec<u64>);

impl Bits {
    /// Room for this many places.
    pub(crate) fn with_room(places: usize) -> Self {
        Self(vec![0; places.div_ceil(64)])
    }

    /// Adds a place; false if it was there. A place beyond the room is never there.
    #[inline]
    pub(crate) fn insert(&mut self, place: usize) -> bool {
        let Some(word) = self.0.get_mut(place / 64) else { return true };
        let bit = 1 << (place % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    pub(crate) fn contains(&self, place: usize) -> bool {
        self.0.get(place / 64).is_some_and(|word| word & (1 << (place % 64)) != 0)
    }
}

/// A set of ids that come in ascending order, most of them.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    ascending: Vec<u64>,
    stragglers: HashSet<u64>,
}

impl Ids {
    /// Adds an id; false if it was there.
    #[inline]
    pub(crate) fn insert(&mut self, id: u64) -> bool {
        if self.ascending.last().is_none_or(|last| *last < id) {
            self.ascending.push(id);
            return true;
        }
        self.ascending.binary_search(&id).is_err() && self.stragglers.insert(id)
    }
}
