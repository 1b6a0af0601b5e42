//! What can go wrong while Shopify writes out the shop. Nothing of it is taken for the whole shop.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use resegment::{EndedAs, PhaseName, Start, Status};
use simulators::shopify::{BulkEnd, BulkError};
use simulators::{Fault, Matching, Service};

use crate::shop::{NEW, PAGE, Person, Shop, wait_of};

async fn large_shop() -> (Shop, Vec<Person>) {
    let shop = Shop::open().await;
    let people = shop.people(PAGE + 50, 1, "10");
    (shop, people)
}

fn all_are_new(shop: &Shop, people: &[Person]) -> bool {
    people.iter().all(|person| shop.groups_of(person) == [NEW])
}

#[tokio::test]
async fn an_export_that_fails_is_begun_again() {
    for end in
        [BulkEnd::Failed(BulkError::InternalServerError), BulkEnd::Canceled, BulkEnd::Expired]
    {
        let (shop, people) = large_shop().await;
        shop.world.shopify.end_next_bulk_operation(end);
        assert_eq!(shop.full_run().await.dispatched, PAGE + 50);
        assert!(all_are_new(&shop, &people));
        assert_eq!(shop.world.shopify.bulk_operations().len(), 2);
    }
}

#[tokio::test]
async fn three_exports_that_fail_end_the_run() {
    let (shop, people) = large_shop().await;
    for _ in 0..3 {
        shop.world.shopify.end_next_bulk_operation(BulkEnd::Failed(BulkError::InternalServerError));
    }
    let answer = shop.run(Start::default()).await;
    assert_eq!(answer.status, Status::Failed);
    assert!(answer.message.unwrap().contains("failed"));
    assert_eq!(shop.groups_of(&people[0]), [""; 0]);
    let record = shop.record(answer.run_id.as_ref().unwrap()).await;
    assert_eq!(record.end().unwrap().how, EndedAs::Failed);
}

#[tokio::test]
async fn a_run_waits_while_other_bulk_queries_are_in_the_way() {
    let (shop, people) = large_shop().await;
    shop.world.shopify.run_bulk_operations(5, Duration::from_mins(3));
    shop.full_run().await;
    assert!(all_are_new(&shop, &people));
}

#[tokio::test]
async fn an_export_whose_answer_was_lost_is_found_and_not_begun_twice() {
    let (shop, people) = large_shop().await;
    let start = Matching::operation("StartExport");
    shop.world.faults().next(Service::Shopify, start, Fault::Broken { done: true });
    shop.full_run().await;
    assert!(all_are_new(&shop, &people));
    assert_eq!(shop.world.shopify.bulk_operations().len(), 1);
}

#[tokio::test]
async fn a_download_cut_short_is_begun_again() {
    let (shop, people) = large_shop().await;
    let download = Matching::any();
    shop.world.faults().next(Service::Storage, download, Fault::TruncatedBody);
    assert_eq!(shop.full_run().await.dispatched, PAGE + 50);
    assert!(all_are_new(&shop, &people));
}

#[tokio::test]
async fn a_link_that_expired_before_the_download_means_another_export() {
    let (shop, people) = large_shop().await;
    shop.world.shopify.set_bulk_link_lifetime(Duration::from_secs(1));
    let begun = shop.begin().await;
    assert_eq!(begun.status, Status::Wait);
    shop.world.clock.advance(Duration::from_mins(5));
    shop.world.shopify.set_bulk_link_lifetime(Duration::from_hours(24));
    let mut answer = shop.tick().await;
    while matches!(answer.status, Status::Wait | Status::Continue) {
        shop.settle().await;
        shop.world.clock.advance(Duration::from_secs(answer.wait_seconds.unwrap_or(0)));
        answer = shop.tick().await;
    }
    assert_eq!(answer.status, Status::Done, "{answer:?}");
    assert!(all_are_new(&shop, &people));
}

#[tokio::test]
async fn odd_pieces_of_a_download_come_to_the_same() {
    let (shop, people) = large_shop().await;
    shop.world.set_piece_size(7);
    assert_eq!(shop.full_run().await.dispatched, PAGE + 50);
    assert!(all_are_new(&shop, &people));
}

#[tokio::test]
async fn a_throttle_is_waited_out() {
    let (shop, people) = large_shop().await;
    let preflight = Matching::any();
    shop.world.faults().next(Service::Shopify, preflight, Fault::ShopifyThrottled);
    shop.full_run().await;
    assert!(all_are_new(&shop, &people));
}

#[tokio::test]
async fn a_file_that_is_always_refused_ends_the_run() {
    let (shop, people) = large_shop().await;
    shop.world.faults().always(Service::Storage, Matching::any(), Fault::Status(403));
    let answer = shop.run(Start::default()).await;
    assert_eq!(answer.status, Status::Failed, "{answer:?}");
    assert_eq!(shop.world.shopify.bulk_operations().len(), 3);
    assert_eq!(shop.groups_of(&people[0]), [""; 0]);
}

#[tokio::test]
async fn a_slow_export_is_asked_about_at_growing_intervals() {
    let (shop, people) = large_shop().await;
    shop.world.shopify.set_bulk_duration(Duration::from_mins(4));
    let mut answer = shop.begin().await;
    assert_eq!(shop.take_counts(), [2, 0, 0, 0], "preflight and start");
    let mut waits = Vec::new();
    while answer.phase == Some(PhaseName::Export) {
        assert_eq!(answer.status, Status::Wait, "{answer:?}");
        waits.push(answer.wait_seconds.unwrap());
        assert_eq!(shop.tick().await.status, Status::Wait);
        assert_eq!(shop.take_counts(), [0, 0, 0, 0], "before its time nobody is asked");
        shop.world.clock.advance(wait_of(&answer));
        answer = shop.tick().await;
        assert_eq!(shop.take_counts()[0], 1);
    }
    assert_eq!(waits, [10, 15, 30, 60, 60, 60, 60]);
    assert_eq!(shop.finish(answer).await.status, Status::Done);
    assert!(all_are_new(&shop, &people));
}

#[tokio::test]
async fn an_export_that_never_ends_fails_the_run_after_six_hours() {
    let (shop, people) = large_shop().await;
    shop.world.shopify.end_next_bulk_operation(BulkEnd::Never);
    let began = shop.world.clock.now();
    shop.begin().await;
    shop.world.clock.advance_to(began + Duration::from_hours(6));
    let answer = shop.tick().await;
    assert_eq!(answer.status, Status::Wait, "{answer:?}");
    shop.world.clock.advance(wait_of(&answer));
    let answer = shop.tick().await;
    assert_eq!(answer.status, Status::Failed, "{answer:?}");
    let message = answer.message.unwrap();
    assert!(message.contains("6 hours") && message.contains("run again"), "{message}");
    let record = shop.record(answer.run_id.as_ref().unwrap()).await;
    assert_eq!((record.end().unwrap().how, record.dispatched), (EndedAs::Failed, 0));
    assert_eq!(shop.world.shopify.bulk_operations().len(), 1);
    assert_eq!(shop.groups_of(&people[0]), [""; 0]);
}

/// Seven hours in which nothing comes of the run, with the tick once an hour.
async fn seven_hours(shop: &Shop) {
    for _ in 0..7 {
        shop.world.clock.advance(Duration::from_hours(1));
        let answer = shop.tick().await;
        assert_eq!((answer.status, answer.phase), (Status::Wait, Some(PhaseName::Export)));
    }
}

#[tokio::test]
async fn an_export_that_was_made_during_a_pause_or_an_outage_is_used() {
    for is_paused in [true, false] {
        let (shop, people) = large_shop().await;
        assert_eq!(shop.begin().await.status, Status::Wait);
        let pause = |paused| shop.system.set("paused", AttributeValue::Bool(paused));
        if is_paused {
            pause(true).await.unwrap();
        } else {
            shop.world.faults().always(Service::Shopify, Matching::any(), Fault::Connect);
        }
        seven_hours(&shop).await;
        pause(false).await.unwrap();
        shop.world.faults().clear();
        shop.world.clock.advance(Duration::from_mins(10));
        let answer = shop.tick().await;
        let answer = shop.finish(answer).await;
        assert_eq!(answer.status, Status::Done, "{answer:?}");
        assert_eq!(shop.world.shopify.bulk_operations().len(), 1);
        assert!(all_are_new(&shop, &people));
    }
}
