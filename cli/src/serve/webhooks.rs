//! Webhooks over HTTP.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use http::{Request, Response, StatusCode};
use state::Receive;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::stopped;
use crate::local::LocalSystem;

/// The largest body that API Gateway hands on.
pub(crate) const LARGEST_BODY: usize = 10 * 1024 * 1024;
/// How long a body may take to arrive. Shopify waits five seconds for its answer.
const BODY_TIME: Duration = Duration::from_secs(5);

/// Takes webhooks until it is time to stop; those that have begun are still answered.
pub(crate) async fn serve<Q: Receive + Clone + 'static>(
    listener: TcpListener,
    system: Arc<LocalSystem<Q>>,
    mut stopping: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let app = Router::new().fallback(take).with_state(system);
    axum::serve(listener, app)
        .with_graceful_shutdown(async move { stopped(&mut stopping).await })
        .await
}

async fn take<Q: Receive + Clone + 'static>(
    State(system): State<Arc<LocalSystem<Q>>>,
    request: Request<Body>,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = match tokio::time::timeout(BODY_TIME, to_bytes(body, LARGEST_BODY)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return empty(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => return empty(StatusCode::REQUEST_TIMEOUT),
    };
    let path = parts.uri.path();
    empty(system.deliver(&parts.method, path, &parts.headers, &body).await.status())
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
