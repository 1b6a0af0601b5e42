//! Somebody who edits a row while the tool is at work.

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::types::AttributeValue;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use http::{HeaderMap, Response, StatusCode};
use segments::local::LocalSystem;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::Stack;

/// What stands between the tool and the tables.
struct Meddler {
    engine: String,
    edit: Mutex<Option<Edit>>,
    client: aws_sdk_dynamodb::Client,
}

/// A row that somebody writes.
struct Edit {
    table: String,
    row: std::collections::HashMap<String, AttributeValue>,
}

/// The address of tables in which a row is written between the tool's reading the book and its writing
/// one: as soon as it asks for the groups. The row belongs to a new segment.
pub(crate) async fn adds_a_segment(stack: &Stack, name: &str) -> String {
    let system: &LocalSystem = &stack.served.system;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let row = [("kind".to_owned(), text("segment")), ("name".to_owned(), text(name))].into();
    let engine = system.dynamodb_url().to_owned();
    let edit = Mutex::new(Some(Edit { table: system.tables().config.to_owned(), row }));
    let meddler = Meddler { engine, edit, client: system.dynamodb().clone() };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new().fallback(pass_on).with_state(Arc::new(meddler));
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    url
}

async fn pass_on(
    State(meddler): State<Arc<Meddler>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let target = headers["x-amz-target"].to_str().unwrap().to_owned();
    let asks_for_groups =
        target.ends_with(".Query") && body.windows(7).any(|it| it == b"\"group\"");
    let edit = meddler.edit.lock().unwrap().take_if(|_| asks_for_groups);
    if let Some(Edit { table, row }) = edit {
        let put = meddler.client.put_item().table_name(table).set_item(Some(row));
        put.send().await.unwrap();
    }
    ask(&meddler.engine, &headers, &body).await
}

/// The answer of an embedded engine.
pub(crate) async fn ask(engine: &str, headers: &HeaderMap, body: &[u8]) -> Response<Body> {
    let engine = engine.trim_start_matches("http://");
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let (target, date) = (header("x-amz-target"), header("x-amz-date"));
    let authorization = header("authorization");
    let head = format!(
        "POST / HTTP/1.1\r\nhost: {engine}\r\nx-amz-target: {target}\r\nauthorization: {authorization}\r\nx-amz-date: {date}\r\n\
         content-type: application/x-amz-json-1.0\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(engine).await.unwrap();
    stream.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|it| it == b"\r\n\r\n").unwrap() + 4;
    let status = std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap();
    let mut response = Response::new(Body::from(answer.split_off(end)));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}
