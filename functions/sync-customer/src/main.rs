//! Wires the function.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use outbound::SystemRandom;
use runtime::{Services, start_telemetry};
use state::ConfigCache;
use sync_customer::{Record, Worker};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    start_telemetry();
    let services = Services::start().await;
    let random = Arc::new(SystemRandom);
    let worker = Arc::new(Worker {
        shopify: services.shopify()?,
        okta: services.okta()?,
        config: ConfigCache::new(services.config_table()?, services.clock(), random.clone()),
        customers: services.customers()?,
        queue: services.queue()?,
        clock: services.clock(),
        random,
    });
    let serve = run(service_fn(move |event: LambdaEvent<SqsEvent>| {
        let worker = Arc::clone(&worker);
        async move {
            let deadline = UNIX_EPOCH + Duration::from_millis(event.context.deadline);
            let deadline = Timestamp::try_from(deadline)?;
            let records = event.payload.records.into_iter().map(|record| Record {
                id: record.message_id.unwrap_or_default(),
                body: record.body.unwrap_or_default(),
            });
            let report = worker.handle(records.collect(), deadline).await;
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
