//! What both tables do with items.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::builders::KeysAndAttributesBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, TransactWriteItem};
use serde::de::DeserializeOwned;

use crate::Error;
use crate::error::{is_failed, reasons};

/// An item, or a key of one, as `DynamoDB` has it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// How often what a batch left undone is asked for again.
pub(crate) const TRIES: usize = 5;

/// Reads items by their keys, consistently: at most 100, which is what one call takes, and each once. A
/// batch can come back in part; what is left out is asked for again.
pub(crate) async fn batch_get(
    client: &Client,
    table: &str,
    keys: Vec<Item>,
    operation: &'static str,
) -> Result<Vec<Item>, Error> {
    let request = KeysAndAttributes::builder().set_keys(Some(keys));
    get_all(client, table, request, operation).await
}

/// As [`batch_get`], with no more of each item than these attributes.
pub(crate) async fn batch_get_fields(
    client: &Client,
    table: &str,
    keys: Vec<Item>,
    fields: &[&str],
    operation: &'static str,
) -> Result<Vec<Item>, Error> {
    let (expression, names) = projection(fields);
    let request = KeysAndAttributes::builder()
        .set_keys(Some(keys))
        .projection_expression(expression)
        .set_expression_attribute_names(Some(names));
    get_all(client, table, request, operation).await
}

async fn get_all(
    client: &Client,
    table: &str,
    request: KeysAndAttributesBuilder,
    operation: &'static str,
) -> Result<Vec<Item>, Error> {
    let request = request.consistent_read(true);
    let mut wanted = Some(request.build().map_err(|_| unbuilt(operation))?);
    let mut items = Vec::new();
    for _ in 0..TRIES {
        let Some(keys) = wanted.take() else { break };
        let answer = client
            .batch_get_item()
            .request_items(table, keys)
            .send()
            .await
            .map_err(|error| Error::sdk(operation, &error))?;
        items.extend(answer.responses.into_iter().flatten().flat_map(|(_, items)| items));
        wanted = answer.unprocessed_keys.and_then(|mut left| left.remove(table));
    }
    if wanted.is_none() { Ok(items) } else { Err(incomplete(operation)) }
}

/// A projection of these attributes and the names it stands for. None is written as it is, because
/// several are words of `DynamoDB`'s own
/// ([reserved words](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html)).
pub(crate) fn projection(fields: &[&str]) -> (String, HashMap<String, String>) {
    let placeholders: Vec<_> = fields.iter().map(|field| format!("#{field}")).collect();
    let expression = placeholders.join(", ");
    let fields = fields.iter().map(|field| (*field).to_owned());
    (expression, placeholders.into_iter().zip(fields).collect())
}

/// Makes all of these writes or none; says whether their conditions held.
pub(crate) async fn transact(
    client: &Client,
    writes: Vec<TransactWriteItem>,
    operation: &'static str,
) -> Result<bool, Error> {
    match client.transact_write_items().set_transact_items(Some(writes)).send().await {
        Ok(_) => Ok(true),
        Err(error) if reasons(&error).iter().any(is_failed) => Ok(false),
        Err(error) => Err(Error::transaction(operation, &error)),
    }
}

/// Reads a value into what it stands for.
///
/// # Errors
/// If it stands for something else, or holds a kind of value that this release's SDK does not know, at which
/// `serde_dynamo` would panic.
pub(crate) fn read<T: DeserializeOwned>(value: AttributeValue) -> Result<T, serde_dynamo::Error> {
    if is_known(&value) {
        return serde_dynamo::from_attribute_value(value);
    }
    Err(serde::de::Error::custom("a kind of value that is not known"))
}

fn is_known(value: &AttributeValue) -> bool {
    match value {
        AttributeValue::M(fields) => fields.values().all(is_known),
        AttributeValue::L(items) => items.iter().all(is_known),
        value => !value.is_unknown(),
    }
}

/// The text of an attribute.
pub(crate) fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name).and_then(|value| value.as_s().ok()).map(String::as_str)
}

/// The whole number of an attribute.
pub(crate) fn number(item: &Item, name: &str) -> Option<u64> {
    item.get(name).and_then(|value| value.as_n().ok()).and_then(|number| number.parse().ok())
}

pub(crate) fn unbuilt(operation: &'static str) -> Error {
    Error::Refused { operation, code: "request not built".into(), retryable: false }
}

pub(crate) fn incomplete(operation: &'static str) -> Error {
    Error::Refused { operation, code: "left unprocessed".into(), retryable: true }
}
