//! The contracts, if they are at hand.

use std::path::PathBuf;

use apollo_compiler::Schema;
use e2e::contracts::{self, OpenApi};
use serde_json::Value;

fn or_say_so<T>(found: Result<Option<T>, String>) -> Option<T> {
    let found = found.unwrap();
    if found.is_none() {
        eprintln!("SKIPPED: the contracts are not at hand (CONTRACTS_DIR)");
    }
    found
}

pub(crate) fn folder() -> Option<PathBuf> {
    or_say_so(contracts::folder())
}

pub(crate) fn okta() -> Option<OpenApi> {
    or_say_so(contracts::okta())
}

/// The version of Shopify's Admin API that the contract is of.
pub(crate) const SHOPIFY_VERSION: &str = "2026-10";

/// Shopify's whole schema. It is theirs to keep valid, so that is not checked here.
pub(crate) fn shopify_schema() -> Option<Schema> {
    let file = folder()?.join(format!("shopify/admin_{SHOPIFY_VERSION}.graphql"));
    let text = std::fs::read_to_string(&file).unwrap();
    Some(Schema::parse(text, &file).unwrap())
}

/// Shopify's sample of a webhook's body.
pub(crate) fn webhook_sample(topic: &str) -> Option<Value> {
    let file =
        folder()?.join("shopify/webhooks").join(topic.replace('/', "-")).with_extension("json");
    let text = std::fs::read_to_string(file).ok()?;
    let mut sample: Value = serde_json::from_str(&text).unwrap();
    Some(sample["response"].take())
}
