//! `setup`, as it is typed.

use std::path::PathBuf;

use clap::Args;

use crate::target::TargetOptions;
use crate::webhook_url::WebhookUrl;

pub(crate) const HELP: &str = "\
Exit codes:
  0  everything is there, or was made; of a dry run, nothing stands in the way
  1  something is left that a person has to see to, or the answer was no
  2  the command line or the settings are wrong, nobody could be asked, or a service does not answer

Examples:
  segments setup --dry-run
  segments setup --webhook-url https://hooks.example.com
  segments setup --stack segments
  segments setup --stack segments --rules segments.toml --yes
  segments setup --stack segments --dry-run --json | jq '.things[] | select(.state != \"there\")'";

#[derive(Debug, Args)]
pub(crate) struct SetupOptions {
    /// The rule book to begin with [default: segments.toml]
    ///
    /// A rule book that is stored already stays as it is: `segments rules apply` changes it.
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Option<PathBuf>,
    /// Show what would be made, and make nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Make it without asking
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) yes: bool,
    /// Answer in JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Where the shop's webhooks are to go, if not to the stack's own address
    ///
    /// For the local store it can also be set as `WEBHOOK_URL`; without either, no webhooks are
    /// subscribed. An address without a path gets /webhooks/shopify.
    #[arg(long, value_name = "URL")]
    pub(crate) webhook_url: Option<WebhookUrl>,
    #[command(flatten)]
    pub(crate) target: TargetOptions,
}
