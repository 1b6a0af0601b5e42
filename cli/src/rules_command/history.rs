//! `rules history`: the books that were in use.

use jiff::Timestamp;
use rules::{BookChange, RuleBook};
use serde::Serialize;
use state::{Acceptance, BookHistory, RunId, WantedRows};

use super::args::HistoryOptions;
use super::check::size;
use super::file::indented;
use super::{pretty, report, table_error};
use crate::report::Report;

/// How much of a hash people are shown.
const SHORT_HASH: usize = 12;

/// What `rules history --json` says.
#[derive(Debug, Serialize)]
struct HistoryView {
    /// The version that workers use; null if none is yet.
    in_use: Option<u64>,
    /// The wanted book, beside the one in use; null if there is no row of a segment.
    wanted: Option<WantedView>,
    /// The books, the newest first.
    versions: Vec<VersionView>,
}

/// The wanted book.
#[derive(Debug, Serialize)]
struct WantedView {
    /// Whether it is the book in use.
    in_use: bool,
    /// What is wrong with the rows; a full run refuses them.
    errors: Vec<String>,
    /// What it changes against the book in use.
    changes: Vec<ChangeView>,
}

/// A book that is or was in use.
#[derive(Debug, Serialize)]
struct VersionView {
    version: u64,
    in_use: bool,
    /// When it was put into use.
    accepted_at: Option<Timestamp>,
    /// The run that put it into use; null if it was put into use at once, because none was.
    run_id: Option<RunId>,
    /// SHA-256 of the book, as in the records of runs; null if the book cannot be read.
    hash: Option<String>,
    /// What it changed against the version before; null for the first one, and if either cannot be read.
    changes: Option<Vec<ChangeView>>,
    /// Why the book cannot be read.
    error: Option<String>,
    #[serde(skip)]
    heading: String,
}

/// A change, with its kind and its parts, and in words.
#[derive(Debug, Serialize)]
pub(super) struct ChangeView {
    #[serde(flatten)]
    change: BookChange,
    words: String,
}

impl From<BookChange> for ChangeView {
    fn from(change: BookChange) -> Self {
        Self { words: change.to_string(), change }
    }
}

impl std::fmt::Display for ChangeView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.words)
    }
}

/// What a book changes against an earlier one.
pub(super) fn changes(book: &RuleBook, earlier: &RuleBook) -> Vec<ChangeView> {
    book.changes_since(earlier).into_iter().map(ChangeView::from).collect()
}

/// `rules history`.
pub(super) async fn history(options: &HistoryOptions) -> Report {
    report(tell(options).await)
}

async fn tell(options: &HistoryOptions) -> Result<Report, String> {
    let target = options.target.find().await.map_err(|error| error.to_string())?;
    let failed = |error: state::Error| table_error(&target, &error);
    let history = target.config().history().await.map_err(failed)?;
    let rows = target.config().wanted_rows().await.map_err(failed)?;
    let view = HistoryView {
        in_use: history.in_use,
        wanted: wanted(&history, &rows),
        versions: versions(&history),
    };
    Ok(Report::good(if options.json { pretty(&view) } else { view.in_words() }))
}

fn wanted(history: &BookHistory, rows: &WantedRows) -> Option<WantedView> {
    if rows.is_empty() {
        return None;
    }
    let in_use = history.in_use.and_then(|version| history.version(version));
    let in_use = in_use.and_then(|version| version.book.as_ref().ok());
    Some(match (rows.book(), in_use) {
        (Err(errors), _) => {
            let errors = errors.into_iter().map(|error| error.to_string()).collect();
            WantedView { in_use: false, errors, changes: Vec::new() }
        }
        (Ok(_), None) => WantedView { in_use: false, errors: Vec::new(), changes: Vec::new() },
        (Ok(book), Some(in_use)) => WantedView {
            in_use: book == *in_use,
            errors: Vec::new(),
            changes: changes(&book, in_use),
        },
    })
}

fn versions(history: &BookHistory) -> Vec<VersionView> {
    history.books.iter().map(|version| view(history, version)).collect()
}

fn view(history: &BookHistory, version: &Acceptance) -> VersionView {
    let before = history.before(version.version).and_then(|before| before.book.as_ref().ok());
    let book = version.book.as_ref();
    VersionView {
        version: version.version,
        in_use: history.in_use == Some(version.version),
        accepted_at: version.accepted_at,
        run_id: version.by.clone(),
        hash: book.ok().map(resegment::book_hash),
        changes: book.ok().and_then(|book| Some(changes(book, before?))),
        error: book.err().map(ToString::to_string),
        heading: match book {
            Ok(book) => format!("{}, {}", size(book), accepted(version)),
            Err(_) => accepted(version),
        },
    }
}

/// "accepted 2026-11-21T03:10:04Z by run 20261121T030000Z-4f21aa".
pub(super) fn accepted(version: &Acceptance) -> String {
    let at = version.accepted_at.map_or_else(String::new, |at| format!(" {at:.0}"));
    match &version.by {
        Some(run) => format!("accepted{at} by run {run}"),
        None => format!("accepted{at}, at once, since no book was in use"),
    }
}

/// "; there are 3, 2 and 1", the newest first.
pub(super) fn numbers(history: &BookHistory) -> String {
    let numbers: Vec<String> = history.books.iter().map(|it| it.version.to_string()).collect();
    match numbers.split_last() {
        None => ": no rule book was ever in use".to_owned(),
        Some((only, [])) => format!("; there is {only}"),
        Some((last, newer)) => format!("; there are {} and {last}", newer.join(", ")),
    }
}

impl HistoryView {
    fn in_words(&self) -> String {
        let mut parts: Vec<String> = self.wanted.iter().filter_map(WantedView::in_words).collect();
        parts.extend(self.versions.iter().map(VersionView::in_words));
        if self.versions.is_empty() {
            parts.push("No rule book was ever in use.".to_owned());
        }
        parts.join("\n\n")
    }
}

impl WantedView {
    /// None if there is nothing to say besides the version in use.
    fn in_words(&self) -> Option<String> {
        if self.in_use {
            return None;
        }
        if !self.errors.is_empty() {
            let heading = "The wanted book is invalid; full runs refuse it";
            return Some(format!("{heading}:\n{}", indented(&self.errors)));
        }
        let heading = "The wanted book is not in use yet";
        Some(match self.changes.as_slice() {
            [] => format!("{heading}."),
            changes => format!("{heading}; it changes:\n{}", indented(changes)),
        })
    }
}

impl VersionView {
    fn in_words(&self) -> String {
        let in_use = if self.in_use { ", in use" } else { "" };
        let mut lines = vec![format!("Version {}{in_use}: {}", self.version, self.heading)];
        lines.extend(self.hash.as_ref().map(|hash| format!("  hash {}", shortened(hash))));
        lines.extend(self.error.as_ref().map(|error| format!("  cannot be read: {error}")));
        match self.changes.as_deref() {
            None => {}
            Some([]) => lines.push("  the same as the version before".to_owned()),
            Some(changes) => lines.push(indented(changes)),
        }
        lines.join("\n")
    }
}

fn shortened(hash: &str) -> &str {
    hash.get(..SHORT_HASH).unwrap_or(hash)
}
