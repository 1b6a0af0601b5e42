//! Wires the function.

use std::sync::Arc;
use std::time::Duration;

use lambda_http::{Body, Error, Request, RequestExt, Response, run, service_fn};
use runtime::{Services, start_telemetry};
use webhook::{SigningSecrets, Webhook};

/// What `SETTLE_SECONDS` is if it is not set.
const SETTLE_SECONDS: u16 = 10;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    start_telemetry();
    let services = Services::start().await;
    let settle = services.env().parsed_or("SETTLE_SECONDS", SETTLE_SECONDS)?;
    let webhook = Arc::new(Webhook {
        shop: services.env().shop()?,
        secrets: services.secret("WEBHOOK_SECRET_ID", SigningSecrets::from_json)?,
        queue: services.queue()?,
        clock: services.clock(),
        settle: Duration::from_secs(settle.into()),
    });
    run(service_fn(move |request: Request| {
        let webhook = Arc::clone(&webhook);
        async move {
            let path = request.raw_http_path().to_owned();
            let (parts, body) = request.into_parts();
            let answer = webhook.handle(&parts.method, &path, &parts.headers, &body).await;
            let mut response = Response::new(Body::Empty);
            *response.status_mut() = answer.status();
            Ok::<_, Error>(response)
        }
    }))
    .await
}
