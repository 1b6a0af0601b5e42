//! `rules export`: a book as TOML.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use rules::RuleBook;

use super::args::ExportOptions;
use super::check::size;
use super::file::indented;
use super::history::numbers;
use super::{report, table_error};
use crate::report::Report;
use crate::target::Target;

/// `rules export`.
pub(super) async fn export(options: &ExportOptions) -> Report {
    report(export_from(options).await)
}

async fn export_from(options: &ExportOptions) -> Result<Report, String> {
    let target = options.target.find().await.map_err(|error| error.to_string())?;
    let book = match options.version {
        None if options.accepted => version(&target, None).await,
        None => wanted(&target).await,
        version_ => version(&target, version_).await,
    }?;
    let text = book.to_toml();
    match &options.output {
        // Printing ends the last line.
        None => Ok(Report::good(text.trim_end())),
        Some(file) => {
            write_new(file, &text)?;
            Ok(Report::good(format!("{}: {}", file.display(), size(&book))))
        }
    }
}

/// The wanted book; a complaint if there is none, or none that is valid.
pub(crate) async fn wanted(target: &Target) -> Result<RuleBook, String> {
    let rows = target.config().wanted_rows().await;
    let rows = rows.map_err(|error| table_error(target, &error))?;
    if rows.is_empty() {
        return Err(format!("there is no rule book in {target}: segments rules apply writes one"));
    }
    rows.book().map_err(|errors| {
        let errors = indented(errors);
        format!("the rows are no valid rule book; --accepted exports the one in use:\n{errors}")
    })
}

/// The book of a version, or the one in use.
async fn version(target: &Target, version: Option<u64>) -> Result<RuleBook, String> {
    let history = target.config().history().await;
    let history = history.map_err(|error| table_error(target, &error))?;
    let version = version.or(history.in_use);
    let version = version.ok_or_else(|| format!("no rule book is in use in {target} yet"))?;
    let found = history.version(version);
    let found =
        found.ok_or_else(|| format!("there is no version {version}{}", numbers(&history)))?;
    found.book.clone().map_err(|error| error.to_string())
}

/// Writes a file that was not there: one that was may hold comments that nobody has elsewhere.
fn write_new(file: &Path, text: &str) -> Result<(), String> {
    let written = File::create_new(file).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            format!("{} exists: name another file, or remove it first", file.display())
        }
        _ => format!("{} cannot be written: {error}", file.display()),
    })
}
