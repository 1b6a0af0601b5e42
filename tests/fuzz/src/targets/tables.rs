//! The rows of the three tables, which people and earlier releases write, too.

mod played;
mod wire;

use std::sync::{Arc, Mutex, PoisonError};

use resegment::{Memory, Record, Summary};
use rules::{CustomerId, UserId};
use simulators::{SimClock, SimRandom};
use state::{ConfigTable, Customers, Listed, RunId, Runs};

use super::script::Script;
use super::{Play, Target};
use crate::input::{Part, Sample};

/// How many ways there are.
const WAYS: usize = 11;

/// The tables, and whom the calls are about.
struct Tables {
    config: ConfigTable,
    customers: Customers,
    runs: Runs,
    customer: CustomerId,
    user: UserId,
    run: RunId,
}

impl Tables {
    /// Makes one call, or the few that belong together. What comes of it is the caller's to see.
    async fn call(&self, way: usize) {
        let Self { config, customers, runs, customer, user, run } = self;
        let (clock, random) = (SimClock::new(), SimRandom::new(1));
        match way {
            0 => {
                if let Ok(rows) = config.wanted_rows().await {
                    drop(rows.book());
                }
            }
            1 => drop(config.load(None, clock.now(), &random).await),
            2 => drop(config.for_run(&random, true).await),
            3 => drop(config.history().await),
            4 => drop(config.group_names().await),
            5 => drop(config.personas().await),
            6 => drop(customers.load(&[*customer, CustomerId::new(1)]).await),
            7 => drop(customers.scan(0, 1, None).await),
            8 => drop(customers.list(Listed::Pinned, 0, 1, None).await),
            9 => drop(customers.holder(user).await),
            _ => {
                drop(runs.active().await);
                drop(runs.memory::<Memory>().await);
                drop(runs.record::<Record>(run).await);
                drop(runs.summaries::<Summary>(10).await);
            }
        }
    }
}

pub(super) async fn target() -> Target {
    let script = Arc::new(Mutex::new(Script::new(Vec::new())));
    let system = played::system().await;
    let mut samples = Vec::new();
    for way in 0..WAYS {
        let (client, kept) = wire::recording(system.local.dynamodb(), system.local.dynamodb_url());
        system.tables(client).call(way).await;
        let parts = std::mem::take(&mut *kept.lock().unwrap_or_else(PoisonError::into_inner));
        samples.push(Sample { way, parts });
    }
    let tables = Arc::new(system.tables(wire::scripted(system.local.dynamodb(), &script)));
    let play = move |way, parts: Vec<Part>| {
        let (tables, script) = (Arc::clone(&tables), Arc::clone(&script));
        Box::pin(async move {
            *script.lock().unwrap_or_else(PoisonError::into_inner) = Script::new(parts);
            tables.call(way).await;
        }) as Play<'static>
    };
    Target { name: "tables", samples, play: Box::new(play) }
}
