//! An axis of the plane, cut where the rule book decides, and at round figures between.

use std::collections::BTreeSet;

use comparison::{ORDERS_EDGES, SPEND_EDGES};
use rules::{RuleBook, Segment};
use rust_decimal::Decimal;

/// With more thresholds than this on an axis nothing could be told apart, so none is marked.
const MOST_THRESHOLDS: usize = 24;
/// Up to here each number of orders is told apart, however close it is to a threshold.
const FEW_ORDERS: u64 = 6;

/// The lower edge of a bin, which reaches to the next edge; the last bin has no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edge<T> {
    pub(super) from: T,
    /// Whether a rule of the book begins or ends here.
    pub(super) is_threshold: bool,
}

/// Edges in ascending order; the first is zero.
pub(super) type Axis<T> = Vec<Edge<T>>;

/// The axes of a book: spend, in whole units of its currency, and orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Axes {
    pub(super) spend: Axis<Decimal>,
    pub(super) orders: Axis<u64>,
    /// Whether every threshold is an edge. Not if there are too many; then none is.
    pub(super) are_marked: bool,
}

impl Axes {
    pub(super) fn of(book: &RuleBook) -> Self {
        let ranges = || book.segments().iter().flat_map(Segment::when);
        let spend = ranges().flat_map(|range| [range.spend_at_least(), range.spend_below()]);
        let spend: BTreeSet<Decimal> =
            spend.flatten().map(|money| money.amount).filter(|it| !it.is_zero()).collect();
        let after = |most: Option<u64>| most.map(|most| most + 1);
        let orders =
            ranges().flat_map(|range| [range.orders_at_least(), after(range.orders_at_most())]);
        let orders: BTreeSet<u64> = orders.flatten().filter(|orders| *orders > 0).collect();
        let are_marked = spend.len() <= MOST_THRESHOLDS && orders.len() <= MOST_THRESHOLDS;
        let (spend, orders) =
            if are_marked { (spend, orders) } else { (BTreeSet::new(), BTreeSet::new()) };
        let is_near_amount = |figure: &Decimal, threshold: &Decimal| {
            let (low, high) = (figure.min(threshold), figure.max(threshold));
            *high * Decimal::from(3) < *low * Decimal::from(4)
        };
        let is_near_count = |figure: &u64, threshold: &u64| {
            let (low, high) = (figure.min(threshold), figure.max(threshold));
            *figure > FEW_ORDERS && high * 3 < low * 4
        };
        Self {
            spend: axis(SPEND_EDGES.map(Decimal::from), &spend, is_near_amount),
            orders: axis(ORDERS_EDGES, &orders, is_near_count),
            are_marked,
        }
    }
}

/// All thresholds, and the round figures that are not near one. Zero is always there.
fn axis<T: Ord + Copy>(
    round: impl IntoIterator<Item = T>,
    thresholds: &BTreeSet<T>,
    is_near: impl Fn(&T, &T) -> bool,
) -> Axis<T> {
    let mut round = round.into_iter();
    let zero = round.next();
    let is_kept = |figure: &T| thresholds.iter().all(|threshold| !is_near(figure, threshold));
    let round = zero.into_iter().chain(round.filter(is_kept));
    let all: BTreeSet<T> = round.chain(thresholds.iter().copied()).collect();
    all.into_iter().map(|from| Edge { from, is_threshold: thresholds.contains(&from) }).collect()
}

/// The number of the bin that holds a value; the first one holds what is below zero, too.
pub(super) fn bin<T: Ord>(axis: &[Edge<T>], value: &T) -> usize {
    axis.partition_point(|edge| edge.from <= *value).saturating_sub(1)
}

/// The numbers of the edges that say something about these bins: not those of empty bins before the
/// first and after the last that somebody is in. Thresholds, zero, and what is next to it if somebody is
/// at zero, stay.
pub(super) fn telling<T>(axis: &[Edge<T>], is_used: impl Fn(usize) -> bool) -> Vec<usize> {
    let used: Vec<usize> = (0..axis.len()).filter(|bin| is_used(*bin)).collect();
    let first = used.iter().copied().find(|bin| *bin > 0).unwrap_or(axis.len());
    let last = used.last().copied().unwrap_or(0);
    let is_somebody_at_zero = used.first() == Some(&0);
    let is_telling = |(number, edge): &(usize, &Edge<T>)| {
        let is_next_to_zero = *number == 1 && is_somebody_at_zero && last > 0;
        *number == 0 || edge.is_threshold || is_next_to_zero || (first..=last).contains(number)
    };
    axis.iter().enumerate().filter(is_telling).map(|(number, _)| number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book(when: &str) -> RuleBook {
        let text = format!(
            "currency = \"USD\"\n[[segment]]\nname = \"a\"\nlabel = \"A\"\nokta_group_name = \"A\"\n\
             when = [{when}]\n"
        );
        RuleBook::from_toml(&text).unwrap()
    }

    fn amounts(axis: &[Edge<Decimal>]) -> Vec<String> {
        axis.iter().map(|edge| edge.from.to_string()).collect()
    }

    #[test]
    fn every_threshold_is_an_edge_and_round_figures_near_one_are_not() {
        let axes = Axes::of(&book(
            "{ spend_at_least = \"499.99\", orders_at_least = 9 }, { spend_below = \"750\" }",
        ));
        let shown = amounts(&axes.spend);
        assert!(shown.contains(&"499.99".to_owned()) && !shown.contains(&"500".to_owned()));
        assert!(shown.contains(&"750".to_owned()) && shown.contains(&"1000".to_owned()));
        let thresholds: Vec<_> = axes.spend.iter().filter(|edge| edge.is_threshold).collect();
        assert_eq!(thresholds.len(), 2);
        let orders: Vec<u64> = axes.orders.iter().map(|edge| edge.from).collect();
        assert_eq!(orders[..9], [0, 1, 2, 3, 4, 5, 6, 9, 15]);
        assert!(axes.are_marked);
    }

    #[test]
    fn few_orders_are_told_apart_next_to_a_threshold() {
        let axes = Axes::of(&book("{ orders_at_least = 6 }, { orders_at_most = 3 }"));
        let orders: Vec<u64> = axes.orders.iter().map(|edge| edge.from).collect();
        assert_eq!(orders[..8], [0, 1, 2, 3, 4, 5, 6, 8]);
    }

    #[test]
    fn too_many_thresholds_are_not_marked_at_all() {
        let segment = |number: u32| {
            let least = 1000 - number;
            format!(
                "[[segment]]\nname = \"s{number}\"\nlabel = \"S\"\nokta_group_name = \"G{number}\"\n\
                 persona_name = \"Persona {number}\"\nwhen = [{{ spend_at_least = \"{least}\" }}]\n"
            )
        };
        let segments: Vec<String> = (1..=25).map(segment).collect();
        let text = format!("currency = \"USD\"\n{}", segments.concat());
        let axes = Axes::of(&RuleBook::from_toml(&text).unwrap());
        assert!(!axes.are_marked);
        assert!(axes.spend.iter().all(|edge| !edge.is_threshold));
        assert_eq!(axes.spend.len(), SPEND_EDGES.len());
    }

    #[test]
    fn a_value_is_in_the_bin_of_the_last_edge_that_it_reaches() {
        let axes = Axes::of(&book("{ spend_at_least = \"500\" }"));
        let from = |amount: &str| axes.spend[bin(&axes.spend, &amount.parse().unwrap())].from;
        assert_eq!(from("500"), Decimal::from(500));
        assert_eq!(from("499.99"), Decimal::from(200));
        assert_eq!(from("-3"), Decimal::ZERO);
        assert_eq!(from("1000000000000"), Decimal::from(20_000_000));
    }

    #[test]
    fn empty_ends_are_left_out_and_thresholds_never() {
        let axes = Axes::of(&book("{ spend_at_least = \"100000\" }"));
        let kept = |amounts: &[u32]| -> Vec<String> {
            let used: Vec<usize> =
                amounts.iter().map(|amount| bin(&axes.spend, &Decimal::from(*amount))).collect();
            let telling = telling(&axes.spend, |bin| used.contains(&bin));
            telling.iter().map(|edge| axes.spend[*edge].from.to_string()).collect()
        };
        assert_eq!(kept(&[60, 700]), ["0", "50", "100", "200", "500", "100000"]);
        assert_eq!(kept(&[0, 60]), ["0", "1", "50", "100000"]);
        assert_eq!(kept(&[0]), ["0", "100000"]);
        assert_eq!(kept(&[]), ["0", "100000"]);
    }
}
