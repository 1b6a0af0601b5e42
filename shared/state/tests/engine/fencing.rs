//! A step that was thought dead, and comes back when another has taken its run.

use aws_sdk_dynamodb::Client;
use jiff::Timestamp;
use state::{Chunk, Hold, Kept, Runs, Taken};

use crate::runs::{LEASE, Record, begun, ended, noted, now, runs, taken};
use crate::support::{Fault, Faults, RUNS, engine_with, item, run};

fn ids(fence: u64, number: u32) -> Chunk {
    Chunk { of: "ids", fence, number }
}

fn later() -> Timestamp {
    now() + LEASE
}

/// A run, the step that lost it and the one that has it.
async fn succeeded() -> (Client, Runs, Hold, Hold) {
    let (client, runs) = runs().await;
    let dead = begun(&runs, &run("1")).await;
    let (living, _) = taken(&runs, &run("1"), later()).await;
    (client, runs, dead, living)
}

#[tokio::test]
async fn a_step_whose_run_was_taken_writes_no_record() {
    let (_, runs, mut dead, mut living) = succeeded().await;
    assert_eq!(runs.save(&mut living, &noted(2), later(), later()).await, Ok(Kept::Yes));
    let before = dead.clone();
    assert_eq!(runs.save(&mut dead, &noted(1), later(), later() + LEASE).await, Ok(Kept::No));
    assert_eq!(dead, before, "it gained no time either");
    assert_eq!(runs.record(&run("1")).await, Ok(Some(noted(2))));
    let (next, _) = taken(&runs, &run("1"), later()).await;
    assert_eq!(next.fence, 3);
}

#[tokio::test]
async fn a_step_whose_run_was_taken_writes_no_chunk() {
    let (client, runs, dead, living) = succeeded().await;
    assert_eq!(runs.put_chunk(&dead, ids(1, 0), vec![1], now()).await, Ok(Kept::No));
    let pk = format!("run#{}", run("1"));
    assert!(item(&client, RUNS, &pk, "ids#000001#000000").await.is_empty());
    assert_eq!(runs.put_chunk(&living, ids(1, 0), vec![2], now()).await, Ok(Kept::Yes));
    assert_eq!(runs.put_chunk(&dead, ids(1, 0), vec![1], now()).await, Ok(Kept::No));
    assert_eq!(runs.chunk(&run("1"), ids(1, 0)).await, Ok(vec![2]));
}

#[tokio::test]
async fn a_step_whose_run_was_taken_does_not_end_it() {
    let (_, runs, dead, living) = succeeded().await;
    assert_eq!(ended(&runs, &dead, 1).await, Kept::No);
    assert_eq!(runs.active().await, Ok(Some(run("1"))));
    assert_eq!(runs.summaries::<u64>(10).await, Ok(Vec::new()));
    assert_eq!(ended(&runs, &living, 2).await, Kept::Yes);
    assert_eq!(runs.summaries::<u64>(10).await, Ok(vec![2]));
}

#[tokio::test]
async fn a_step_of_a_run_that_has_ended_writes_nothing_and_leaves_the_next_run_alone() {
    let (_, runs) = runs().await;
    let mut old = begun(&runs, &run("1")).await;
    assert_eq!(ended(&runs, &old, 1).await, Kept::Yes);
    begun(&runs, &run("2")).await;
    assert_eq!(runs.save(&mut old, &noted(9), later(), later() + LEASE).await, Ok(Kept::No));
    assert_eq!(runs.put_chunk(&old, ids(1, 0), vec![1], now()).await, Ok(Kept::No));
    assert_eq!(ended(&runs, &old, 9).await, Kept::No);
    assert_eq!(runs.active().await, Ok(Some(run("2"))));
    assert_eq!(runs.record(&run("1")).await, Ok(Some(noted(1))));
}

#[tokio::test]
async fn a_lease_that_ran_out_and_that_nobody_took_is_good_still() {
    let (_, runs) = runs().await;
    let mut hold = begun(&runs, &run("1")).await;
    let much_later = later() + LEASE;
    assert_eq!(runs.save(&mut hold, &noted(1), much_later, much_later).await, Ok(Kept::Yes));
}

#[tokio::test]
async fn a_run_whose_step_is_writing_is_busy() {
    let faults = Faults::default();
    let runs = Runs::new(engine_with(faults.clone()).await, RUNS);
    begun(&runs, &run("1")).await;
    faults.next(Fault::conflict_of_update().await);
    let taken = runs.take::<Record>(&run("1"), now(), later()).await;
    assert!(matches!(taken, Ok(Taken::Busy { .. })), "{taken:?}");
}

#[tokio::test]
async fn of_many_steps_at_one_moment_one_takes_the_run() {
    let (_, runs) = runs().await;
    begun(&runs, &run("1")).await;
    let steps = (0..8).map(|_| {
        let runs = runs.clone();
        tokio::spawn(async move {
            let taken = runs.take::<Record>(&run("1"), later(), later() + LEASE).await;
            matches!(taken.unwrap(), Taken::Ours(..))
        })
    });
    let mut ours = 0;
    for step in steps.collect::<Vec<_>>() {
        ours += usize::from(step.await.unwrap());
    }
    assert_eq!(ours, 1);
}

#[tokio::test]
async fn chunks_of_an_earlier_attempt_are_not_taken_for_a_later_ones() {
    let (_, runs) = runs().await;
    let first = begun(&runs, &run("1")).await;
    assert_eq!(runs.put_chunk(&first, ids(1, 0), vec![1], now()).await, Ok(Kept::Yes));
    assert_eq!(runs.put_chunk(&first, ids(1, 1), vec![2], now()).await, Ok(Kept::Yes));
    let (second, _) = taken(&runs, &run("1"), later()).await;
    assert_eq!(runs.put_chunk(&second, ids(2, 0), vec![3], later()).await, Ok(Kept::Yes));

    assert_eq!(runs.chunk(&run("1"), ids(2, 0)).await, Ok(vec![3]));
    let error = runs.chunk(&run("1"), ids(2, 1)).await.unwrap_err();
    assert!(error.to_string().contains("ids#000002#000001: it is missing"), "{error}");
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn a_later_step_goes_on_with_the_chunks_of_the_one_before() {
    let (_, runs, _, living) = succeeded().await;
    let content: Vec<u8> = (0..300_000).map(|byte| u8::try_from(byte % 251).unwrap()).collect();
    let kept = runs.put_chunk(&living, ids(1, 7), content.clone(), later()).await;
    assert_eq!(kept, Ok(Kept::Yes));
    assert_eq!(runs.chunk(&run("1"), ids(1, 7)).await, Ok(content));
    let other = Chunk { of: "okta", ..ids(1, 7) };
    assert!(runs.chunk(&run("1"), other).await.is_err());
    assert!(runs.chunk(&run("2"), ids(1, 7)).await.is_err());
}

#[tokio::test]
async fn a_chunk_larger_than_an_item_is_refused_for_good() {
    let (_, runs) = runs().await;
    let hold = begun(&runs, &run("1")).await;
    let too_large = vec![0; 400 * 1024];
    let error = runs.put_chunk(&hold, ids(1, 0), too_large, now()).await.unwrap_err();
    assert!(!error.is_retryable(), "{error}");
}

#[tokio::test]
async fn a_chunk_that_another_write_hinders_may_be_written_later() {
    let faults = Faults::default();
    let runs = Runs::new(engine_with(faults.clone()).await, RUNS);
    let hold = begun(&runs, &run("1")).await;
    faults.next(Fault::conflict().await);
    let error = runs.put_chunk(&hold, ids(1, 0), vec![1], now()).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert_eq!(runs.put_chunk(&hold, ids(1, 0), vec![1], now()).await, Ok(Kept::Yes));
}
