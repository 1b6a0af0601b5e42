//! `segments explain`: why a customer is where they are, and what would follow now.

mod answer;
mod asked;
mod gather;
mod judge;
mod next;
mod words;

use clap::Args;

use super::{in_json, told};
use crate::report::Report;
use crate::target::TargetOptions;
use asked::Asked;

pub(crate) const EXPLAIN_HELP: &str = "\
By e-mail, the customer is found by Shopify's search, which takes a while to know of changes; the address
itself is printed nowhere.

Exit codes:
  0  the customer is where they belong
  1  something differs, or something stands in the way: it is named at the end
  2  nobody can be explained: no such address, several customers with it, or a service does not answer

Examples:
  segments explain 706405506930370084
  segments explain gid://shopify/Customer/706405506930370084 --stack segments
  segments explain ann@example.com
  segments explain 706405506930370084 --json | jq .next";

#[derive(Debug, Args)]
pub(crate) struct ExplainOptions {
    /// The customer: a numeric id, `gid://shopify/Customer/…` or an e-mail address
    customer: String,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: TargetOptions,
}

/// `explain`.
pub(crate) async fn explain(options: &ExplainOptions) -> Report {
    // What was given may be an address with a slip in it, so it is not repeated.
    let Some(asked) = Asked::read(&options.customer) else {
        return Report::failed(
            "that is no customer: give a numeric id, gid://shopify/Customer/… or an e-mail address",
        );
    };
    // Boxed: every caller's future would hold all of it.
    match Box::pin(gather::gather(&asked, &options.target)).await {
        Ok(gathered) => {
            let answer = judge::judge(&gathered);
            let text = if options.json { in_json(&answer) } else { words::of(&answer) };
            told(text, !answer.to_look_at.is_empty())
        }
        Err(complaint) => Report::failed(complaint),
    }
}
