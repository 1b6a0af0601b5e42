//! `segments rules`: books in files, the wanted book of a system, and the books it has used.

mod apply;
mod args;
mod check;
mod export;
mod file;
mod history;
mod rollback;
mod want;

pub(crate) use args::RulesCommand;
pub(crate) use export::wanted;
pub(crate) use file::read;
pub(crate) use want::without_id;

use serde::Serialize;

use crate::report::Report;
use crate::target::Target;

/// Carries out one of the commands.
pub(crate) async fn run(command: &RulesCommand) -> Report {
    match command {
        RulesCommand::Check(options) => check::check(options),
        RulesCommand::Show(options) => check::show(options),
        RulesCommand::Apply(options) => apply::apply(options).await,
        RulesCommand::Export(options) => export::export(options).await,
        RulesCommand::History(options) => history::history(options).await,
        RulesCommand::Rollback(options) => rollback::rollback(options).await,
    }
}

/// A table that does not answer, with what may be wrong.
pub(crate) fn table_error(target: &Target, error: &state::Error) -> String {
    format!("{error}; {}", target.table_hint())
}

/// An answer in JSON, for people to read, too.
pub(crate) fn pretty(answer: &impl Serialize) -> String {
    // An answer is made of texts, numbers and lists, none of which can fail to be written.
    format!("{:#}", serde_json::json!(answer))
}

fn report(outcome: Result<Report, String>) -> Report {
    outcome.unwrap_or_else(Report::failed)
}
