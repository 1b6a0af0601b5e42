//! Reading what is known of runs.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::DeserializeOwned;

use super::form::{ACTIVE, MEMORY, RECORD, SUMMARY, content, keys, partition, unreadable};
use super::{RunId, Runs};
use crate::Error;
use crate::items::{Item, text};

/// The newest runs that have ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newest<S> {
    /// Their summaries, the newest first.
    pub summaries: Vec<S>,
    /// How many summaries among them cannot be read.
    pub unreadable: u64,
}

impl Runs {
    /// The active run, if there is one.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn active(&self) -> Result<Option<RunId>, Error> {
        let found = self.get(ACTIVE, "load the active run").await?;
        let Some(item) = found else { return Ok(None) };
        let run = text(&item, "run_id").and_then(|run| run.parse().ok());
        run.map(Some).ok_or_else(|| unreadable(ACTIVE, "run_id is no run's id"))
    }

    /// What earlier runs left to be known.
    ///
    /// # Errors
    /// If the table does not answer, or the item cannot be read.
    pub async fn memory<M: DeserializeOwned + Default>(&self) -> Result<M, Error> {
        let found = self.get(MEMORY, "load what earlier runs left").await?;
        found.map_or_else(|| Ok(M::default()), |item| content(MEMORY, item))
    }

    /// A run's record.
    ///
    /// # Errors
    /// If the table does not answer, or the record cannot be read.
    pub async fn record<R: DeserializeOwned>(&self, run: &RunId) -> Result<Option<R>, Error> {
        let pk = partition(run);
        let keys = [pk.as_str(), RECORD];
        self.get(keys, "load a run").await?.map(|item| content(keys, item)).transpose()
    }

    /// The summaries of the newest runs; `most` is at least 1. One that cannot be read hides no other.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn newest<S: DeserializeOwned>(&self, most: i32) -> Result<Newest<S>, Error> {
        let enough = usize::try_from(most).unwrap_or_default();
        let (mut newest, mut from) = (Newest { summaries: Vec::new(), unreadable: 0 }, None);
        loop {
            let page = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", AttributeValue::S(SUMMARY.into()))
                .consistent_read(true)
                .scan_index_forward(false)
                .limit(most)
                .set_exclusive_start_key(from)
                .send()
                .await
                .map_err(|error| Error::sdk("load summaries of runs", &error))?;
            for item in page.items.unwrap_or_default() {
                if newest.summaries.len() >= enough {
                    return Ok(newest);
                }
                let sk = text(&item, "sk").unwrap_or_default().to_owned();
                match content([SUMMARY, &sk], item) {
                    Ok(summary) => newest.summaries.push(summary),
                    Err(_) => newest.unreadable += 1,
                }
            }
            from = page.last_evaluated_key;
            if from.is_none() || newest.summaries.len() >= enough {
                return Ok(newest);
            }
        }
    }

    /// The summaries of the newest runs, the newest first; `most` is at least 1. Those that cannot be read are
    /// left out.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn summaries<S: DeserializeOwned>(&self, most: i32) -> Result<Vec<S>, Error> {
        Ok(self.newest(most).await?.summaries)
    }

    pub(super) async fn get(
        &self,
        place: [&str; 2],
        operation: &'static str,
    ) -> Result<Option<Item>, Error> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(keys(place)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| Error::sdk(operation, &error))?;
        Ok(answer.item)
    }
}
