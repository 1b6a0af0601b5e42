//! The commands that look and change nothing: what is so, and why. (`dead-letters` can replay.)

mod dead_letters;
mod explain;
mod members;
mod outcomes;
mod pins;
mod runs;
mod status;
mod stream;
mod unmatched;

pub(crate) use dead_letters::{DEAD_LETTERS_HELP, DeadLettersOptions, dead_letters};
pub(crate) use explain::{EXPLAIN_HELP, ExplainOptions, explain};
pub(crate) use members::{MEMBERS_HELP, MembersOptions, members};
pub(crate) use outcomes::{STANDING, advice};
pub(crate) use pins::{PINS_HELP, PinView, Pinnable, PinsOptions, pins};
pub(crate) use runs::{RUNS_HELP, RunsOptions, runs, unreadable_runs};
pub(crate) use status::{OVERDUE, SEARCHED, STATUS_HELP, StatusOptions, status};
pub(crate) use stream::{each, unreadable_note};
pub(crate) use unmatched::{UNMATCHED_HELP, UnmatchedOptions, unmatched};

use clap::Args;
use serde::Serialize;

use crate::report::Report;
use crate::target::Target;

/// The exit code of an answer that a person should look at.
const LOOK: u8 = 1;

/// The form in which customers are listed.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct FormOptions {
    /// Answer in JSON
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Answer in CSV, safe to open in a spreadsheet: what would run as a formula begins with an apostrophe
    #[arg(long)]
    csv: bool,
}

/// What could not be answered, in words, and what to do about it.
type Complaint = String;

/// A report with an exit code that says whether there is something to look at.
fn told(text: String, is_to_look_at: bool) -> Report {
    Report { text, complaint: String::new(), code: if is_to_look_at { LOOK } else { 0 } }
}

/// A table that did not answer.
fn table_error(target: &Target, error: &dyn std::fmt::Display) -> Complaint {
    format!("{error}; {}", target.table_hint())
}

/// An answer as JSON. What is written here has no maps with keys that are no texts, so it can be.
fn in_json(answer: &impl Serialize) -> String {
    serde_json::to_string_pretty(answer).unwrap_or_default()
}
