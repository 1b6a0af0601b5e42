//! Making a book the wanted one: what would change, the write, and what comes next.

use std::collections::BTreeMap;

use rules::{Analysis, GroupName, RuleBook};
use serde::Serialize;
use state::{ConfigTable, GroupRow, Replaced, WantedRows};

use super::args::WantOptions;
use super::check::{FindingView, findings};
use super::file::indented;
use super::history::{ChangeView, changes};
use super::{pretty, table_error};
use crate::report::Report;
use crate::target::Target;

/// The exit code if somebody changed the rows meanwhile.
const CHANGED_MEANWHILE: u8 = 3;

/// What `rules apply --json` and `rules rollback --json` say.
#[derive(Debug, Serialize)]
struct WantView {
    /// Always true; an invalid book has `errors` instead.
    valid: bool,
    /// What was done.
    outcome: Outcome,
    /// What `rules check` finds.
    findings: Vec<FindingView>,
    /// What was stored before.
    stored: Stored,
    /// What is wrong with the rows that were stored, if they are invalid.
    stored_errors: Vec<String>,
    /// What the book changes against the stored one; empty if that is invalid, or there is none.
    changes: Vec<ChangeView>,
    /// What somebody else did meanwhile, if that is why nothing was written.
    meanwhile: Vec<String>,
    /// The version that workers use; null if none is yet.
    version_in_use: Option<u64>,
    /// Whether that is this very book.
    is_in_use: bool,
    /// The groups of the book without a usable id. The next full run waits for them.
    groups_without_id: Vec<GroupName>,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    /// It is the wanted book now.
    Written,
    /// It was the wanted book already.
    Unchanged,
    /// A dry run: nothing was written, and there is something to write.
    WouldWrite,
    /// Somebody changed the rows meanwhile: nothing was written.
    ChangedMeanwhile,
}

/// What the rows hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Stored {
    Nothing,
    Invalid,
    Book,
}

/// The state of things beside the rows.
struct Around {
    version_in_use: Option<u64>,
    is_in_use: bool,
    groups_without_id: Vec<GroupName>,
}

/// Makes a book the wanted one, unless it is, and tells what comes next.
pub(super) async fn want(
    target: &Target,
    book: &RuleBook,
    heading: String,
    options: &WantOptions,
) -> Result<Report, String> {
    let failed = |error: state::Error| table_error(target, &error);
    let rows = target.config().wanted_rows().await.map_err(failed)?;
    let around = Around::of(target.config(), book).await.map_err(failed)?;
    let (outcome, meanwhile) = match rows.book() {
        Ok(stored) if stored == *book => (Outcome::Unchanged, Vec::new()),
        _ if options.dry_run => (Outcome::WouldWrite, Vec::new()),
        _ => match target.config().replace_wanted(&rows, book).await {
            Ok(Replaced::Yes) => (Outcome::Written, Vec::new()),
            Ok(Replaced::No(meanwhile)) => (Outcome::ChangedMeanwhile, meanwhile),
            Err(error) => return Err(unsure(target, &error)),
        },
    };
    let view = WantView::new(book, &rows, around, outcome, meanwhile);
    let text = if options.json { pretty(&view) } else { view.in_words(target, heading) };
    let (code, complaint) = match outcome {
        Outcome::ChangedMeanwhile => (CHANGED_MEANWHILE, view.complaint()),
        Outcome::Written | Outcome::Unchanged | Outcome::WouldWrite => (0, String::new()),
    };
    Ok(Report { text, complaint, code })
}

/// A write whose answer never came may have been made.
fn unsure(target: &Target, error: &state::Error) -> String {
    let error = table_error(target, error);
    format!("{error}\nThe book may have been written all the same: run this again, and it says so.")
}

impl Around {
    async fn of(config: &ConfigTable, book: &RuleBook) -> Result<Self, state::Error> {
        let history = config.history().await?;
        let groups = config.groups().await?;
        let in_use = history.in_use.and_then(|version| history.version(version));
        Ok(Self {
            version_in_use: history.in_use,
            is_in_use: in_use.is_some_and(|it| it.book.as_ref() == Ok(book)),
            groups_without_id: without_id(book, &groups),
        })
    }
}

/// The groups of a book that nobody can be put into yet.
pub(crate) fn without_id(
    book: &RuleBook,
    groups: &BTreeMap<GroupName, GroupRow>,
) -> Vec<GroupName> {
    let names = book.segments().iter().map(rules::Segment::okta_group_name);
    let is_usable = |row: &GroupRow| row.id.is_some() && row.status.is_usable();
    names.filter(|name| !groups.get(name).is_some_and(is_usable)).cloned().collect()
}

impl WantView {
    fn new(
        book: &RuleBook,
        rows: &WantedRows,
        around: Around,
        outcome: Outcome,
        meanwhile: Vec<String>,
    ) -> Self {
        let stored = rows.book();
        let errors = stored.as_ref().err().filter(|_| !rows.is_empty()).cloned();
        let Around { version_in_use, is_in_use, groups_without_id } = around;
        Self {
            valid: true,
            outcome,
            findings: findings(&Analysis::of(book)),
            stored: match &stored {
                _ if rows.is_empty() => Stored::Nothing,
                Ok(_) => Stored::Book,
                Err(_) => Stored::Invalid,
            },
            stored_errors: errors.into_iter().flatten().map(|error| error.to_string()).collect(),
            changes: stored.map(|stored| changes(book, &stored)).unwrap_or_default(),
            meanwhile,
            version_in_use,
            is_in_use,
            groups_without_id,
        }
    }

    fn in_words(&self, target: &Target, heading: String) -> String {
        let mut parts = vec![heading, self.difference(target)];
        parts.extend(match self.outcome {
            Outcome::WouldWrite => Some("Nothing was written: it was a dry run.".to_owned()),
            Outcome::ChangedMeanwhile => None,
            Outcome::Written => Some(format!("Written. {}", self.next(target))),
            Outcome::Unchanged => Some(self.next(target)),
        });
        parts.extend(self.groups(target));
        parts.join("\n\n")
    }

    /// What is otherwise than in the rows.
    fn difference(&self, target: &Target) -> String {
        match self.stored {
            Stored::Nothing => format!("There is no rule book in {target} yet: all of it is new."),
            Stored::Invalid => format!(
                "The rows of {target} are no valid rule book, and are replaced:\n{}",
                indented(&self.stored_errors)
            ),
            Stored::Book if self.changes.is_empty() => {
                format!("Nothing to do: it is the wanted book of {target}.")
            }
            Stored::Book => {
                format!("Changes to the wanted book of {target}:\n{}", indented(&self.changes))
            }
        }
    }

    /// What comes next.
    fn next(&self, target: &Target) -> String {
        let again = target.again();
        match self.version_in_use {
            None => {
                "No book is in use yet: this one is as soon as the first customer is looked at."
                    .to_owned()
            }
            Some(version) if self.is_in_use => {
                format!("It is the book in use, version {version}.")
            }
            Some(version) => format!(
                "Version {version} stays in use until a full run puts this book into use, if its \
                 guard lets it pass. Next:\n\
                 \x20 segments preview{again}  who would move\n\
                 \x20 segments run{again}  has them moved at once; the nightly run does it, too"
            ),
        }
    }

    fn groups(&self, target: &Target) -> Option<String> {
        (!self.groups_without_id.is_empty()).then(|| {
            format!(
                "These groups have no usable id yet, and full runs wait for them:\n{}\n\
                 Make them in Okta, where refresh-groups finds them within the hour, or at once:\n\
                 \x20 segments setup{}",
                indented(&self.groups_without_id),
                target.again()
            )
        })
    }

    fn complaint(&self) -> String {
        format!(
            "Nothing was written, since somebody changed the rows meanwhile: {}. Run this again to see \
             what the book would change now.",
            self.meanwhile.join(", ")
        )
    }
}
