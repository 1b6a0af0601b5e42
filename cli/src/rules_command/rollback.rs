//! `rules rollback`: a book that was in use becomes the wanted one again.

use state::{Acceptance, BookHistory};

use super::args::RollbackOptions;
use super::history::{accepted, numbers};
use super::want::want;
use super::{report, table_error};
use crate::report::Report;

/// `rules rollback`.
pub(super) async fn rollback(options: &RollbackOptions) -> Report {
    report(roll_back(options).await)
}

async fn roll_back(options: &RollbackOptions) -> Result<Report, String> {
    let target = options.want.target.find().await.map_err(|error| error.to_string())?;
    let history = target.config().history().await;
    let history = history.map_err(|error| table_error(&target, &error))?;
    let version = chosen(&history, options.version)?;
    let book = version.book.clone().map_err(|error| error.to_string())?;
    let heading = format!("Version {}, {}", version.version, accepted(version));
    want(&target, &book, heading, &options.want).await
}

/// The version that is named, or the one before the version in use.
fn chosen(history: &BookHistory, version: Option<u64>) -> Result<&Acceptance, String> {
    match (version, history.in_use) {
        (Some(version), _) => history
            .version(version)
            .ok_or_else(|| format!("there is no version {version}{}", numbers(history))),
        (None, Some(in_use)) => history.before(in_use).ok_or_else(|| {
            format!("version {in_use} is in use, and there is none before it to go back to")
        }),
        (None, None) => Err("no rule book is in use yet: there is none to go back to".to_owned()),
    }
}
