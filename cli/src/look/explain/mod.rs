//! `segments explain`: why a customer is where they are, and what would follow now.

mod answer;
mod gather;
mod judge;
mod next;
mod words;

use clap::Args;

use super::{in_json, told};
use crate::customer::Asked;
use crate::private::Private;
use crate::report::Report;
use crate::target::TargetOptions;

pub(crate) const EXPLAIN_HELP: &str = "\
By e-mail, the customer is found by Shopify's search, which takes a while to know of changes; the address
itself is printed nowhere.

Exit codes:
  0  the customer is where they belong
  1  something differs, or something stands in the way: it is named at the end
  2  nobody can be explained (no such address, several customers with it), or a service gave no answer: it
     is named, and what is known without it is told

Examples:
  segments explain 706405506930370084
  segments explain gid://shopify/Customer/706405506930370084 --stack segments
  segments explain ann@example.com
  segments explain 706405506930370084 --json | jq .next";

#[derive(Debug, Args)]
pub(crate) struct ExplainOptions {
    /// The customer: a numeric id, `gid://shopify/Customer/…` or an e-mail address
    customer: Private,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: TargetOptions,
}

/// `explain`.
pub(crate) async fn explain(options: &ExplainOptions) -> Report {
    let asked = match Asked::read(options.customer.as_str()) {
        Ok(asked) => asked,
        Err(complaint) => return Report::failed(complaint),
    };
    // Boxed: every caller's future would hold all of it.
    match Box::pin(gather::gather(&asked, &options.target)).await {
        Ok(gathered) => {
            let answer = judge::judge(&gathered);
            let text = if options.json { in_json(&answer) } else { words::of(&answer) };
            if answer.not_reached.is_empty() {
                return told(text, !answer.to_look_at.is_empty());
            }
            let services: Vec<_> = answer.not_reached.iter().map(|it| it.service).collect();
            let complaint = format!("{} gave no answer: the rest is told", services.join(", "));
            Report { text, ..Report::failed(complaint) }
        }
        Err(complaint) => Report::failed(complaint),
    }
}
