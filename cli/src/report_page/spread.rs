//! How customers are spread over spend × orders.

use rules::{Cohort, Decision, Money, RuleBook, Totals};
use rust_decimal::Decimal;

use super::axis::{Axes, Axis, bin, telling};

/// Customers, and the sums of those whose figures can be summed up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// How many.
    pub(super) customers: u64,
    /// Those of them whose figures are known and in the book's currency.
    pub(super) cohort: Cohort,
}

impl Tally {
    pub(super) fn add(&mut self, totals: Option<&Totals>) {
        self.customers += 1;
        if let Some(totals) = totals {
            // Figures that no sum can hold are among those that are not known.
            let _ = self.cohort.add(totals);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.customers += other.customers;
        let _ = self.cohort.merge(&other.cohort);
    }

    /// How many are in no sum.
    pub(super) fn not_summed(&self) -> u64 {
        self.customers - self.cohort.customers()
    }
}

/// Who is in which bin of spend × orders. As large as the axes are, however many customers there are.
#[derive(Debug, Clone)]
pub(super) struct Spread {
    pub(super) axes: Axes,
    /// Row by row of orders.
    cells: Vec<Tally>,
    /// The place in the book of the segment that each cell belongs to. If the thresholds are not marked, a
    /// cell may belong to several, and none is told.
    owners: Vec<Option<usize>>,
}

impl Spread {
    pub(super) fn of(book: &RuleBook) -> Self {
        Self::empty(Axes::of(book), book)
    }

    fn empty(axes: Axes, book: &RuleBook) -> Self {
        let cells = vec![Tally::default(); axes.spend.len() * axes.orders.len()];
        let owner = |orders: u64, spent: Decimal| {
            let spent = Money::new(spent, book.currency());
            match book.decide(&Totals { orders, spent }) {
                Decision::Segment { segment, .. } if axes.are_marked => {
                    book.segments().iter().position(|it| it.name() == segment.name())
                }
                _ => None,
            }
        };
        let row = |orders: u64| axes.spend.iter().map(move |spend| (orders, spend.from));
        let corners = axes.orders.iter().flat_map(|orders| row(orders.from));
        let owners = corners.map(|(orders, spent)| owner(orders, spent)).collect();
        Self { axes, cells, owners }
    }

    /// Counts a customer whose money is in the book's currency.
    pub(super) fn add(&mut self, totals: &Totals) {
        let (row, column) =
            (bin(&self.axes.orders, &totals.orders), bin(&self.axes.spend, &totals.spent.amount));
        if let Some(cell) = self.cells.get_mut(row * self.axes.spend.len() + column) {
            cell.add(Some(totals));
        }
    }

    pub(super) fn cell(&self, orders: usize, spend: usize) -> Tally {
        self.cells.get(self.place(orders, spend)).copied().unwrap_or_default()
    }

    /// The place in the book of the segment that a cell belongs to; none if to none, or not told.
    pub(super) fn owner(&self, orders: usize, spend: usize) -> Option<usize> {
        self.owners.get(self.place(orders, spend)).copied().flatten()
    }

    /// A column: everybody who spent as much, whatever they ordered.
    pub(super) fn column(&self, spend: usize) -> Tally {
        self.sum((0..self.axes.orders.len()).map(|orders| (orders, spend)))
    }

    fn row(&self, orders: usize) -> Tally {
        self.sum((0..self.axes.spend.len()).map(|spend| (orders, spend)))
    }

    /// Everybody.
    pub(super) fn all(&self) -> Tally {
        let mut all = Tally::default();
        self.cells.iter().for_each(|cell| all.merge(cell));
        all
    }

    /// The same without the empty bins at the ends of both axes that say nothing.
    pub(super) fn trimmed(&self, book: &RuleBook) -> Self {
        let spend = telling(&self.axes.spend, |bin| self.column(bin).customers > 0);
        let orders = telling(&self.axes.orders, |bin| self.row(bin).customers > 0);
        let axes = Axes {
            spend: picked(&self.axes.spend, &spend),
            orders: picked(&self.axes.orders, &orders),
            are_marked: self.axes.are_marked,
        };
        let mut trimmed = Self::empty(axes, book);
        // The last edge that is kept up to this one is the one whose bin holds this one's.
        let kept =
            |kept: &[usize], bin| kept.partition_point(|edge| *edge <= bin).saturating_sub(1);
        for row in 0..self.axes.orders.len() {
            for column in 0..self.axes.spend.len() {
                let place = trimmed.place(kept(&orders, row), kept(&spend, column));
                if let Some(cell) = trimmed.cells.get_mut(place) {
                    cell.merge(&self.cell(row, column));
                }
            }
        }
        trimmed
    }

    fn place(&self, orders: usize, spend: usize) -> usize {
        orders * self.axes.spend.len() + spend
    }

    fn sum(&self, places: impl Iterator<Item = (usize, usize)>) -> Tally {
        let mut sum = Tally::default();
        places.for_each(|(orders, spend)| sum.merge(&self.cell(orders, spend)));
        sum
    }
}

fn picked<T: Copy>(axis: &Axis<T>, kept: &[usize]) -> Axis<T> {
    kept.iter().filter_map(|edge| axis.get(*edge).copied()).collect()
}

#[cfg(test)]
mod tests {
    use rules::Currency;

    use super::*;

    const BOOK: &str = include_str!("../../../segments.toml");

    fn totals(orders: u64, spent: &str) -> Totals {
        Totals { orders, spent: Money::new(spent.parse().unwrap(), Currency::USD) }
    }

    #[test]
    fn nobody_is_lost_when_empty_ends_are_left_out() {
        let book = RuleBook::from_toml(BOOK).unwrap();
        let mut spread = Spread::of(&book);
        let people = [(0, "0"), (1, "45"), (1, "-3"), (2, "499.99"), (3, "500"), (7, "80.5")];
        for (orders, spent) in people {
            spread.add(&totals(orders, spent));
        }
        let trimmed = spread.trimmed(&book);
        assert_eq!(trimmed.all(), spread.all());
        assert_eq!(trimmed.all().cohort.spent(), "1122.49".parse().unwrap());
        assert!(trimmed.axes.spend.len() < spread.axes.spend.len());
        // And each is in a cell of the segment that the book puts them into.
        for (orders, spent) in people {
            let totals = totals(orders, spent);
            let row = bin(&trimmed.axes.orders, &totals.orders);
            let column = bin(&trimmed.axes.spend, &totals.spent.amount);
            let decided = match book.decide(&totals) {
                Decision::Segment { segment, .. } => Some(segment.name()),
                _ => None,
            };
            let owner = trimmed.owner(row, column).map(|place| book.segments()[place].name());
            assert_eq!(owner, decided, "{totals}");
            assert!(trimmed.cell(row, column).customers > 0);
        }
    }

    #[test]
    fn figures_that_no_sum_can_hold_are_counted_all_the_same() {
        let mut tally = Tally::default();
        tally.add(Some(&totals(u64::MAX, "1")));
        tally.add(Some(&totals(1, "1")));
        tally.add(None);
        assert_eq!((tally.customers, tally.not_summed()), (3, 2));
    }
}
