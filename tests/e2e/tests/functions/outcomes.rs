//! Each way in which a function's work ends is brought about by an invocation in `events/`, or there is a reason
//! why none can.
//!
//! Each `match` names every outcome by itself, so one that is added does not compile before it is shown.

use std::sync::Arc;

use resegment::{EndedAs, Status, Summary};
use segments::local::LocalSystem;
use simulators::{SimClock, World};
use state::{GroupStatus, LocalQueue, Outcome};
use sync_customer::MessageEnd;
use webhook::Answer;

use crate::events::{NoQueue, invoke, world};
use crate::full_runs::{cancel, event, follow, slip};
use crate::looks::work;

use Shown::{By, Never};

/// What brings an outcome about.
#[derive(Debug, Clone, Copy)]
enum Shown {
    /// The last of these invocations, each a file.
    By(&'static [&'static str]),
    /// No invocation can, for this reason.
    Never(&'static str),
}

impl Shown {
    /// The invocations; none if there is a reason why there are none.
    fn files(self) -> Option<&'static [&'static str]> {
        match self {
            By(files) => Some(files),
            Never(why) => {
                assert!(!why.is_empty(), "there is always a reason");
                None
            }
        }
    }
}

fn of_look(outcome: Outcome) -> Shown {
    match outcome {
        Outcome::Applied => By(&["order"]),
        Outcome::Unchanged => By(&["order", "of-run"]),
        Outcome::Covered => By(&["order", "order"]),
        Outcome::Deferred => By(&["order-unknown"]),
        Outcome::Unmatched => By(&["customer-unmatched"]),
        Outcome::Ambiguous => By(&["customer-ambiguous"]),
        Outcome::UserTaken => By(&["customer-user-taken"]),
        Outcome::UserInactive => By(&["customer-inactive"]),
        Outcome::UserForbidden => {
            Never("Okta has to refuse for minutes, and each refusal is a call of its own")
        }
        Outcome::ProfileRefused => By(&["customer-profile-refused"]),
        Outcome::PinUnknown => By(&["customer-pin-unknown"]),
        Outcome::GroupWithoutId => By(&["customer-group-without-id"]),
        Outcome::GroupGone => By(&["customer-group-gone"]),
        Outcome::GroupRuleManaged => By(&["customer-group-rule-managed"]),
        Outcome::OtherCurrency => By(&["customer-other-currency"]),
        Outcome::Redacted => By(&["customer-redacted"]),
        Outcome::Gone => By(&["customer-gone"]),
    }
}

fn of_message(end: MessageEnd) -> Shown {
    match end {
        MessageEnd::DataRequest => By(&["data-request"]),
        MessageEnd::ShopForgotten => By(&["shop-redacted"]),
        MessageEnd::Guest => By(&["order-of-guest"]),
        MessageEnd::OrderGone => By(&["order-gone"]),
        MessageEnd::Cancelled => By(&["of-cancelled-run"]),
        MessageEnd::UnreadableRecord => By(&["one-unreadable"]),
        MessageEnd::Failed => By(&["customer-entry-damaged"]),
        MessageEnd::Panicked => Never("only a mistake in the program panics"),
    }
}

#[tokio::test]
async fn sync_customers_outcomes_each_have_an_invocation() {
    let looks = Outcome::ALL.map(|outcome| (outcome.as_str(), of_look(outcome)));
    let messages = MessageEnd::ALL.map(|end| (end.as_str(), of_message(end)));
    for (outcome, shown) in looks.into_iter().chain(messages) {
        let Some(files) = shown.files() else { continue };
        let (world, system) = world().await;
        let mut ended = Vec::new();
        for file in files {
            let report = work(file, &world, &system).await;
            ended = report.tally.iter().map(|(outcome, _)| outcome.to_owned()).collect();
        }
        assert!(ended.contains(&outcome.to_owned()), "{files:?} end as {ended:?}, not {outcome}");
    }
}

fn of_webhook(answer: Answer) -> Shown {
    match answer {
        Answer::Queued(_) => By(&["order-created"]),
        Answer::Guest => By(&["guest-order"]),
        Answer::Ignored => By(&["other-topic"]),
        Answer::Mismatched => By(&["redact-topic-forged"]),
        Answer::Unauthorized => By(&["signature-wrong"]),
        Answer::NotAnObject => By(&["not-an-object"]),
        Answer::Unavailable => Never("a request says nothing of the queue and the secrets"),
        Answer::NotFound => By(&["other-path"]),
        Answer::MethodNotAllowed => By(&["other-method"]),
    }
}

#[tokio::test]
async fn webhooks_answers_each_have_an_invocation() {
    let clock = SimClock::new();
    for answer in Answer::ALL {
        let queue = LocalQueue::new(Arc::new(clock.clone()));
        let found = match of_webhook(answer) {
            By(files) => invoke(files[0], Arc::new(queue), &clock).await,
            Never(_) => invoke("order-created", Arc::new(NoQueue), &clock).await,
        };
        assert_eq!(found, answer);
    }
}

/// What a call of the full run's function is made after.
#[derive(Debug, Clone, Copy)]
enum After {
    Nothing,
    /// A run has begun.
    Start,
    /// A run has begun, and its messages are worked off.
    Work,
    /// A run has begun, and an operator has cancelled it.
    Cancel,
    /// A rule was mistyped that would move everybody.
    Slip,
}

fn of_call(status: Status) -> Result<(After, &'static str), &'static str> {
    Ok(match status {
        Status::Idle => (After::Nothing, "tick"),
        Status::Continue => {
            return Err("a shop so large that a call's time does not do is no example");
        }
        Status::Wait => (After::Nothing, "start"),
        Status::Done => (After::Nothing, "dry-run"),
        Status::Refused => (After::Slip, "start"),
        Status::Failed => (After::Cancel, "tick"),
        Status::Skipped => (After::Start, "start"),
    })
}

fn of_run(end: EndedAs) -> Result<(After, &'static str), &'static str> {
    Ok(match end {
        EndedAs::Done => (After::Work, "tick"),
        EndedAs::Refused => (After::Slip, "start"),
        EndedAs::Failed => {
            return Err("the shop, or what is kept of a run, has to be damaged meanwhile");
        }
        EndedAs::Cancelled => (After::Cancel, "tick"),
    })
}

async fn call(after: After, file: &str, world: &World, system: &LocalSystem) -> resegment::Answer {
    match after {
        After::Nothing => {}
        After::Start => drop(system.resegment(event("start")).await.unwrap()),
        After::Work => follow(world, system).await,
        After::Cancel => cancel(world, system).await,
        After::Slip => slip(world, system).await,
    }
    system.resegment(event(file)).await.unwrap()
}

#[tokio::test]
async fn resegments_statuses_each_have_an_invocation() {
    for status in Status::ALL {
        let Ok((after, file)) = of_call(status) else { continue };
        let (world, system) = world().await;
        let answer = call(after, file, &world, &system).await;
        assert_eq!(answer.status, status, "{after:?}, {file}: {:?}", answer.message);
    }
}

#[tokio::test]
async fn the_ends_of_runs_each_have_an_invocation() {
    for end in EndedAs::ALL {
        let Ok((after, file)) = of_run(end) else { continue };
        let (world, system) = world().await;
        let answer = call(after, file, &world, &system).await;
        let summaries = system.runs().summaries::<Summary>(1).await.unwrap();
        let ended: Vec<_> = summaries.iter().map(|summary| summary.ended_as).collect();
        assert_eq!(ended, [end], "{after:?}, {file}: {:?}", answer.message);
    }
}

#[tokio::test]
async fn the_one_invocation_of_refresh_groups_finds_groups_of_every_kind() {
    let (_, system) = world().await;
    let summary = system.refresh_groups().await.unwrap();
    for status in GroupStatus::ALL {
        let wanted = if status == GroupStatus::Found { 3 } else { 1 };
        assert_eq!(summary.count(status), wanted, "{}", status.as_str());
    }
    assert_eq!(summary.problems, [""; 0]);
}
