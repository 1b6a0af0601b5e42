//! `segments run` against a stack whose function, tables and workers are the real ones.

use std::process::{Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use simulators::shopify::{BulkEnd, BulkError};

use crate::support::{BOOK, File, Mishap, STACK, Stack, code, run, segments, stderr, stdout};

const NEW: &str = "Shopify New Customer";
const VIP: &str = "Shopify VIP Customer";

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test]
async fn a_run_is_watched_to_its_end_and_summed_up() {
    let stack = Stack::deployed().await;
    let users = stack.people(300, 1, 45);
    let output = stack.run(&["run"]).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(users.iter().all(|user| stack.groups_of(user) == [NEW]));
    let shown = stdout(&output);
    for words in ["done after", "rule book version 1", "300 never looked up", "300: 300 applied"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(shown.contains("300 (100.0 %), 13,500 USD"), "{shown}");
    assert!(shown.lines().all(|line| line.chars().count() <= 100), "{shown}");
    let told = stderr(&output);
    let mut phases = told.lines().filter_map(|line| line.split(':').next());
    for phase in ["start", "export", "settle", "ended"] {
        assert!(phases.any(|told| told == phase), "{phase}: {told}");
    }
    assert_eq!(phases.next(), None, "{told}");
}

#[tokio::test]
async fn json_is_the_answer_with_the_record_and_nothing_else() {
    let stack = Stack::deployed().await;
    stack.people(5, 1, 45);
    let output = stack.run(&["run", "--json", "--reason", "a new threshold"]).await;
    let answer = json(&output);
    assert_eq!((code(&output), &answer["status"]), (0, &"done".into()));
    assert_eq!(answer["record"]["run_id"], answer["run_id"]);
    assert_eq!(answer["record"]["reason"], "a new threshold");
    assert_eq!(answer["record"]["outcomes"]["applied"], 5);
    assert_eq!(answer["progress"]["dispatched"], 5);
}

#[tokio::test]
async fn a_dry_run_previews_another_book_and_writes_nothing() {
    let stack = Stack::deployed().await;
    let users = stack.people(100, 1, 45);
    stack.people(5, 2, 450);
    stack.run(&["run"]).await;
    let book = File::new("what-if.toml", &BOOK.replace("\"500\"", "\"400\""));
    let file = book.0.to_str().unwrap();
    let output = stack.run(&["run", "--dry-run", "--rules", file]).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let shown = stdout(&output);
    for words in ["nothing was written", "from returning", "to vip", "5 (4.8 %), 2,250 USD"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(shown.contains("would let this pass: 5 of the 105"), "{shown}");
    assert_eq!(stack.groups_of(&users[0]), [NEW]);
    assert_eq!(stack.served.system.runs().active().await.unwrap(), None);
    let output = stack.run(&["run", "--dry-run", "--rules", file, "--json"]).await;
    let answer = json(&output);
    assert_eq!(answer["report"]["shift"]["moved"], 5);
    assert_eq!((&answer["run_id"], &answer["record"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn a_dry_run_says_where_the_guard_would_stand() {
    let stack = Stack::deployed().await;
    stack.people(50, 1, 45);
    stack.run(&["run"]).await;
    let book = File::new("slip.toml", &BOOK.replace("\"500\"", "\"5\""));
    let output = stack.run(&["run", "--dry-run", "--rules", book.0.to_str().unwrap()]).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("would refuse this: 50 of the 50"), "{}", stdout(&output));
}

#[tokio::test]
async fn a_dry_run_that_runs_out_of_time_goes_on_with_its_export() {
    let stack = Stack::deployed().await;
    stack.people(300, 1, 45);
    let shopify = &stack.served.world.shopify;
    shopify.set_bulk_duration(Duration::from_mins(40));
    let output = stack.run(&["run", "--dry-run"]).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("300 never looked up"), "{}", stdout(&output));
    assert_eq!(shopify.bulk_operations().len(), 1);
}

#[tokio::test]
async fn a_refused_run_says_how_it_is_accepted_and_is_accepted_so() {
    let stack = Stack::deployed().await;
    let users = stack.people(50, 1, 45);
    stack.run(&["run"]).await;
    let slip = rules::RuleBook::from_toml(&BOOK.replace("\"500\"", "\"5\"")).unwrap();
    stack.served.system.config_table().put_wanted(&slip).await.unwrap();
    let refused = stack.run(&["run"]).await;
    assert_eq!(code(&refused), 3);
    assert!(stdout(&refused).contains("from new"), "{}", stdout(&refused));
    let complaint = stderr(&refused);
    assert!(complaint.contains("50 of the 50 customers"), "{complaint}");
    let command = complaint.lines().last().unwrap().strip_prefix("In full: segments ").unwrap();
    let command = command.strip_suffix(&format!(" --stack {STACK}")).unwrap();
    assert_eq!(stack.groups_of(&users[0]), [NEW]);
    let accepted = stack.run(&command.split(' ').collect::<Vec<_>>()).await;
    assert_eq!(code(&accepted), 0, "{}", stderr(&accepted));
    assert_eq!(stack.groups_of(&users[0]), [VIP]);
}

#[tokio::test]
async fn a_run_beside_another_one_is_skipped() {
    let stack = Stack::deployed().await;
    stack.people(300, 1, 45);
    let active = stack.begin().await;
    let output = stack.run(&["run"]).await;
    assert_eq!(code(&output), 4);
    assert!(stderr(&output).contains(&format!("run {active} is active")), "{}", stderr(&output));
    assert!(stdout(&output).is_empty());
}

#[tokio::test]
async fn a_run_that_fails_says_why() {
    let stack = Stack::deployed().await;
    stack.people(300, 1, 45);
    let denied = BulkEnd::Failed(BulkError::AccessDenied);
    stack.served.world.shopify.end_next_bulk_operation(denied);
    let output = stack.run(&["run"]).await;
    assert_eq!(code(&output), 1);
    assert!(stderr(&output).contains("grant it read_customers"), "{}", stderr(&output));
}

#[tokio::test]
async fn a_start_whose_answer_is_lost_is_followed_all_the_same() {
    let stack = Stack::deployed().await;
    let users = stack.people(5, 1, 45);
    stack.let_calls_end(&[Some(Mishap::AnswerLost)]);
    let output = stack.run(&["run"]).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(stack.groups_of(&users[0]), [NEW]);
}

#[tokio::test]
async fn a_call_without_an_answer_does_not_end_the_watch() {
    let stack = Stack::deployed().await;
    let users = stack.people(5, 1, 45);
    stack.let_calls_end(&[None, Some(Mishap::Fails)]);
    let output = stack.run(&["run"]).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(stack.groups_of(&users[0]), [NEW]);
}

#[tokio::test]
async fn a_start_that_fails_begins_nothing_and_says_so() {
    let stack = Stack::deployed().await;
    stack.let_calls_end(&[Some(Mishap::Fails)]);
    let output = stack.run(&["run"]).await;
    assert_eq!(code(&output), 2);
    let complaint = stderr(&output);
    assert!(complaint.contains("my-stack-resegment failed: the table of runs"), "{complaint}");
    assert_eq!(stack.served.system.runs().active().await.unwrap(), None);
}

#[tokio::test]
async fn a_start_that_fails_does_not_follow_a_run_that_was_active_before() {
    let stack = Stack::deployed().await;
    stack.people(300, 1, 45);
    let active = stack.begin().await;
    stack.let_calls_end(&[Some(Mishap::Fails)]);
    let output = stack.run(&["run"]).await;
    assert_eq!(code(&output), 2, "{}", stdout(&output));
    assert!(!stderr(&output).contains(active.as_str()), "{}", stderr(&output));
    assert_eq!(stack.served.system.runs().active().await.unwrap(), Some(active));
}

#[tokio::test]
async fn ctrl_c_leaves_the_run_to_itself_and_says_how_to_end_it() {
    let stack = Stack::deployed().await;
    stack.people(5, 1, 45);
    stack.let_calls_end(&[None, Some(Mishap::Hangs)]);
    let mut command = stack.command(&["run"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    stack.served.hangs.notified().await;
    let interrupt = ["-INT", &child.id().to_string()];
    assert!(std::process::Command::new("kill").args(interrupt).status().unwrap().success());
    let waiting = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap());
    let output = waiting.await.unwrap();
    assert_eq!(code(&output), 130, "{}", stderr(&output));
    let active = stack.served.system.runs().active().await.unwrap().unwrap();
    let told = format!("segments runs cancel {active} --stack {STACK}");
    assert!(stderr(&output).contains(&told), "{}", stderr(&output));
}

#[tokio::test]
async fn a_stack_that_is_not_there_is_named() {
    let stack = Stack::deployed().await;
    let output = run(stack.anywhere(&["run", "--stack", "elsewhere"])).await;
    assert_eq!(code(&output), 2);
    let complaint = stderr(&output);
    assert!(complaint.contains("no function elsewhere-resegment in us-east-1"), "{complaint}");
}

#[test]
fn an_aws_that_cannot_be_reached_is_said_in_a_line() {
    // Nothing listens on the port of the discard service.
    let output = segments(["run", "--stack", STACK])
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        .output()
        .unwrap();
    assert_eq!(code(&output), 2);
    let complaint = stderr(&output);
    assert!(
        complaint.contains("read the function's configuration: dispatch failure"),
        "{complaint}"
    );
    assert_eq!(complaint.lines().count(), 1, "{complaint}");
}

#[test]
fn without_a_stack_it_says_what_to_do() {
    let output = segments(["run"]).output().unwrap();
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("name a stack with --stack"), "{}", stderr(&output));
    assert!(stdout(&output).is_empty());
}

#[test]
fn what_makes_no_sense_together_is_refused() {
    for arguments in [
        &["run", "--rules", "book.toml"][..],
        &["run", "--dry-run", "--accept", "20261121T030000Z-4f21aa"],
        &["run", "--dry-run", "--reason", "none"],
        &["run", "--accept", "no run"],
        &["run", "--reason", "two\nlines"],
        &["run", "--stack", "under_score"],
        &["pause"],
        &["runs", "cancel", "--stack", STACK],
    ] {
        let output = segments(arguments).output().unwrap();
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(stdout(&output).is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_rule_book_that_cannot_be_had_is_named_before_anything_is_asked() {
    let file = ["run", "--stack", STACK, "--dry-run", "--rules", "no-such-book.toml"];
    let output = segments(file).output().unwrap();
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("no-such-book.toml cannot be read"), "{}", stderr(&output));
}

#[test]
fn the_help_tells_the_exit_codes() {
    let output = segments(["run", "--help"]).output().unwrap();
    let help = stdout(&output);
    for words in ["3    refused", "4    skipped", "--dry-run --rules new-book.toml"] {
        assert!(help.contains(words), "{words}: {help}");
    }
}
