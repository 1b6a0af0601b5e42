//! Wires the function.

use std::sync::Arc;
use std::time::Duration;

use lambda_http::{Body, Error, Request, RequestExt, Response, run, service_fn};
use runtime::{Function, Invocation, Services, Telemetry};
use webhook::{SigningSecrets, Webhook};

/// What `SETTLE_SECONDS` is if it is not set.
const SETTLE_SECONDS: u16 = 10;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let telemetry = Arc::new(Telemetry::start(Function::Webhook));
    let services = Services::start().await?;
    let settle = services.env().parsed_or("SETTLE_SECONDS", SETTLE_SECONDS)?;
    let webhook = Arc::new(Webhook {
        shop: services.env().shop()?,
        secrets: services.secret("WEBHOOK_SECRET_ID", SigningSecrets::from_json)?,
        queue: services.queue()?,
        clock: services.clock(),
        settle: Duration::from_secs(settle.into()),
    });
    // While the function starts it has more of the processor than later, and nobody waits yet. A failure is
    // told by the first webhook, which asks again.
    let _ = webhook.secrets.current().await;
    run(service_fn(move |request: Request| {
        let (telemetry, webhook) = (Arc::clone(&telemetry), Arc::clone(&webhook));
        async move {
            let path = request.raw_http_path().to_owned();
            let context = request.lambda_context();
            let (parts, body) = request.into_parts();
            let work = Box::pin(async {
                Ok::<_, Error>(webhook.handle(&parts.method, &path, &parts.headers, &body).await)
            });
            let trace = context.xray_trace_id.as_deref();
            let invocation = Invocation { request_id: &context.request_id, trace };
            let answer = telemetry.call(invocation, Vec::new, work).await?;
            let mut response = Response::new(Body::Empty);
            *response.status_mut() = answer.status();
            Ok::<_, Error>(response)
        }
    }))
    .await
}
