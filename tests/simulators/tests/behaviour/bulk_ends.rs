//! How bulk operations end badly.

use std::time::Duration;

use serde_json::{Value, json};
use simulators::shopify::{BulkEnd, BulkError};
use simulators::{NewCustomer, World};

use crate::bulk::{EXPORT, begin, cancel, finished, look, text};
use crate::calling::world;
use crate::downloads::{download, status};

fn with_customers(count: u64) -> World {
    let world = world();
    world.shopify.add_customers(count, |_| NewCustomer::default());
    world
}

fn without_file(operation: &Value) -> bool {
    ["url", "fileSize", "completedAt"].iter().all(|field| operation[field].is_null())
}

#[tokio::test]
async fn a_failure_says_why_and_leaves_half_of_the_rows() {
    let cases = [
        (BulkError::AccessDenied, "ACCESS_DENIED"),
        (BulkError::InternalServerError, "INTERNAL_SERVER_ERROR"),
        (BulkError::Timeout, "TIMEOUT"),
    ];
    for (error, code) in cases {
        let world = with_customers(9);
        world.shopify.end_next_bulk_operation(BulkEnd::Failed(error));
        let failed = finished(&world, EXPORT).await;
        assert_eq!((&failed["status"], &failed["errorCode"]), (&json!("FAILED"), &json!(code)));
        assert_eq!(failed["objectCount"], "4");
        assert!(without_file(&failed));
        let part = download(&world, text(&failed, "partialDataUrl")).await.unwrap();
        let rows: Vec<&[u8]> = part.body().split_inclusive(|byte| *byte == b'\n').collect();
        assert_eq!(rows.len(), 4);
        assert!(rows.iter().all(|row| serde_json::from_slice::<Value>(row).is_ok()));
        assert_eq!(finished(&world, EXPORT).await["status"], "COMPLETED", "the next one");
    }
}

#[tokio::test]
async fn a_failure_without_rows_leaves_nothing() {
    let world = with_customers(1);
    world.shopify.end_next_bulk_operation(BulkEnd::Failed(BulkError::Timeout));
    assert_eq!(finished(&world, EXPORT).await["partialDataUrl"], Value::Null);
}

#[tokio::test]
async fn an_operation_can_be_canceled_expire_or_never_end() {
    let world = with_customers(4);
    for (end, status) in [
        (BulkEnd::Canceled, "CANCELED"),
        (BulkEnd::Expired, "EXPIRED"),
        (BulkEnd::Never, "RUNNING"),
    ] {
        world.shopify.end_next_bulk_operation(end);
        let id = begin(&world, EXPORT).await;
        world.clock.advance(Duration::from_hours(48));
        let operation = look(&world, &id).await;
        assert_eq!(operation["status"], status);
        assert!(without_file(&operation) || end == BulkEnd::Expired, "{status}");
        assert_eq!((&operation["url"], &operation["partialDataUrl"]), (&Value::Null, &Value::Null));
    }
}

#[tokio::test]
async fn a_cancellation_takes_a_moment_and_keeps_the_count() {
    let world = with_customers(10);
    let id = begin(&world, EXPORT).await;
    world.clock.advance(Duration::from_millis(1_500));
    let canceling = cancel(&world, &id).await;
    assert_eq!(canceling["userErrors"], json!([]));
    assert_eq!(canceling["bulkOperation"]["status"], "CANCELING");
    world.clock.advance(Duration::from_secs(10));
    let canceled = look(&world, &id).await;
    assert_eq!((&canceled["status"], &canceled["objectCount"]), (&json!("CANCELED"), &json!("5")));
    assert!(without_file(&canceled));

    let again = cancel(&world, &id).await;
    assert!(text(&again["userErrors"][0], "message").contains("when it is canceled"));
    let unknown = cancel(&world, "gid://shopify/BulkOperation/1").await;
    assert_eq!(unknown["userErrors"][0]["message"], "Bulk operation does not exist");
    assert_eq!(unknown["bulkOperation"], Value::Null);
}

#[tokio::test]
async fn a_file_is_there_for_seven_days_or_as_long_as_a_test_says() {
    let world = with_customers(2);
    world.shopify.set_bulk_link_lifetime(Duration::from_mins(5));
    let short = finished(&world, EXPORT).await;
    world.shopify.set_bulk_link_lifetime(Duration::from_hours(7 * 24));
    let long = finished(&world, EXPORT).await;
    world.clock.advance(Duration::from_mins(6));
    assert_eq!(status(&world, text(&short, "url")).await, 403);
    assert_eq!(status(&world, text(&long, "url")).await, 200);
    let expired = look(&world, text(&short, "id")).await;
    assert_eq!((&expired["status"], &expired["url"]), (&json!("EXPIRED"), &Value::Null));
    world.clock.advance(Duration::from_hours(7 * 24));
    assert_eq!(status(&world, text(&long, "url")).await, 403);
    finished(&world, EXPORT).await;
    assert_eq!(status(&world, text(&long, "url")).await, 403, "and when its rows are forgotten");
}

#[tokio::test]
async fn operations_take_as_long_as_a_test_says() {
    let world = with_customers(2);
    world.shopify.set_bulk_duration(Duration::from_hours(1));
    let id = begin(&world, EXPORT).await;
    world.clock.advance(Duration::from_mins(59));
    assert_eq!(look(&world, &id).await["status"], "RUNNING");
    world.clock.advance(Duration::from_mins(1));
    assert_eq!(look(&world, &id).await["status"], "COMPLETED");
    world.shopify.set_bulk_duration(Duration::ZERO);
    let id = begin(&world, EXPORT).await;
    let done = look(&world, &id).await;
    assert_eq!((&done["status"], &done["objectCount"]), (&json!("COMPLETED"), &json!("2")));
}
