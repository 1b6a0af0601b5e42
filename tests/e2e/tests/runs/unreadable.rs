//! Runs whose record nobody can read.

use aws_sdk_dynamodb::types::AttributeValue;
use resegment::{EndedAs, Status, Summary};
use state::RunId;

use crate::shop::{NEW, PAGE, Shop};

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// A shop with a run that waits for its export, and whose record somebody has broken.
async fn with_a_broken_run() -> (Shop, RunId) {
    let shop = Shop::open().await;
    shop.people(PAGE + 1, 1, "10");
    let begun = shop.begin().await;
    assert_eq!(begun.status, Status::Wait);
    let run = begun.run_id.unwrap();
    let table = shop.system.tables().runs;
    let update = shop.system.dynamodb().update_item().table_name(table);
    update
        .key("pk", text(&format!("run#{run}")))
        .key("sk", text("record"))
        .update_expression("SET content = :broken")
        .expression_attribute_values(":broken", text("broken"))
        .send()
        .await
        .unwrap();
    (shop, run)
}

#[tokio::test]
async fn a_tick_ends_a_run_whose_record_cannot_be_read_and_says_what_to_do() {
    let (shop, run) = with_a_broken_run().await;
    let answer = shop.tick().await;
    assert_eq!((answer.status, answer.run_id), (Status::Failed, Some(run.clone())));
    let message = answer.message.unwrap();
    assert!(message.contains(run.as_str()) && message.contains("run again"), "{message}");
    let summary = shop.system.runs().summaries::<Summary>(1).await.unwrap().remove(0);
    assert_eq!((summary.run_id, summary.ended_as), (run, EndedAs::Failed));
    assert_eq!(shop.tick().await.status, Status::Idle);
    let record = shop.full_run().await;
    assert_eq!(record.dispatched, PAGE + 1);
}

#[tokio::test]
async fn a_start_is_not_kept_from_beginning_by_a_run_whose_record_cannot_be_read() {
    let (shop, run) = with_a_broken_run().await;
    let people = shop.people(1, 1, "10");
    assert_ne!(shop.full_run().await.run_id, run);
    assert_eq!(shop.groups_of(&people[0]), [NEW]);
}

#[tokio::test]
async fn a_start_is_not_kept_from_beginning_by_a_run_whose_record_is_gone() {
    let (shop, run) = with_a_broken_run().await;
    let delete = shop.system.dynamodb().delete_item().table_name(shop.system.tables().runs);
    let delete = delete.key("pk", text(&format!("run#{run}"))).key("sk", text("record"));
    delete.send().await.unwrap();
    assert_ne!(shop.full_run().await.run_id, run);
}
