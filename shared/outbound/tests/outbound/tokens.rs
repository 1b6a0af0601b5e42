//! Where a token goes, and that it does not show.

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::get;
use http::header::AUTHORIZATION;
use outbound::{ErrorKind, Repeat};
use secrecy::SecretString;

use crate::server::Server;
use crate::support::{Script, answer, outbound, second};

fn token(text: &str) -> SecretString {
    SecretString::from(text)
}

#[tokio::test]
async fn a_token_reaches_the_service_as_it_is() {
    let echo = async |headers: HeaderMap| headers["authorization"].clone().as_bytes().to_vec();
    let server = Server::start(Router::new().route("/thing", get(echo))).await;
    let call = server.call(Repeat::Safe).token(AUTHORIZATION, "SSWS ", &token("marked")).unwrap();
    let (outbound, _) = server.outbound();
    assert_eq!(outbound.send(&call, second(60)).await.unwrap().body(), "SSWS marked");
}

#[tokio::test]
async fn a_request_does_not_show_its_token() {
    let server = Server::start(Router::new()).await;
    let (script, clock) = (std::sync::Arc::new(Script::default()), server.outbound().1);
    script.add([answer(200, &[], "")]);
    let call = server.call(Repeat::Safe).token(AUTHORIZATION, "SSWS ", &token("marked")).unwrap();
    outbound(script.clone(), clock).send(&call, second(60)).await.unwrap();
    let sent = script.sent();
    assert!(sent[0].headers().contains_key("authorization"));
    assert!(!format!("{sent:?}").contains("marked"));
}

#[tokio::test]
async fn a_token_that_no_header_can_carry_is_refused_and_not_shown() {
    let server = Server::start(Router::new()).await;
    let call = server.call(Repeat::Safe).token(AUTHORIZATION, "SSWS ", &token("marked\r\nx: y"));
    let Err(error) = call else { panic!("a header with a line break") };
    assert!(matches!(error.kind, ErrorKind::Credentials { .. }));
    assert!(!format!("{error} {error:?}").contains("marked"));
}
