//! The queue in a table, for running the whole system on one machine.

mod dead;

use std::collections::HashMap;
use std::slice;
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
/// How many writes one transaction takes.
const TRANSACTION: usize = 100;
/// How many messages one transaction moves: each is two writes.
const MOVED_AT_ONCE: usize = TRANSACTION / 2;
/// How often a batch of messages that others have begun to take is left to them, before it is taken message
/// by message.
const COLLISIONS: usize = 3;
const SEND: &str = "send to the queue";
const RECEIVE: &str = "receive from the queue";
const DELETE: &str = "delete from the queue";

/// A queue that is as safe as the table it is kept in, with the behaviour of SQS that the worker relies
/// on. Several processes may work with it at once.
///
/// An item's sort key begins with the moment it is due. Being received is one transaction for all of a batch,
/// which moves them to the moment they would come back, so of two processes one gets them, and a process that
/// dies gives them back.
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

    /// Takes messages one step after the other. What a step has taken before one fails is handed out: it is
    /// hidden from others by now, and counts as received. The error comes up again.
    async fn receive_all(&self, most: usize) -> Result<Vec<Received>, Error> {
        let mut received = Vec::new();
        match self.receive_into(&mut received, most).await {
            Err(error) if received.is_empty() => Err(error),
            _ => Ok(received),
        }
    }

    async fn receive_into(&self, received: &mut Vec<Received>, most: usize) -> Result<(), Error> {
        for part in [Part::Live, Part::OfRun] {
            let mut collisions = 0;
            while received.len() < most {
                let due = self.due(part, (most - received.len()).min(MOVED_AT_ONCE)).await?;
                if due.is_empty() {
                    break;
                }
                if let Some(taken) = self.take(part, &due).await? {
                    received.extend(taken);
                } else if collisions < COLLISIONS {
                    collisions += 1;
                } else {
                    for item in due.iter().map(slice::from_ref) {
                        received.extend(self.take(part, item).await?.unwrap_or_default());
                    }
                }
            }
        }
        Ok(())
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

    /// Takes messages, unless another process has taken one of them. Those that were received too often
    /// become dead letters. An item that cannot be read keeps back none of those before it.
    async fn take(&self, part: Part, items: &[Item]) -> Result<Option<Vec<Received>>, Error> {
        let (mut writes, mut received) = (Vec::new(), Vec::new());
        for item in items {
            match self.receipt(part, item) {
                Ok((moves, message)) => {
                    writes.extend(moves);
                    received.extend(message);
                }
                Err(error) if writes.is_empty() => return Err(error),
                Err(_) => break,
            }
        }
        let are_ours = transact(&self.client, writes, RECEIVE).await?;
        Ok(are_ours.then_some(received))
    }

    /// What being received makes of an item, and the message that is handed out, if it is.
    fn receipt(
        &self,
        part: Part,
        item: &Item,
    ) -> Result<([TransactWriteItem; 2], Option<Received>), Error> {
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
        let message = Received { id: receipt, body: body.to_owned(), receives };
        Ok((self.exchange(keys(part, sk), moved)?, (!is_dead).then_some(message)))
    }

    /// Puts an item in the place of another one, unless that one is gone.
    fn exchange(&self, from: Item, to: Item) -> Result<[TransactWriteItem; 2], Error> {
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
        Ok([
            TransactWriteItem::builder().delete(delete).build(),
            TransactWriteItem::builder().put(put).build(),
        ])
    }

    /// In one transaction for as many as it takes, so that the disk is waited for once.
    async fn remove(&self, receipts: &[Receipt]) -> Result<(), Error> {
        let request = |receipt: &Receipt| {
            let (part, sk) = receipt.0.split_once(' ').unwrap_or_default();
            let delete = Delete::builder().table_name(&self.table).set_key(Some(key(part, sk)));
            let delete = delete.build().map_err(|_| unbuilt(DELETE))?;
            Ok(TransactWriteItem::builder().delete(delete).build())
        };
        for batch in receipts.chunks(TRANSACTION) {
            let deletes = batch.iter().map(request).collect::<Result<_, _>>()?;
            transact(&self.client, deletes, DELETE).await?;
        }
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
    key(part.key(), sk)
}

fn key(part: &str, sk: &str) -> Item {
    HashMap::from([
        ("pk".to_owned(), AttributeValue::S(part.to_owned())),
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

    fn delete_all<'a>(&'a self, receipts: &'a [Receipt]) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(self.remove(receipts))
    }

    fn next_due(&self) -> BoxFuture<'_, Result<Option<Timestamp>, Error>> {
        Box::pin(self.first_due())
    }
}
