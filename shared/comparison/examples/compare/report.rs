//! The findings as JSON. Amounts are numbers of JSON, written out exactly.

use std::fmt::Write as _;

use comparison::{Findings, Why};
use rules::Cohort;
use rust_decimal::{Decimal, RoundingStrategy};

/// Decimals of a mean.
const DECIMALS: u32 = 6;

/// `known` is how many customers were known before.
pub(crate) fn json(findings: &Findings<'_>, known: usize) -> String {
    let figures = &findings.figures;
    let differing = |why: Why| figures.differing.get(&why).copied().unwrap_or(0);
    let still_there = known as u64 - differing(Why::Gone);
    let new_of_no_segment = figures.customers - still_there - differing(Why::New);
    let mut text = String::from("{\n");
    for (name, count) in [
        ("lines", figures.lines),
        ("customers", figures.customers),
        ("bad_lines", figures.unreadable()),
        ("duplicates", figures.duplicates.count),
        ("other_currency", figures.other_currency.count),
        ("differing", findings.differences.len() as u64),
        ("new_of_no_segment", new_of_no_segment),
    ] {
        let _ = writeln!(text, "  \"{name}\": {count},");
    }
    let differing: Vec<String> = figures
        .differing
        .iter()
        .map(|(why, count)| format!("\"{}\": {count}", format!("{why:?}").to_lowercase()))
        .collect();
    let _ = writeln!(text, "  \"differing_by_reason\": {{{}}},", differing.join(", "));
    let segments: Vec<String> = figures
        .segments
        .iter()
        .map(|figures| format!("    \"{}\": {}", figures.segment, cohort(&figures.cohort)))
        .collect();
    let _ = writeln!(text, "  \"segments\": {{\n{}\n  }},", segments.join(",\n"));
    let _ = writeln!(text, "  \"outside\": {}\n}}", cohort(&figures.outside));
    text
}

fn cohort(cohort: &Cohort) -> String {
    let mean = |sum: Decimal| match cohort.customers() {
        0 => "null".to_owned(),
        customers => (sum / Decimal::from(customers))
            .round_dp_with_strategy(DECIMALS, RoundingStrategy::MidpointNearestEven)
            .normalize()
            .to_string(),
    };
    format!(
        "{{\"customers\": {}, \"orders\": {}, \"spend\": {}, \"mean_orders\": {}, \"mean_spend\": {}}}",
        cohort.customers(),
        cohort.orders(),
        cohort.spent(),
        mean(cohort.orders().into()),
        mean(cohort.spent()),
    )
}
