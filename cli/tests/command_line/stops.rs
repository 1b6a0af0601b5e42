//! `segments pause`, `segments resume` and `segments runs cancel`.

use std::time::Duration;

use resegment::{Answer, EndedAs, Event, Status};
use serde_json::json;

use crate::people::json;
use crate::support::{STACK, Stack, code, stderr, stdout};

async fn is_paused(stack: &Stack) -> bool {
    stack.served.system.config_table().group_names().await.unwrap().settings.paused
}

/// What the tick answers.
async fn a_minute_later(stack: &Stack) -> Answer {
    stack.served.world.clock.advance(Duration::from_mins(1));
    stack.served.system.resegment(Event::default()).await.unwrap()
}

#[tokio::test]
async fn pause_holds_a_run_and_resume_lets_it_go_on() {
    let stack = Stack::deployed().await;
    stack.people(300, 1, 45);
    let run = stack.begin().await;
    let output = stack.run(&["pause"]).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let told = stdout(&output);
    for words in ["Paused.", "still taken", &format!("Run {run} is active"), "segments resume"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert!(is_paused(&stack).await);
    let held = a_minute_later(&stack).await;
    assert_eq!((held.status, held.wait_seconds), (Status::Wait, Some(60)));
    let output = stack.run(&["resume"]).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("Resumed."), "{}", stdout(&output));
    assert!(!is_paused(&stack).await);
}

#[tokio::test]
async fn pausing_twice_is_pausing_once() {
    let stack = Stack::deployed().await;
    for _ in 0..2 {
        let output = stack.run(&["pause"]).await;
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        assert!(stdout(&output).contains("No run is active."), "{}", stdout(&output));
    }
    assert!(is_paused(&stack).await);
}

#[tokio::test]
async fn in_json_they_say_what_was_done() {
    let stack = Stack::deployed().await;
    stack.people(300, 1, 45);
    let run = stack.begin().await;
    for (command, paused) in [("pause", true), ("resume", false)] {
        let answer = json(&stack.run(&[command, "--json"]).await);
        assert_eq!(answer, json!({ "paused": paused, "queue": 0, "active_run": run }));
    }
    let answer = json(&stack.run(&["runs", "cancel", run.as_str(), "--json"]).await);
    assert_eq!((&answer["run_id"], &answer["phase"]), (&run.as_str().into(), &"export".into()));
}

#[tokio::test]
async fn a_cancelled_run_ends_with_its_next_step() {
    let stack = Stack::deployed().await;
    stack.people(300, 1, 45);
    let run = stack.begin().await;
    let output = stack.run(&["runs", "cancel", run.as_str()]).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let told = stdout(&output);
    for words in [format!("Run {run} is cancelled"), "not taken back".to_owned()] {
        assert!(told.contains(&words), "{words}: {told}");
    }
    let ended = a_minute_later(&stack).await;
    assert_eq!(ended.status, Status::Failed, "{ended:?}");
    assert_eq!(stack.record(&run).await.end().unwrap().how, EndedAs::Cancelled);
    let again = stack.run(&["runs", "cancel", run.as_str()]).await;
    assert_eq!(code(&again), 2);
    assert!(
        stderr(&again).contains("(cancelled): there is nothing to cancel"),
        "{}",
        stderr(&again)
    );
}

#[tokio::test]
async fn a_run_that_never_was_cannot_be_cancelled() {
    let stack = Stack::deployed().await;
    let output = stack.run(&["runs", "cancel", "20261121T030000Z-4f21aa"]).await;
    assert_eq!(code(&output), 2);
    let complaint = stderr(&output);
    assert!(
        complaint.contains(&format!("no run 20261121T030000Z-4f21aa in stack {STACK}")),
        "{complaint}"
    );
    let config = stack.served.system.worker().config.current().await.unwrap();
    assert!(config.cancelled.is_empty());
}
