//! The invocations of sync-customer in `events/`, and what they lead to.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use aws_sdk_dynamodb::types::AttributeValue;
use rules::CustomerId;
use segments::local::LocalSystem;
use simulators::World;
use state::Outcome;
use sync_customer::{Record, Report};

use crate::events::{CUSTOMER, names, text, world};

/// A file, and how its looks end in a shop where nobody has been looked at yet.
struct Row(&'static str, &'static [(&'static str, u64)]);

const ROWS: [Row; 24] = [
    Row("batch", &[("applied", 1), ("unmatched", 1)]),
    Row("customer-ambiguous", &[("ambiguous", 1)]),
    Row("customer-entry-damaged", &[("failed", 1)]),
    Row("customer-gone", &[("gone", 1)]),
    Row("customer-group-gone", &[("group_gone", 1)]),
    Row("customer-group-rule-managed", &[("group_rule_managed", 1)]),
    Row("customer-group-without-id", &[("group_without_id", 1)]),
    Row("customer-inactive", &[("user_inactive", 1)]),
    Row("customer-other-currency", &[("other_currency", 1)]),
    Row("customer-pin-unknown", &[("pin_unknown", 1)]),
    Row("customer-profile-refused", &[("profile_refused", 1)]),
    Row("customer-redacted", &[("redacted", 1)]),
    Row("customer-unmatched", &[("unmatched", 1)]),
    Row("customer-user-taken", &[("applied", 1), ("user_taken", 1)]),
    Row("data-request", &[("data_request", 1)]),
    Row("of-cancelled-run", &[("cancelled", 1)]),
    Row("of-run", &[("applied", 1)]),
    Row("one-unreadable", &[("applied", 1), ("unreadable_record", 1)]),
    Row("order", &[("applied", 1)]),
    Row("order-gone", &[("order_gone", 1)]),
    Row("order-of-guest", &[("guest", 1)]),
    Row("order-unknown", &[("deferred", 1)]),
    Row("replayed", &[("applied", 1)]),
    Row("shop-redacted", &[("shop_forgotten", 1)]),
];

/// The records of an invocation, as the function's `main` reads them.
fn records(name: &str) -> Vec<Record> {
    let event: SqsEvent = serde_json::from_str(&text("sync-customer", name)).unwrap();
    let record =
        |record: SqsMessage| Record { id: record.message_id.unwrap(), body: record.body.unwrap() };
    event.records.into_iter().map(record).collect()
}

/// Hands a file's records to the worker, after what has to be done by hand before.
pub(crate) async fn work(name: &str, world: &World, system: &LocalSystem) -> Report {
    if name == "customer-entry-damaged" {
        damage_an_entry(system).await;
    }
    let deadline = world.clock.now() + Duration::from_mins(1);
    Box::pin(system.worker().handle(records(name), deadline)).await
}

/// Puts what this product did not write in the place of a customer's entry.
async fn damage_an_entry(system: &LocalSystem) {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let put = system.dynamodb().put_item().table_name(system.tables().customers);
    let put = put.item("pk", text(&format!("customer#{CUSTOMER}"))).item("sk", text("state"));
    put.send().await.unwrap();
}

fn groups(world: &World) -> Vec<String> {
    world.okta.group_names_of(&world.okta.find_user("ann@example.com").unwrap())
}

#[test]
fn every_file_has_a_row_here() {
    assert_eq!(names("sync-customer"), ROWS.map(|Row(name, _)| name));
}

#[tokio::test]
async fn each_look_ends_as_it_must() {
    let mut found = BTreeMap::new();
    for name in names("sync-customer") {
        let (world, system) = world().await;
        let report = work(&name, &world, &system).await;
        let tally: Vec<(String, u64)> =
            report.tally.iter().map(|(outcome, count)| (outcome.to_owned(), count)).collect();
        let applied = tally.iter().any(|(outcome, _)| outcome == "applied");
        let expected: &[&str] = if applied { &["Shopify New Customer"] } else { &[] };
        assert_eq!(groups(&world), expected, "{name}");
        found.insert(name, tally);
    }
    let wanted = ROWS.map(|Row(name, tally)| {
        (
            name.to_owned(),
            tally.iter().map(|(outcome, count)| ((*outcome).to_owned(), *count)).collect(),
        )
    });
    assert_eq!(found, wanted.into());
}

#[tokio::test]
async fn a_message_of_a_full_run_is_marked_as_answered() {
    let (world, system) = world().await;
    let report = work("of-run", &world, &system).await;
    assert!(report.failed.is_empty());
    let ann = CustomerId::new(CUSTOMER);
    let run = "20261005T030000Z-4f21aa".parse().unwrap();
    let marks = system.customers().answered(&run, &[ann]).await.unwrap();
    assert_eq!(marks[&ann].outcome, Outcome::Applied);
}

#[tokio::test]
async fn a_record_that_cannot_be_read_fails_alone() {
    let (world, system) = world().await;
    let report = work("one-unreadable", &world, &system).await;
    assert_eq!(report.failed, [records("one-unreadable")[1].id.clone()]);
}

#[tokio::test]
async fn a_message_about_an_entry_that_cannot_be_read_is_delivered_again() {
    let (world, system) = world().await;
    let report = work("customer-entry-damaged", &world, &system).await;
    assert_eq!(report.failed, [records("customer-entry-damaged")[0].id.clone()]);
}

#[tokio::test]
async fn whose_profile_is_refused_and_whose_pin_is_unknown_are_in_their_groups_all_the_same() {
    let (world, system) = world().await;
    for (name, login) in [("profile-refused", "eve"), ("pin-unknown", "fay")] {
        work(&format!("customer-{name}"), &world, &system).await;
        let user = world.okta.find_user(&format!("{login}@example.com")).unwrap();
        assert_eq!(world.okta.group_names_of(&user), ["Shopify New Customer"], "{name}");
    }
}

#[tokio::test]
async fn a_redaction_takes_back_what_an_order_gave() {
    let (world, system) = world().await;
    work("order", &world, &system).await;
    assert_eq!(groups(&world), ["Shopify New Customer"]);
    work("customer-redacted", &world, &system).await;
    assert!(groups(&world).is_empty());
}

#[tokio::test]
async fn a_shop_that_is_redacted_leaves_no_applied_state() {
    let (world, system) = world().await;
    work("order", &world, &system).await;
    let ann = CustomerId::new(CUSTOMER);
    assert_eq!(system.customers().load(&[ann]).await.unwrap().len(), 1);
    work("shop-redacted", &world, &system).await;
    assert!(system.customers().load(&[ann]).await.unwrap().is_empty());
}
