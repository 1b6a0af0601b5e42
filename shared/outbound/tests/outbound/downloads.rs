//! Files that are read as they come in.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Redirect;
use axum::routing::{any, get};
use bytes::Bytes;
use http::{Request, Response};
use outbound::{
    BaseUrl, Body, BoxFuture, Chunks, Clock, Download, Error, ErrorKind, Network, Outbound,
    Transport, TransportFailure,
};

use crate::server::{Server, raw};
use crate::support::{Answer, Hands, Opened, Script, answer, outbound, second};

const UNLIMITED: u64 = u64::MAX;
/// Larger than any answer that is held whole.
const LARGE: usize = 17 * 1024 * 1024;

fn file(base: &BaseUrl) -> Download {
    let url = format!("{base:?}file?signature=marked");
    Download::new("service", "fetch a file", base.download(&url).unwrap())
}

async fn open(server: &Server, at_most: u64) -> Response<Body> {
    server.outbound().0.open(&file(&server.base), at_most, second(60)).await.unwrap()
}

async fn whole(mut body: Body) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = body.next().await? {
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn scripted(answers: impl IntoIterator<Item = Answer>) -> (Arc<Script>, Outbound, Download) {
    let script = Arc::new(Script::default());
    script.add(answers);
    let outbound = outbound(script.clone(), Arc::new(Hands::new()));
    (script, outbound, file(&BaseUrl::configured("https://service.example").unwrap()))
}

#[tokio::test]
async fn a_file_is_asked_for_as_it_is_and_without_a_token() {
    let names = async |headers: HeaderMap| {
        let named = headers.iter().map(|(name, value)| format!("{name}={value:?}"));
        named.collect::<Vec<_>>().join(" ")
    };
    let server = Server::start(Router::new().route("/file", get(names))).await;
    let answer = whole(open(&server, UNLIMITED).await.into_body()).await.unwrap();
    let names = String::from_utf8(answer).unwrap();
    assert!(names.contains("user-agent=\"shopify-okta-segments/"), "{names}");
    assert!(names.contains("accept-encoding=\"identity\""), "{names}");
    assert!(!names.contains("authorization") && !names.contains("token"), "{names}");
}

#[tokio::test]
async fn a_file_may_be_larger_than_any_answer_that_is_held() {
    let server =
        Server::start(Router::new().route("/file", get(|| async { vec![7; LARGE] }))).await;
    let mut body = open(&server, UNLIMITED).await.into_body();
    let (mut pieces, mut bytes) = (0, 0);
    while let Some(piece) = body.next().await.unwrap() {
        (pieces, bytes) = (pieces + 1, bytes + piece.len());
    }
    assert_eq!(bytes, LARGE);
    assert!(pieces > 1, "it was held whole");
}

#[tokio::test]
async fn more_than_was_allowed_is_given_up() {
    let server = Server::start(Router::new().route("/file", get("0123456789"))).await;
    assert_eq!(whole(open(&server, 10).await.into_body()).await.unwrap(), b"0123456789");
    let error = whole(open(&server, 9).await.into_body()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TooLarge);
}

#[tokio::test]
async fn an_answer_is_an_answer_whatever_its_status() {
    let router = Router::new().route("/file", any((StatusCode::FORBIDDEN, "expired")));
    let answer = open(&Server::start(router).await, UNLIMITED).await;
    assert_eq!(answer.status(), 403);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let router = Router::new()
        .route("/file", any(Redirect::temporary("/elsewhere")))
        .route("/elsewhere", any("followed"));
    let server = Server::start(router).await;
    assert_eq!(open(&server, UNLIMITED).await.status(), 307);
    assert_eq!(server.hits(), 1);
}

#[tokio::test]
async fn a_file_that_is_cut_short_is_broken() {
    for bytes in [
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ] {
        let (hold, release) = mpsc::channel();
        drop(hold);
        let base = raw(bytes, release);
        let outbound = outbound(Arc::new(Network::new(&[&base]).unwrap()), Arc::new(Hands::new()));
        let body = outbound.open(&file(&base), UNLIMITED, second(60)).await.unwrap().into_body();
        assert_eq!(whole(body).await.unwrap_err().kind, ErrorKind::Broken, "{bytes:?}");
    }
}

#[tokio::test]
async fn a_body_that_stands_still_is_given_up() {
    let (hold, release) = mpsc::channel();
    let base = raw("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", release);
    let request = Request::get(format!("{base:?}file")).body(Bytes::new()).unwrap();
    let network = Network::new(&[&base]).unwrap();
    let mut body = network.open(request, Duration::from_secs(10)).await.unwrap().into_body();
    assert_eq!(body.next(Duration::from_secs(10)).await, Ok(Some(Bytes::from_static(b"half"))));
    let outcome = body.next(Duration::from_millis(100)).await;
    drop(hold);
    assert_eq!(outcome, Err(TransportFailure::Timeout));
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up() {
    let silent = || async { std::future::pending::<()>().await };
    let server = Server::start(Router::new().route("/file", get(silent))).await;
    let request = Request::get(format!("{:?}file", server.base)).body(Bytes::new()).unwrap();
    let outcome = server.network().open(request, Duration::from_millis(100)).await;
    assert_eq!(outcome.err(), Some(TransportFailure::Timeout));
}

#[tokio::test]
async fn a_file_that_does_not_begin_is_asked_for_again() {
    let seen = Arc::new(AtomicUsize::new(0));
    let handler = async move || match seen.fetch_add(1, Ordering::SeqCst) {
        0 => (StatusCode::BAD_GATEWAY, "trouble"),
        _ => (StatusCode::OK, "the file"),
    };
    let server = Server::start(Router::new().route("/file", get(handler))).await;
    assert_eq!(whole(open(&server, UNLIMITED).await.into_body()).await.unwrap(), b"the file");
    assert_eq!(server.hits(), 2);

    let failures = [TransportFailure::Connect, TransportFailure::Timeout, TransportFailure::Broken];
    for failure in failures {
        let (script, outbound, file) = scripted([Err(failure), answer(200, &[], "the file")]);
        let answer = outbound.open(&file, UNLIMITED, second(60)).await.unwrap();
        assert_eq!(whole(answer.into_body()).await.unwrap(), b"the file");
        assert_eq!(script.sent().len(), 2);
    }
}

#[tokio::test]
async fn a_file_that_has_begun_is_not_asked_for_again() {
    let cut = answer(200, &[("breaks", "")], "the beginning of the file");
    let (script, outbound, file) = scripted([cut]);
    let answer = outbound.open(&file, UNLIMITED, second(60)).await.unwrap();
    let error = whole(answer.into_body()).await.unwrap_err();
    assert_eq!((error.kind, script.sent().len()), (ErrorKind::Broken, 1));
}

#[tokio::test]
async fn an_error_does_not_show_the_link() {
    let (_, outbound, file) = scripted([answer(200, &[("breaks", "")], "")]);
    let body = outbound.open(&file, UNLIMITED, second(60)).await.unwrap().into_body();
    let error = whole(body).await.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("fetch a file") && !shown.contains("marked"), "{shown}");
    assert!(!shown.contains("service.example"), "{shown}");
}

/// A server that sends a byte every so often, without end.
struct Dripping {
    every: Duration,
    clock: Arc<Hands>,
}

impl Transport for Dripping {
    fn send(&self, _: Request<Bytes>, _: Duration) -> BoxFuture<'_, Answer> {
        Box::pin(async { Err(TransportFailure::TooLarge) })
    }

    fn open(&self, _: Request<Bytes>, _: Duration) -> BoxFuture<'_, Opened> {
        let drops = Self { every: self.every, clock: Arc::clone(&self.clock) };
        Box::pin(async move { Ok(Response::new(Box::new(drops) as Box<dyn Chunks>)) })
    }
}

impl Chunks for Dripping {
    fn next(
        &mut self,
        timeout: Duration,
    ) -> BoxFuture<'_, Result<Option<Bytes>, TransportFailure>> {
        Box::pin(async move {
            self.clock.sleep(self.every.min(timeout)).await;
            let comes = self.every <= timeout;
            comes.then(|| Some(Bytes::from_static(b"."))).ok_or(TransportFailure::Timeout)
        })
    }
}

/// How many bytes come in, one every so many seconds, when it ends, and why.
async fn drip(every: u64, deadline: u64) -> (usize, jiff::Timestamp, ErrorKind) {
    let clock = Arc::new(Hands::new());
    let server = Dripping { every: Duration::from_secs(every), clock: Arc::clone(&clock) };
    let outbound = outbound(Arc::new(server), Arc::clone(&clock));
    let base = BaseUrl::configured("https://service.example").unwrap();
    let opened = outbound.open(&file(&base), UNLIMITED, second(deadline)).await.unwrap();
    let (mut body, mut bytes) = (opened.into_body(), 0);
    let error = loop {
        match body.next().await {
            Ok(piece) => bytes += piece.unwrap().len(),
            Err(error) => break error,
        }
    };
    (bytes, clock.now(), error.kind)
}

#[tokio::test]
async fn a_file_has_ten_seconds_for_each_piece_and_ends_at_the_deadline() {
    use ErrorKind::{OutOfTime, Timeout};
    assert_eq!(drip(11, 60).await, (0, second(10), Timeout));
    assert_eq!(drip(11, 10).await, (0, second(10), Timeout));
    assert_eq!(drip(10, 60).await, (6, second(60), OutOfTime));
    assert_eq!(drip(1, 60).await, (60, second(60), OutOfTime));
    assert_eq!(drip(7, 20).await, (2, second(20), OutOfTime));
}
