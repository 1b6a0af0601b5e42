//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use resegment::Reason;
use state::RunId;

use crate::stack::StackName;

/// Keeps every customer of a Shopify shop in the right Okta group.
#[derive(Debug, Parser)]
#[command(name = "segments", version, arg_required_else_help = true)]
pub struct Cli {
    /// Show what the functions log, on standard error
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Play the whole system against a simulated shop and a simulated Okta, and show what happens
    ///
    /// Everything runs in this process: the handlers that run on AWS, an embedded DynamoDB engine, and
    /// simulators of Shopify, Okta and Mavera. Nothing leaves this machine. Exits with 1 if any scenario
    /// ends otherwise than it must.
    #[cfg(feature = "demo")]
    #[command(after_help = "Examples:\n  segments demo\n  segments demo --keep --port 8080")]
    Demo(DemoOptions),
    /// Make a full run, or try one out, and watch it to its end
    ///
    /// A full run compares the whole shop with what was applied and has everybody put right who is in
    /// the wrong place. It goes on by itself; this command watches it. The credentials and the region are
    /// those of the AWS command line.
    #[command(after_help = RUN_HELP)]
    Run(RunOptions),
    /// Have the workers and full runs of a stack hold, until they are resumed
    ///
    /// They do within a minute. Webhooks are still taken and queued.
    #[command(after_help = "Example:\n  segments pause --stack segments")]
    Pause(StackOptions),
    /// Have the workers and full runs of a stack go on
    #[command(after_help = "Example:\n  segments resume --stack segments")]
    Resume(StackOptions),
    /// Look after full runs
    Runs {
        #[command(subcommand)]
        command: RunsCommand,
    },
    /// Check, show and deploy rule books
    Rules {
        #[command(subcommand)]
        command: RulesCommand,
    },
    /// Serve the simulated shop, Okta and Mavera over HTTP, for functions that run elsewhere
    #[cfg(feature = "demo")]
    #[command(
        after_help = "Example:\n  segments simulators --listen 127.0.0.1:9090 --shop my-store.myshopify.com"
    )]
    Simulators(SimulatorOptions),
}

const RUN_HELP: &str = "\
Exit codes:
  0    done; of a dry run, whatever the guard would say
  1    the run failed, or was cancelled
  2    the command line is wrong, or the stack cannot be reached
  3    refused: nothing was written
  4    skipped: another run is active
  130  no longer watched (Ctrl-C); the run goes on

Examples:
  segments run --stack segments --dry-run
  segments run --stack segments --dry-run --rules new-book.toml
  segments run --stack segments --reason \"lower threshold for VIP\"
  segments run --stack segments --accept 20261121T030000Z-4f21aa
  segments run --stack segments --json | jq .record.outcomes";

#[derive(Debug, Args)]
pub(crate) struct RunOptions {
    /// Find out what a run would do, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// A rule book to try in place of the wanted one
    #[arg(long, value_name = "FILE", requires = "dry_run")]
    pub(crate) rules: Option<PathBuf>,
    /// Read the members of all managed groups of Okta, and repair what differs there
    #[arg(long)]
    pub(crate) verify: bool,
    /// A refused run whose figures you have seen: do what it was refused for
    #[arg(long, value_name = "RUN_ID", conflicts_with = "dry_run")]
    pub(crate) accept: Option<RunId>,
    /// What the run is for, to be read in its record; up to 200 characters
    #[arg(long, value_name = "TEXT", conflicts_with = "dry_run")]
    pub(crate) reason: Option<Reason>,
    /// Print the last answer as JSON, with the run's record
    #[arg(long)]
    pub(crate) json: bool,
    /// The deployed stack
    #[arg(long, value_name = "NAME")]
    pub(crate) stack: Option<StackName>,
}

#[derive(Debug, Args)]
pub(crate) struct StackOptions {
    /// The deployed stack
    #[arg(long, value_name = "NAME")]
    pub(crate) stack: StackName,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// End a run that is active
    ///
    /// Workers drop its messages within a minute. What was already done is not taken back.
    #[command(
        after_help = "Example:\n  segments runs cancel 20261121T030000Z-4f21aa --stack segments"
    )]
    Cancel(CancelOptions),
}

#[derive(Debug, Args)]
pub(crate) struct CancelOptions {
    /// The run
    pub(crate) id: RunId,
    #[command(flatten)]
    pub(crate) at: StackOptions,
}

#[cfg(feature = "demo")]
#[derive(Debug, Args)]
pub(crate) struct DemoOptions {
    /// Go on serving webhooks afterwards, until Ctrl-C
    #[arg(long)]
    pub(crate) keep: bool,
    /// The port on 127.0.0.1 to serve webhooks on; a free one if not given
    #[arg(long, requires = "keep", default_value_t = 0, hide_default_value = true)]
    pub(crate) port: u16,
}

#[cfg(feature = "demo")]
#[derive(Debug, Args)]
pub(crate) struct SimulatorOptions {
    /// Where to listen; a loopback address
    #[arg(long, default_value = "127.0.0.1:9090")]
    pub(crate) listen: std::net::SocketAddr,
    /// The simulated shop's domain
    #[arg(long, default_value = "my-store.myshopify.com")]
    pub(crate) shop: rules::ShopDomain,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Say what is wrong with a rule book, what it leaves out, and which rules can never win
    ///
    /// Exits with 0 if nothing is wrong, 1 if a rule can never win, and 2 if the book is invalid or
    /// cannot be read. Customers without a segment are allowed, and noted.
    #[command(
        after_help = "Examples:\n  segments rules check\n  segments rules check new-book.toml --json"
    )]
    Check(BookOptions),
    /// Show a rule book in words
    #[command(after_help = "Examples:\n  segments rules show\n  segments rules show --json")]
    Show(BookOptions),
    /// Write a rule book into the configuration table of a deployed stack
    ///
    /// The credentials and the region are those of the AWS command line. The book becomes the wanted
    /// one; workers use it once it is accepted.
    #[command(
        after_help = "Example:\n  segments rules apply segments.toml --config-table segments-ConfigTable-1A2B3C"
    )]
    Apply(ApplyOptions),
}

#[derive(Debug, Args)]
pub(crate) struct BookOptions {
    /// The rule book
    #[arg(default_value = "segments.toml")]
    pub(crate) file: PathBuf,
    /// Answer in JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ApplyOptions {
    /// The rule book
    pub(crate) file: PathBuf,
    /// The configuration table, an output of the stack
    #[arg(long)]
    pub(crate) config_table: String,
    /// Another address of DynamoDB, such as an emulation's
    #[arg(long)]
    pub(crate) endpoint: Option<String>,
}
