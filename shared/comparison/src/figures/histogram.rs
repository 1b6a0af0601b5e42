//! How spend and orders are spread over the customers.

use serde::{Deserialize, Serialize};

use crate::amount::{Amount, Bought, UNIT};

/// The lower edges of the buckets in spend, in whole units of the book's currency: 1, 2, 5 and their
/// tenfolds up to 20 million. They suit a currency worth little as well as one worth much, and do not
/// depend on the rule book, so that runs can be compared.
pub const SPEND_EDGES: [i64; 24] = [
    0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000,
    200_000, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000, 20_000_000,
];

/// The lower edges of the buckets in orders.
pub const ORDERS_EDGES: [u64; 16] = [0, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 100, 200, 500];

/// How many customers there are in each bucket of spend × orders. A bucket reaches from its edge to
/// the next, which is not part of it; the last ones have no end. Below zero counts as zero.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Histogram {
    /// One row for each of [`SPEND_EDGES`], one column for each of [`ORDERS_EDGES`].
    counts: Vec<[u64; ORDERS_EDGES.len()]>,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![[0; ORDERS_EDGES.len()]; SPEND_EDGES.len()] }
    }
}

impl Histogram {
    #[inline]
    pub(crate) fn add(&mut self, bought: Bought) {
        let units = match bought.spent {
            Amount::Small(units) => units / UNIT,
            Amount::Large(amount) if amount.is_sign_negative() => 0,
            Amount::Large(amount) => i64::try_from(amount).unwrap_or(i64::MAX),
        };
        let (row, column) = (spend_bucket(units), orders_bucket(bought.orders));
        if let Some(count) = self.counts.get_mut(row).and_then(|row| row.get_mut(column)) {
            *count += 1;
        }
    }

    /// How many customers there are in the bucket of these edges.
    pub fn count(&self, spend: usize, orders: usize) -> Option<u64> {
        self.counts.get(spend)?.get(orders).copied()
    }

    /// How many customers have reached both edges: spent at least the one, ordered at least the other.
    pub fn at_least(&self, spend: usize, orders: usize) -> u64 {
        let rows = self.counts.iter().skip(spend);
        rows.flat_map(|row| row.iter().skip(orders)).sum()
    }
}

fn spend_bucket(units: i64) -> usize {
    SPEND_EDGES.partition_point(|edge| *edge <= units).saturating_sub(1)
}

fn orders_bucket(orders: u64) -> usize {
    ORDERS_EDGES.partition_point(|edge| *edge <= orders).saturating_sub(1)
}
