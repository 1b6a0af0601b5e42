//! `rules check` and `rules show`: a book in a file.

use rules::{Analysis, RuleBook, Segment};
use serde::Serialize;

use super::args::BookOptions;
use super::file::read;
use super::pretty;
use crate::report::Report;
use crate::style;

/// The exit code of a book with a rule that can never win.
const WARNED: u8 = 1;

/// What `rules check --json` says of a valid book.
#[derive(Debug, Serialize)]
struct Checked {
    /// Always true; an invalid book has `errors` instead.
    valid: bool,
    /// Whether there is no warning.
    clean: bool,
    findings: Vec<FindingView>,
}

/// A finding of the analysis.
#[derive(Debug, Serialize)]
pub(super) struct FindingView {
    /// `warning` or `note`.
    severity: String,
    /// In words.
    finding: String,
}

/// The findings of an analysis.
pub(super) fn findings(analysis: &Analysis) -> Vec<FindingView> {
    let findings = analysis.findings().iter();
    let view = |finding: &rules::Finding| FindingView {
        severity: finding.severity().to_string(),
        finding: finding.to_string(),
    };
    findings.map(view).collect()
}

/// `rules check`.
pub(super) fn check(options: &BookOptions) -> Report {
    let book = match read(&options.file) {
        Ok(book) => book,
        Err(none) => return none.report(&options.file, options.json),
    };
    let analysis = Analysis::of(&book);
    let clean = analysis.is_clean();
    let text = if options.json {
        pretty(&Checked { valid: true, clean, findings: findings(&analysis) })
    } else {
        format!("{}: {}\n{analysis}", options.file.display(), size(&book))
    };
    Report { text, complaint: String::new(), code: if clean { 0 } else { WARNED } }
}

/// "3 segments in USD".
pub(super) fn size(book: &RuleBook) -> String {
    let segments = book.segments().len();
    let plural = if segments == 1 { "" } else { "s" };
    format!("{segments} segment{plural} in {}", book.currency())
}

/// `rules show`.
pub(super) fn show(options: &BookOptions) -> Report {
    match read(&options.file) {
        Ok(book) if options.json => Report::good(pretty(&book)),
        Ok(book) => Report::good(in_words(&book)),
        Err(none) => none.report(&options.file, options.json),
    }
}

fn in_words(book: &RuleBook) -> String {
    let mut table = style::table(&["", "Segment", "Who", "Okta group", "Persona"]);
    for (segment, place) in book.segments().iter().zip(1_u32..) {
        table.add_row([
            place.to_string(),
            format!("{}\n{}", segment.name(), segment.label()),
            who(segment),
            segment.okta_group_name().to_string(),
            segment.persona_name().to_owned(),
        ]);
    }
    format!("{table}\nThe first segment that matches wins. Amounts are in {}.", book.currency())
}

fn who(segment: &Segment) -> String {
    let ranges: Vec<String> = segment.when().iter().map(ToString::to_string).collect();
    ranges.join("\nor ")
}
