//! Webhooks over HTTP.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use http::{Request, Response, StatusCode};
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use webhook::Answer;

use super::{System, stopped};

/// The largest body that API Gateway hands on.
pub(crate) const LARGEST_BODY: usize = 10 * 1024 * 1024;
/// How long a body may take to arrive. Shopify waits five seconds for its answer.
const BODY_TIME: Duration = Duration::from_secs(5);
/// How long requests that have begun may take once it is time to stop. Whoever has not sent a whole one by then
/// may never do so.
const LAST_REQUESTS: Duration = Duration::from_secs(10);

/// What takes webhooks.
#[derive(Clone)]
struct Taker {
    system: Arc<System>,
    /// Wakes a worker.
    arrivals: Arc<Notify>,
}

/// Takes webhooks until it is time to stop; those that have begun are still answered, if they end soon.
pub(super) async fn serve(
    listener: TcpListener,
    system: Arc<System>,
    arrivals: Arc<Notify>,
    mut stopping: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let app = Router::new().fallback(take).with_state(Taker { system, arrivals });
    let mut until = stopping.clone();
    let served = axum::serve(listener, app)
        .with_graceful_shutdown(async move { stopped(&mut stopping).await });
    let too_late = async {
        stopped(&mut until).await;
        tokio::time::sleep(LAST_REQUESTS).await;
    };
    tokio::select! {
        served = served.into_future() => served,
        () = too_late => Ok(()),
    }
}

async fn take(State(taker): State<Taker>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = match tokio::time::timeout(BODY_TIME, to_bytes(body, LARGEST_BODY)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return empty(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => return empty(StatusCode::REQUEST_TIMEOUT),
    };
    let path = parts.uri.path();
    let answer = taker.system.deliver(&parts.method, path, &parts.headers, &body).await;
    if matches!(answer, Answer::Queued(_)) {
        taker.arrivals.notify_one();
    }
    empty(answer.status())
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
