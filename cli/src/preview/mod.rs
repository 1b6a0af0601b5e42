//! `segments preview`: who would move by a rule book, before anything moves.

mod json;
mod text;

use std::path::PathBuf;

use clap::Args;
use resegment::{Start, Status};
use rules::{GroupName, Guard, Refusal, RuleBook};
use state::ConfigError;

use crate::report::Report;
use crate::rules_command;
use crate::run::{Driven, watched};
use crate::target::TargetOptions;

/// The exit code if the guard would refuse the book.
const REFUSED: u8 = 1;

pub(crate) const PREVIEW_HELP: &str = "\
Exit codes:
  0    the guard would let it pass
  1    the guard would refuse it
  2    the book is invalid, or the command line is wrong, or the shop cannot be read
  130  interrupted (Ctrl-C); nothing is left behind

Examples:
  segments preview
  segments preview --rules new-book.toml
  segments preview --rules new-book.toml --stack segments
  segments preview --stack segments --json | jq .guard";

#[derive(Debug, Args)]
pub(crate) struct PreviewOptions {
    /// The rule book to try; if none is named, the wanted one
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: TargetOptions,
}

/// What would follow from a book.
struct Preview<'a> {
    /// Where the book is from; none for the wanted one.
    file: Option<&'a PathBuf>,
    book: &'a RuleBook,
    report: &'a resegment::Report,
    guard: Guard,
    /// Why the guard would refuse it.
    refusal: Option<Refusal>,
    /// The groups of the book that nobody can be put into yet.
    groups_without_id: Vec<GroupName>,
}

/// `preview`.
pub(crate) async fn preview(options: &PreviewOptions) -> Report {
    preview_of(options).await.unwrap_or_else(|report| *report)
}

async fn preview_of(options: &PreviewOptions) -> Result<Report, Box<Report>> {
    let file = options.rules.as_ref();
    let read = |file: &PathBuf| {
        rules_command::read(file).map_err(|none| Box::new(none.report(file, options.json)))
    };
    let book = file.map(read).transpose()?;
    let target = options.target.find().await.map_err(failed)?;
    let book = match book {
        Some(book) => book,
        None => rules_command::wanted(&target).await.map_err(failed)?,
    };
    // What the guard and the groups are now, whatever becomes of them while the shop is read.
    let around = target.config().group_names().await.map_err(|error| match error {
        ConfigError::Table(error) => failed(rules_command::table_error(&target, &error)),
        other => failed(other),
    })?;
    let start = Start { dry_run: true, rules: Some(book.clone()), ..Start::default() };
    let driven = watched(&target, &start, "preview").await?;
    let report = found(&driven)?;
    let preview = Preview {
        file,
        book: &book,
        report,
        guard: around.settings.guard,
        refusal: around.settings.guard.refuses(&report.shift),
        groups_without_id: rules_command::without_id(&book, &around.known),
    };
    let text = if options.json { preview.in_json() } else { preview.in_words(&target) };
    let code = if preview.refusal.is_some() { REFUSED } else { 0 };
    Ok(Report { text, complaint: String::new(), code })
}

/// What the dry run found, if it came to its end.
fn found(driven: &Driven) -> Result<&resegment::Report, Report> {
    let answer = &driven.answer;
    let report = answer.report.as_deref().filter(|_| answer.status == Status::Done);
    report.ok_or_else(|| {
        let why = answer.message.clone();
        failed(why.unwrap_or_else(|| "there is no message; look into the log".to_owned()))
    })
}

fn failed(error: impl std::fmt::Display) -> Report {
    Report::failed(error.to_string())
}
