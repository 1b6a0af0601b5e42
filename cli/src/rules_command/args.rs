//! The command line of `segments rules`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::target::TargetOptions;

#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Say what is wrong with a rule book, what it leaves out, and which rules can never win
    ///
    /// Customers without a segment are allowed, and noted.
    #[command(after_help = CHECK_HELP)]
    Check(BookOptions),
    /// Show a rule book in words
    #[command(after_help = SHOW_HELP)]
    Show(BookOptions),
    /// Make a rule book the wanted one, which the next full run puts into use
    ///
    /// Shows what is otherwise than in the rows that are stored, and writes all of it or nothing: if
    /// somebody changes the rows meanwhile, nothing is written. Ids in the rows stay. The local store is
    /// made if there is none.
    #[command(after_help = APPLY_HELP)]
    Apply(ApplyOptions),
    /// Write a rule book as TOML: the wanted one, or one that is or was in use
    ///
    /// What is written passes `rules check` and reads back as the same book. A file that exists is left
    /// alone.
    #[command(after_help = EXPORT_HELP)]
    Export(ExportOptions),
    /// Tell which rule books were in use since when, and what each changed
    #[command(after_help = HISTORY_HELP)]
    History(HistoryOptions),
    /// Take the wanted rule book back, or make one that was in use before the wanted one again
    ///
    /// While the wanted book is not in use, say because a run refused it, it gives way to the one that is.
    /// Otherwise, the one that was in use before comes back. Like `rules apply` of that book: it is put
    /// into use by the next full run, if its guard lets it pass.
    #[command(after_help = ROLLBACK_HELP)]
    Rollback(RollbackOptions),
}

const CHECK_HELP: &str = "\
Exit codes:
  0  nothing is wrong
  1  a rule can never win
  2  the book is invalid, or cannot be read

Examples:
  segments rules check
  segments rules check new-book.toml --json";

const SHOW_HELP: &str = "\
Exit codes:
  0  shown
  2  the book is invalid, or cannot be read

Examples:
  segments rules show
  segments rules show --json";

const APPLY_HELP: &str = "\
Exit codes:
  0  written, or nothing to do; of a dry run, whatever it shows
  2  the book is invalid, or the command line is wrong, or the tables cannot be reached
  3  somebody changed the rows meanwhile: nothing was written

Examples:
  segments rules apply segments.toml
  segments rules apply new-book.toml --dry-run
  segments rules apply new-book.toml --stack segments --json";

const EXPORT_HELP: &str = "\
Exit codes:
  0  written
  2  there is no such book, or the file exists, or the tables cannot be reached

Examples:
  segments rules export
  segments rules export --accepted -o in-use.toml
  segments rules export --version 3 --stack segments";

const HISTORY_HELP: &str = "\
Exit codes:
  0  told
  2  the tables cannot be reached

Examples:
  segments rules history
  segments rules history --stack segments --json";

const ROLLBACK_HELP: &str = "\
Exit codes:
  0  written, or nothing to do; of a dry run, whatever it shows
  2  there is no such version, or the tables cannot be reached
  3  somebody changed the rows meanwhile: nothing was written

Examples:
  segments rules rollback --dry-run
  segments rules rollback --stack segments
  segments rules rollback 3 --stack segments";

#[derive(Debug, Args)]
pub(crate) struct BookOptions {
    /// The rule book
    #[arg(default_value = "segments.toml")]
    pub(super) file: PathBuf,
    /// Answer in JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// How a book is made the wanted one.
#[derive(Debug, Args)]
pub(crate) struct WantOptions {
    /// Show what would change, and write nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Answer in JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) target: TargetOptions,
}

#[derive(Debug, Args)]
pub(crate) struct ApplyOptions {
    /// The rule book
    pub(super) file: PathBuf,
    #[command(flatten)]
    pub(super) want: WantOptions,
}

#[derive(Debug, Args)]
pub(crate) struct ExportOptions {
    /// The wanted book, as the rows hold it; what is exported if nothing is said
    #[arg(long, group = "which")]
    pub(super) wanted: bool,
    /// The book in use
    #[arg(long, group = "which")]
    pub(super) accepted: bool,
    /// A book that is or was in use
    #[arg(long, group = "which", value_name = "N")]
    pub(super) version: Option<u64>,
    /// A new file to write to, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    #[command(flatten)]
    pub(super) target: TargetOptions,
}

#[derive(Debug, Args)]
pub(crate) struct HistoryOptions {
    /// Answer in JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) target: TargetOptions,
}

#[derive(Debug, Args)]
pub(crate) struct RollbackOptions {
    /// The version to go back to; if none is named, the one in use, or the one before if that is wanted
    pub(super) version: Option<u64>,
    #[command(flatten)]
    pub(super) want: WantOptions,
}
