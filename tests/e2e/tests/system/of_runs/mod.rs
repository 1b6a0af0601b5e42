//! Messages of full runs, put onto the queue as a run does.

use std::time::Duration;

use rules::CustomerId;
use state::{ByRun, Cause, Entry, Hint, Message, Outcome, Outgoing, Queue, RunId, Subject};

use crate::harness::Shop;

mod answers;
mod books;
mod crashes;
mod limits;
mod rechecks;
mod users;

/// A run, and the one before it.
const RUN: &str = "20261006T030000Z-000001";
const EARLIER_RUN: &str = "20261005T030000Z-000001";

/// A run's message, for a difference that no event had told of.
pub(crate) fn message(shop: &Shop, customer: CustomerId) -> Message {
    let mut message = Message::new(Subject::Customer(customer), Cause::Schedule, shop.now());
    message.run = Some(ByRun { id: run(), book: 1, recheck: false, user: Hint::None });
    message
}

/// A run's message for what it saw in Okta.
fn recheck(shop: &Shop, customer: CustomerId) -> Message {
    let mut message = message(shop, customer);
    message.cause = Cause::Drift;
    part_of_run(&mut message).recheck = true;
    message
}

/// A run's message about a customer whose user it looked for.
fn hinted(shop: &Shop, customer: CustomerId, user: Hint) -> Message {
    let mut message = message(shop, customer);
    part_of_run(&mut message).user = user;
    message
}

fn part_of_run(message: &mut Message) -> &mut ByRun {
    message.run.as_mut().unwrap()
}

fn run() -> RunId {
    RUN.parse().unwrap()
}

impl Shop {
    /// Puts messages onto the queue.
    pub(crate) async fn send(&self, messages: impl IntoIterator<Item = Message>) {
        let outgoing = |message| Outgoing { message, delay: Duration::ZERO };
        let messages = messages.into_iter().map(outgoing).collect();
        self.system.queue().send(messages).await.unwrap();
    }

    /// Sends one message and works until the queue is empty. Tells what became of it.
    pub(crate) async fn works_off(&self, message: Message) -> Vec<Outcome> {
        self.send([message]).await;
        crate::harness::outcomes(&self.settle().await)
    }

    /// The outcome that the run counts for the customer, if a look has left its mark.
    async fn answered(&self, customer: CustomerId) -> Option<Outcome> {
        let mark = match self.entry(customer).await? {
            Entry::Customer(record) => record.answered,
            Entry::Tombstone(stone) => stone.answered,
        };
        mark.filter(|mark| mark.run == run()).map(|mark| mark.outcome)
    }
}
