//! `segments doctor`: what waits, for how long, and what nobody works off any more.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use state::{Cause, Message, Outgoing, Queue, Subject};

use crate::doctor::{assert_finds, assert_found, checks, examined, states};
use crate::site::{Kind, Site};

async fn queue(site: &Site, count: u64) {
    let message = |number: u64| Outgoing {
        message: Message::new(
            Subject::Customer(rules::CustomerId::new(number)),
            Cause::Customer,
            site.world.clock.now(),
        ),
        delay: Duration::ZERO,
    };
    site.system.queue().send((1..=count).map(message).collect()).await.unwrap();
}

#[tokio::test]
async fn a_queue_that_is_deep() {
    assert_finds("queue", "warning", "12 messages wait, more than the 10", async |site| {
        let shallow = AttributeValue::N("10".to_owned());
        site.system.set("queue_shallow", shallow).await.unwrap();
        queue(site, 12).await;
    })
    .await;
}

#[tokio::test]
async fn a_local_queue_that_nobody_works_off() {
    let site = Site::set_up(Kind::Local).await;
    queue(&site, 1).await;
    // The simulated clock is the system's; the tool has its own, an hour behind now.
    let (found, _) = examined(&site, &[]).await;
    assert_eq!(states(&found, "queue"), ["ok"], "a message that is just due");
    let site = Site::set_up(Kind::Local).await;
    site.put_overdue_message().await;
    assert_found(&site, "queue", "wrong", "start `segments serve`").await;
}

#[tokio::test]
async fn a_queue_of_a_stack_whose_oldest_message_is_an_hour_old() {
    let site = Site::set_up(Kind::Stack).await;
    queue(&site, 1).await;
    let (found, _) = examined(&site, &[]).await;
    assert_eq!(states(&found, "queue"), ["ok"], "a message that was just sent");
    site.put_overdue_message().await;
    let words = "2 messages wait, one for 1h";
    assert_found(&site, "queue", "wrong", words).await;
    let (found, _) = examined(&site, &[]).await;
    let mend = checks(&found, "queue")[0]["mend"].as_str().unwrap();
    assert!(mend.contains("sync-customer") && !mend.contains("segments serve"), "{mend}");
}

#[tokio::test]
async fn a_queue_whose_age_nobody_may_read() {
    let site = Site::set_up(Kind::Stack).await;
    site.deny_metrics();
    assert_found(&site, "queue", "unknown", "lack the right cloudwatch:GetMetricStatistics").await;
}

#[tokio::test]
async fn dead_letters() {
    let site = Site::set_up(Kind::Stack).await;
    (0..3).for_each(|_| site.add_foreign_letter());
    assert_found(&site, "dead_letters", "wrong", "there are 3").await;
}
