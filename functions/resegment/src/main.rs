//! Wires the function.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use jiff::Timestamp;
use lambda_runtime::{Diagnostic, Error, LambdaEvent, run, service_fn};
use outbound::SystemRandom;
use resegment::{Event, Resegment};
use runtime::{Function, Invocation, Services, Telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let telemetry = Arc::new(Telemetry::start(Function::Resegment));
    let services = Services::patient().await?;
    let resegment = Arc::new(Resegment {
        shopify: services.shopify()?,
        okta: services.okta()?,
        mavera: services.mavera()?,
        config: services.config_table()?,
        customers: services.customers()?,
        runs: services.runs()?,
        queue: services.queue()?,
        clock: services.clock(),
        random: Arc::new(SystemRandom),
    });
    let serve = run(service_fn(move |event: LambdaEvent<Event>| {
        let (telemetry, resegment) = (Arc::clone(&telemetry), Arc::clone(&resegment));
        async move {
            let LambdaEvent { payload, context } = event;
            let deadline = UNIX_EPOCH + Duration::from_millis(context.deadline);
            let deadline = Timestamp::try_from(deadline).unwrap_or(Timestamp::MAX);
            let trace = context.xray_trace_id.as_deref();
            let invocation = Invocation { request_id: &context.request_id, trace };
            let work = Box::pin(resegment.handle(payload, deadline));
            telemetry.call(invocation, || resegment.traffic(), work).await.map_err(|error| {
                Diagnostic {
                    error_type: "ResegmentError".to_owned(),
                    error_message: error.to_string(),
                }
            })
        }
    }));
    Box::pin(serve).await
}
