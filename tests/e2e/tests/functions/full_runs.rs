//! The full run's invocations in `events/`, and what they lead to.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use resegment::{Event, InvalidStart, PhaseName, Record, Report, ResegmentError, Status, Summary};
use rules::RuleBook;
use segments::local::LocalSystem;
use simulators::{Service, World};

use crate::events::{names, text, world};
use crate::looks::work;

/// A file of the full run's function, as its `main` reads it.
pub(crate) fn event(name: &str) -> Event {
    serde_json::from_str(&text("resegment", name)).unwrap()
}

/// Begins a run, and has its messages worked off.
pub(crate) async fn follow(world: &World, system: &LocalSystem) {
    let begun = system.resegment(event("start")).await.unwrap();
    system.settle().await.unwrap();
    world.clock.advance(Duration::from_secs(begun.wait_seconds.unwrap()));
}

/// Begins a run, and cancels it, as an operator does.
pub(crate) async fn cancel(world: &World, system: &LocalSystem) {
    let begun = system.resegment(event("start")).await.unwrap();
    system.config_table().cancel_run(&begun.run_id.unwrap()).await.unwrap();
    world.clock.advance(Duration::from_secs(begun.wait_seconds.unwrap()));
}

/// Somebody goes back to the default book and mistypes a rule, so that everybody who has ordered would be a VIP;
/// and the shop is not too small for the guard.
pub(crate) async fn slip(world: &World, system: &LocalSystem) {
    work("order", world, system).await;
    system.set("guard_min_customers", AttributeValue::N("1".to_owned())).await.unwrap();
    let book = include_str!("../../../../segments.toml");
    let slipped = RuleBook::from_toml(&book.replace("\"500\"", "\"5.00\"")).unwrap();
    system.config_table().put_wanted(&slipped).await.unwrap();
}

#[test]
fn every_file_of_the_full_run_is_tried_below() {
    let files = ["accept", "dry-run", "misspelt", "start", "tick", "verify", "what-if"];
    assert_eq!(names("resegment"), files);
}

#[tokio::test]
async fn a_tick_without_a_run_is_idle() {
    let (_, system) = world().await;
    assert_eq!(system.resegment(event("tick")).await.unwrap().status, Status::Idle);
}

#[tokio::test]
async fn a_start_begins_a_run_that_ticks_bring_to_its_end() {
    let (world, system) = world().await;
    let begun = system.resegment(event("start")).await.unwrap();
    assert_eq!((begun.status, begun.phase), (Status::Wait, Some(PhaseName::Settle)));
    let again = system.resegment(event("start")).await.unwrap();
    assert_eq!((again.status, &again.run_id), (Status::Skipped, &begun.run_id));
    system.settle().await.unwrap();
    world.clock.advance(Duration::from_secs(begun.wait_seconds.unwrap()));
    let ended = system.resegment(event("tick")).await.unwrap();
    assert_eq!((ended.status, &ended.run_id), (Status::Done, &begun.run_id));
    let user = world.okta.find_user("ann@example.com").unwrap();
    assert_eq!(world.okta.group_names_of(&user), ["Shopify New Customer"]);
    let record: Record = system.runs().record(&begun.run_id.unwrap()).await.unwrap().unwrap();
    assert_eq!(record.reason.map(String::from), Some("schedule".to_owned()));
    // Minutes later all users count as changed at Okta. Ann differs in nothing; the customers whose user
    // is deactivated, is hers, or does not take the totals, and those of three groups, are looked at once more.
    let next = system.resegment(event("start")).await.unwrap();
    assert_eq!(next.progress.map(|progress| progress.differing), Some(6));
}

/// What a dry run answers, and that it left nothing behind.
async fn dry(event: Event) -> Report {
    let (world, system) = world().await;
    world.take_calls();
    let answer = system.resegment(event).await.unwrap();
    assert_eq!((answer.status, answer.run_id), (Status::Done, None));
    assert_eq!(system.runs().active().await, Ok(None));
    assert_eq!(system.runs().summaries::<Summary>(1).await, Ok(Vec::new()));
    assert_eq!(system.queue().depth(), 0);
    let accepted = system.config_table().group_names().await.unwrap().accepted.unwrap();
    assert_eq!(accepted.version, 1);
    assert!(world.calls().iter().all(|call| call.service == Service::Shopify));
    *answer.report.unwrap()
}

#[tokio::test]
async fn a_dry_run_tells_who_would_be_looked_at_and_writes_nothing() {
    let report = dry(event("dry-run")).await;
    assert_eq!((report.shift.customers, report.differing()), (11, 9));
}

#[tokio::test]
async fn a_what_if_tries_its_own_book_and_writes_nothing() {
    let mut tried = event("what-if");
    let book = tried.start.as_ref().unwrap().rules.clone().unwrap();
    let vip = book.segments()[0].to_string();
    assert_eq!(vip, "vip: 6 orders or more, or 750.00 USD or more");
    dry(tried.clone()).await;

    // With another label the answer is another, so it is this book that was tried.
    let renamed = text("resegment", "what-if").replace("\"new\"", "\"newcomers\"");
    tried = serde_json::from_str(&renamed).unwrap();
    let segments = dry(tried).await.figures.segments;
    assert_eq!(segments[2].segment.as_str(), "newcomers");
    // All but one, who pays in euros, and three, who have spent much.
    assert_eq!(segments[2].cohort.customers(), 7);
}

#[tokio::test]
async fn a_book_to_try_is_refused_by_a_real_run() {
    let (_, system) = world().await;
    let mut tried = event("what-if");
    tried.start.as_mut().unwrap().dry_run = false;
    let refused = system.resegment(tried).await.unwrap_err();
    assert!(
        matches!(refused, ResegmentError::Start(InvalidStart::RulesWithoutDryRun)),
        "{refused}"
    );
    assert_eq!(system.runs().active().await, Ok(None));
}

#[tokio::test]
async fn a_run_that_verifies_reads_the_members_of_every_managed_group() {
    let (world, system) = world().await;
    world.take_calls();
    let begun = system.resegment(event("verify")).await.unwrap();
    assert_eq!(begun.status, Status::Wait);
    let calls = world.calls();
    let members = calls.iter().filter(|call| call.path.ends_with("/users"));
    // Three are as the book has them, one was renamed, and one was deleted unnoticed.
    assert_eq!(members.filter(|call| call.path.contains("/groups/")).count(), 5);
}

#[test]
fn an_acceptance_names_the_run_that_was_refused() {
    let start = event("accept").start.unwrap();
    assert_eq!(start.accept, Some("20261121T030000Z-4f21aa".parse().unwrap()));
    assert!(!start.dry_run && start.rules.is_none());
}

#[test]
fn what_is_misspelt_in_an_event_is_refused() {
    assert!(serde_json::from_str::<Event>(&text("resegment", "misspelt")).is_err());
}
