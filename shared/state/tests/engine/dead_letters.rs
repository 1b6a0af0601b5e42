//! Dead letters on AWS, against a stand-in that keeps them as SQS does.

use std::sync::{Arc, Mutex};

use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use state::{DeadLetters, SqsDeadLetters, SqsQueue};

use crate::dead_letter_queue::{DeadLetterQueue, REDRIVE_POLICY};

type Shared = Arc<Mutex<DeadLetterQueue>>;

const QUEUE: &str = "http://127.0.0.1/123456789012/sync";

/// A queue with this redrive policy, if it has one.
async fn queue(policy: Option<&'static str>) -> (Shared, SqsQueue) {
    let letters = Shared::default();
    let shared = Arc::clone(&letters);
    let handler = async move |headers: HeaderMap, body: Bytes| {
        let request: Value = serde_json::from_slice(&body).unwrap();
        let operation = headers["x-amz-target"].to_str().unwrap();
        let operation = operation.strip_prefix("AmazonSQS.").unwrap();
        let answer = shared.lock().unwrap().answer(operation, &request).unwrap_or_else(|| {
            assert_eq!(request["QueueUrl"], QUEUE, "{operation}");
            policy.map_or_else(
                || json!({}),
                |policy| json!({ "Attributes": { "RedrivePolicy": policy } }),
            )
        });
        (StatusCode::OK, [("content-type", "application/x-amz-json-1.0")], answer.to_string())
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(handler);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(&endpoint)
        .build();
    (letters, SqsQueue::new(aws_sdk_sqs::Client::from_conf(config), QUEUE))
}

/// A dead-letter queue that holds letters of these numbers.
async fn holding(numbers: std::ops::Range<i64>) -> (Shared, SqsDeadLetters) {
    let (shared, queue) = queue(Some(REDRIVE_POLICY)).await;
    for number in numbers {
        shared.lock().unwrap().add(&format!("letter {number}"), number);
    }
    (shared, queue.dead_letters().await.unwrap())
}

#[tokio::test]
async fn all_letters_are_read_once_with_when_they_were_sent() {
    let (shared, dead) = holding(1..26).await;
    let letters = dead.letters(100).await.unwrap();
    let mut read: Vec<_> = letters
        .iter()
        .map(|letter| (letter.at.unwrap().as_millisecond(), letter.body.clone()))
        .collect();
    read.sort();
    assert_eq!(read, (1..26).map(|n| (n, format!("letter {n}"))).collect::<Vec<_>>());
    assert_eq!((dead.count().await, shared.lock().unwrap().in_sight()), (Ok(25), 0));
}

#[tokio::test]
async fn no_more_are_read_than_are_asked_for_by_much() {
    let (_, dead) = holding(0..100).await;
    assert_eq!(dead.letters(15).await.unwrap().len(), 20);
}

#[tokio::test]
async fn letters_that_are_given_back_are_in_sight_at_once() {
    let (shared, dead) = holding(0..12).await;
    let letters = dead.letters(100).await.unwrap();
    dead.give_back(&letters).await.unwrap();
    assert_eq!(shared.lock().unwrap().in_sight(), 12);
}

#[tokio::test]
async fn letters_that_are_deleted_are_gone_and_others_are_not() {
    let (shared, dead) = holding(0..12).await;
    let letters = dead.letters(100).await.unwrap();
    let (some, others) = letters.split_at(11);
    dead.discard(some).await.unwrap();
    assert_eq!(shared.lock().unwrap().bodies(), [others[0].body.as_str()]);
}

#[tokio::test]
async fn a_letter_that_could_not_be_deleted_is_an_error() {
    let (shared, dead) = holding(0..2).await;
    let letters = dead.letters(100).await.unwrap();
    shared.lock().unwrap().undeletable = vec!["letter 1".to_owned()];
    let error = dead.discard(&letters).await.unwrap_err();
    assert_eq!(error.to_string(), "delete dead letters: ReceiptHandleIsInvalid");
    assert_eq!(shared.lock().unwrap().bodies(), ["letter 1"]);
    shared.lock().unwrap().come_back();
    assert!(dead.give_back(&letters).await.is_err(), "they were never out of sight");
}

#[tokio::test]
async fn one_letter_that_cannot_be_given_back_keeps_no_other_out_of_sight() {
    let (shared, dead) = holding(0..25).await;
    let letters = dead.letters(100).await.unwrap();
    dead.discard(&letters[..1]).await.unwrap();
    let error = dead.give_back(&letters).await.unwrap_err();
    assert_eq!(error.to_string(), "give dead letters back: ReceiptHandleIsInvalid");
    assert_eq!(shared.lock().unwrap().in_sight(), 24);
}

#[tokio::test]
async fn a_queue_without_a_usable_policy_is_told() {
    for policy in [None, Some("{}"), Some(r#"{"deadLetterTargetArn":"arn:aws"}"#)] {
        let (_, queue) = queue(policy).await;
        let error = queue.dead_letters().await.unwrap_err();
        let told = "the queue's RedrivePolicy: it names no dead-letter queue";
        assert_eq!(error.to_string(), told);
    }
}

#[tokio::test]
async fn a_letter_does_not_show_in_debug() {
    let (shared, dead) = holding(0..0).await;
    shared.lock().unwrap().add("ann@example.com", 1);
    let letters = dead.letters(10).await.unwrap();
    assert!(!format!("{letters:?}").contains("ann"));
}
