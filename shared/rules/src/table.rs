//! A book's decisions as a table, for deciding by the million.

use rust_decimal::Decimal;

use crate::RuleBook;
use crate::analysis::owners;

/// The decimals that every bound of every book fits in: no currency of ISO 4217 has more.
pub const TABLE_DECIMALS: u32 = 4;

/// Up to this many edges, comparing with all of them is faster than searching.
const FEW: usize = 16;

/// What [`RuleBook::decide`] says, for amounts counted in ten-thousandths of the book's currency.
///
/// Every rule is a rectangle in spend × orders, so the bounds of all rules cut the plane into cells
/// within which every customer is decided alike.
#[derive(Debug, Clone)]
pub struct DecisionTable {
    /// The lower edges of the rows, the first of them 0.
    orders: Vec<u64>,
    /// The lower edges of the columns, the first of them 0, in ten-thousandths.
    spend: Vec<i64>,
    /// The segment of each cell, row by row.
    owners: Vec<Option<u8>>,
}

impl RuleBook {
    /// The decisions of this book as a table.
    pub fn table(&self) -> DecisionTable {
        let (orders, spend, owners) = owners(self);
        DecisionTable { orders, spend: spend.into_iter().map(ten_thousandths).collect(), owners }
    }
}

impl DecisionTable {
    /// The place in the book, counted from 0, of the segment of a customer with this many orders who
    /// spent this many ten-thousandths of the book's currency; none for no segment. An amount below
    /// zero counts as zero.
    #[inline]
    pub fn segment(&self, orders: u64, spent: i64) -> Option<usize> {
        let row = cell(&self.orders, orders);
        let column = cell(&self.spend, spent.max(0));
        self.owners.get(row * self.spend.len() + column).copied().flatten().map(usize::from)
    }
}

/// The number of the last edge that is not above the value. The first edge never is.
#[inline]
fn cell<T: Ord + Copy>(edges: &[T], value: T) -> usize {
    let reached = if edges.len() <= FEW {
        edges.iter().filter(|edge| **edge <= value).count()
    } else {
        edges.partition_point(|edge| *edge <= value)
    };
    reached - 1
}

/// A bound of a book has at most four decimals and is at most 10^12, so this is exact.
fn ten_thousandths(amount: Decimal) -> i64 {
    let mut amount = amount;
    amount.rescale(TABLE_DECIMALS);
    i64::try_from(amount.mantissa()).unwrap_or(i64::MAX)
}
