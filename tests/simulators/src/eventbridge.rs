//! `EventBridge`, as far as events are put on a bus: AWS JSON 1.1 over HTTP
//! ([`PutEvents`](https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html),
//! [`DescribeEventBus`](https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeEventBus.html)).

use std::collections::{BTreeSet, VecDeque};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use ::http::{HeaderMap, Response, StatusCode};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::lock::lock;

/// How many entries a call may have.
const MOST_ENTRIES: usize = 10;
/// How many bytes the entries of a call may come to.
const MOST_BYTES: usize = 256 * 1024;
const DEFAULT_BUS: &str = "default";

/// `EventBridge` in one account, on this machine alone. It has the default bus, and those that are added.
/// Dropping it stops it.
#[derive(Debug)]
pub struct EventBridgeSim {
    url: String,
    account: Shared,
    server: JoinHandle<()>,
}

/// An event that a bus took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusEvent {
    /// The bus.
    pub bus: String,
    /// Who it is from.
    pub source: String,
    /// What it is.
    pub detail_type: String,
    /// When it was, in seconds since 1970; none if that was left to the bus.
    pub time: Option<i64>,
    /// What it says.
    pub detail: Value,
}

/// What goes wrong with one call that puts events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BusTrouble {
    /// The call is refused with this code, and nothing is taken.
    Call(&'static str),
    /// The first entry is refused with this code; the others are taken.
    FirstEntry(&'static str),
    /// Every entry is refused with this code.
    EveryEntry(&'static str),
    /// The answer leaves the last entry out, which is not taken.
    CutShort,
    /// Everything is taken, and the connection breaks before the answer.
    AnswerLost,
    /// Nothing is taken, and no answer comes.
    Silence,
}

#[derive(Debug, Default)]
struct Account {
    buses: BTreeSet<String>,
    taken: Vec<BusEvent>,
    calls: Vec<&'static str>,
    next: VecDeque<BusTrouble>,
    lasting: Option<BusTrouble>,
}

type Shared = Arc<Mutex<Account>>;

impl EventBridgeSim {
    /// Starts, inside a Tokio runtime that has I/O.
    ///
    /// # Errors
    /// If no port of this machine can be had.
    pub async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let account = Shared::default();
        lock(&account).buses.insert(DEFAULT_BUS.to_owned());
        let router = Router::new().fallback(handle).with_state(Arc::clone(&account));
        let server = tokio::spawn(async {
            // It ends when it is aborted.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { url, account, server })
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Makes a bus.
    pub fn add_bus(&self, name: &str) {
        lock(&self.account).buses.insert(name.to_owned());
    }

    /// Deletes a bus. What is put on it from now on is taken and forgotten.
    pub fn delete_bus(&self, name: &str) {
        lock(&self.account).buses.remove(name);
    }

    /// The events that were taken, in order.
    pub fn taken(&self) -> Vec<BusEvent> {
        lock(&self.account).taken.clone()
    }

    /// The calls since the last time they were taken, by the operation's name.
    pub fn take_calls(&self) -> Vec<&'static str> {
        std::mem::take(&mut lock(&self.account).calls)
    }

    /// Has this go wrong with the next call that puts events; after others that are to go wrong already.
    pub fn trouble(&self, trouble: BusTrouble) {
        lock(&self.account).next.push_back(trouble);
    }

    /// Has this go wrong with every call that puts events, until it is mended.
    pub fn lasting_trouble(&self, trouble: BusTrouble) {
        lock(&self.account).lasting = Some(trouble);
    }

    /// Ends all trouble.
    pub fn mend(&self) {
        let mut account = lock(&self.account);
        account.next.clear();
        account.lasting = None;
    }
}

impl Drop for EventBridgeSim {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// What becomes of a call.
enum Answer {
    Whole(StatusCode, Value),
    Broken,
    Never,
}

async fn handle(State(account): State<Shared>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let request = serde_json::from_slice(&body).unwrap_or_default();
    let answer = match target {
        Some("AWSEvents.PutEvents") => put_events(&mut lock(&account), &request),
        Some("AWSEvents.DescribeEventBus") => describe(&mut lock(&account), &request),
        _ => error("UnknownOperationException"),
    };
    let (status, body) = match answer {
        Answer::Whole(status, answer) => (status, Body::from(answer.to_string())),
        Answer::Broken => (StatusCode::OK, breaking()),
        Answer::Never => std::future::pending().await,
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}

fn put_events(account: &mut Account, request: &Value) -> Answer {
    account.calls.push("PutEvents");
    let empty = Vec::new();
    let entries = request["Entries"].as_array().unwrap_or(&empty);
    let bytes: usize = entries.iter().map(|entry| entry.to_string().len()).sum();
    if entries.is_empty() || entries.len() > MOST_ENTRIES || bytes > MOST_BYTES {
        return error("ValidationException");
    }
    let trouble = account.next.pop_front().or(account.lasting);
    match trouble {
        Some(BusTrouble::Call(code)) => return error(code),
        Some(BusTrouble::Silence) => return Answer::Never,
        _ => {}
    }
    let last = entries.len() - 1;
    let mut results = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let taken = match trouble {
            Some(BusTrouble::FirstEntry(code)) if index == 0 => Err(code),
            Some(BusTrouble::EveryEntry(code)) => Err(code),
            Some(BusTrouble::CutShort) if index == last => continue,
            _ => account.take(entry),
        };
        results.push(match taken {
            Ok(id) => json!({ "EventId": id }),
            Err(code) => json!({ "ErrorCode": code, "ErrorMessage": code }),
        });
    }
    if trouble == Some(BusTrouble::AnswerLost) {
        return Answer::Broken;
    }
    let failed = results.iter().filter(|result| result["EventId"].is_null()).count();
    Answer::Whole(StatusCode::OK, json!({ "FailedEntryCount": failed, "Entries": results }))
}

fn describe(account: &mut Account, request: &Value) -> Answer {
    account.calls.push("DescribeEventBus");
    let name = request["Name"].as_str().unwrap_or(DEFAULT_BUS);
    if !account.buses.contains(name) {
        return error("ResourceNotFoundException");
    }
    let arn = format!("arn:aws:events:us-east-1:123456789012:event-bus/{name}");
    Answer::Whole(StatusCode::OK, json!({ "Name": name, "Arn": arn }))
}

impl Account {
    /// Takes an entry and gives it an id. One for a bus that does not exist is given an id too, and
    /// forgotten, as the service does it.
    fn take(&mut self, entry: &Value) -> Result<String, &'static str> {
        let text = |name: &str| entry[name].as_str().filter(|text| !text.is_empty());
        let source = text("Source").ok_or("InvalidArgument")?;
        let detail_type = text("DetailType").ok_or("InvalidArgument")?;
        let detail = text("Detail").ok_or("InvalidArgument")?;
        let detail: Value = serde_json::from_str(detail).map_err(|_| "MalformedDetail")?;
        if !detail.is_object() {
            return Err("MalformedDetail");
        }
        if source.starts_with("aws.") {
            return Err("NotAuthorizedForSourceException");
        }
        let bus = text("EventBusName").unwrap_or(DEFAULT_BUS);
        if self.buses.contains(bus) {
            self.taken.push(BusEvent {
                bus: bus.to_owned(),
                source: source.to_owned(),
                detail_type: detail_type.to_owned(),
                time: entry["Time"].as_i64(),
                detail,
            });
        }
        Ok(format!("event-{}", self.taken.len()))
    }
}

fn error(code: &str) -> Answer {
    let status = match code {
        "InternalException" | "InternalFailure" => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    };
    Answer::Whole(status, json!({ "__type": code, "message": code }))
}

/// A body that ends before it is whole.
fn breaking() -> Body {
    let end = std::io::Error::other("the simulated connection breaks");
    Body::from_stream(futures_util::stream::iter([Ok(Bytes::from_static(b"{")), Err(end)]))
}
