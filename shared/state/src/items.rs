//! What both tables do with items.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};

use crate::Error;

/// An item, or a key of one, as `DynamoDB` has it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// How often what a batch left undone is asked for again.
pub(crate) const TRIES: usize = 5;

/// Reads items by their keys, consistently: at most 100, which is what one call takes. A batch can
/// come back in part; what is left out is asked for again.
pub(crate) async fn batch_get(
    client: &Client,
    table: &str,
    keys: Vec<Item>,
    operation: &'static str,
) -> Result<Vec<Item>, Error> {
    let request = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true);
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
