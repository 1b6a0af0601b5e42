//! Webhooks that Shopify did send, sent again by somebody else.

use std::time::Duration;

use simulators::Webhook;
use simulators::shopify::Topic;
use webhook::Answer;

use crate::stage::{NEW, Person, Stage};

/// How often a webhook is sent again.
const TIMES: u32 = 100;

/// Posts it again and again, and works off what comes of it.
async fn replay(stage: &Stage, webhooks: impl IntoIterator<Item = Webhook>) {
    for webhook in webhooks {
        let answer = stage.post(&webhook).await;
        let harmless = [Answer::Queued(1), Answer::Guest, Answer::Ignored, Answer::Mismatched];
        assert!(harmless.contains(&answer), "{answer:?} to {}", webhook.header("x-shopify-topic"));
    }
    stage.settle().await;
}

/// That the customer is as before, and Okta was not written to.
async fn assert_untouched(stage: &Stage, person: &Person) {
    let expected = (vec![NEW.to_owned()], Some("45.5".to_owned()), Some(1));
    assert_eq!(stage.held(&person.user), expected);
    assert_eq!(stage.take_writes(), [""; 0]);
    assert_eq!(stage.record(person.customer).await.segment.unwrap().as_str(), "new");
}

#[tokio::test]
async fn a_webhook_that_is_replayed_unmodified_changes_nothing() {
    let stage = Stage::set().await;
    let (person, webhook) = stage.customer_with_an_order().await;
    replay(&stage, (0..TIMES).map(|_| webhook.clone())).await;
    assert_untouched(&stage, &person).await;
    // A day later, too.
    stage.world.clock.advance(Duration::from_hours(24));
    replay(&stage, [webhook]).await;
    assert_untouched(&stage, &person).await;
}

#[tokio::test]
async fn a_webhook_that_is_replayed_under_new_headers_changes_nothing() {
    let stage = Stage::set().await;
    let (person, webhook) = stage.customer_with_an_order().await;
    let times =
        ["1970-01-01T00:00:00Z", "2026-10-05T09:00:00.000000001Z", "9999-12-31T23:59:59Z", "soon"];
    let renamed = (0..TIMES).map(|number| {
        let time = times[usize::try_from(number).unwrap() % times.len()];
        let id = format!("b54557e4-bdd9-4b37-8a5f-{number:012}");
        let webhook = webhook.clone().with_header("x-shopify-webhook-id", &id);
        webhook.with_header("x-shopify-event-id", &id).with_header("x-shopify-triggered-at", time)
    });
    replay(&stage, renamed).await;
    assert_untouched(&stage, &person).await;
}

#[tokio::test]
async fn an_order_s_webhook_that_is_replayed_under_another_topic_erases_nothing() {
    let stage = Stage::set().await;
    let (person, webhook) = stage.customer_with_an_order().await;
    let topics = Topic::ALL.iter().map(|topic| topic.as_str());
    let topics = topics.chain(["app/uninstalled", "customers/*", "", "ORDERS_CREATE"]);
    replay(&stage, topics.map(|topic| webhook.clone().with_topic(topic))).await;
    replay(&stage, [webhook.clone().without_header("x-shopify-topic")]).await;
    assert_untouched(&stage, &person).await;
}

#[tokio::test]
async fn an_old_webhook_does_not_bring_back_what_it_says() {
    let stage = Stage::set().await;
    let (person, first) = stage.customer_with_an_order().await;
    // Its body says that the customer has one order, of 45.50.
    let second = stage.order(person.customer, "700");
    replay(&stage, [second]).await;
    let now = stage.held(&person.user);
    assert_eq!((now.1.as_deref(), now.2), (Some("745.5"), Some(2)));
    stage.take_writes();
    replay(&stage, (0..TIMES).map(|_| first.clone())).await;
    assert_eq!(stage.held(&person.user), now);
    assert_eq!(stage.take_writes(), [""; 0]);
}

#[tokio::test]
async fn a_request_for_data_that_is_replayed_as_a_redaction_erases_nothing() {
    let stage = Stage::set().await;
    let (person, _) = stage.customer_with_an_order().await;
    let request = stage.world.shopify.request_data(person.customer).unwrap();
    for topic in [Topic::CustomersRedact, Topic::ShopRedact] {
        let forged = request.clone().with_topic(topic.as_str());
        assert_eq!(stage.post(&forged).await, Answer::Mismatched, "{topic}");
    }
    stage.settle().await;
    assert_untouched(&stage, &person).await;
}
