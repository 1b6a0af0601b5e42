//! The comparison as one would write it first, with `serde_json` and a map, to measure against. Takes
//! and writes what `compare` does, as far as both have it in common.

use std::collections::HashMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead as _, BufReader};

use rules::{Cohort, CustomerId, Decision, Money, RuleBook, Totals};
use rust_decimal::Decimal;
use serde::Deserialize;

const BOOK: &str = include_str!("../../../segments.toml");

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Customer {
    id: String,
    number_of_orders: String,
    amount_spent: Amount,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Amount {
    amount: Decimal,
    currency_code: String,
}

struct Previous {
    segment: String,
    spent: Decimal,
    orders: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [source, previous, out] = arguments.as_slice() else {
        return Err("usage: compare_plainly SRC.jsonl PREVIOUS.tsv OUT.json".into());
    };
    let book = RuleBook::from_toml(BOOK)?;
    let mut previous = read_previous(previous)?;
    let mut cohorts: HashMap<&str, Cohort> = HashMap::new();
    let mut differing = 0;
    let (mut source, mut line) = (BufReader::new(File::open(source)?), String::new());
    while source.read_line(&mut line)? > 0 {
        let customer: Customer = serde_json::from_str(&line)?;
        line.clear();
        if customer.amount_spent.currency_code != book.currency().code() {
            continue;
        }
        let spent = Money::new(customer.amount_spent.amount, book.currency());
        let totals = Totals { orders: customer.number_of_orders.parse()?, spent };
        let segment = match book.decide(&totals) {
            Decision::Segment { segment, .. } => segment.name().as_str(),
            Decision::NoSegment => "",
            Decision::OtherCurrency { .. } => continue,
        };
        cohorts.entry(segment).or_default().add(&totals)?;
        let is_different = match previous.remove(&CustomerId::from_gid(&customer.id)?.get()) {
            None => !segment.is_empty(),
            Some(before) => {
                before.segment != segment
                    || before.spent != totals.spent.amount
                    || before.orders != totals.orders
            }
        };
        differing += usize::from(is_different);
    }
    differing += previous.len();
    std::fs::write(out, json(differing, &cohorts)?)?;
    Ok(())
}

fn read_previous(path: &str) -> Result<HashMap<u64, Previous>, Box<dyn Error>> {
    let mut previous = HashMap::new();
    for line in BufReader::new(File::open(path)?).lines().skip(1) {
        let line = line?;
        let [id, segment, spent, orders] = line.split('\t').collect::<Vec<_>>()[..] else {
            return Err("not id, segment, spend, orders".into());
        };
        let customer = Previous {
            segment: segment.to_owned(),
            spent: spent.parse()?,
            orders: orders.parse()?,
        };
        previous.insert(id.parse()?, customer);
    }
    Ok(previous)
}

fn json(differing: usize, cohorts: &HashMap<&str, Cohort>) -> Result<String, std::fmt::Error> {
    let mut text = format!("{{\"differing\": {differing}, \"segments\": {{");
    for (index, (segment, cohort)) in cohorts.iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        let (customers, orders, spent) = (cohort.customers(), cohort.orders(), cohort.spent());
        write!(text, "{separator}\"{segment}\": {{\"customers\": {customers}, ")?;
        write!(text, "\"orders\": {orders}, \"spend\": {spent}}}")?;
    }
    Ok(text + "}}\n")
}
