//! The table of full runs: one record a run, its chunks of ids, one summary a run, and which run is
//! active.
//!
//! A step takes the record's lease, which raises its fencing number, and every write of the step is made
//! on condition that the number is still its own. So a step that was thought dead cannot undo what its
//! successor did. What a run records is its own business: the record is any serialisable value.

mod abandon;
mod chunks;
mod form;
mod id;
mod read;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::builders::DeleteBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, ReturnValue, TransactWriteItem};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Error;
use crate::error::is_failed_condition;
use crate::items::{Item, number, transact, unbuilt};
use form::{
    ACTIVE, HELD, MEMORY, RECORD, active_record, content, ended_record, held, item, keys,
    millisecond, partition, record_keys, summary_item, unreadable,
};

pub use chunks::Chunk;
pub use id::RunId;
pub use read::Newest;

/// The table of full runs.
#[derive(Debug, Clone)]
pub struct Runs {
    client: Client,
    table: String,
}

/// The right to write one run's record, until its lease ends or another step takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The run.
    pub run: RunId,
    /// The fencing number of this step.
    pub fence: u64,
    /// Until when no other step can take the run.
    pub until: Timestamp,
}

/// What came of asking for a run's lease.
#[derive(Debug)]
pub enum Taken<R> {
    /// It is ours, and this is the record.
    Ours(Hold, R),
    /// Another step has it.
    Busy {
        /// Until when at most.
        until: Timestamp,
    },
    /// There is no such run, or it has ended.
    Ended,
    /// Its record cannot be read, so nobody can go on with it.
    Unreadable(Error),
}

/// What came of beginning a run.
#[derive(Debug)]
pub enum Begun {
    /// It is the active run, and its lease is ours.
    Ours(Hold),
    /// Another run is active.
    Another(RunId),
}

/// Whether the run was still the step's when it wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Kept {
    /// It was, and the write was made.
    Yes,
    /// The run is another step's now, or has ended. Nothing was written, and the step has to stop.
    No,
}

impl Runs {
    /// The table with this name.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// Makes a run the active one and writes its first record, all or nothing. The lease is ours until
    /// `until`.
    ///
    /// # Errors
    /// If the table does not answer; the run may then have begun. It is the active one then, and can be
    /// taken once its lease has run out.
    pub async fn begin<R: Serialize>(
        &self,
        run: &RunId,
        record: &R,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Begun, Error> {
        const OPERATION: &str = "begin a run";
        let hold = Hold { run: run.clone(), fence: 1, until };
        let mut pointer = keys(ACTIVE);
        pointer.insert("run_id".into(), AttributeValue::S(run.to_string()));
        let writes = [pointer, active_record(&hold, record, now)?]
            .into_iter()
            .map(|item| {
                let put = Put::builder().table_name(&self.table).set_item(Some(item));
                let put = put.condition_expression("attribute_not_exists(pk)").build();
                put.map(|put| TransactWriteItem::builder().put(put).build())
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| unbuilt(OPERATION))?;
        let made = self.transact(writes, OPERATION).await;
        if made == Ok(Kept::Yes) {
            return Ok(Begun::Ours(hold));
        }
        // Two runs that begin at one moment can hinder each other without any condition having failed,
        // and an answer can be lost on its way.
        match self.active().await? {
            Some(active) if made.is_err() && active == *run => Ok(Begun::Ours(hold)),
            Some(active) => Ok(Begun::Another(active)),
            None => Err(made.err().unwrap_or_else(|| contended(OPERATION))),
        }
    }

    /// Takes a run's lease until `until`, if nobody has it at `now`.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn take<R: DeserializeOwned>(
        &self,
        run: &RunId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Taken<R>, Error> {
        const OPERATION: &str = "take a run's lease";
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(record_keys(run)))
            .update_expression("SET fence = fence + :one, leased_until = :until")
            .condition_expression("active = :yes AND leased_until <= :now")
            .expression_attribute_values(":one", AttributeValue::N("1".into()))
            .expression_attribute_values(":until", millisecond(until))
            .expression_attribute_values(":now", millisecond(now))
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        match answer {
            Ok(answer) => {
                let (pk, item) = (partition(run), answer.attributes.unwrap_or_default());
                let keys = [pk.as_str(), RECORD];
                let fence = number(&item, "fence");
                let read = fence
                    .ok_or_else(|| unreadable(keys, "fence is no number"))
                    .and_then(|fence| Ok((fence, content(keys, item)?)));
                Ok(match read {
                    Ok((fence, record)) => {
                        Taken::Ours(Hold { run: run.clone(), fence, until }, record)
                    }
                    Err(error) => Taken::Unreadable(error),
                })
            }
            Err(error) if is_failed_condition(&error) || is_in_hand(&error) => {
                self.why_not_taken(run).await
            }
            Err(error) => Err(Error::sdk(OPERATION, &error)),
        }
    }

    async fn why_not_taken<R>(&self, run: &RunId) -> Result<Taken<R>, Error> {
        let pk = partition(run);
        let keys = [pk.as_str(), RECORD];
        let found = self.get(keys, "load a run").await?.filter(is_active);
        let Some(item) = found else { return Ok(Taken::Ended) };
        let until = item.get("leased_until").and_then(|value| value.as_n().ok());
        let until = until.and_then(|until| Timestamp::from_millisecond(until.parse().ok()?).ok());
        let unreadable = || unreadable(keys, "leased_until is missing or no moment");
        Ok(until.map_or_else(|| Taken::Unreadable(unreadable()), |until| Taken::Busy { until }))
    }

    /// Writes the record of a run that is held. `until` is when its lease ends from now on: now, if
    /// this step has ended.
    ///
    /// # Errors
    /// If the table does not answer; the write may then have been made.
    pub async fn save<R: Serialize>(
        &self,
        hold: &mut Hold,
        record: &R,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Kept, Error> {
        const OPERATION: &str = "save a run";
        let saved = Hold { until, ..hold.clone() };
        let answer = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(active_record(&saved, record, now)?))
            .condition_expression(HELD)
            .set_expression_attribute_values(Some(held(hold)))
            .send()
            .await;
        match answer {
            Ok(_) => {
                *hold = saved;
                Ok(Kept::Yes)
            }
            Err(error) if is_failed_condition(&error) => Ok(Kept::No),
            Err(error) => Err(Error::sdk(OPERATION, &error)),
        }
    }

    /// Ends a run: its last record, its summary, and what the next run has to know, if this one
    /// learnt it; all or nothing. No run is active then.
    ///
    /// # Errors
    /// If the table does not answer; the run may then have ended.
    pub async fn end<R: Serialize, S: Serialize, M: Serialize>(
        &self,
        hold: &Hold,
        record: &R,
        summary: &S,
        memory: Option<&M>,
        now: Timestamp,
    ) -> Result<Kept, Error> {
        const OPERATION: &str = "end a run";
        let built = |_| unbuilt(OPERATION);
        let record = Put::builder()
            .table_name(&self.table)
            .set_item(Some(ended_record(hold, record, now)?))
            .condition_expression(HELD)
            .set_expression_attribute_values(Some(held(hold)));
        let memory = memory.map(|memory| item(MEMORY, memory)).transpose()?;
        let mut writes =
            vec![TransactWriteItem::builder().put(record.build().map_err(built)?).build()];
        for item in [Some(summary_item(&hold.run, summary, now)?), memory].into_iter().flatten() {
            let put = Put::builder().table_name(&self.table).set_item(Some(item)).build();
            writes.push(TransactWriteItem::builder().put(put.map_err(built)?).build());
        }
        let pointer = self.no_longer_active(&hold.run).build().map_err(built)?;
        writes.push(TransactWriteItem::builder().delete(pointer).build());
        self.transact(writes, OPERATION).await
    }

    /// The deletion of what says which run is active, if it is this one.
    fn no_longer_active(&self, run: &RunId) -> DeleteBuilder {
        Delete::builder()
            .table_name(&self.table)
            .set_key(Some(keys(ACTIVE)))
            .condition_expression("run_id = :run")
            .expression_attribute_values(":run", AttributeValue::S(run.to_string()))
    }

    async fn transact(
        &self,
        writes: Vec<TransactWriteItem>,
        operation: &'static str,
    ) -> Result<Kept, Error> {
        let made = transact(&self.client, writes, operation).await?;
        Ok(if made { Kept::Yes } else { Kept::No })
    }
}

/// Whether a transaction had the item in hand: the step that holds the run is writing.
fn is_in_hand<R>(error: &SdkError<UpdateItemError, R>) -> bool {
    error.as_service_error().is_some_and(UpdateItemError::is_transaction_conflict_exception)
}

fn is_active(item: &Item) -> bool {
    matches!(item.get("active"), Some(AttributeValue::Bool(true)))
}

fn contended(operation: &'static str) -> Error {
    Error::Refused {
        operation,
        code: "another run began or ended at the same time".into(),
        retryable: true,
    }
}
