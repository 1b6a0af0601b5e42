//! What a run did, or would do, for a person to read.

use std::fmt::Display;

use resegment::{Answer, PersonaEnd, Record, Report};
use rules::{Cohort, Currency};

use super::movements::{Shares, movements};
use crate::style;
use crate::words::{PINNED, amount, count, duration, ended_as, share, why};

/// What is said beside a label.
pub(crate) type Fact = (&'static str, String);

/// A run, by its record.
pub(crate) fn of_run(record: &Record) -> String {
    let currency = record.book.as_ref().map(|book| book.content.currency());
    let mut parts = vec![heading(record)];
    let mut facts = Vec::new();
    if let Some(report) = &record.report {
        parts.extend(tables(report, currency));
        facts.extend(found(report));
    }
    facts.extend(how_it_went(record));
    parts.extend((!facts.is_empty()).then(|| style::facts(&facts)));
    parts.join("\n\n")
}

/// A dry run, by its answer; the currency is that of the book that was tried, if one was.
pub(crate) fn of_dry_run(answer: &Answer, currency: Option<Currency>) -> String {
    let Some(report) = &answer.report else { return String::new() };
    let mut parts = vec!["A dry run: nothing was written.".to_owned()];
    parts.extend(tables(report, currency));
    let mut facts = found(report);
    facts.push(("Guard", guard(report, answer.message.as_deref())));
    parts.push(style::facts(&facts));
    parts.join("\n\n")
}

/// Where the guard would stand.
fn guard(report: &Report, refusal: Option<&str>) -> String {
    if let Some(refusal) = refusal {
        return format!("would refuse this: {refusal}");
    }
    let (moved, placed) = (report.shift.moved, report.shift.placed);
    if placed == 0 {
        return "would let this pass: nobody has a segment yet".to_owned();
    }
    format!(
        "would let this pass: {} of the {} customers with a segment would leave their group ({})",
        count(moved),
        count(placed),
        share(moved, placed)
    )
}

fn heading(record: &Record) -> String {
    let mut text = format!("Run {}", record.run_id);
    if let Some(end) = record.end() {
        let took = duration(end.at.duration_since(record.started_at));
        text = format!("{text}: {} after {took}", ended_as(end.how));
    }
    let version = record.book.as_ref().and_then(|book| book.version);
    if let Some(version) = version {
        text = format!("{text}, by rule book version {version}");
    }
    text
}

/// What the shop is like, and who goes where.
fn tables(report: &Report, currency: Option<Currency>) -> Vec<String> {
    let movements = movements(report, currency, Shares::OfShop);
    [segments(report, currency)].into_iter().chain(movements).collect()
}

/// The customers of each segment, and of none.
pub(crate) fn segments(report: &Report, currency: Option<Currency>) -> String {
    let money = |name: &str| {
        currency.map_or_else(|| name.to_owned(), |currency| format!("{name} ({currency})"))
    };
    let (each, revenue) = (money("Spent each"), money("Revenue"));
    let header = ["Segment", "Customers", "Share", "Orders each", &each, &revenue];
    let mut table = style::figures(&header);
    let all = report.shift.customers;
    for figures in &report.figures.segments {
        table.add_row(row(figures.segment.as_str(), &figures.cohort, all));
    }
    if report.figures.outside.customers() > 0 {
        table.add_row(row("(none)", &report.figures.outside, all));
    }
    table.trim_fmt()
}

fn row(name: &str, cohort: &Cohort, all: u64) -> [String; 6] {
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    [
        name.to_owned(),
        count(cohort.customers()),
        share(cohort.customers(), all),
        or_none(cohort.average_orders().map(|orders| orders.to_string())),
        or_none(cohort.average_spent().map(amount)),
        amount(cohort.spent()),
    ]
}

/// Who differs, and who could not be decided.
pub(crate) fn found(report: &Report) -> Vec<Fact> {
    let figures = &report.figures;
    let reasons = figures.differing.iter().map(|(reason, customers)| (why(*reason), *customers));
    let differing = format!(
        "{} of {} customers{}",
        count(report.differing()),
        count(report.shift.customers),
        list(": ", reasons)
    );
    let besides = [
        ("lines that cannot be read", figures.unreadable()),
        ("entries of the customers table that cannot be read", report.unreadable_entries),
        ("in another currency", figures.other_currency.count),
        (PINNED, figures.pinned),
        ("pinned to a segment that the rule book does not have", figures.pins_unknown.count),
        ("without an e-mail address", figures.no_email.count),
        ("lines of a customer who had one before", figures.duplicates.count),
        ("who asked to be forgotten", figures.tombstones),
        ("members of managed groups who are no customers", figures.strangers.count),
    ];
    let besides = list("", besides.into_iter().filter(|(_, customers)| *customers > 0));
    let besides = (!besides.is_empty()).then_some(("Besides", besides));
    [("To look at", differing)].into_iter().chain(besides).collect()
}

/// What became of those who differ, and of all else that a run looks after.
fn how_it_went(record: &Record) -> Vec<Fact> {
    let outcomes = record.outcomes.iter().map(|(outcome, times)| (outcome.as_str(), *times));
    let dispatched = format!("{}{}", count(record.dispatched), list(": ", outcomes));
    let unanswered = format!("{}: see the dead-letter queue", count(record.unanswered));
    let calls = list("", record.calls.iter().map(|(service, calls)| (service, *calls)));
    let missing = record.shop.iter().flat_map(|shop| &shop.missing_subscriptions);
    let missing: Vec<&str> = missing.map(String::as_str).collect();
    let facts = [
        ("Dispatched", record.dispatched > 0, dispatched),
        ("No outcome", record.unanswered > 0, unanswered),
        ("Personas", !record.personas.is_empty(), personas(record)),
        ("Calls", !calls.is_empty(), format!("{calls} (the workers' own apart)")),
        ("No webhooks", !missing.is_empty(), missing.join(", ")),
    ];
    let told = facts.into_iter().filter(|(_, is_told, _)| *is_told);
    told.map(|(label, _, text)| (label, text)).collect()
}

/// "5 never looked up, 2 gone from the shop", after a separator; nothing if there is nothing.
fn list<T: Display>(separator: &str, counted: impl Iterator<Item = (T, u64)>) -> String {
    let parts: Vec<String> =
        counted.map(|(what, times)| format!("{} {what}", count(times))).collect();
    if parts.is_empty() { String::new() } else { format!("{separator}{}", parts.join(", ")) }
}

/// "created: vip, new", a line for each end.
fn personas(record: &Record) -> String {
    let mut ends: Vec<(String, Vec<&str>)> = Vec::new();
    for (segment, end) in &record.personas {
        let told = persona(end);
        match ends.iter_mut().find(|(known, _)| *known == told) {
            Some((_, segments)) => segments.push(segment.as_str()),
            None => ends.push((told, vec![segment.as_str()])),
        }
    }
    let line = |(told, segments): (String, Vec<&str>)| format!("{told}: {}", segments.join(", "));
    ends.into_iter().map(line).collect::<Vec<_>>().join("\n")
}

fn persona(end: &PersonaEnd) -> String {
    match end {
        PersonaEnd::Unchanged => "unchanged".to_owned(),
        PersonaEnd::Updated => "updated".to_owned(),
        PersonaEnd::Created => "created".to_owned(),
        PersonaEnd::Empty => "not kept (nobody is in the segment)".to_owned(),
        PersonaEnd::Skipped { detail } => format!("not kept ({detail})"),
        PersonaEnd::Failed { detail } => format!("failed ({detail})"),
    }
}
