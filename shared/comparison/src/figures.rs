//! The figures of a comparison: what a run's record holds, and what its guard judges by.

mod histogram;
mod movement;
mod sum;

use std::collections::BTreeMap;

use rules::{Cohort, CustomerId, SegmentName, Shift, UserId};
use serde::{Deserialize, Serialize};

use crate::Why;
use crate::amount::EXAMPLES;
pub use histogram::{Histogram, ORDERS_EDGES, SPEND_EDGES};
pub use movement::{MOVED_EXAMPLES, Movement, Standing};
pub(crate) use movement::{Movements, Place};
pub(crate) use sum::Sum;

/// What a comparison counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Lines of the export; blank ones are none.
    pub lines: u64,
    /// Customers of the export, each once.
    pub customers: u64,
    /// Customers of the export for whom there is nothing to do. With those in another currency and
    /// everybody who differs but is not gone, they make up `customers`.
    pub unchanged: u64,
    /// How many differ, by reason.
    pub differing: BTreeMap<Why, u64>,
    /// How many of those who differ have an Okta user found by their address.
    pub users_found: u64,
    /// Lines that could not be read, by what is wrong with them.
    pub bad: BTreeMap<Bad, Counted<BadLine>>,
    /// Lines of a customer who had one before. The first line that can be read counts.
    pub duplicates: Counted<CustomerId>,
    /// Customers whose money is in another currency than the book's, and for whom nobody decided. They never
    /// differ, and count in no sum.
    pub other_currency: Counted<CustomerId>,
    /// Customers without a usable e-mail address.
    pub no_email: Counted<CustomerId>,
    /// Customers of a segment who do not differ and have no Okta user: nobody was found before, or they
    /// cannot be looked for.
    #[serde(default)]
    pub unmatched: u64,
    /// Customers of the export whose tombstone stands. They count in no sum.
    pub tombstones: u64,
    /// Members of managed groups who are nobody's user, as far as was read. They are never touched.
    pub strangers: Counted<UserId>,
    /// Customers of the export who are pinned by a person (to a segment, or to none), whatever the rules say,
    /// whether or not they are there yet. They count among the customers of that segment, or of none.
    #[serde(default)]
    pub pinned: u64,
    /// Customers of the export who are pinned to a segment that the book does not have: the rules decide.
    #[serde(default)]
    pub pins_unknown: Counted<CustomerId>,
    /// Customers whose figures no sum can hold. They are decided like all others.
    pub unsummed: u64,
    /// The customers of each segment of the book, in its order.
    pub segments: Vec<SegmentFigures>,
    /// Customers of no segment.
    pub outside: Cohort,
    /// How spend and orders are spread.
    pub histogram: Histogram,
    /// Who would go from where to where, the most customers first.
    pub movements: Vec<Movement>,
    /// Customers who have a segment now: by the applied state, or by a managed group that they were
    /// found in.
    pub placed: u64,
    /// How many of those would leave it: to another segment, to none, or because they are gone. Who was
    /// found in another group than the target counts, once. The movements from a segment, summed up.
    pub moved: u64,
}

/// The customers of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentFigures {
    /// The segment.
    pub segment: SegmentName,
    /// Its customers; what they spent is the segment's revenue.
    pub cohort: Cohort,
}

/// A count, with up to [`EXAMPLES`] examples: the first that were met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted<T> {
    /// How many.
    pub count: u64,
    /// Some of them.
    pub examples: Vec<T>,
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bad {
    /// No JSON, or no UTF-8. A line that was cut is no JSON.
    NotJson,
    /// Longer than [`MAX_LINE`](crate::MAX_LINE).
    TooLong,
    /// A field is missing, there twice, or of another kind.
    Fields,
    /// The id is no customer's.
    Id,
    /// The number of orders is no count.
    Orders,
    /// The amount is no decimal of up to 28 digits.
    Amount,
    /// The currency is unknown.
    Currency,
    /// The moment of the last change is none.
    UpdatedAt,
}

/// Which line is bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BadLine {
    /// The line of this customer.
    Customer(CustomerId),
    /// The line at this place of the export, counted from 1; whose it is cannot be read.
    Line(u64),
}

impl<T> Default for Counted<T> {
    fn default() -> Self {
        Self { count: 0, examples: Vec::new() }
    }
}

impl<T> Counted<T> {
    pub(crate) fn add(&mut self, example: T) {
        self.count += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(example);
        }
    }
}

impl Figures {
    /// How many lines could not be read.
    pub fn unreadable(&self) -> u64 {
        self.bad.values().map(|counted| counted.count).sum()
    }

    /// The figures that a run's guard judges by.
    pub fn shift(&self, customers_before: Option<u64>) -> Shift {
        Shift {
            lines: self.lines,
            unreadable: self.unreadable(),
            customers: self.customers,
            customers_before,
            placed: self.placed,
            moved: self.moved,
        }
    }
}
