//! `segments doctor`: each thing that can be wrong, and how it is mended.
//!
//! It writes nothing, but for `--fix`, which subscribes again to webhooks that are missing.

mod args;
mod check;
mod event_bus;
mod mavera;
mod okta;
mod queue;
mod report;
mod shopify;
mod tables;
mod webhooks;

pub(crate) use args::{DoctorOptions, HELP};
pub(crate) use queue::{LongWait, mend_of_unknown_wait};

use crate::report::Report;
use crate::setup::{Parts, Webhooks};
use crate::target::{Target, TargetError};
use check::Check;
use report::Findings;

/// `doctor`.
pub(crate) async fn run(options: &DoctorOptions) -> Report {
    match examine(options).await {
        Ok(findings) => findings.report(options.json),
        Err(error) => Report::failed(error.to_string()),
    }
}

async fn examine(options: &DoctorOptions) -> Result<Findings, TargetError> {
    let target = options.target.find().await?;
    let parts = Parts::of(&target, options.webhook_url.as_ref())?;
    let mut checks = Vec::new();
    let names = tables::configuration(&target, &mut checks).await;
    tables::tables(&target, &mut checks).await;
    queue::look(&target, names.as_ref(), &mut checks).await;
    let currency = names.as_ref().filter(|names| !names.wanted.is_empty());
    let currency = currency.map(|names| names.settings.currency);
    let webhooks = shopify::look(&parts, currency, &mut checks).await;
    let mut fixed = Vec::new();
    if let Some(found) = webhooks {
        let found = if options.fix {
            let (now, topics) = fix(&parts, found, &mut checks).await;
            fixed = topics;
            now
        } else {
            found
        };
        checks.push(shopify::subscriptions(&found, target.again()));
    }
    webhooks::look(&parts, &target, &mut checks).await;
    if let Some(names) = &names {
        okta::look(&parts, names, target.again(), &mut checks).await;
    }
    checks.push(event_bus::look(&target).await);
    checks.push(mavera::look(&parts, &target).await);
    Ok(Findings::new(name(&target), checks, fixed))
}

fn name(target: &Target) -> String {
    target.to_string()
}

/// Subscribes again; tells how it is afterwards, and the topics that came to be heard of.
async fn fix(parts: &Parts, found: Webhooks, checks: &mut Vec<Check>) -> (Webhooks, Vec<String>) {
    let missing = if found.url.is_some() { found.missing() } else { Vec::new() };
    if missing.is_empty() {
        return (found, Vec::new());
    }
    checks.extend(shopify::not_fixed(&parts.subscribe(&found).await));
    let mut unheard = Vec::new();
    let now = shopify::look(parts, None, &mut unheard).await.unwrap_or(found);
    let left = now.missing();
    let fixed = missing.into_iter().filter(|topic| !left.contains(topic));
    (now, fixed.map(|topic| topic.to_string()).collect())
}
