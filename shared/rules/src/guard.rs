//! Refuse rather than wreck: whether a full run may go on to write.

use std::fmt;

use serde::{Deserialize, Serialize};

/// More unreadable lines than this share of an export refuse a run, in per cent.
const MAX_UNREADABLE_PERCENT: u32 = 1;

/// What holds a full run back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard {
    /// More movements than this share of the customers with a segment refuse a run, 0 to 100 per cent.
    pub max_moved_percent: u32,
    /// With fewer customers with a segment than this, all of them may move.
    pub min_customers: u32,
    /// A shop smaller by more than this since the last run refuses a run, 0 to 100 per cent.
    pub max_shrink_percent: u32,
}

/// What a run would do to the shop, in the figures that the guard judges by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shift {
    /// Lines of the export, readable or not.
    pub lines: u64,
    /// Lines that could not be read.
    pub unreadable: u64,
    /// Customers of the shop.
    pub customers: u64,
    /// Customers of the shop at the last run; none if this is the first.
    pub customers_before: Option<u64>,
    /// Customers who have a segment now: by the applied state, or by a managed group that somebody else
    /// had put them into.
    pub placed: u64,
    /// How many of those would leave the group they are in.
    pub moved: u64,
}

/// Why a run was refused. Nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum Refusal {
    /// The export holds nobody, and there are customers with a segment.
    Empty {
        /// How many.
        placed: u64,
    },
    /// Too much of the export cannot be read.
    Unreadable {
        /// How many lines.
        unreadable: u64,
        /// Of how many.
        lines: u64,
    },
    /// The shop is much smaller than at the last run.
    Shrunk {
        /// How many customers it had.
        before: u64,
        /// How many it has.
        now: u64,
        /// `guard_max_shrink_percent`.
        max_percent: u32,
    },
    /// Too many customers would leave the group they are in.
    Moved {
        /// How many.
        moved: u64,
        /// Of how many with a segment.
        placed: u64,
        /// `guard_max_moved_percent`.
        max_percent: u32,
    },
}

impl Guard {
    /// Judges a run; none if it may go on. The gravest reason is given, if there are several.
    pub fn refuses(&self, shift: &Shift) -> Option<Refusal> {
        let Shift { lines, unreadable, customers, customers_before, placed, moved } = *shift;
        if customers == 0 && unreadable == 0 && placed > 0 {
            return Some(Refusal::Empty { placed });
        }
        if is_above(unreadable, MAX_UNREADABLE_PERCENT, lines) {
            return Some(Refusal::Unreadable { unreadable, lines });
        }
        let before = customers_before.unwrap_or(0);
        let max_percent = self.max_shrink_percent;
        if is_above(before.saturating_sub(customers), max_percent, before) {
            return Some(Refusal::Shrunk { before, now: customers, max_percent });
        }
        let max_percent = self.max_moved_percent;
        let is_enough = placed >= u64::from(self.min_customers);
        (is_enough && is_above(moved, max_percent, placed)).then_some(Refusal::Moved {
            moved,
            placed,
            max_percent,
        })
    }
}

impl Refusal {
    /// Whether an operator who has seen the figures may have the run made all the same. What cannot be
    /// read cannot be judged either.
    pub fn can_be_accepted(&self) -> bool {
        !matches!(self, Self::Unreadable { .. })
    }
}

impl Shift {
    /// Whether this does no more than another one, which an operator has seen and accepted.
    pub fn is_within(&self, seen: &Self) -> bool {
        self.moved <= seen.moved && self.customers >= seen.customers
    }
}

/// Whether a part is more than this share of a whole. Exact: nothing is divided.
fn is_above(part: u64, percent: u32, whole: u64) -> bool {
    u128::from(part) * 100 > u128::from(whole) * u128::from(percent)
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty { placed } => {
                write!(f, "Shopify's export holds no customers, and {placed} have a segment")
            }
            Self::Unreadable { unreadable, lines } => write!(
                f,
                "{unreadable} of the export's {lines} lines cannot be read \
                 (more than {MAX_UNREADABLE_PERCENT} %)"
            ),
            Self::Shrunk { before, now, max_percent } => write!(
                f,
                "the shop has {now} customers and had {before} at the last run \
                 (guard_max_shrink_percent is {max_percent})"
            ),
            Self::Moved { moved, placed, max_percent } => write!(
                f,
                "{moved} of the {placed} customers with a segment would leave their group \
                 (guard_max_moved_percent is {max_percent})"
            ),
        }
    }
}
