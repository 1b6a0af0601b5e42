//! What befalls a call to the tables or to the queue, between the function that makes it and the service.
//!
//! The function is the one that Lambda runs, the tables are the engine's; the calls go through here. A
//! function that is killed at a call never gets past it: whoever plays drops its future.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::HttpRequest;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{HttpClient, SharedHttpClient};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::result::ConnectorError;
use outbound::BoxFuture;
use state::{Depth, LocalQueue, Outgoing, Queue};
use tokio::sync::Notify;

/// How often the SDK tries a call, unless it is told otherwise.
const TRIES: u32 = 3;
/// More calls than anything that is played makes.
const MOST_CALLS: u32 = 200;
/// How many messages one call to the queue carries: so few that what is sent takes several.
const BATCH: usize = 2;
/// What only reads: nothing has changed whether it was made or not.
const READS: [&str; 5] = ["BatchGetItem", "GetItem", "GetQueueAttributes", "Query", "Scan"];

/// What befalls a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Its caller is killed before it is made.
    KilledBefore,
    /// It is made, and its caller is killed.
    KilledAfter,
    /// It is made, and its answer is lost; the SDK makes it again.
    AnswerLost,
    /// It is made as often as the SDK tries, and each time the answer is lost: the caller gets an error.
    EveryAnswerLost,
}

impl Fate {
    /// Reads change nothing: being killed at one is being killed after the write before it, and the SDK
    /// repeats one without anybody noticing. Only its error is something of its own.
    fn befalls(self, operation: &str) -> bool {
        self == Self::EveryAnswerLost || !READS.contains(&operation)
    }
}

/// As many tries as any, without waiting.
pub(crate) fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(TRIES).with_initial_backoff(Duration::from_millis(1))
}

/// The calls of one function, one of which is befallen. Clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct Calls {
    fate: Fate,
    /// Which call, from 1.
    nth: u32,
    /// How far apart the calls are that are befallen after that one; none if it is the only one.
    apart: Option<usize>,
    /// The only operation that is befallen and counts; none if every one is and does.
    only: Option<&'static str>,
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// The calls so far, however often each was tried.
    made: Mutex<Vec<Made>>,
    killed: Notify,
}

/// A call that was made.
#[derive(Debug)]
struct Made {
    operation: String,
    /// The same for every try of it.
    id: String,
    is_befallen: bool,
}

impl Made {
    fn new(operation: &str, id: &str) -> Self {
        Self { operation: operation.to_owned(), id: id.to_owned(), is_befallen: false }
    }
}

/// Plays once for each call there is (of one operation, if one is given), with that call befallen. Gives
/// how many there were.
pub(crate) async fn at_each_call(
    fate: Fate,
    only: Option<&'static str>,
    play: impl AsyncFn(Calls),
) -> u32 {
    for nth in 1..=MOST_CALLS {
        let calls = Calls::new(fate, nth, None).only(only);
        Box::pin(play(calls.clone())).await;
        if !calls.is_befallen() {
            return nth - 1;
        }
    }
    panic!("there is no end to the calls");
}

impl Calls {
    /// Calls of which this one, counted from 1, is befallen, and more after it, if it is said how far
    /// apart.
    pub(crate) fn new(fate: Fate, nth: u32, apart: Option<usize>) -> Self {
        Self { fate, nth, apart, only: None, inner: Arc::default() }
    }

    /// The same, of the calls of one operation.
    fn only(self, operation: Option<&'static str>) -> Self {
        Self { only: operation, ..self }
    }

    /// A client of the same tables whose calls pass here. It tries as often as any, and waits less.
    pub(crate) fn of(&self, tables: &Client) -> Client {
        let config = tables.config().to_builder().retry_config(retries()).http_client(self.http());
        Client::from_conf(config.build())
    }

    /// The same queue, with sends and counts that pass here.
    pub(crate) fn to(&self, queue: &LocalQueue) -> Arc<QueueBehind> {
        Arc::new(QueueBehind { calls: self.clone(), queue: queue.clone() })
    }

    /// Lets a function work until it ends or is killed; none if it was killed.
    pub(crate) async fn until_killed<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.inner.killed.notified() => None,
            done = work => Some(done),
        }
    }

    /// Whether the call that is to be befallen was made.
    pub(crate) fn is_befallen(&self) -> bool {
        self.inner.made.lock().unwrap().len() > self.index()
    }

    /// What befell which call.
    pub(crate) fn place(&self) -> String {
        let made = self.inner.made.lock().unwrap();
        let operations = made.iter().map(|call| {
            if call.is_befallen {
                format!("[{:?}: {}]", self.fate, call.operation)
            } else {
                call.operation.clone()
            }
        });
        operations.collect::<Vec<_>>().join(", ")
    }

    /// Makes a call, or does not.
    async fn pass<T, E>(
        &self,
        made: Made,
        call: impl Future<Output = Result<T, E>>,
        lost: impl FnOnce() -> E,
    ) -> Result<T, E> {
        match self.fate_of(made) {
            None => call.await,
            Some(Fate::KilledBefore) => self.die().await,
            Some(Fate::KilledAfter) => {
                drop(call.await);
                self.die().await
            }
            Some(Fate::AnswerLost | Fate::EveryAnswerLost) => {
                drop(call.await?);
                Err(lost())
            }
        }
    }

    fn fate_of(&self, mut call: Made) -> Option<Fate> {
        let mut made = self.inner.made.lock().unwrap();
        if let Some(before) = made.iter().find(|before| before.id == call.id) {
            let again = before.is_befallen && self.fate == Fate::EveryAnswerLost;
            return again.then_some(self.fate);
        }
        let counts = self.only.is_none_or(|only| only == call.operation);
        if !counts || !self.fate.befalls(&call.operation) {
            return None;
        }
        call.is_befallen = made.len().checked_sub(self.index()).is_some_and(|since| {
            since == 0 || self.apart.is_some_and(|apart| since.is_multiple_of(apart))
        });
        let fate = call.is_befallen.then_some(self.fate);
        made.push(call);
        fate
    }

    async fn die<T>(&self) -> T {
        self.inner.killed.notify_one();
        std::future::pending().await
    }

    fn index(&self) -> usize {
        usize::try_from(self.nth - 1).unwrap()
    }

    /// An HTTP client whose calls pass here.
    pub(crate) fn http(&self) -> SharedHttpClient {
        self.over(aws_smithy_http_client::Builder::new().build_http())
    }

    /// The same, on another way than the network.
    pub(crate) fn over(&self, way: impl HttpClient + 'static) -> SharedHttpClient {
        let calls = self.clone();
        http_client_fn(move |settings, components| {
            let (calls, tables) = (calls.clone(), way.http_connector(settings, components));
            SharedHttpConnector::new(TablesBehind { calls, tables })
        })
    }
}

/// The tables, as the SDK reaches them.
#[derive(Debug)]
struct TablesBehind {
    calls: Calls,
    tables: SharedHttpConnector,
}

impl HttpConnector for TablesBehind {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let header = |name| request.headers().get(name).unwrap_or_default();
        let operation = header("x-amz-target").rsplit('.').next().unwrap_or_default();
        let made = Made::new(operation, header("amz-sdk-invocation-id"));
        let (calls, tables) = (self.calls.clone(), self.tables.clone());
        let call = async move { tables.call(request).await };
        let lost = || ConnectorError::io("the connection broke".into());
        HttpConnectorFuture::new(async move { calls.pass(made, call, lost).await })
    }
}

/// The queue, as a function reaches it.
pub(crate) struct QueueBehind {
    calls: Calls,
    queue: LocalQueue,
}

impl QueueBehind {
    /// Makes a call as often as the SDK would.
    pub(crate) async fn call<'a, T>(
        &self,
        operation: &'static str,
        call: impl Fn() -> BoxFuture<'a, Result<T, state::Error>>,
    ) -> Result<T, state::Error> {
        let id = format!("{operation} {}", self.calls.inner.made.lock().unwrap().len());
        let code = "no connection".to_owned();
        let lost = state::Error::Refused { operation, code, retryable: true };
        for _ in 0..TRIES {
            let made = Made::new(operation, &id);
            let answer = self.calls.pass(made, async { call().await }, || lost.clone()).await;
            if answer.is_ok() {
                return answer;
            }
        }
        Err(lost)
    }
}

impl Queue for QueueBehind {
    fn send(&self, messages: Vec<Outgoing>) -> BoxFuture<'_, Result<(), state::Error>> {
        Box::pin(async move {
            for batch in messages.chunks(BATCH) {
                self.call("SendMessageBatch", || self.queue.send(batch.to_vec())).await?;
            }
            Ok(())
        })
    }
}

impl Depth for QueueBehind {
    fn depth(&self) -> BoxFuture<'_, Result<u64, state::Error>> {
        Box::pin(self.call("GetQueueAttributes", || Depth::depth(&self.queue)))
    }
}
