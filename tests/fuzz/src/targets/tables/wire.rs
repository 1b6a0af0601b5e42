//! Clients of tables whose answers are kept, or made up.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::result::ConnectorError;
use bytes::Bytes;
use outbound::{BaseUrl, Network, Transport};

use crate::input::Part;
use crate::targets::script::Script;

/// What was answered.
pub(super) type Kept = Arc<Mutex<Vec<Part>>>;

/// A client of these tables that keeps what is answered.
#[expect(clippy::expect_used, reason = "the engine listens on this machine")]
pub(super) fn recording(tables: &Client, url: &str) -> (Client, Kept) {
    let base = BaseUrl::configured(url).expect("an address");
    let network = Arc::new(Network::new(&[&base]).expect("a network"));
    let kept = Kept::default();
    (over(tables, Recording { network, kept: Arc::clone(&kept) }), kept)
}

/// A client whose answers come from a script.
pub(super) fn scripted(tables: &Client, script: &Arc<Mutex<Arc<Script>>>) -> Client {
    over(tables, Scripted(Arc::clone(script)))
}

fn over(tables: &Client, connector: impl HttpConnector + Clone + 'static) -> Client {
    let http = http_client_fn(move |_, _| SharedHttpConnector::new(connector.clone()));
    let config = tables.config().to_builder().retry_config(RetryConfig::disabled());
    Client::from_conf(config.http_client(http).build())
}

#[derive(Clone)]
struct Recording {
    network: Arc<Network>,
    kept: Kept,
}

impl std::fmt::Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recording")
    }
}

impl HttpConnector for Recording {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self { network, kept } = self.clone();
        HttpConnectorFuture::new(async move {
            let lost = || ConnectorError::io("no answer".into());
            let request = request.try_into_http1x().map_err(|_| lost())?;
            let (head, body) = request.into_parts();
            let body = Bytes::copy_from_slice(body.bytes().unwrap_or_default());
            let request = http::Request::from_parts(head, body);
            let answer =
                network.send(request, Duration::from_secs(10)).await.map_err(|_| lost())?;
            // Without the checksum, which would give away every change.
            let part = Part::new(answer.status(), http::HeaderMap::new(), answer.into_body());
            kept.lock().unwrap_or_else(PoisonError::into_inner).push(part.clone());
            response(part)
        })
    }
}

#[derive(Clone)]
struct Scripted(Arc<Mutex<Arc<Script>>>);

impl std::fmt::Debug for Scripted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scripted")
    }
}

impl HttpConnector for Scripted {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let next = self.0.lock().unwrap_or_else(PoisonError::into_inner).next();
        HttpConnectorFuture::ready(match next {
            Some(part) => response(part),
            None => Err(ConnectorError::io("the connection broke".into())),
        })
    }
}

fn response(part: Part) -> Result<HttpResponse, ConnectorError> {
    let status = part.status.as_u16().try_into();
    let status = status.map_err(|_| ConnectorError::io("no status".into()))?;
    Ok(HttpResponse::new(status, part.body.into()))
}
