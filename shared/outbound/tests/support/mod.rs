//! The three ports under a test's control: answers from a script, a clock that moves only when
//! somebody sleeps, and no chance. Also the support of the services' clients' tests.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;
use outbound::{BoxFuture, Chunks, Clock, Outbound, Randomness, Transport, TransportFailure};

pub(crate) type Answer = Result<Response<Bytes>, TransportFailure>;

/// The moment every test begins at.
pub(crate) fn start() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

/// The moment so many seconds after the start.
pub(crate) fn second(seconds: u64) -> Timestamp {
    start() + Duration::from_secs(seconds)
}

#[expect(clippy::unnecessary_wraps, reason = "scripts mix answers with failures")]
pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answer {
    let mut builder = Response::builder().status(status);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    Ok(builder.body(body.into()).unwrap())
}

/// A transport that gives the answers of a script, in order, and keeps what was sent.
#[derive(Default)]
pub(crate) struct Script {
    answers: Mutex<VecDeque<Answer>>,
    sent: Mutex<Vec<Request<Bytes>>>,
}

impl Script {
    pub(crate) fn add(&self, answers: impl IntoIterator<Item = Answer>) {
        self.answers.lock().unwrap().extend(answers);
    }

    pub(crate) fn sent(&self) -> Vec<Request<Bytes>> {
        self.sent.lock().unwrap().clone()
    }

    fn next(&self, request: Request<Bytes>) -> Answer {
        let next = self.answers.lock().unwrap().pop_front();
        let answer = next.unwrap_or_else(|| panic!("a call too many: {}", request.uri()));
        self.sent.lock().unwrap().push(request);
        answer
    }
}

impl Transport for Script {
    fn send(&self, request: Request<Bytes>, _: Duration) -> BoxFuture<'_, Answer> {
        let answer = self.next(request);
        Box::pin(async move { answer })
    }

    /// The body comes in pieces. After that of an answer with the header `breaks`, the connection
    /// breaks.
    fn open(&self, request: Request<Bytes>, _: Duration) -> BoxFuture<'_, Opened> {
        let opened = self.next(request).map(|answer| {
            let breaks = answer.headers().contains_key("breaks");
            answer.map(|body| Box::new(Pieces { body, breaks }) as Box<dyn Chunks>)
        });
        Box::pin(async move { opened })
    }
}

pub(crate) type Opened = Result<Response<Box<dyn Chunks>>, TransportFailure>;

struct Pieces {
    body: Bytes,
    breaks: bool,
}

impl Chunks for Pieces {
    fn next(&mut self, _: Duration) -> BoxFuture<'_, Result<Option<Bytes>, TransportFailure>> {
        let piece = self.body.split_to(self.body.len().min(7));
        let next = match (piece.is_empty(), self.breaks) {
            (false, _) => Ok(Some(piece)),
            (true, false) => Ok(None),
            (true, true) => Err(TransportFailure::Broken),
        };
        Box::pin(async move { next })
    }
}

/// A clock whose time passes only in sleep.
pub(crate) struct Hands {
    now: Mutex<Timestamp>,
    sleeps: Mutex<Vec<Duration>>,
}

impl Hands {
    pub(crate) fn new() -> Self {
        Self { now: Mutex::new(start()), sleeps: Mutex::default() }
    }

    pub(crate) fn sleeps(&self) -> Vec<Duration> {
        self.sleeps.lock().unwrap().clone()
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
        *self.now.lock().unwrap() += time;
        self.sleeps.lock().unwrap().push(time);
        Box::pin(async {})
    }
}

struct NoChance;

impl Randomness for NoChance {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(0);
    }
}

pub(crate) fn outbound(transport: Arc<dyn Transport>, clock: Arc<Hands>) -> Outbound {
    Outbound::new(transport, clock, Arc::new(NoChance))
}
