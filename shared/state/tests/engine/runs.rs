//! The table of runs against a real engine: a run from its beginning to its end.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use state::{Begun, Error, Hold, Kept, Outcome, RunId, Runs, Taken};

use crate::support::{Fault, Faults, Item, RUNS, engine, engine_with, item, number, run, text};

pub(crate) const LEASE: Duration = Duration::from_mins(2);

/// What a run notes: of every shape that a record may have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) read: u64,
    pub(crate) phase: Phase,
    pub(crate) outcomes: BTreeMap<Outcome, u64>,
    pub(crate) pages: Vec<(String, Option<u32>)>,
    /// The names of what the table notes beside a record.
    pub(crate) fence: String,
    pub(crate) active: Option<bool>,
    pub(crate) expires_at: Option<i64>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "name")]
pub(crate) enum Phase {
    #[default]
    Preflight,
    Export {
        intent: Timestamp,
        polls: u32,
    },
}

pub(crate) async fn runs() -> (Client, Runs) {
    let client = engine().await;
    let runs = Runs::new(client.clone(), RUNS);
    (client, runs)
}

pub(crate) fn now() -> Timestamp {
    "2026-11-21T12:00:00.123456789Z".parse().unwrap()
}

pub(crate) fn noted(read: u64) -> Record {
    Record {
        read,
        phase: Phase::Export { intent: now(), polls: 3 },
        outcomes: BTreeMap::from([(Outcome::Applied, u64::MAX), (Outcome::Gone, 0)]),
        pages: vec![("a".to_owned(), None), (String::new(), Some(7))],
        fence: "around the garden".to_owned(),
        active: Some(false),
        expires_at: Some(-1),
    }
}

/// Begins a run and holds it.
pub(crate) async fn begun(runs: &Runs, run: &RunId) -> Hold {
    match runs.begin(run, &noted(0), now(), now() + LEASE).await.unwrap() {
        Begun::Ours(hold) => hold,
        Begun::Another(active) => panic!("{active} is active"),
    }
}

pub(crate) async fn taken(runs: &Runs, run: &RunId, at: Timestamp) -> (Hold, Record) {
    match runs.take(run, at, at + LEASE).await.unwrap() {
        Taken::Ours(hold, record) => (hold, record),
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn ended(runs: &Runs, hold: &Hold, read: u64) -> Kept {
    runs.end(hold, &noted(read), &read, None::<&u64>, now()).await.unwrap()
}

pub(crate) async fn record(client: &Client, run: &RunId) -> Item {
    item(client, RUNS, &format!("run#{run}"), "record").await
}

#[tokio::test]
async fn a_run_that_was_begun_is_the_active_one_and_held() {
    let (client, runs) = runs().await;
    assert_eq!(runs.active().await.unwrap(), None);
    let hold = begun(&runs, &run("1")).await;
    assert_eq!(hold, Hold { run: run("1"), fence: 1, until: now() + LEASE });
    assert_eq!(runs.active().await.unwrap(), Some(run("1")));
    assert_eq!(runs.record(&run("1")).await.unwrap(), Some(noted(0)));
    let row = record(&client, &run("1")).await;
    assert_eq!((&row["active"], &row["fence"]), (&AttributeValue::Bool(true), &number(1)));
    assert_eq!(row["leased_until"], number((now() + LEASE).as_millisecond()));
    assert_eq!(row["saved_at"], text("2026-11-21T12:00:00.123456789Z"));
}

#[tokio::test]
async fn a_start_during_a_run_learns_which_is_active_and_writes_nothing() {
    let (client, runs) = runs().await;
    begun(&runs, &run("1")).await;
    let second = runs.begin(&run("2"), &noted(2), now(), now() + LEASE).await.unwrap();
    assert!(matches!(second, Begun::Another(active) if active == run("1")));
    assert_eq!(runs.active().await.unwrap(), Some(run("1")));
    assert_eq!(record(&client, &run("2")).await.len(), 0);
}

#[tokio::test]
async fn of_many_starts_at_one_moment_one_begins() {
    let (_, runs) = runs().await;
    let starts = (0..8_u8).map(|number| {
        let runs = runs.clone();
        tokio::spawn(async move {
            runs.begin(&run(&number.to_string()), &noted(0), now(), now() + LEASE).await.unwrap()
        })
    });
    let mut ours = Vec::new();
    let mut others = Vec::new();
    for start in starts.collect::<Vec<_>>() {
        match start.await.unwrap() {
            Begun::Ours(hold) => ours.push(hold.run),
            Begun::Another(active) => others.push(active),
        }
    }
    assert_eq!((ours.len(), others.len()), (1, 7));
    assert!(others.iter().all(|other| *other == ours[0]), "{ours:?} {others:?}");
}

#[tokio::test]
async fn a_start_that_another_one_hinders_learns_which_is_active() {
    let faults = Faults::default();
    let runs = Runs::new(engine_with(faults.clone()).await, RUNS);
    faults.next(Fault::conflict().await);
    let error = runs.begin(&run("1"), &noted(0), now(), now() + LEASE).await.unwrap_err();
    assert_eq!(error.to_string(), "begin a run: TransactionConflict");
    assert!(error.is_retryable());
    begun(&runs, &run("1")).await;
    faults.next(Fault::conflict().await);
    let second = runs.begin(&run("2"), &noted(0), now(), now() + LEASE).await.unwrap();
    assert!(matches!(second, Begun::Another(active) if active == run("1")));
}

#[tokio::test]
async fn a_run_whose_beginning_was_not_answered_is_ours() {
    let faults = Faults::default();
    let runs = Runs::new(engine_with(faults.clone()).await, RUNS);
    faults.next(Fault::LostAnswer);
    let mut hold = begun(&runs, &run("1")).await;
    assert_eq!(runs.save(&mut hold, &noted(1), now(), now()).await.unwrap(), Kept::Yes);
}

#[tokio::test]
async fn a_run_begun_by_a_caller_who_died_goes_on_once_its_lease_has_run_out() {
    let (_, runs) = runs().await;
    drop(begun(&runs, &run("1")).await);
    let second = runs.begin(&run("2"), &noted(0), now(), now() + LEASE).await.unwrap();
    let Begun::Another(active) = second else { panic!("{second:?}") };
    let (hold, found) = taken(&runs, &active, now() + LEASE).await;
    assert_eq!((hold.fence, found), (2, noted(0)));
}

#[tokio::test]
async fn a_run_that_is_held_says_until_when() {
    let (_, runs) = runs().await;
    begun(&runs, &run("1")).await;
    let just_before = now() + LEASE - Duration::from_millis(1);
    let second = runs.take::<Record>(&run("1"), just_before, just_before + LEASE).await.unwrap();
    let Taken::Busy { until } = second else { panic!("{second:?}") };
    assert_eq!(until.as_millisecond(), (now() + LEASE).as_millisecond());
}

#[tokio::test]
async fn a_run_that_was_given_back_can_be_taken_at_once() {
    let (_, runs) = runs().await;
    let mut hold = begun(&runs, &run("1")).await;
    assert_eq!(runs.save(&mut hold, &noted(5), now(), now()).await.unwrap(), Kept::Yes);
    assert_eq!(hold.until, now());
    let (hold, found) = taken(&runs, &run("1"), now()).await;
    assert_eq!((hold.fence, hold.until, found), (2, now() + LEASE, noted(5)));
}

#[tokio::test]
async fn a_step_that_saves_keeps_others_out_for_longer() {
    let (_, runs) = runs().await;
    let mut hold = begun(&runs, &run("1")).await;
    let later = now() + LEASE;
    assert_eq!(runs.save(&mut hold, &noted(1), later, later + LEASE).await.unwrap(), Kept::Yes);
    let second = runs.take::<Record>(&run("1"), later, later + LEASE).await.unwrap();
    assert!(matches!(second, Taken::Busy { .. }));
}

#[tokio::test]
async fn a_run_there_never_was_has_ended() {
    let (client, runs) = runs().await;
    let taken = runs.take::<Record>(&run("1"), now(), now() + LEASE).await.unwrap();
    assert!(matches!(taken, Taken::Ended));
    assert_eq!(runs.record::<Record>(&run("1")).await.unwrap(), None);
    assert!(record(&client, &run("1")).await.is_empty(), "asking for it does not make it");
}

#[tokio::test]
async fn a_large_record_comes_back_as_it_was_written() {
    let (_, runs) = runs().await;
    let mut hold = begun(&runs, &run("1")).await;
    let large = Record { pages: vec![("x".repeat(300), Some(1)); 1_000], ..noted(1) };
    assert_eq!(runs.save(&mut hold, &large, now(), now()).await.unwrap(), Kept::Yes);
    let (hold, found) = taken(&runs, &run("1"), now()).await;
    assert_eq!(found, large);
    assert_eq!(runs.end(&hold, &large, &1, None::<&u64>, now()).await, Ok(Kept::Yes));
    assert_eq!(runs.record(&run("1")).await.unwrap(), Some(large));
}

#[tokio::test]
async fn a_record_that_this_product_did_not_write_is_an_error_that_names_it() {
    let (client, runs) = runs().await;
    let pk = format!("run#{}", run("1"));
    let put = client.put_item().table_name(RUNS).item("pk", text(&pk)).item("sk", text("record"));
    put.item("active", AttributeValue::Bool(true)).send().await.unwrap();
    let Taken::Unreadable(taken) = runs.take::<Record>(&run("1"), now(), now()).await.unwrap()
    else {
        panic!("it was taken");
    };
    for error in [runs.record::<Record>(&run("1")).await.unwrap_err(), taken] {
        let Error::Unreadable { item, .. } = &error else { panic!("{error}") };
        assert_eq!(*item, format!("{pk}/record"));
    }
}
