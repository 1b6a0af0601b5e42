//! Who would go from where to where.

use std::collections::BTreeMap;
use std::fmt;

use rules::{CustomerId, SegmentName};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Sum;
use crate::amount::Bought;

/// Up to so many examples are kept of each movement.
pub const MOVED_EXAMPLES: usize = 5;

/// Customers who would go from one place to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movement {
    /// Where they are now: by the applied state, or by the group they were found in.
    pub from: Standing,
    /// Where they belong.
    pub to: Standing,
    /// How many.
    pub customers: u64,
    /// What they spent, in whole units of the book's currency: the revenue behind the movement.
    #[serde(with = "rust_decimal::serde::str")]
    pub spent: Decimal,
    /// Some of them: the first that were met, up to [`MOVED_EXAMPLES`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<CustomerId>,
}

/// Where a customer stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// In a segment. One that a customer comes from may no longer exist.
    Segment(SegmentName),
    /// In a managed group of a segment that no longer exists, by what was found in Okta.
    FormerGroup,
    /// In no segment.
    Outside,
    /// No longer in the shop.
    Gone,
}

/// The segment's name, or "(none)", "(gone)", "(former group)".
impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Segment(name) => f.pad(name.as_str()),
            Self::FormerGroup => f.pad("(former group)"),
            Self::Outside => f.pad("(none)"),
            Self::Gone => f.pad("(gone)"),
        }
    }
}

/// A standing, as a number: of a segment by its place among the names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    Segment(usize),
    FormerGroup,
    Outside,
    Gone,
}

/// Collects movements.
#[derive(Debug, Default)]
pub(crate) struct Movements(BTreeMap<(Place, Place), Moving>);

/// Those who would go from one place to another.
#[derive(Debug, Default)]
struct Moving {
    customers: usize,
    sum: Sum,
    /// The ids of the first ones.
    examples: [u64; MOVED_EXAMPLES],
}

impl Movements {
    /// Counts one more customer; without figures, if they are not known in the book's currency.
    pub(crate) fn add(&mut self, id: u64, from: Place, to: Place, bought: Option<Bought>) {
        let Moving { customers, sum, examples } = self.0.entry((from, to)).or_default();
        if let Some(example) = examples.get_mut(*customers) {
            *example = id;
        }
        *customers += 1;
        if let Some(bought) = bought {
            // Figures too large for a sum are counted where segments are summed up.
            let _ = sum.add(bought);
        }
    }

    /// The movements, the most customers first. Names are those of the book's segments, then others.
    pub(crate) fn into_list(self, names: &[SegmentName]) -> Vec<Movement> {
        let standing = |place| match place {
            Place::Segment(number) => {
                names.get(number).cloned().map_or(Standing::FormerGroup, Standing::Segment)
            }
            Place::FormerGroup => Standing::FormerGroup,
            Place::Outside => Standing::Outside,
            Place::Gone => Standing::Gone,
        };
        let movement = |((from, to), moving): (_, Moving)| Movement {
            from: standing(from),
            to: standing(to),
            customers: u64::try_from(moving.customers).unwrap_or(u64::MAX),
            spent: moving.sum.cohort().0.spent(),
            examples: moving.examples().collect(),
        };
        let mut list: Vec<Movement> = self.0.into_iter().map(movement).collect();
        list.sort_by_key(|movement| std::cmp::Reverse(movement.customers));
        list
    }
}

impl Moving {
    fn examples(&self) -> impl Iterator<Item = CustomerId> {
        self.examples.iter().take(self.customers).copied().map(CustomerId::new)
    }
}
