//! Runs as items of the table. What a run records is kept as one attribute, `content`, so that nothing
//! it holds can be taken for what this crate notes beside it.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Hold, RunId};
use crate::Error;
use crate::items::{self, Item};

/// How long records of runs that have ended are kept.
pub(super) const KEPT: Duration = Duration::from_hours(90 * 24);
/// How long chunks are kept. They hold whom a run was about, and are gone before the 30 days end in which
/// [Shopify](https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance) wants a customer or a
/// shop forgotten that asks for it; a run that is paused is still there.
pub(super) const CHUNKS_KEPT: Duration = Duration::from_hours(20 * 24);
/// How long summaries are kept.
const SUMMARY_KEPT: Duration = Duration::from_hours(365 * 24);

/// Which run is active: the item's keys.
pub(super) const ACTIVE: [&str; 2] = ["active", "run"];
/// What the next run has to know of the last ones: the item's keys.
pub(super) const MEMORY: [&str; 2] = ["memory", "memory"];
/// The sort key of a run's record; its chunks are in the same partition.
pub(super) const RECORD: &str = "record";
/// The partition of all summaries; they are in the order of their runs' ids.
pub(super) const SUMMARY: &str = "summary";
/// The condition of every write by a step: the run goes on, and is still the step's.
pub(super) const HELD: &str = "fence = :fence AND active = :yes";

/// The values that [`HELD`] names.
pub(super) fn held(hold: &Hold) -> Item {
    Item::from([
        (":fence".to_owned(), fence(hold)),
        (":yes".to_owned(), AttributeValue::Bool(true)),
    ])
}

/// The record of a run that goes on. It has no date to expire on: without it the run could not be ended,
/// and no other could begin. `saved_at` is for people who look at the table.
pub(super) fn active_record<R: Serialize>(
    hold: &Hold,
    record: &R,
    now: Timestamp,
) -> Result<Item, Error> {
    let mut item = item([&partition(&hold.run), RECORD], record)?;
    item.insert("fence".into(), fence(hold));
    item.insert("leased_until".into(), millisecond(hold.until));
    item.insert("saved_at".into(), AttributeValue::S(now.to_string()));
    item.insert("active".into(), AttributeValue::Bool(true));
    Ok(item)
}

/// The record of a run that ends now.
pub(super) fn ended_record<R: Serialize>(
    hold: &Hold,
    record: &R,
    now: Timestamp,
) -> Result<Item, Error> {
    let mut item = active_record(&Hold { until: now, ..hold.clone() }, record, now)?;
    item.insert("active".into(), AttributeValue::Bool(false));
    item.insert("expires_at".into(), second(now + KEPT));
    Ok(item)
}

/// The summary of a run that ends now.
pub(super) fn summary_item<S: Serialize>(
    run: &RunId,
    summary: &S,
    now: Timestamp,
) -> Result<Item, Error> {
    let mut item = item([SUMMARY, run.as_str()], summary)?;
    item.insert("expires_at".into(), second(now + SUMMARY_KEPT));
    Ok(item)
}

pub(super) fn item<T: Serialize>(keys_: [&str; 2], content: &T) -> Result<Item, Error> {
    let content = serde_dynamo::to_attribute_value(content)
        .map_err(|error| unreadable(keys_, &format!("cannot be written: {error}")))?;
    let mut item = keys(keys_);
    item.insert("content".into(), content);
    Ok(item)
}

pub(super) fn content<T: DeserializeOwned>(keys: [&str; 2], mut item: Item) -> Result<T, Error> {
    let content = item.remove("content").ok_or_else(|| unreadable(keys, "content is missing"))?;
    items::read(content).map_err(|error| unreadable(keys, &error.to_string()))
}

/// The partition of a run's record and chunks.
pub(super) fn partition(run: &RunId) -> String {
    format!("run#{run}")
}

pub(super) fn record_keys(run: &RunId) -> Item {
    keys([&partition(run), RECORD])
}

pub(super) fn keys([pk, sk]: [&str; 2]) -> Item {
    Item::from([
        ("pk".to_owned(), AttributeValue::S(pk.to_owned())),
        ("sk".to_owned(), AttributeValue::S(sk.to_owned())),
    ])
}

pub(super) fn millisecond(moment: Timestamp) -> AttributeValue {
    AttributeValue::N(moment.as_millisecond().to_string())
}

/// What `DynamoDB`'s time to live reads.
pub(super) fn second(moment: Timestamp) -> AttributeValue {
    AttributeValue::N(moment.as_second().to_string())
}

pub(super) fn unreadable([pk, sk]: [&str; 2], detail: &str) -> Error {
    Error::Unreadable { item: format!("{pk}/{sk}"), detail: detail.to_owned() }
}

fn fence(hold: &Hold) -> AttributeValue {
    AttributeValue::N(hold.fence.to_string())
}
