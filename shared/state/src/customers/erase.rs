//! Forgetting everything, for a shop that asks for it.

use aws_sdk_dynamodb::types::{DeleteRequest, WriteRequest};

use super::Customers;
use crate::Error;
use crate::items::{Item, TRIES, incomplete, unbuilt};

/// How many items one `BatchWriteItem` takes.
const BATCH: i32 = 25;
const OPERATION: &str = "erase customers";

/// How far an erasure has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erased {
    /// Nothing is left.
    All,
    /// Some items were deleted; there may be more.
    Some,
}

impl Customers {
    /// Deletes some of the table; says whether anything may be left. For a shop that asks to be
    /// forgotten.
    ///
    /// # Errors
    /// If the table does not answer. What was deleted stays deleted.
    pub async fn erase_some(&self) -> Result<Erased, Error> {
        let scan = self.client.scan().table_name(&self.table).projection_expression("pk, sk");
        let mut pages = scan.limit(BATCH).consistent_read(true).into_paginator().send();
        // A page may be empty though others follow.
        let mut left = loop {
            let Some(page) = pages.next().await else { return Ok(Erased::All) };
            let items = page.map_err(|error| Error::sdk(OPERATION, &error))?.items;
            match items.unwrap_or_default() {
                items if items.is_empty() => {}
                items => break items,
            }
        };
        for _ in 0..TRIES {
            left = self.delete_batch(left).await?;
            if left.is_empty() {
                return Ok(Erased::Some);
            }
        }
        Err(incomplete(OPERATION))
    }

    /// Deletes up to 25 items and gives back the keys that the table left undone.
    async fn delete_batch(&self, keys: Vec<Item>) -> Result<Vec<Item>, Error> {
        let requests = keys
            .into_iter()
            .map(|key| DeleteRequest::builder().set_key(Some(key)).build())
            .map(|delete| {
                delete.map(|delete| WriteRequest::builder().delete_request(delete).build())
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| unbuilt(OPERATION))?;
        let answer = self
            .client
            .batch_write_item()
            .request_items(&self.table, requests)
            .send()
            .await
            .map_err(|error| Error::sdk(OPERATION, &error))?;
        let left = answer.unprocessed_items.and_then(|mut left| left.remove(&self.table));
        let keys = |request: WriteRequest| request.delete_request.map(|delete| delete.key);
        Ok(left.unwrap_or_default().into_iter().filter_map(keys).collect())
    }
}
