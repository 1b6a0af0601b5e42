//! Wires the function.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use lambda_runtime::{Diagnostic, Error, LambdaEvent, run, service_fn};
use refresh_groups::RefreshGroups;
use runtime::{Function, Invocation, Services, Telemetry};
use serde::Deserialize;

/// What is left for writing and answering when calls to Okta have to end.
const RESERVE: Duration = Duration::from_secs(3);

/// The input, which has nothing to say. A schedule with constant input sends no envelope of
/// `EventBridge`, so none is expected.
#[derive(Debug, Deserialize)]
struct Input {}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let telemetry = Arc::new(Telemetry::start(Function::RefreshGroups));
    let services = Services::start().await?;
    let refresh = Arc::new(RefreshGroups {
        config: services.config_table()?,
        okta: services.okta()?,
        clock: services.clock(),
    });
    let serve = run(service_fn(move |event: LambdaEvent<Input>| {
        let (telemetry, refresh) = (Arc::clone(&telemetry), Arc::clone(&refresh));
        async move {
            let context = event.context;
            let stopped = context.deadline();
            let deadline = Timestamp::try_from(stopped).unwrap_or(Timestamp::MAX) - RESERVE;
            let trace = context.xray_trace_id.as_deref();
            let invocation = Invocation { request_id: &context.request_id, trace };
            let work = Box::pin(refresh.run(deadline));
            telemetry.call(invocation, || refresh.traffic(), work).await.map_err(|error| {
                Diagnostic {
                    error_type: "RefreshError".to_owned(),
                    error_message: error.to_string(),
                }
            })
        }
    }));
    Box::pin(serve).await
}
