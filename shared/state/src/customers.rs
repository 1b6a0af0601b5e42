//! The table of customers: applied state, claims of Okta users, tombstones.
//!
//! Every write is conditional on the version that was read, so two workers cannot overwrite each
//! other; and a claim item says which customer an Okta user belongs to, so two customers cannot
//! either.

mod erase;
mod form;
mod list;
mod pin;
mod scan;

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, CancellationReason, Delete, Put, TransactWriteItem};
use rules::{CustomerId, UserId};

use crate::entry::key;
use crate::error::{is_failed, is_failed_condition, reasons};
use crate::items::{batch_get, text, unbuilt};
use crate::{Entry, Error, Version, Versioned};
use form::{CLAIM, Condition, STATE, claim_key, keys, owner, read_entry, unreadable, write_entry};

pub use erase::Erased;
pub use list::Listed;
pub use pin::Pinned;
pub use scan::{Page, Place};

/// In how many parts a table on AWS is read side by side.
const PARTS: i32 = 4;
/// How many keys one `BatchGetItem` takes.
const BATCH_GET: usize = 100;

/// The table of customers.
#[derive(Debug, Clone)]
pub struct Customers {
    client: Client,
    table: String,
    parts: i32,
}

/// How a conditional write ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Written {
    /// It was made; this is the version now.
    Done(Version),
    /// Another write came first.
    Conflict,
    /// The Okta user is claimed by another customer.
    UserTaken,
}

/// What becomes of a claim together with an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Claim the user for this customer; fails if another customer has it.
    Take(UserId),
    /// Give the user up, if this customer has it.
    Release(UserId),
}

impl Customers {
    /// The table with this name.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into(), parts: PARTS }
    }

    /// The same table, to be read in one part: for an engine that sorts the whole table for every page of
    /// a part.
    #[must_use]
    pub fn in_one_part(self) -> Self {
        Self { parts: 1, ..self }
    }

    /// In how many parts the table is best read side by side.
    pub fn parts(&self) -> i32 {
        self.parts
    }

    /// Reads the entries of these customers, consistently. Those without one are left out; one that
    /// this product did not write is an error of its own, and keeps nobody else's from being read.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn load(
        &self,
        customers: &[CustomerId],
    ) -> Result<BTreeMap<CustomerId, Result<Versioned, Error>>, Error> {
        let mut found = BTreeMap::new();
        for batch in customers.chunks(BATCH_GET) {
            let keys = batch.iter().map(|customer| keys(key(*customer), STATE)).collect();
            for item in batch_get(&self.client, &self.table, keys, "load customers").await? {
                let customer = owner(&item)?;
                found.insert(customer, read_entry(customer, item));
            }
        }
        Ok(found)
    }

    /// Writes an entry made from `from` (none: there must be none yet).
    ///
    /// # Errors
    /// If the table does not answer; the write may then have been made.
    pub async fn save(
        &self,
        customer: CustomerId,
        entry: &Entry,
        from: Option<Version>,
    ) -> Result<Written, Error> {
        const OPERATION: &str = "save customer";
        let (item, version) = write_entry(customer, entry, from)?;
        let condition = Condition::version(from);
        let answer = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(condition.expression)
            .set_expression_attribute_values(condition.values)
            .send()
            .await;
        match answer {
            Ok(_) => Ok(Written::Done(version)),
            Err(error) if is_failed_condition(&error) => Ok(Written::Conflict),
            Err(error) => Err(Error::sdk(OPERATION, &error)),
        }
    }

    /// Writes an entry and claims or releases Okta users, all or nothing.
    ///
    /// # Errors
    /// If the table does not answer; the write may then have been made.
    pub async fn save_with(
        &self,
        customer: CustomerId,
        entry: &Entry,
        from: Option<Version>,
        claims: &[Claim],
    ) -> Result<Written, Error> {
        const OPERATION: &str = "save customer and claim";
        let (item, version) = write_entry(customer, entry, from)?;
        let condition = Condition::version(from);
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(condition.expression)
            .set_expression_attribute_values(condition.values)
            .build()
            .map_err(|_| unbuilt(OPERATION))?;
        let mut items = vec![TransactWriteItem::builder().put(put).build()];
        for claim in claims {
            items.push(self.claim(customer, claim).map_err(|_| unbuilt(OPERATION))?);
        }
        let answer =
            self.client.transact_write_items().set_transact_items(Some(items)).send().await;
        match answer {
            Ok(_) => Ok(Written::Done(version)),
            Err(error) => {
                failed_condition(&error).ok_or_else(|| Error::transaction(OPERATION, &error))
            }
        }
    }

    fn claim(
        &self,
        customer: CustomerId,
        claim: &Claim,
    ) -> Result<TransactWriteItem, aws_sdk_dynamodb::error::BuildError> {
        let condition = Condition::holder(customer);
        match claim {
            Claim::Take(user) => {
                let mut item = keys(claim_key(user), CLAIM);
                item.insert("customer_id".into(), AttributeValue::S(customer.to_string()));
                Put::builder()
                    .table_name(&self.table)
                    .set_item(Some(item))
                    .condition_expression(condition.expression)
                    .set_expression_attribute_values(condition.values)
                    .build()
                    .map(|put| TransactWriteItem::builder().put(put).build())
            }
            Claim::Release(user) => Delete::builder()
                .table_name(&self.table)
                .set_key(Some(keys(claim_key(user), CLAIM)))
                .condition_expression(condition.expression)
                .set_expression_attribute_values(condition.values)
                .build()
                .map(|delete| TransactWriteItem::builder().delete(delete).build()),
        }
    }

    /// The customer an Okta user is claimed for.
    ///
    /// # Errors
    /// If the table does not answer, or the claim cannot be read.
    pub async fn holder(&self, user: &UserId) -> Result<Option<CustomerId>, Error> {
        const OPERATION: &str = "load claim";
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(keys(claim_key(user), CLAIM)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| Error::sdk(OPERATION, &error))?;
        let Some(item) = answer.item else { return Ok(None) };
        text(&item, "customer_id")
            .and_then(|id| id.parse().ok())
            .map(Some)
            .ok_or_else(|| unreadable(&item, "customer_id is missing or no customer id"))
    }
}

/// Which condition of a transaction failed, if one did. The entry comes first in it, claims after.
fn failed_condition<R>(error: &SdkError<TransactWriteItemsError, R>) -> Option<Written> {
    let contended = |reason: &CancellationReason| reason.code() == Some("TransactionConflict");
    let (entry, claims) = reasons(error).split_first()?;
    if is_failed(entry) || contended(entry) {
        Some(Written::Conflict)
    } else if claims.iter().any(is_failed) {
        Some(Written::UserTaken)
    } else if claims.iter().any(contended) {
        Some(Written::Conflict)
    } else {
        None
    }
}
