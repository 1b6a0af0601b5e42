//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

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
    /// simulators of Shopify and Okta. Nothing leaves this machine. Exits with 1 if any scenario ends
    /// otherwise than it must.
    #[cfg(feature = "demo")]
    #[command(after_help = "Examples:\n  segments demo\n  segments demo --keep --port 8080")]
    Demo(DemoOptions),
    /// Check, show and deploy rule books
    Rules {
        #[command(subcommand)]
        command: RulesCommand,
    },
    /// Serve the simulated shop and the simulated Okta over HTTP, for functions that run elsewhere
    #[cfg(feature = "demo")]
    #[command(
        after_help = "Example:\n  segments simulators --listen 127.0.0.1:9090 --shop my-store.myshopify.com"
    )]
    Simulators(SimulatorOptions),
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
