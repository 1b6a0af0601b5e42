//! The simulated world behind HTTP.

use ::http::{Request, Response, StatusCode, header};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use bytes::Bytes;
use tokio::net::TcpListener;

use crate::calls::Service;
use crate::control;
use crate::incoming::Incoming;
use crate::world::{Delivered, World};

/// No request of the product is nearly as large.
const LARGEST_REQUEST: usize = 4 * 1024 * 1024;

/// Serves a world: the shop below `/shopify`, its files below `/storage`, the Okta org below `/okta`,
/// the Mavera account below `/mavera`, and the control API, which stands for people, below `/control`.
/// Links in answers lead to the host that was asked. The world should follow real time, or its waits
/// take none.
///
/// # Errors
/// If the listener fails.
pub async fn serve(world: World, listener: TcpListener) -> std::io::Result<()> {
    axum::serve(listener, Router::new().fallback(handle).with_state(world)).await
}

async fn handle(State(world): State<World>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_REQUEST).await else {
        return status(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let request = Request::from_parts(parts, body);
    match request.uri().path().split('/').nth(1) {
        Some("shopify") => call(&world, Service::Shopify, "/shopify", request).await,
        Some("storage") => call(&world, Service::Storage, "/storage", request).await,
        Some("okta") => call(&world, Service::Okta, "/okta", request).await,
        Some("mavera") => call(&world, Service::Mavera, "/mavera", request).await,
        Some("control") => control(&world, &request),
        _ => status(StatusCode::NOT_FOUND),
    }
}

async fn call(
    world: &World,
    service: Service,
    prefix: &str,
    request: Request<Bytes>,
) -> Response<Body> {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let base = format!("http://{}{prefix}", host.unwrap_or_default());
    let incoming = Incoming::new(service, base, prefix, &request);
    match world.exchange(incoming, request, None).await {
        Ok(Delivered { answer, breaks: false }) => answer.map(Body::from),
        Ok(Delivered { answer, breaks: true }) => answer.map(breaking),
        // A call that gets no answer: its connection breaks.
        Err(_) => Response::new(breaking(Bytes::from_static(b"{"))),
    }
}

fn control(world: &World, request: &Request<Bytes>) -> Response<Body> {
    let path: Vec<&str> = request.uri().path().split('/').skip(2).collect();
    control::answer(world, request.method(), &path, request.body()).map(Body::from)
}

/// A body after which the connection breaks.
fn breaking(beginning: Bytes) -> Body {
    let end = std::io::Error::other("the simulated connection breaks");
    Body::from_stream(futures_util::stream::iter([Ok(beginning), Err(end)]))
}

fn status(status: StatusCode) -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    answer
}
