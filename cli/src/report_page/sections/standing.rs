//! Customers with something in the way, and what full runs left out.

use maud::{Markup, html};
use resegment::Report;
use state::Outcome;

use super::{nothing, section};
use crate::look::{STANDING, advice};
use crate::report_page::read::Told;
use crate::report_page::show::count;
use crate::words::PINNED;

/// Unmatched and skipped.
pub(in crate::report_page) fn standing(told: &Told) -> Markup {
    let report = told.last.as_ref().and_then(|record| record.report.as_deref());
    let content = html! {
        (waiting(told))
        @if let Some(report) = report { (left_out(report)) }
    };
    section("standing", "Unmatched and skipped", &content)
}

fn waiting(told: &Told) -> Markup {
    let of = |outcome: Outcome| {
        let customers = told.now.standing.get(&outcome).copied()?;
        Some((outcome, customers, advice(outcome)?))
    };
    let found: Vec<_> = STANDING.into_iter().filter_map(of).collect();
    if found.is_empty() && told.now.unreadable == 0 {
        return nothing("Every customer who was looked at is where they belong.");
    }
    html! {
        p { "Customers whose last look ended with something in the way. Who they are: segments unmatched." }
        table id="standing-table" class="told" {
            thead {
                tr {
                    th scope="col" { "Outcome" }
                    th scope="col" { "Customers" }
                    th scope="col" class="words" { "What it means, and what to do" }
                }
            }
            tbody {
                @for (outcome, customers, advice) in found {
                    tr data-outcome=(outcome.as_str()) {
                        th scope="row" { (outcome.as_str().replace('_', " ")) }
                        td { (count(customers)) }
                        td class="words" { (advice) }
                    }
                }
                @if told.now.unreadable > 0 {
                    tr data-outcome="unreadable" {
                        th scope="row" { "unreadable" }
                        td { (count(told.now.unreadable)) }
                        td class="words" {
                            "What is kept of them cannot be read, and they are in no figure of this page. \
                             A full run looks at them again."
                        }
                    }
                }
            }
        }
    }
}

/// What the last run met and did not compare.
fn left_out(report: &Report) -> Markup {
    let figures = &report.figures;
    let all = [
        ("customers of no segment", figures.outside.customers()),
        (&format!("customers {PINNED}"), figures.pinned),
        ("customers pinned to a segment that the book does not have", figures.pins_unknown.count),
        ("customers whose figures are in another currency", figures.other_currency.count),
        ("customers without an e-mail address", figures.no_email.count),
        ("customers who asked to be forgotten", figures.tombstones),
        ("lines of the export that cannot be read", figures.unreadable()),
        ("lines of a customer who had one before", figures.duplicates.count),
        ("entries of the customers table that cannot be read", report.unreadable_entries),
        ("members of managed groups who are no customers", figures.strangers.count),
    ];
    let found: Vec<_> = all.into_iter().filter(|(_, customers)| *customers > 0).collect();
    if found.is_empty() {
        return html! { p { "The last run left nobody out of " (count(figures.customers)) " customers." } };
    }
    html! {
        h3 { "Found by the last run, of " (count(figures.customers)) " customers" }
        table id="left-out-table" class="told" {
            tbody {
                @for (what, customers) in found {
                    tr { th scope="row" { (what) } td { (count(customers)) } }
                }
            }
        }
    }
}
