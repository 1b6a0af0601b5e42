//! Values of a kind that this release does not know, as a later one of the service may have.

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::{Client, Config};
use axum::Router;
use rules::CustomerId;
use state::{ConfigTable, Customers, Error, Runs};
use tokio::net::TcpListener;

/// A table that answers every call with this.
async fn answering(answer: &'static str) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(move || async move { answer });
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("key", "secret", None, None, "tests"))
        .endpoint_url(url);
    Client::from_conf(config.build())
}

#[tokio::test]
async fn an_entry_that_holds_one_is_unreadable_and_no_other_is() {
    let answer = r#"{"Responses": {"customers": [
        {"pk": {"S": "customer#1"}, "sk": {"S": "state"}, "version": {"N": "1"}, "why": {"NEW": "x"}},
        {"pk": {"S": "customer#2"}, "sk": {"S": "state"}, "version": {"N": "1"},
         "later": {"L": [{"M": {"deep": {"NEW": "x"}}}]}}
    ]}}"#;
    let customers = Customers::new(answering(answer).await, "customers");
    let ids = [1, 2].map(CustomerId::new);
    let found = customers.load(&ids).await.unwrap();
    for id in ids {
        assert!(matches!(found[&id], Err(Error::Unreadable { .. })), "{id}");
    }
}

#[tokio::test]
async fn a_book_or_a_run_that_holds_one_is_unreadable() {
    let answer = r#"{"Items": [{"kind": {"S": "book"}, "name": {"S": "00000001"}, "content": {"NEW": "x"}}],
        "Item": {"pk": {"S": "run"}, "sk": {"S": "record"}, "content": {"M": {"a": {"NEW": "x"}}}}}"#;
    let client = answering(answer).await;
    let history = ConfigTable::new(client.clone(), "config").history().await;
    assert!(history.is_err() || history.unwrap().books.iter().all(|book| book.book.is_err()));
    let run = "20261006T030000Z-000001".parse().unwrap();
    let record = Runs::new(client, "runs").record::<serde_json::Value>(&run).await;
    assert!(matches!(record, Err(Error::Unreadable { .. })), "{record:?}");
}
