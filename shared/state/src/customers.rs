//! The table of customers: applied state, claims of Okta users, tombstones.
//!
//! Every write is conditional on the version that was read, so two workers cannot overwrite each
//! other; and a claim item says which customer an Okta user belongs to, so two customers cannot
//! either.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, Delete, DeleteRequest, KeysAndAttributes, Put,
    TransactWriteItem, WriteRequest,
};
use rules::{CustomerId, UserId};

use crate::entry::key;
use crate::error::is_failed_condition;
use crate::{Entry, Error, Version, Versioned};

type Item = HashMap<String, AttributeValue>;

/// The sort key of everything that has but one item: the design keeps room for more.
const STATE: &str = "state";
const CLAIM: &str = "claim";
/// How often keys that a batch left out are asked for again.
const TRIES: usize = 5;
/// How many keys one `BatchGetItem` takes.
const BATCH_GET: usize = 100;
/// How many items one `BatchWriteItem` takes.
const BATCH_WRITE: i32 = 25;

/// The table of customers.
#[derive(Debug, Clone)]
pub struct Customers {
    client: Client,
    table: String,
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
        Self { client, table: table.into() }
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
            for item in self.load_batch(batch).await? {
                let customer = owner(&item)?;
                found.insert(customer, read_entry(customer, item));
            }
        }
        Ok(found)
    }

    async fn load_batch(&self, customers: &[CustomerId]) -> Result<Vec<Item>, Error> {
        const OPERATION: &str = "load customers";
        let keys = customers.iter().map(|customer| keys(key(*customer), STATE)).collect();
        let mut wanted = Some(
            KeysAndAttributes::builder()
                .set_keys(Some(keys))
                .consistent_read(true)
                .build()
                .map_err(|_| unbuilt(OPERATION))?,
        );
        let mut items = Vec::with_capacity(customers.len());
        for _ in 0..TRIES {
            let Some(keys) = wanted.take() else { break };
            let answer = self
                .client
                .batch_get_item()
                .request_items(&self.table, keys)
                .send()
                .await
                .map_err(|error| Error::sdk(OPERATION, &error))?;
            items.extend(answer.responses.into_iter().flatten().flat_map(|(_, items)| items));
            wanted = answer.unprocessed_keys.and_then(|mut left| left.remove(&self.table));
        }
        match wanted {
            None => Ok(items),
            Some(_) => Err(incomplete(OPERATION)),
        }
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
            Err(error) => failed_condition(&error).ok_or_else(|| Error::sdk(OPERATION, &error)),
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

    /// Deletes some of the table; says whether anything may be left. For a shop that asks to be
    /// forgotten.
    ///
    /// # Errors
    /// If the table does not answer. What was deleted stays deleted.
    pub async fn erase_some(&self) -> Result<Erased, Error> {
        const OPERATION: &str = "erase customers";
        let page = self
            .client
            .scan()
            .table_name(&self.table)
            .projection_expression("pk, sk")
            .limit(BATCH_WRITE)
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| Error::sdk(OPERATION, &error))?;
        let mut left: Vec<_> = page.items.unwrap_or_default();
        if left.is_empty() {
            return Ok(Erased::All);
        }
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
        const OPERATION: &str = "erase customers";
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

/// How far an erasure has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erased {
    /// Nothing is left.
    All,
    /// Some items were deleted; there may be more.
    Some,
}

/// A condition of a write, with the values it names.
struct Condition {
    expression: &'static str,
    values: Option<Item>,
}

impl Condition {
    fn version(from: Option<Version>) -> Self {
        match from {
            None => Self { expression: "attribute_not_exists(pk)", values: None },
            Some(Version(version)) => Self {
                expression: "version = :version",
                values: Some(HashMap::from([(
                    ":version".to_owned(),
                    AttributeValue::N(version.to_string()),
                )])),
            },
        }
    }

    fn holder(customer: CustomerId) -> Self {
        Self {
            expression: "attribute_not_exists(pk) OR customer_id = :customer",
            values: Some(HashMap::from([(
                ":customer".to_owned(),
                AttributeValue::S(customer.to_string()),
            )])),
        }
    }
}

fn keys(pk: String, sk: &str) -> Item {
    HashMap::from([
        ("pk".to_owned(), AttributeValue::S(pk)),
        ("sk".to_owned(), AttributeValue::S(sk.to_owned())),
    ])
}

fn claim_key(user: &UserId) -> String {
    format!("user#{user}")
}

fn write_entry(
    customer: CustomerId,
    entry: &Entry,
    from: Option<Version>,
) -> Result<(Item, Version), Error> {
    let version = Version(from.map_or(0, |version| version.0) + 1);
    let mut item: Item = serde_dynamo::to_item(entry).map_err(|error| Error::Unreadable {
        item: key(customer),
        detail: format!("cannot be written: {error}"),
    })?;
    item.extend(keys(key(customer), STATE));
    item.insert("version".into(), AttributeValue::N(version.0.to_string()));
    Ok((item, version))
}

/// Whose entry an item is.
fn owner(item: &Item) -> Result<CustomerId, Error> {
    text(item, "pk")
        .and_then(|pk| pk.strip_prefix("customer#"))
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| unreadable(item, "pk holds no customer id"))
}

fn read_entry(customer: CustomerId, item: Item) -> Result<Versioned, Error> {
    let version = item
        .get("version")
        .and_then(|version| version.as_n().ok())
        .and_then(|version| version.parse().ok())
        .ok_or_else(|| unreadable(&item, "version is missing or no number"))?;
    let entry = serde_dynamo::from_item(item)
        .map_err(|error| Error::Unreadable { item: key(customer), detail: error.to_string() })?;
    Ok(Versioned { version: Version(version), entry })
}

fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name).and_then(|value| value.as_s().ok()).map(String::as_str)
}

fn unreadable(item: &Item, detail: &str) -> Error {
    Error::Unreadable {
        item: text(item, "pk").unwrap_or("an item without pk").to_owned(),
        detail: detail.to_owned(),
    }
}

fn unbuilt(operation: &'static str) -> Error {
    Error::Refused { operation, code: "request not built".into(), retryable: false }
}

fn incomplete(operation: &'static str) -> Error {
    Error::Refused { operation, code: "left unprocessed".into(), retryable: true }
}

/// Which condition of a transaction failed, if one did. The entry comes first in it, claims after.
fn failed_condition<R>(error: &SdkError<TransactWriteItemsError, R>) -> Option<Written> {
    let TransactWriteItemsError::TransactionCanceledException(canceled) =
        error.as_service_error()?
    else {
        return None;
    };
    let failed = |reason: &CancellationReason| reason.code() == Some("ConditionalCheckFailed");
    let contended = |reason: &CancellationReason| reason.code() == Some("TransactionConflict");
    let (entry, claims) = canceled.cancellation_reasons().split_first()?;
    if failed(entry) || contended(entry) {
        Some(Written::Conflict)
    } else if claims.iter().any(failed) {
        Some(Written::UserTaken)
    } else if claims.iter().any(contended) {
        Some(Written::Conflict)
    } else {
        None
    }
}
