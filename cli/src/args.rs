//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, Parser, Subcommand};
use resegment::Reason;
use state::RunId;

use crate::doctor::{self, DoctorOptions};
use crate::look;
use crate::pin_command::{self, PinOptions, UnpinOptions};
use crate::preview::{self, PreviewOptions};
use crate::report_page::{self, ReportOptions};
use crate::rules_command::RulesCommand;
use crate::setup::{self, SetupOptions};
use crate::stop_command;
use crate::target::{StoreOptions, TargetOptions};

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

impl Cli {
    /// Reads a command line.
    ///
    /// # Errors
    /// If it is none, or asks for help. An argument too many and an address are not repeated: who reads the
    /// complaint may not be who typed it.
    pub fn read(
        arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    ) -> Result<Self, clap::Error> {
        Self::try_parse_from(arguments).map_err(without_value)
    }
}

/// Options are names of ours, or slips in one; any other argument that nobody expects is a value. So is what has an
/// address in it, wherever it stands.
fn without_value(mut error: clap::Error) -> clap::Error {
    let is_unexpected = error.kind() == ErrorKind::UnknownArgument;
    for kind in [ContextKind::InvalidArg, ContextKind::InvalidValue, ContextKind::InvalidSubcommand]
    {
        let Some(ContextValue::String(text)) = error.get(kind) else { continue };
        let is_value = is_unexpected && kind == ContextKind::InvalidArg && !text.starts_with('-');
        if is_value || text.contains('@') {
            error.insert(kind, ContextValue::String("…".to_owned()));
        }
    }
    error
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Play the whole system against a simulated shop and a simulated Okta, and show what happens
    ///
    /// Everything runs in this process: the handlers that run on AWS, an embedded DynamoDB engine, and
    /// simulators of Shopify, Okta and Mavera. Nothing leaves this machine.
    #[cfg(feature = "demo")]
    #[command(after_help = DEMO_HELP)]
    Demo(DemoOptions),
    /// Make a full run, or try one out, and watch it to its end
    ///
    /// A full run compares the whole shop with what was applied and has everybody put right who is in
    /// the wrong place. With --stack it is a run of the deployed stack, which goes on by itself while this
    /// command watches it; the credentials and the region are those of the AWS command line. Without, it
    /// is made here, by the local store and the settings of the environment.
    #[command(after_help = RUN_HELP)]
    Run(RunOptions),
    /// Serve the whole system on this machine: webhooks, workers, full runs
    ///
    /// Everything is kept in the local store, where a webhook is before it is answered: a crash loses
    /// nothing. Settings are those of the functions, from the environment or the file .env; the secrets
    /// are in `WEBHOOK_SECRET`, `SHOPIFY_SECRET`, `OKTA_SECRET` and `MAVERA_SECRET`, as JSON. Ctrl-C or SIGTERM
    /// works off what is due, for half a minute at most, and stops. What happens is logged to standard error.
    #[command(after_help = SERVE_HELP)]
    Serve(ServeOptions),
    /// Show who would move by a rule book, before anything moves
    ///
    /// Compares the whole shop with what was applied, as a full run does, and writes nothing: who would
    /// go from where to where, what they have spent, and whether the guard of a full run would let it
    /// pass.
    #[command(after_help = preview::PREVIEW_HELP)]
    Preview(PreviewOptions),
    /// Have the workers and full runs hold, until they are resumed
    ///
    /// They do within a minute. Webhooks are still taken and queued.
    #[command(after_help = stop_command::PAUSE_HELP)]
    Pause(HoldOptions),
    /// Have the workers and full runs go on
    #[command(after_help = stop_command::RESUME_HELP)]
    Resume(HoldOptions),
    /// Look at everything that can be wrong, and say how each is mended
    ///
    /// Credentials and scopes, subscriptions, the endpoint, attributes and groups, tables, the queue, the
    /// last run. Nothing is written, unless --fix is given.
    #[command(after_help = doctor::HELP)]
    Doctor(DoctorOptions),
    /// Make everything that a system needs: attributes and groups in Okta, the rule book, the webhooks
    ///
    /// Shows what there is and what it would make, and asks before it makes anything. Run again, it makes
    /// what is still missing; what is there stays as it is.
    #[command(after_help = setup::HELP)]
    Setup(SetupOptions),
    /// List the full runs, show one in full, or watch one come on
    #[command(after_help = look::RUNS_HELP)]
    Runs(look::RunsOptions),
    /// Say how things stand: books, groups, queue, dead letters, runs, customers by segment
    #[command(after_help = look::STATUS_HELP)]
    Status(look::StatusOptions),
    /// Say why a customer is where they are, and what would follow now; nothing is written
    ///
    /// Reads Shopify, the applied state and Okta now, and tells every rule with why it matches or not, the
    /// plan that a look would make, and the changes of segment with their causes.
    #[command(after_help = look::EXPLAIN_HELP)]
    Explain(look::ExplainOptions),
    /// List the customers who are in a segment now, by the applied state, in no particular order
    #[command(after_help = look::MEMBERS_HELP)]
    Members(look::MembersOptions),
    /// Decide for one customer where they belong, whatever the rules say
    #[command(after_help = pin_command::PIN_HELP)]
    Pin(PinOptions),
    /// Take such a decision back: the rules decide again
    #[command(after_help = pin_command::UNPIN_HELP)]
    Unpin(UnpinOptions),
    /// List the customers for whom a person decided, with the reasons
    #[command(after_help = look::PINS_HELP)]
    Pins(look::PinsOptions),
    /// List the customers whose last look ended with something in the way, and what to do
    #[command(after_help = look::UNMATCHED_HELP)]
    Unmatched(look::UnmatchedOptions),
    /// Show the messages that nobody could work off, and have their customers looked at again
    #[command(after_help = look::DEAD_LETTERS_HELP)]
    DeadLetters(look::DeadLettersOptions),
    /// Write a page about the segments: one file, for the browser and for paper
    ///
    /// Counts and revenue by segment, now and over the last full runs, how spend and orders are spread
    /// under the rules, who moved in the last run, who is unmatched, and the rule book in words. The page
    /// needs no network, runs nothing and names nobody. Reads every customer's applied state once.
    #[command(after_help = report_page::REPORT_HELP)]
    Report(ReportOptions),
    /// Check, show, apply and go back to rule books
    Rules {
        #[command(subcommand)]
        command: RulesCommand,
    },
    /// Serve the simulated shop, Okta and Mavera over HTTP, for functions that run elsewhere
    ///
    /// Beside them, at a port of its own, is what the functions need of AWS: an embedded `DynamoDB` engine
    /// with the tables and a rule book, the secrets, and a queue. The people whom the files in events/
    /// speak of are there, so that these can be invoked at once.
    #[cfg(feature = "demo")]
    #[command(after_help = SIMULATORS_HELP)]
    Simulators(SimulatorOptions),
}

#[cfg(feature = "demo")]
const DEMO_HELP: &str = "\
Exit codes:
  0  every scenario ended as it must
  1  one did not: it is named at the end
  2  the demo cannot go on: a port cannot be had, or standard output cannot be written

Examples:
  segments demo
  segments demo --keep --port 8080";

const SERVE_HELP: &str = "\
Exit codes:
  0    stopped by Ctrl-C or SIGTERM, after what was in work was ended and half a minute at most of what was due
  2    the settings are wrong, or the address cannot be had, or the store cannot be opened
  130  stopped by the second of them, at once

Examples:
  segments serve
  segments serve --listen 0.0.0.0:8080 --full-run-at 03:00 --time-zone Europe/Berlin";

#[cfg(feature = "demo")]
const SIMULATORS_HELP: &str = "\
Exit codes:
  0  stopped by Ctrl-C
  2  an address cannot be had, or the file cannot be written

Examples:
  segments simulators
  segments simulators --env-file local.json --listen 127.0.0.1:8090 --aws 127.0.0.1:8091
  segments simulators --without-aws";

const RUN_HELP: &str = "\
Exit codes:
  0    done; of a dry run, whatever the guard would say
  1    the run failed, or was cancelled
  2    the command line or the settings are wrong, or the stack cannot be reached
  3    refused: nothing was written
  4    skipped: another run is active
  130  no longer watched (Ctrl-C); the run goes on

Examples:
  segments run --dry-run
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
    #[command(flatten)]
    pub(crate) target: TargetOptions,
}

#[derive(Debug, Args)]
pub(crate) struct ServeOptions {
    /// Where to take webhooks; put something in front of it that speaks TLS
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(crate) listen: std::net::SocketAddr,
    /// When the daily full run begins
    #[arg(long, value_name = "HH:MM", default_value = "03:00")]
    pub(crate) full_run_at: jiff::civil::Time,
    /// The time zone of that time
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub(crate) time_zone: String,
    #[command(flatten)]
    pub(crate) store: StoreOptions,
}

#[derive(Debug, Args)]
pub(crate) struct HoldOptions {
    /// Answer in JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) target: TargetOptions,
}

#[derive(Debug, Args)]
pub(crate) struct CancelOptions {
    /// The run
    pub(crate) id: RunId,
    /// Answer in JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) at: TargetOptions,
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
    /// Where to stand in for AWS; a loopback address
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9091")]
    pub(crate) aws: std::net::SocketAddr,
    /// Leave AWS out: the functions have one already. The shop and the org are empty then
    #[arg(long, conflicts_with = "aws")]
    pub(crate) without_aws: bool,
    /// The simulated shop's domain
    #[arg(long, default_value = "my-store.myshopify.com")]
    pub(crate) shop: rules::ShopDomain,
    /// Write the functions' environment to this file, as `sam local --env-vars` reads it
    #[arg(long, value_name = "FILE")]
    pub(crate) env_file: Option<PathBuf>,
}
