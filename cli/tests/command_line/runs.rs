//! `segments runs`.

use std::process::Stdio;
use std::time::Duration;

use resegment::EndedAs;
use rules::RuleBook;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::people::json;
use crate::schemas;
use crate::store::Store;
use crate::support::{BOOK, STACK, Stack, code, stderr, stdout};

#[tokio::test]
async fn a_stack_without_runs_says_how_to_make_one() {
    let stack = Stack::deployed().await;
    let output = stack.run(&["runs"]).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(
        stdout(&output).contains(&format!("segments run --stack {STACK}")),
        "{}",
        stdout(&output)
    );
    let watched = stack.run(&["runs", "--watch"]).await;
    assert_eq!((code(&watched), stdout(&watched).trim()), (0, "No run is active."));
}

#[tokio::test]
async fn runs_are_listed_the_newest_first_and_shown_in_full() {
    let stack = Stack::deployed().await;
    stack.people(5, 1, 45);
    stack.run(&["run", "--reason", "the first one"]).await;
    stack.served.world.clock.advance(Duration::from_mins(1));
    stack.run(&["run"]).await;
    let listed = json(&stack.run(&["runs", "--json"]).await);
    let runs = listed["runs"].as_array().unwrap();
    assert_eq!((runs.len(), &listed["active"]), (2, &serde_json::Value::Null));
    assert!(runs[0]["run_id"].as_str() > runs[1]["run_id"].as_str());
    assert_eq!(
        (&runs[1]["reason"], &runs[1]["outcomes"]["applied"]),
        (&"the first one".into(), &5.into())
    );
    let shown = stdout(&stack.run(&["runs"]).await);
    for words in ["the first one", "done", runs[0]["run_id"].as_str().unwrap()] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(shown.lines().all(|line| line.chars().count() <= 100), "{shown}");
    let one = json(&stack.run(&["runs", "--last", "1", "--json"]).await);
    assert_eq!(one["runs"].as_array().unwrap().len(), 1);

    let id = runs[1]["run_id"].as_str().unwrap();
    let output = stack.run(&["runs", id]).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    for words in ["done after", "5 never looked up", "5: 5 applied"] {
        assert!(stdout(&output).contains(words), "{words}: {}", stdout(&output));
    }
    let record = json(&stack.run(&["runs", id, "--json"]).await);
    assert_eq!((&record["run_id"], &record["dispatched"]), (&id.into(), &5.into()));
}

#[tokio::test]
async fn a_run_that_never_was_is_an_error() {
    let stack = Stack::deployed().await;
    for arguments in
        [&["runs", "20261121T030000Z-4f21aa"][..], &["runs", "20261121T030000Z-4f21aa", "--watch"]]
    {
        let output = stack.run(arguments).await;
        assert_eq!(code(&output), 2);
        assert!(
            stderr(&output).contains("there is no run 20261121T030000Z-4f21aa"),
            "{}",
            stderr(&output)
        );
    }
}

#[tokio::test]
async fn an_active_run_is_told_and_watched_to_its_end() {
    let stack = Stack::deployed().await;
    stack.people(300, 1, 45);
    let run = stack.begin().await;
    let listed = json(&stack.run(&["runs", "--json"]).await);
    assert_eq!(
        (&listed["active"]["run_id"], &listed["active"]["phase"]),
        (&run.as_str().into(), &"export".into())
    );
    let shown = stdout(&stack.run(&["runs"]).await);
    assert!(shown.contains(&format!("segments runs --watch --stack {STACK}")), "{shown}");

    let mut command = Command::from(stack.command(&["runs", "--watch", "--json"]));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines();
    while told.next_line().await.unwrap().is_some_and(|line| !line.starts_with("export")) {}
    stack.served.advance_to_the_end().await;
    let output = child.wait_with_output().await.unwrap();
    schemas::hold(&["runs", "--watch", "--json"], &output);
    assert_eq!((code(&output), &json(&output)["run_id"]), (0, &run.as_str().into()));
    let mut last = String::new();
    while let Some(line) = told.next_line().await.unwrap() {
        last = line;
    }
    assert!(last.starts_with("ended"), "{last}");
}

#[tokio::test]
async fn a_cancelled_run_that_is_watched_ends_with_its_code() {
    let stack = Stack::deployed().await;
    stack.people(300, 1, 45);
    let run = stack.begin().await;
    assert_eq!(code(&stack.run(&["runs", "cancel", run.as_str()]).await), 0);
    stack.served.advance_to_the_end().await;
    let output = stack.run(&["runs", run.as_str(), "--watch"]).await;
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    assert!(stdout(&output).contains("cancelled after"), "{}", stdout(&output));
}

/// What the alarm sends an operator to.
#[tokio::test]
async fn the_list_says_why_a_run_was_refused_and_how_to_accept_that() {
    let stack = Stack::deployed().await;
    stack.people(30, 1, 45);
    assert_eq!(code(&stack.run(&["run"]).await), 0);
    let all_are_vip = RuleBook::from_toml(&BOOK.replace("\"500\"", "\"40\"")).unwrap();
    stack.served.system.config_table().put_wanted(&all_are_vip).await.unwrap();
    stack.served.world.clock.advance(Duration::from_mins(1));
    assert_eq!(code(&stack.run(&["run"]).await), 3);
    let listed = json(&stack.run(&["runs", "--json"]).await);
    let refused = listed["runs"][0]["run_id"].as_str().unwrap();
    let shown = stdout(&stack.run(&["runs"]).await);
    let (_, told) = shown.split_once(&format!("\n\n{refused} was refused: ")).unwrap();
    for words in ["30 from new to vip", &format!("segments run --accept {refused}")] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert!(!told.contains("\n\n"), "the other run is done: {told}");
}

#[tokio::test]
async fn a_local_store_s_runs_are_listed_too() {
    let store = Store::set_up().await;
    let run = store.keep_run(Duration::from_hours(1), EndedAs::Failed, Some("no answer")).await;
    let listed = json(&store.run(&["runs", "--json"]).await);
    let told = &listed["runs"][0];
    assert_eq!((&told["run_id"], &told["ended_as"]), (&run.as_str().into(), &"failed".into()));
    let shown = stdout(&store.run(&["runs"]).await);
    assert!(shown.trim_end().ends_with(&format!("\n\n{run} failed: no answer")), "{shown}");
}

#[tokio::test]
async fn a_run_that_cannot_be_read_hides_no_other() {
    let store = Store::set_up().await;
    let done = store.keep_run(Duration::from_hours(2), EndedAs::Done, None).await;
    let broken = store.keep_run(Duration::from_hours(1), EndedAs::Done, None).await;
    store.spoil_run("summary", broken.as_str()).await;
    store.spoil_run(&format!("run#{done}"), "record").await;
    let told = "1 run of the runs table cannot be read and is left out\n";
    let output = store.run(&["runs", "--json"]).await;
    assert_eq!((code(&output), stderr(&output)), (0, told.to_owned()));
    assert_eq!(json(&output)["runs"][0]["run_id"], done.as_str());
    let output = store.run(&["status", "--json"]).await;
    assert_eq!((code(&output), stderr(&output)), (0, told.to_owned()));
    assert_eq!(json(&output)["last_run"]["run_id"], done.as_str());
    let output = store.run(&["report", "--out", "-"]).await;
    let told = "2 runs of the runs table cannot be read and are left out\n";
    assert_eq!((code(&output), stderr(&output)), (0, told.to_owned()));
}
