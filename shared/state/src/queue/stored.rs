//! The queue in a table, for running the whole system on one machine.

mod dead;

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, Put, PutRequest, Select, TransactWriteItem, WriteRequest,
};
use jiff::Timestamp;
use outbound::{BoxFuture, Clock, Randomness};

use super::{Depth, MOST_RECEIVES, Outgoing, Queue, Receipt, Receive, Received, VISIBILITY};
use super::{LONGEST_DELAY, only_asked_by};
use crate::Error;
use crate::items::{Item, TRIES, incomplete, number, text, transact, unbuilt};

/// How many items one `BatchWriteItem` takes.
const BATCH: usize = 25;
const SEND: &str = "send to the queue";
const RECEIVE: &str = "receive from the queue";

/// A queue that is as safe as the table it is kept in, with the behaviour of SQS that the worker relies
/// on. Several processes may work with it at once.
///
/// An item's sort key begins with the moment it is due. Being received is one transaction that moves it
/// to the moment it would come back, so of two processes one gets it, and a process that dies gives it
/// back.
#[derive(Clone)]
pub struct StoredQueue {
    client: Client,
    table: String,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Randomness>,
}

/// Which part of the queue an item is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Messages that events asked for. They come first.
    Live,
    /// Messages that a full run alone asked for.
    OfRun,
    /// Messages that were received too often.
    Dead,
}

impl Part {
    const fn key(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::OfRun => "run",
            Self::Dead => "dead",
        }
    }
}

impl StoredQueue {
    /// The queue in this table, which has [`ITEM_KEYS`](crate::ITEM_KEYS).
    pub fn new(
        client: Client,
        table: impl Into<String>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Randomness>,
    ) -> Self {
        Self { client, table: table.into(), clock, random }
    }

    async fn send_all(&self, messages: Vec<Outgoing>) -> Result<(), Error> {
        let now = self.clock.now();
        let puts = messages.into_iter().map(|Outgoing { message, delay }| {
            let of_run = only_asked_by(&message).is_some();
            let part = if of_run { Part::OfRun } else { Part::Live };
            self.item(part, now + delay.min(LONGEST_DELAY), message.to_json(), 0)
        });
        let puts: Vec<_> = puts.collect();
        for batch in puts.chunks(BATCH) {
            self.write(batch).await?;
        }
        Ok(())
    }

    async fn write(&self, items: &[Item]) -> Result<(), Error> {
        let request = |item: &Item| {
            let put = PutRequest::builder().set_item(Some(item.clone())).build();
            put.map(|put| WriteRequest::builder().put_request(put).build())
                .map_err(|_| unbuilt(SEND))
        };
        let mut left: Vec<WriteRequest> = items.iter().map(request).collect::<Result<_, _>>()?;
        for _ in 0..TRIES {
            let answer = self
                .client
                .batch_write_item()
                .request_items(&self.table, left)
                .send()
                .await
                .map_err(|error| Error::sdk(SEND, &error))?;
            let unprocessed = answer.unprocessed_items.and_then(|mut all| all.remove(&self.table));
            left = unprocessed.unwrap_or_default();
            if left.is_empty() {
                return Ok(());
            }
        }
        Err(incomplete(SEND))
    }

    fn item(&self, part: Part, due: Timestamp, body: String, receives: u32) -> Item {
        let mut unique = [0; 8];
        self.random.fill(&mut unique);
        let sk = format!("{}#{:016x}", sortable(due), u64::from_le_bytes(unique));
        let mut item = keys(part, &sk);
        item.insert("body".to_owned(), AttributeValue::S(body));
        item.insert("receives".to_owned(), AttributeValue::N(receives.to_string()));
        item
    }

    async fn receive_all(&self, most: usize) -> Result<Vec<Received>, Error> {
        let mut received = Vec::new();
        for part in [Part::Live, Part::OfRun] {
            while received.len() < most {
                let due = self.due(part, most - received.len()).await?;
                if due.is_empty() {
                    break;
                }
                for item in &due {
                    received.extend(self.take(part, item).await?);
                }
            }
        }
        Ok(received)
    }

    /// The messages that have been due the longest.
    async fn due(&self, part: Part, most: usize) -> Result<Vec<Item>, Error> {
        // Behind every key of this moment: '~' comes after '#'.
        let now = format!("{}~", sortable(self.clock.now()));
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("pk = :part AND sk < :now")
            .expression_attribute_values(":part", AttributeValue::S(part.key().to_owned()))
            .expression_attribute_values(":now", AttributeValue::S(now))
            .limit(i32::try_from(most).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| Error::sdk(RECEIVE, &error))?;
        Ok(answer.items.unwrap_or_default())
    }

    /// Takes a message, unless another process has taken it. One that was received too often becomes a
    /// dead letter.
    async fn take(&self, part: Part, item: &Item) -> Result<Option<Received>, Error> {
        let (Some(sk), Some(body)) = (text(item, "sk"), text(item, "body")) else {
            let item = format!("queue item {}", part.key());
            return Err(Error::Unreadable { item, detail: "has no body".to_owned() });
        };
        let receives = number(item, "receives").and_then(|count| u32::try_from(count).ok());
        let receives = receives.unwrap_or(0) + 1;
        let is_dead = receives > MOST_RECEIVES;
        let now = self.clock.now();
        let (to, due) = if is_dead { (Part::Dead, now) } else { (part, now + VISIBILITY) };
        let moved = self.item(to, due, body.to_owned(), receives.min(MOST_RECEIVES));
        let receipt = Receipt(format!("{} {}", to.key(), text(&moved, "sk").unwrap_or_default()));
        let is_ours = self.exchange(keys(part, sk), moved).await?;
        let message = Received { id: receipt, body: body.to_owned(), receives };
        Ok((is_ours && !is_dead).then_some(message))
    }

    /// Puts an item in the place of another one; false if that one is gone.
    async fn exchange(&self, from: Item, to: Item) -> Result<bool, Error> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(from))
            .condition_expression("attribute_exists(pk)")
            .build()
            .map_err(|_| unbuilt(RECEIVE))?;
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(to))
            .build()
            .map_err(|_| unbuilt(RECEIVE))?;
        let writes = vec![
            TransactWriteItem::builder().delete(delete).build(),
            TransactWriteItem::builder().put(put).build(),
        ];
        transact(&self.client, writes, RECEIVE).await
    }

    async fn remove(&self, receipt: &Receipt) -> Result<(), Error> {
        const OPERATION: &str = "delete from the queue";
        let (part, sk) = receipt.0.split_once(' ').unwrap_or_default();
        let key = HashMap::from([
            ("pk".to_owned(), AttributeValue::S(part.to_owned())),
            ("sk".to_owned(), AttributeValue::S(sk.to_owned())),
        ]);
        let delete = self.client.delete_item().table_name(&self.table).set_key(Some(key));
        delete.send().await.map_err(|error| Error::sdk(OPERATION, &error))?;
        Ok(())
    }

    async fn count_of(&self, parts: &[Part]) -> Result<u64, Error> {
        let mut count = 0;
        for part in parts {
            let mut pages = self.query(*part).select(Select::Count).into_paginator().send();
            while let Some(page) = pages.next().await {
                let page = page.map_err(|error| Error::sdk("count the queue", &error))?;
                count += u64::try_from(page.count).unwrap_or_default();
            }
        }
        Ok(count)
    }

    async fn first_due(&self) -> Result<Option<Timestamp>, Error> {
        let mut first = None;
        for part in [Part::Live, Part::OfRun] {
            let answer = self.query(part).limit(1).send().await;
            let items = answer.map_err(|error| Error::sdk(RECEIVE, &error))?.items;
            let due = items.iter().flatten().find_map(|item| due_of(text(item, "sk")?));
            first = first.into_iter().chain(due).min();
        }
        Ok(first)
    }

    fn query(
        &self,
        part: Part,
    ) -> aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("pk = :part")
            .expression_attribute_values(":part", AttributeValue::S(part.key().to_owned()))
    }
}

fn keys(part: Part, sk: &str) -> Item {
    HashMap::from([
        ("pk".to_owned(), AttributeValue::S(part.key().to_owned())),
        ("sk".to_owned(), AttributeValue::S(sk.to_owned())),
    ])
}

/// A moment as digits that sort as moments do.
fn sortable(moment: Timestamp) -> String {
    format!("{:020}", moment.as_microsecond().max(0))
}

fn due_of(sk: &str) -> Option<Timestamp> {
    let (digits, _) = sk.split_once('#')?;
    Timestamp::from_microsecond(digits.parse().ok()?).ok()
}

impl Queue for StoredQueue {
    fn send(&self, messages: Vec<Outgoing>) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(self.send_all(messages))
    }
}

impl Depth for StoredQueue {
    fn depth(&self) -> BoxFuture<'_, Result<u64, Error>> {
        Box::pin(self.count_of(&[Part::Live, Part::OfRun]))
    }
}

impl Receive for StoredQueue {
    fn receive(&self, most: usize) -> BoxFuture<'_, Result<Vec<Received>, Error>> {
        Box::pin(self.receive_all(most))
    }

    fn delete<'a>(&'a self, receipt: &'a Receipt) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(self.remove(receipt))
    }

    fn next_due(&self) -> BoxFuture<'_, Result<Option<Timestamp>, Error>> {
        Box::pin(self.first_due())
    }
}
