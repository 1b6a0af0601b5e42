//! An engine that does a part of every batch, as `DynamoDB` may
//! ([batch reads](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html)).

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use axum::Router;
use axum::body::Bytes;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, Request, StatusCode};
use outbound::{BaseUrl, Network, Transport};
use serde_json::Value;

use super::{Faults, serve, with_tables};

/// An engine that does the first entries of each batch and gives back the others.
pub(crate) async fn engine_that_does(at_most: usize) -> Client {
    let engine = serve().await;
    let network = Network::new(&[&BaseUrl::configured(&engine).unwrap()]).unwrap();
    let front = Arc::new(Front { network, engine, at_most });
    let answer = async move |headers: HeaderMap, body: Bytes| front.answer(headers, &body).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    with_tables(&endpoint, Faults::default()).await
}

/// What stands before the engine.
struct Front {
    network: Network,
    engine: String,
    at_most: usize,
}

impl Front {
    async fn answer(
        &self,
        headers: HeaderMap,
        body: &[u8],
    ) -> (StatusCode, [(&'static str, &'static str); 1], Vec<u8>) {
        let target = headers["x-amz-target"].to_str().unwrap().to_owned();
        let given_back = match target.rsplit('.').next() {
            Some("BatchGetItem") => Some("UnprocessedKeys"),
            Some("BatchWriteItem") => Some("UnprocessedItems"),
            _ => None,
        };
        let mut asked: Value = serde_json::from_slice(body).unwrap();
        let left = given_back.map(|name| (name, self.cut(&mut asked["RequestItems"])));
        let (status, mut answer) = self.pass_on(headers, &asked).await;
        if let Some((name, left)) = left {
            answer[name] = left;
        }
        let kind = [(CONTENT_TYPE.as_str(), "application/x-amz-json-1.0")];
        (status, kind, answer.to_string().into())
    }

    /// Leaves the first entries of each table, and gives the others in the form they came in.
    fn cut(&self, tables: &mut Value) -> Value {
        let mut left = tables.clone();
        for (table, batch) in tables.as_object_mut().unwrap() {
            let rest = entries(batch);
            let rest = rest.split_off(self.at_most.min(rest.len()));
            if rest.is_empty() {
                left.as_object_mut().unwrap().remove(table);
            } else {
                *entries(&mut left[table]) = rest;
            }
        }
        left
    }

    async fn pass_on(&self, mut headers: HeaderMap, asked: &Value) -> (StatusCode, Value) {
        headers.remove(CONTENT_LENGTH);
        headers.remove(HOST);
        let mut request = Request::post(&self.engine).body(asked.to_string().into()).unwrap();
        *request.headers_mut() = headers;
        let answer = self.network.send(request, Duration::from_secs(10)).await.unwrap();
        (answer.status(), serde_json::from_slice(answer.body()).unwrap())
    }
}

/// The keys of a batch that reads, or the requests of one that writes.
fn entries(batch: &mut Value) -> &mut Vec<Value> {
    let list = if batch.is_array() { batch } else { &mut batch["Keys"] };
    list.as_array_mut().unwrap()
}
