//! Ending runs that nobody can go on with, so that others can begin.

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem, Update};
use jiff::Timestamp;
use serde::Serialize;

use super::form::{KEPT, record_keys, second, summary_item};
use super::{Kept, RunId, Runs};
use crate::Error;
use crate::items::unbuilt;

impl Runs {
    /// Ends the active run although its record cannot be read: it is not active any more, and has this
    /// summary. The record itself stays as it is, for people to look at, until it expires.
    ///
    /// # Errors
    /// If the table does not answer; the run may then have ended.
    pub async fn abandon<S: Serialize>(
        &self,
        run: &RunId,
        summary: &S,
        now: Timestamp,
    ) -> Result<Kept, Error> {
        const OPERATION: &str = "end a run that cannot be read";
        let built = |_| unbuilt(OPERATION);
        let record = Update::builder()
            .table_name(&self.table)
            .set_key(Some(record_keys(run)))
            .update_expression("SET active = :no, expires_at = :at")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":no", AttributeValue::Bool(false))
            .expression_attribute_values(":at", second(now + KEPT));
        let pointer = self.no_longer_active(run);
        let summary = Some(summary_item(run, summary, now)?);
        let summary = Put::builder().table_name(&self.table).set_item(summary);
        let writes = vec![
            TransactWriteItem::builder().update(record.build().map_err(built)?).build(),
            TransactWriteItem::builder().delete(pointer.build().map_err(built)?).build(),
            TransactWriteItem::builder().put(summary.build().map_err(built)?).build(),
        ];
        self.transact(writes, OPERATION).await
    }

    /// Takes note that a run without a record is not active: somebody has deleted its record.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn forget(&self, run: &RunId) -> Result<Kept, Error> {
        const OPERATION: &str = "forget a run without a record";
        let pointer = self.no_longer_active(run).build().map_err(|_| unbuilt(OPERATION))?;
        let writes = vec![TransactWriteItem::builder().delete(pointer).build()];
        self.transact(writes, OPERATION).await
    }
}
