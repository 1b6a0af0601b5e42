//! Wires the function.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use outbound::SystemRandom;
use runtime::{Function, Invocation, Services, Telemetry};
use state::ConfigCache;
use sync_customer::{Record, Worker};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let telemetry = Arc::new(Telemetry::start(Function::SyncCustomer));
    let services = Services::start().await?;
    let random = Arc::new(SystemRandom);
    let worker = Arc::new(Worker {
        shopify: services.shopify()?,
        okta: services.okta()?,
        config: ConfigCache::new(services.config_table()?, services.clock(), random.clone()),
        customers: services.customers()?,
        queue: services.queue()?,
        event_bus: services.event_bus(),
        clock: services.clock(),
        random,
    });
    let serve = run(service_fn(move |event: LambdaEvent<SqsEvent>| {
        let (telemetry, worker) = (Arc::clone(&telemetry), Arc::clone(&worker));
        async move {
            let LambdaEvent { payload, context } = event;
            let deadline = UNIX_EPOCH + Duration::from_millis(context.deadline);
            let deadline = Timestamp::try_from(deadline)?;
            let records = payload.records.into_iter().map(|record| Record {
                id: record.message_id.unwrap_or_default(),
                body: record.body.unwrap_or_default(),
            });
            let work = Box::pin(async {
                Ok::<_, Error>(worker.handle(records.collect(), deadline).await)
            });
            let trace = context.xray_trace_id.as_deref();
            let invocation = Invocation { request_id: &context.request_id, trace };
            let report = telemetry.call(invocation, || worker.traffic(), work).await?;
            Ok::<_, Error>(failures(report.failed))
        }
    }));
    Box::pin(serve).await
}

fn failures(ids: Vec<String>) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = ids
        .into_iter()
        .map(|id| {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = id;
            failure
        })
        .collect();
    response
}
