//! Sums over customers, exact and quick.

use rules::{Cohort, Currency, Money, TABLE_DECIMALS, Totals};
use rust_decimal::Decimal;

use crate::amount::{Amount, Bought};

/// Sums over customers.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sum {
    customers: u64,
    orders: u64,
    spent: i128,
    /// Those whose figures are not small.
    large: Cohort,
}

impl Sum {
    /// Counts one more customer. False if the figures are too large for an exact sum; then nothing is
    /// counted.
    #[inline]
    pub(crate) fn add(&mut self, bought: Bought) -> bool {
        let Some((orders, spent)) = bought.small() else { return self.add_large(bought) };
        self.customers += 1;
        self.orders += u64::from(orders);
        self.spent += i128::from(spent);
        true
    }

    #[cold]
    fn add_large(&mut self, bought: Bought) -> bool {
        let spent = match bought.spent {
            Amount::Small(_) => bought.spent.decimal(),
            Amount::Large(amount) => amount,
        };
        // The sum knows no currency; any will do.
        let spent = Money::new(spent, Currency::USD);
        self.large.add(&Totals { orders: bought.orders, spent }).is_ok()
    }

    /// The sums, and how many customers they leave out: those with large figures, if they and all
    /// others together are too large for an exact sum.
    pub(crate) fn cohort(&self) -> (Cohort, u64) {
        let spent = Decimal::try_from_i128_with_scale(self.spent, TABLE_DECIMALS);
        let small =
            spent.ok().map(|spent| Cohort::new(self.customers, self.orders, spent.normalize()));
        let Some(Ok(mut cohort)) = small else { return (self.large, self.customers) };
        let left_out = cohort.merge(&self.large).err().map_or(0, |_| self.large.customers());
        (cohort, left_out)
    }
}
