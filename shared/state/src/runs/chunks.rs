//! What a run keeps beside its record because it is too large for one item: ids of customers, pages
//! read from Okta. Each is at most 400 KB, keys included, which is what an item holds.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, TransactWriteItem};
use jiff::Timestamp;

use super::form::{CHUNKS_KEPT, HELD, held, keys, partition, record_keys, second, unreadable};
use super::{Hold, Kept, RunId, Runs};
use crate::Error;
use crate::items::unbuilt;

/// Where a chunk is kept: what it is of, and its number, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk {
    /// "ids", "okta".
    pub of: &'static str,
    /// The fencing number of the step that began to write chunks of this kind. Chunks of an earlier
    /// attempt are left where they are, and never read.
    pub fence: u64,
    /// Which one.
    pub number: u32,
}

impl Runs {
    /// Writes a chunk of a run that is held, in place of one written before. One at a time: chunks
    /// written side by side are in each other's way, because each looks at the run's record.
    ///
    /// # Errors
    /// If the table does not answer; the chunk may then have been written.
    pub async fn put_chunk(
        &self,
        hold: &Hold,
        chunk: Chunk,
        content: Vec<u8>,
        now: Timestamp,
    ) -> Result<Kept, Error> {
        const OPERATION: &str = "save a chunk of a run";
        let built = |_| unbuilt(OPERATION);
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(record_keys(&hold.run)))
            .condition_expression(HELD)
            .set_expression_attribute_values(Some(held(hold)));
        let mut item = keys([&partition(&hold.run), &sort_key(chunk)]);
        item.insert("content".into(), AttributeValue::B(Blob::new(content)));
        item.insert("expires_at".into(), second(now + CHUNKS_KEPT));
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        let writes = vec![
            TransactWriteItem::builder().condition_check(check.build().map_err(built)?).build(),
            TransactWriteItem::builder().put(put.build().map_err(built)?).build(),
        ];
        self.transact(writes, OPERATION).await
    }

    /// Reads a chunk.
    ///
    /// # Errors
    /// If the table does not answer, or has no such chunk.
    pub async fn chunk(&self, run: &RunId, chunk: Chunk) -> Result<Vec<u8>, Error> {
        let (pk, sk) = (partition(run), sort_key(chunk));
        let found = self.get([&pk, &sk], "load a chunk of a run").await?;
        match found.and_then(|mut item| item.remove("content")) {
            Some(AttributeValue::B(blob)) => Ok(blob.into_inner()),
            _ => Err(unreadable([&pk, &sk], "it is missing or holds no content")),
        }
    }
}

fn sort_key(Chunk { of, fence, number }: Chunk) -> String {
    format!("{of}#{fence:06}#{number:06}")
}
