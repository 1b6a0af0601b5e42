//! One request and its whole answer.

use std::sync::mpsc;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Redirect;
use axum::routing::{any, get};
use bytes::Bytes;
use http::{Request, Response};
use outbound::{BaseUrl, ErrorKind, Network, Repeat, Transport, TransportFailure};

use crate::server::{Server, local, raw};
use crate::support::second;

/// Long enough for anything on loopback.
const AMPLE: Duration = Duration::from_secs(10);
const LARGEST: usize = 16 * 1024 * 1024;

async fn exchange(
    network: &Network,
    url: &str,
    timeout: Duration,
) -> Result<Response<Bytes>, TransportFailure> {
    network.send(Request::get(url).body(Bytes::new()).unwrap(), timeout).await
}

fn url(base: &BaseUrl) -> String {
    format!("{base:?}")
}

#[tokio::test]
async fn an_answer_comes_back_whole_whatever_its_status() {
    let teapot = (StatusCode::IM_A_TEAPOT, [("x-kind", "green")], "tea");
    let server = Server::start(Router::new().route("/", get(teapot))).await;
    let answer = exchange(&server.network(), &url(&server.base), AMPLE).await.unwrap();
    assert_eq!(answer.status(), 418);
    assert_eq!(answer.headers()["x-kind"], "green");
    assert_eq!(answer.body(), "tea");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let router = Router::new()
        .route("/thing", any(Redirect::temporary("/elsewhere")))
        .route("/elsewhere", any("followed"));
    let server = Server::start(router).await;
    let (outbound, _) = server.outbound();
    let answer = outbound.send(&server.call(Repeat::Safe), second(60)).await.unwrap();
    assert_eq!(answer.status(), 307);
    assert_eq!(server.hits(), 1);
}

#[tokio::test]
async fn cookies_are_not_kept() {
    let cookies = async |headers: HeaderMap| {
        let sent = headers.contains_key("cookie");
        ([("set-cookie", "session=1")], sent.to_string())
    };
    let server = Server::start(Router::new().route("/", get(cookies))).await;
    let network = server.network();
    for _ in 0..2 {
        let answer = exchange(&network, &url(&server.base), AMPLE).await.unwrap();
        assert_eq!(answer.body(), "false");
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up() {
    let silent = || async { std::future::pending::<()>().await };
    let server = Server::start(Router::new().route("/", get(silent))).await;
    let outcome = exchange(&server.network(), &url(&server.base), Duration::from_millis(100)).await;
    assert_eq!(outcome.unwrap_err(), TransportFailure::Timeout);
}

#[tokio::test]
async fn the_time_covers_the_whole_answer() {
    let (hold, release) = mpsc::channel();
    let base = raw("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", release);
    let network = Network::new(&[&base]).unwrap();
    let outcome = exchange(&network, &url(&base), Duration::from_millis(100)).await;
    drop(hold);
    assert_eq!(outcome.unwrap_err(), TransportFailure::Timeout);
}

#[tokio::test]
async fn an_answer_that_is_cut_short_is_no_answer() {
    for bytes in [
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        "HTTP/1.1 200 O",
        "",
    ] {
        let (hold, release) = mpsc::channel();
        drop(hold);
        let base = raw(bytes, release);
        let outcome = exchange(&Network::new(&[&base]).unwrap(), &url(&base), AMPLE).await;
        assert_eq!(outcome.unwrap_err(), TransportFailure::Broken, "{bytes:?}");
    }
}

#[tokio::test]
async fn too_large_an_answer_is_given_up() {
    let router = Router::new()
        .route("/fits", get(|| async { vec![0_u8; LARGEST] }))
        .route("/thing", get(|| async { vec![0_u8; LARGEST + 1] }));
    let server = Server::start(router).await;
    let fits = format!("{}fits", url(&server.base));
    assert_eq!(exchange(&server.network(), &fits, AMPLE).await.unwrap().body().len(), LARGEST);

    let (outbound, _) = server.outbound();
    let error = outbound.send(&server.call(Repeat::Safe), second(60)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TooLarge);
    assert_eq!(server.hits(), 2, "it would be as large again");
}

#[tokio::test]
async fn a_closed_port_is_no_connection() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = local(closed.local_addr().unwrap().port());
    drop(closed);
    let outcome = exchange(&Network::new(&[&base]).unwrap(), &url(&base), AMPLE).await;
    assert_eq!(outcome.unwrap_err(), TransportFailure::Connect);
}

#[tokio::test]
async fn a_network_for_public_addresses_reaches_nothing_local() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let public = BaseUrl::configured("https://shop.example").unwrap();
    let network = Network::new(&[&public]).unwrap();
    for (scheme, host) in [("http", "127.0.0.1"), ("https", "localhost")] {
        assert!(exchange(&network, &format!("{scheme}://{host}:{port}/"), AMPLE).await.is_err());
        let reached = listener.accept().unwrap_err();
        assert_eq!(reached.kind(), std::io::ErrorKind::WouldBlock, "{scheme}://{host}");
    }
}

#[tokio::test]
async fn a_call_says_who_calls_and_what_it_sends() {
    let echo = async |headers: HeaderMap, body: String| {
        let [agent, kind] = ["user-agent", "content-type"].map(|name| headers[name].clone());
        ([("x-agent", agent), ("x-kind", kind)], body)
    };
    let server = Server::start(Router::new().route("/thing", any(echo))).await;
    let (outbound, _) = server.outbound();
    let json = server.call(Repeat::Safe).json(&[1, 2]).unwrap();
    let answer = outbound.send(&json, second(60)).await.unwrap();
    assert!(answer.headers()["x-agent"].to_str().unwrap().starts_with("shopify-okta-segments/"));
    assert_eq!(answer.headers()["x-kind"], "application/json");
    assert_eq!(answer.body(), "[1,2]");
    let form = server.call(Repeat::Safe).form(&[("a", "1 & 2")]);
    let answer = outbound.send(&form, second(60)).await.unwrap();
    assert_eq!(answer.headers()["x-kind"], "application/x-www-form-urlencoded");
    assert_eq!(answer.body(), "a=1+%26+2");
}
