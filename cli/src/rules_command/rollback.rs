//! `rules rollback`: a book that is or was in use becomes the wanted one again.

use state::{Acceptance, BookHistory, WantedRows};

use super::args::RollbackOptions;
use super::history::{accepted, numbers};
use super::want::want;
use super::{report, table_error};
use crate::report::Report;
use crate::target::Target;

/// `rules rollback`.
pub(super) async fn rollback(options: &RollbackOptions) -> Report {
    report(roll_back(options).await)
}

async fn roll_back(options: &RollbackOptions) -> Result<Report, String> {
    let target = options.want.target.find().await.map_err(|error| error.to_string())?;
    let failed = |error: state::Error| table_error(&target, &error);
    let history = target.config().history().await.map_err(failed)?;
    let (version, why) = if let Some(version) = options.version {
        (named(&history, version)?, "")
    } else {
        let rows = target.config().wanted_rows().await.map_err(failed)?;
        before(&history, &rows, &target)?
    };
    let book = version.book.clone().map_err(|error| error.to_string())?;
    let heading = format!("{why}Version {}, {}", version.version, accepted(version));
    want(&target, &book, heading, &options.want).await
}

fn named(history: &BookHistory, version: u64) -> Result<&Acceptance, String> {
    history
        .version(version)
        .ok_or_else(|| format!("there is no version {version}{}", numbers(history)))
}

/// The book before the wanted one: the one in use while the wanted one is not, and else the one in use before.
/// And why it is that one, if that has to be said.
fn before<'a>(
    history: &'a BookHistory,
    rows: &WantedRows,
    target: &Target,
) -> Result<(&'a Acceptance, &'static str), String> {
    let Some(in_use) = history.in_use else {
        return Err("no rule book is in use yet: there is none to go back to".to_owned());
    };
    let used = history.version(in_use).filter(|used| match (&used.book, rows.book()) {
        (Ok(used), Ok(wanted)) => *used != wanted,
        (Ok(_), Err(_)) => true,
        (Err(_), _) => false,
    });
    if let Some(used) = used {
        return Ok((used, "The wanted book is not in use. Back to the one that is:\n"));
    }
    let earlier = history.before(in_use).map(|earlier| (earlier, ""));
    earlier.ok_or_else(|| {
        format!(
            "version {in_use} is in use and wanted, and there is none before it to go back to; to change \
             it, segments rules export -o FILE{again}, mend the file, and segments rules apply FILE{again}",
            again = target.again()
        )
    })
}
