//! `doctor`, as it is typed.

use clap::Args;

use crate::target::TargetOptions;
use crate::webhook_url::WebhookUrl;

pub(crate) const HELP: &str = "\
Exit codes:
  0  nothing is wrong; there may be warnings
  1  something is wrong
  2  the command line or the settings are wrong, or something could not be looked at

Examples:
  segments doctor
  segments doctor --stack segments
  segments doctor --stack segments --fix
  segments doctor --stack segments --json | jq '.checks[] | select(.state != \"ok\")'";

#[derive(Debug, Args)]
pub(crate) struct DoctorOptions {
    /// Subscribe again to the webhooks that are missing
    #[arg(long)]
    pub(crate) fix: bool,
    /// Answer in JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Where the shop's webhooks are to go, if not to the stack's own address
    #[arg(long, value_name = "URL")]
    pub(crate) webhook_url: Option<WebhookUrl>,
    #[command(flatten)]
    pub(crate) target: TargetOptions,
}
