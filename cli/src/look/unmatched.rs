//! `segments unmatched`: whose last look ended otherwise than well, and what to do.

use std::collections::BTreeMap;

use clap::Args;
use jiff::Timestamp;
use rules::CustomerId;
use serde::Serialize;
use state::{Listed, Outcome};

use super::outcomes::{STANDING, advice};
use super::stream::{Broken, Heads, Rows, each, unreadable_note};
use super::{Complaint, FormOptions, LOOK, in_json};
use crate::report::Report;
use crate::target::{Target, TargetOptions};
use crate::words::count;

pub(crate) const UNMATCHED_HELP: &str = "\
Exit codes:
  0  there are none
  1  there are some
  2  the tables cannot be read; what was printed with --csv may be a part

Examples:
  segments unmatched
  segments unmatched --csv > unmatched.csv
  segments unmatched --json | jq '.outcomes[] | {outcome, count}'";

/// How many customers of an outcome are named in the text.
const NAMED: usize = 10;

#[derive(Debug, Args)]
pub(crate) struct UnmatchedOptions {
    #[command(flatten)]
    form: FormOptions,
    #[command(flatten)]
    target: TargetOptions,
}

/// The whole answer.
#[derive(Debug, Serialize)]
struct Unmatched {
    /// By outcome; those that nobody has are left out.
    outcomes: Vec<OfOutcome>,
    /// Customers in all.
    count: u64,
    /// Entries that cannot be read, and whose outcome is not known.
    unreadable: u64,
}

/// The customers of one outcome.
#[derive(Debug, Serialize)]
struct OfOutcome {
    /// How their last look ended.
    outcome: Outcome,
    /// How many.
    count: u64,
    /// What it means and what to do.
    what_to_do: &'static str,
    /// Who, by id.
    customers: Vec<CustomerId>,
}

/// A row of the CSV.
#[derive(Debug, Serialize)]
struct Row {
    customer_id: CustomerId,
    outcome: Outcome,
    at: Timestamp,
}

/// `unmatched`.
pub(crate) async fn unmatched(options: &UnmatchedOptions) -> Report {
    let target = match options.target.find().await {
        Ok(target) => target,
        Err(error) => return Report::failed(error.to_string()),
    };
    let told = if options.form.csv {
        in_rows(&target, options.form).await
    } else {
        whole(&target, options.form.json).await
    };
    told.unwrap_or_else(|broken| broken.report(&target))
}

async fn in_rows(target: &Target, form: FormOptions) -> Result<Report, Broken> {
    let csv = &["customer_id", "outcome", "at"];
    let mut rows = Rows::to_stdout(form, &Heads { text: String::new(), csv, json: String::new() });
    let unreadable = each(target.customers(), Listed::EndedAs(&STANDING), |customer_id, record| {
        let Some(last) = &record.last else { return Ok(()) };
        let row = Row { customer_id, outcome: last.outcome, at: last.at };
        rows.write(&row, || row.cells(), |cells| cells.join("  "))
    })
    .await?;
    let found = rows.count;
    rows.end("", unreadable)?;
    Ok(report(String::new(), found, unreadable))
}

impl Row {
    fn cells(&self) -> [String; 3] {
        [self.customer_id.to_string(), self.outcome.as_str().to_owned(), format!("{:.0}", self.at)]
    }
}

async fn whole(target: &Target, as_json: bool) -> Result<Report, Broken> {
    let mut by_outcome: BTreeMap<Outcome, Vec<CustomerId>> = BTreeMap::new();
    let unreadable = each(target.customers(), Listed::EndedAs(&STANDING), |customer, record| {
        if let Some(last) = &record.last {
            by_outcome.entry(last.outcome).or_default().push(customer);
        }
        Ok(())
    })
    .await?;
    let of = |outcome: Outcome| {
        let mut customers = by_outcome.remove(&outcome)?;
        customers.sort_unstable();
        let count = u64::try_from(customers.len()).unwrap_or(u64::MAX);
        Some(OfOutcome { outcome, count, what_to_do: advice(outcome)?, customers })
    };
    let outcomes: Vec<OfOutcome> = STANDING.into_iter().filter_map(of).collect();
    let found = outcomes.iter().map(|one| one.count).sum();
    let unmatched = Unmatched { outcomes, count: found, unreadable };
    let text = if as_json { in_json(&unmatched) } else { unmatched.in_words() };
    Ok(report(text, found, unreadable))
}

fn report(text: String, found: u64, unreadable: u64) -> Report {
    let code = if found + unreadable > 0 { LOOK } else { 0 };
    Report { text, complaint: unreadable_note(unreadable), code }
}

impl Unmatched {
    fn in_words(&self) -> String {
        if self.outcomes.is_empty() {
            return "Every customer who was looked at is where they belong.".to_owned();
        }
        let parts: Vec<String> = self.outcomes.iter().map(OfOutcome::in_words).collect();
        parts.join("\n\n")
    }
}

impl OfOutcome {
    fn in_words(&self) -> Complaint {
        let named = self.customers.iter().take(NAMED).map(ToString::to_string);
        let mut named = named.collect::<Vec<_>>().join(", ");
        let left = self.customers.len().saturating_sub(NAMED);
        if left > 0 {
            named = format!("{named} and {} more", count(u64::try_from(left).unwrap_or(u64::MAX)));
        }
        let facts = [("Customers", named), ("What to do", self.what_to_do.to_owned())];
        format!("{} {}\n{}", count(self.count), self.outcome.as_str(), crate::style::facts(&facts))
    }
}
