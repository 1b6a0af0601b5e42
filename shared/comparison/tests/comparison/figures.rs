//! What is counted.

use comparison::{Figures, ORDERS_EDGES, SPEND_EDGES};
use proptest::collection::vec;
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::shop::{compare, line};

fn figures(customers: &[(u64, Decimal)]) -> Figures {
    let lines: Vec<_> = (1..)
        .zip(customers)
        .map(|(id, (orders, spent))| line(id, *orders, &spent.to_string(), 20))
        .collect();
    compare(&lines, &[], None, |findings| findings.figures)
}

proptest! {
    #[test]
    fn the_histogram_counts_who_has_reached_each_edge(
        customers in vec((0_u64..700, -500_i64..9_000_000_000, 0_u32..6), 0..40),
    ) {
        let customer = |(orders, units, scale)| (orders, Decimal::new(units, scale));
        let customers: Vec<_> = customers.into_iter().map(customer).collect();
        let histogram = figures(&customers).histogram;
        let mut counted = 0;
        for (row, spend) in SPEND_EDGES.into_iter().enumerate() {
            for (column, least) in ORDERS_EDGES.into_iter().enumerate() {
                let has_reached = |(orders, spent): &&(u64, Decimal)| {
                    *orders >= least && *spent.max(&Decimal::ZERO) >= Decimal::from(spend)
                };
                let expected = customers.iter().filter(has_reached).count() as u64;
                prop_assert_eq!(histogram.at_least(row, column), expected, "{} and {}", spend, least);
                counted += histogram.count(row, column).unwrap();
            }
        }
        prop_assert_eq!(counted, customers.len() as u64);
    }

    #[test]
    fn sums_are_exact(customers in vec((0_u64..20, -5_000_i64..9_000_000_000, 0_u32..7), 0..40)) {
        let customer = |(orders, units, scale)| (orders, Decimal::new(units, scale));
        let customers: Vec<_> = customers.into_iter().map(customer).collect();
        let figures = figures(&customers);
        let cohorts = figures.segments.iter().map(|figures| figures.cohort).chain([figures.outside]);
        let cohorts: Vec<_> = cohorts.collect();
        let spent: Decimal = cohorts.iter().map(rules::Cohort::spent).sum();
        prop_assert_eq!(spent, customers.iter().map(|(_, spent)| spent).sum::<Decimal>());
        let orders: u64 = cohorts.iter().map(rules::Cohort::orders).sum();
        prop_assert_eq!(orders, customers.iter().map(|(orders, _)| orders).sum::<u64>());
    }
}

#[test]
fn figures_are_stored_and_read_back() {
    let figures =
        figures(&[(1, Decimal::new(95, 1)), (9, Decimal::new(1, 20)), (0, Decimal::ZERO)]);
    let stored = serde_json::to_string(&figures).unwrap();
    assert_eq!(serde_json::from_str::<Figures>(&stored).unwrap(), figures);
}
