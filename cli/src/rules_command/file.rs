//! A rule book in a file.

use std::path::Path;

use rules::{BookErrors, RuleBook};
use serde_json::json;

use super::pretty;
use crate::report::{FAILED, Report};

/// A book that cannot be had.
pub(crate) enum NoBook {
    Unreadable(String),
    Invalid(BookErrors),
}

/// Reads a book from its file.
pub(crate) fn read(file: &Path) -> Result<RuleBook, NoBook> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        let file = file.display();
        NoBook::Unreadable(format!("{file} cannot be read ({error}); name the rule book's file"))
    })?;
    RuleBook::from_toml(&text).map_err(NoBook::Invalid)
}

impl NoBook {
    /// What there is to say of it.
    pub(crate) fn report(self, file: &Path, as_json: bool) -> Report {
        match self {
            Self::Invalid(errors) if as_json => {
                let errors: Vec<String> = errors.into_iter().map(|one| one.to_string()).collect();
                let text = pretty(&json!({ "valid": false, "errors": errors }));
                Report { text, complaint: String::new(), code: FAILED }
            }
            none => Report::failed(none.told(file)),
        }
    }

    /// The same in words alone.
    pub(crate) fn told(self, file: &Path) -> String {
        match self {
            Self::Invalid(errors) => {
                format!("{} is not a valid rule book:\n{}", file.display(), indented(errors))
            }
            Self::Unreadable(complaint) => complaint,
        }
    }
}

/// A line for each, each a little to the right.
pub(super) fn indented<T: std::fmt::Display>(lines: impl IntoIterator<Item = T>) -> String {
    let lines: Vec<String> = lines.into_iter().map(|line| format!("  {line}")).collect();
    lines.join("\n")
}
