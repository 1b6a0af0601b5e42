//! Runs whose messages are to be dropped.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use simulators::SimClock;
use state::ConfigCache;

use crate::support::{BOOK, Chance, book, now, put, run, table, text};

#[tokio::test]
async fn a_cancelled_run_is_known_to_workers_and_runs() {
    let (_, table) = table().await;
    table.put_wanted(&book(BOOK)).await.unwrap();
    assert!(table.load(None, now(), &Chance(1)).await.unwrap().cancelled.is_empty());
    for id in ["1", "2", "1"] {
        table.cancel_run(&run(id)).await.unwrap();
    }
    let cancelled = BTreeSet::from([run("1"), run("2")]);
    assert_eq!(table.load(None, now(), &Chance(1)).await.unwrap().cancelled, cancelled);
    assert_eq!(table.for_run(&Chance(1), true).await.unwrap().cancelled, cancelled);
}

#[tokio::test]
async fn a_worker_learns_within_a_minute_that_a_run_was_cancelled() {
    let (_, table) = table().await;
    table.put_wanted(&book(BOOK)).await.unwrap();
    let clock = SimClock::new();
    let cache = ConfigCache::new(table.clone(), Arc::new(clock.clone()), Arc::new(Chance(1)));
    cache.current().await.unwrap();
    table.cancel_run(&run("1")).await.unwrap();
    clock.advance(Duration::from_mins(1));
    assert_eq!(cache.current().await.unwrap().cancelled, BTreeSet::from([run("1")]));
}

#[tokio::test]
async fn a_list_of_cancelled_runs_that_cannot_be_read_is_refused_by_name() {
    let (client, table) = table().await;
    table.put_wanted(&book(BOOK)).await.unwrap();
    let good = run("1").to_string();
    for wrong in
        [AttributeValue::L(vec![text(&good)]), AttributeValue::Ss(vec![good, "no run".to_owned()])]
    {
        put(&client, "run", "cancelled", &[("ids", wrong)]).await;
        let error = table.load(None, now(), &Chance(1)).await.unwrap_err();
        assert!(error.to_string().contains("run/cancelled: ids: not a"), "{error}");
    }
    put(&client, "run", "cancelled", &[]).await;
    assert!(table.load(None, now(), &Chance(1)).await.unwrap().cancelled.is_empty());
}
