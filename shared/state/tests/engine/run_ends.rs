//! How runs end, and what stays of them.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use state::{Chunk, Kept, Newest, Runs, Taken};

use crate::runs::{LEASE, Record, begun, ended, noted, now, record, runs};
use crate::support::{Fault, Faults, RUNS, engine_with, item, number, run, text};

const IDS: Chunk = Chunk { of: "ids", fence: 1, number: 0 };

#[tokio::test]
async fn an_end_writes_all_there_is_to_know_and_frees_the_place() {
    let (client, runs) = runs().await;
    let hold = begun(&runs, &run("1")).await;
    let memory = BTreeMap::from([("customers".to_owned(), 47_u64)]);
    let end = now() + Duration::from_mins(1);
    assert_eq!(runs.end(&hold, &noted(9), &"47 read", Some(&memory), end).await, Ok(Kept::Yes));

    assert_eq!(runs.active().await.unwrap(), None);
    assert_eq!(runs.record(&run("1")).await.unwrap(), Some(noted(9)));
    assert_eq!(runs.summaries::<String>(10).await.unwrap(), ["47 read"]);
    assert_eq!(runs.memory::<BTreeMap<String, u64>>().await.unwrap(), memory);
    let taken = runs.take::<Record>(&run("1"), end + LEASE, end + LEASE * 2).await.unwrap();
    assert!(matches!(taken, Taken::Ended));
    assert_eq!(record(&client, &run("1")).await["active"], AttributeValue::Bool(false));
    begun(&runs, &run("2")).await;
}

#[tokio::test]
async fn an_end_that_was_not_answered_is_found_to_be_one() {
    let faults = Faults::default();
    let runs = Runs::new(engine_with(faults.clone()).await, RUNS);
    let mut hold = begun(&runs, &run("1")).await;
    faults.next(Fault::LostAnswer);
    let error = runs.end(&hold, &noted(1), &1, None::<&u64>, now()).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert_eq!(ended(&runs, &hold, 2).await, Kept::No, "once is enough");
    assert_eq!(runs.save(&mut hold, &noted(3), now(), now()).await.unwrap(), Kept::No);
    let taken = runs.take::<Record>(&run("1"), now() + LEASE, now() + LEASE * 2).await.unwrap();
    assert!(matches!(taken, Taken::Ended));
    assert_eq!(runs.record(&run("1")).await.unwrap(), Some(noted(1)));
    assert_eq!(runs.active().await.unwrap(), None);
}

#[tokio::test]
async fn an_end_that_another_write_hinders_is_made_later_whole() {
    let faults = Faults::default();
    let client = engine_with(faults.clone()).await;
    let runs = Runs::new(client.clone(), RUNS);
    let hold = begun(&runs, &run("1")).await;
    faults.next(Fault::conflict().await);
    let error = runs.end(&hold, &noted(1), &1, None::<&u64>, now()).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert_eq!(runs.active().await.unwrap(), Some(run("1")));
    assert_eq!(ended(&runs, &hold, 2).await, Kept::Yes);
    assert_eq!(runs.summaries::<u64>(10).await.unwrap(), [2]);
}

#[tokio::test]
async fn an_end_that_cannot_be_written_whole_writes_nothing_and_stays_impossible() {
    let (_, runs) = runs().await;
    let hold = begun(&runs, &run("1")).await;
    let too_large = "x".repeat(401 * 1024);
    let error = runs.end(&hold, &noted(1), &too_large, Some(&1), now()).await.unwrap_err();
    assert!(!error.is_retryable(), "{error}");
    assert_eq!(runs.active().await.unwrap(), Some(run("1")));
    assert_eq!(runs.record(&run("1")).await.unwrap(), Some(noted(0)));
    assert!(runs.summaries::<String>(10).await.unwrap().is_empty());
    assert_eq!(runs.memory::<u64>().await.unwrap(), 0);
}

#[tokio::test]
async fn an_end_frees_no_place_but_its_own() {
    let (client, runs) = runs().await;
    let hold = begun(&runs, &run("1")).await;
    let by_hand = client.delete_item().table_name(RUNS);
    by_hand.key("pk", text("active")).key("sk", text("run")).send().await.unwrap();
    begun(&runs, &run("2")).await;
    assert_eq!(ended(&runs, &hold, 1).await, Kept::No);
    assert_eq!(runs.active().await.unwrap(), Some(run("2")));
    assert!(runs.summaries::<u64>(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_run_that_learnt_nothing_leaves_what_the_ones_before_it_left() {
    let (_, runs) = runs().await;
    assert_eq!(runs.memory::<Vec<u8>>().await.unwrap(), [0; 0]);
    let hold = begun(&runs, &run("1")).await;
    assert_eq!(runs.end(&hold, &noted(1), &1, Some(&[7_u8]), now()).await, Ok(Kept::Yes));
    let hold = begun(&runs, &run("2")).await;
    assert_eq!(runs.end(&hold, &noted(2), &2, None::<&Vec<u8>>, now()).await, Ok(Kept::Yes));
    assert_eq!(runs.memory::<Vec<u8>>().await.unwrap(), [7]);
}

#[tokio::test]
async fn what_has_ended_expires_and_what_goes_on_does_not() {
    let (client, runs) = runs().await;
    let hold = begun(&runs, &run("1")).await;
    assert_eq!(runs.put_chunk(&hold, IDS, vec![1], now()).await, Ok(Kept::Yes));
    let expiry = async |pk: &str, sk: &str| {
        let item = item(&client, RUNS, pk, sk).await;
        assert!(!item.is_empty(), "{pk}/{sk}");
        item.get("expires_at").cloned()
    };
    let after = |days: i64| Some(number(now().as_second() + days * 24 * 60 * 60));
    let pk = format!("run#{}", run("1"));
    assert_eq!(expiry(&pk, "record").await, None, "without it, the run could not be ended");
    assert_eq!(expiry("active", "run").await, None);
    assert_eq!(expiry(&pk, "ids#000001#000000").await, after(20));

    assert_eq!(runs.end(&hold, &noted(1), &1, Some(&1), now()).await, Ok(Kept::Yes));
    assert_eq!(expiry(&pk, "record").await, after(90));
    assert_eq!(expiry("summary", run("1").as_str()).await, after(365));
    assert_eq!(expiry("memory", "memory").await, None);
}

#[tokio::test]
async fn the_newest_summaries_come_first() {
    let (_, runs) = runs().await;
    for read in 1..=4 {
        let id = run(&read.to_string());
        let hold = begun(&runs, &id).await;
        assert_eq!(ended(&runs, &hold, read).await, Kept::Yes);
    }
    assert_eq!(runs.summaries::<u64>(2).await.unwrap(), [4, 3]);
    assert_eq!(runs.summaries::<u64>(9).await.unwrap(), [4, 3, 2, 1]);
}

#[tokio::test]
async fn a_summary_that_cannot_be_read_is_counted_and_hides_no_other() {
    let (_, runs) = runs().await;
    for read in 1..=3 {
        let hold = begun(&runs, &run(&read.to_string())).await;
        let kept = if read == 2 {
            runs.end(&hold, &noted(1), &"broken", None::<&u64>, now()).await.unwrap()
        } else {
            ended(&runs, &hold, read).await
        };
        assert_eq!(kept, Kept::Yes);
    }
    assert_eq!(runs.newest(9).await.unwrap(), Newest { summaries: vec![3, 1], unreadable: 1 });
    assert_eq!(runs.newest(1).await.unwrap(), Newest { summaries: vec![3], unreadable: 0 });
}

#[tokio::test]
async fn summaries_that_fill_more_than_one_page_are_all_read() {
    let (_, runs) = runs().await;
    for number in 1..=5_u32 {
        let hold = begun(&runs, &run(&number.to_string())).await;
        let summary = (number, "x".repeat(300_000));
        let kept = runs.end(&hold, &noted(1), &summary, None::<&u64>, now()).await.unwrap();
        assert_eq!(kept, Kept::Yes);
    }
    for (most, newest) in [(5, &[5, 4, 3, 2, 1][..]), (4, &[5, 4, 3, 2])] {
        let found = runs.summaries::<(u32, String)>(most).await.unwrap();
        let numbers: Vec<u32> = found.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, newest);
    }
}

/// A run whose record was broken by hand, taken.
async fn broken() -> (aws_sdk_dynamodb::Client, Runs) {
    let (client, runs) = runs().await;
    begun(&runs, &run("1")).await;
    let break_it = client.update_item().table_name(RUNS).update_expression("SET content = :broken");
    break_it
        .key("pk", text(&format!("run#{}", run("1"))))
        .key("sk", text("record"))
        .expression_attribute_values(":broken", text("broken"))
        .send()
        .await
        .unwrap();
    (client, runs)
}

#[tokio::test]
async fn a_run_whose_record_cannot_be_read_can_be_ended_and_frees_the_place() {
    let (client, runs) = broken().await;
    let later = now() + LEASE;
    let taken = runs.take::<Record>(&run("1"), later, later + LEASE).await.unwrap();
    assert!(matches!(taken, Taken::Unreadable(_)), "{taken:?}");
    assert_eq!(runs.abandon(&run("1"), &"broken", later).await, Ok(Kept::Yes));

    assert_eq!(runs.active().await.unwrap(), None);
    assert_eq!(runs.summaries::<String>(10).await.unwrap(), ["broken"]);
    let left = record(&client, &run("1")).await;
    assert_eq!(left["content"], text("broken"), "people may want to see it");
    assert_eq!(left["active"], AttributeValue::Bool(false));
    assert!(left.contains_key("expires_at"));
    begun(&runs, &run("2")).await;
    assert_eq!(runs.abandon(&run("1"), &"again", later).await, Ok(Kept::No));
    assert_eq!(runs.active().await.unwrap(), Some(run("2")));
}

#[tokio::test]
async fn a_run_without_a_record_frees_the_place_and_no_other_runs() {
    let (client, runs) = broken().await;
    let gone = client.delete_item().table_name(RUNS);
    let gone = gone.key("pk", text(&format!("run#{}", run("1")))).key("sk", text("record"));
    gone.send().await.unwrap();
    assert_eq!(runs.abandon(&run("1"), &"gone", now()).await, Ok(Kept::No));
    assert_eq!(runs.forget(&run("2")).await, Ok(Kept::No));
    assert_eq!(runs.forget(&run("1")).await, Ok(Kept::Yes));
    assert_eq!(runs.active().await.unwrap(), None);
}
