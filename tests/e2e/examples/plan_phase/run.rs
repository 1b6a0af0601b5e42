//! The process that is the run.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use futures_util::stream::{FuturesUnordered, StreamExt};
use okta::Okta;
use outbound::{BaseUrl, Clock, Network, Outbound, SystemClock, SystemRandom};
use resegment::{Event, PhaseName, Record, Resegment, Start, Status};
use runtime::{CachedSecret, credentials};
use segments::local::{LocalSecrets, OKTA_SECRET, SHOPIFY_SECRET};
use serde_json::json;
use shopify::{ApiVersion, Shopify};
use simulators::{okta as okta_sim, shopify as shopify_sim};
use state::{ConfigTable, Customers, LocalQueue, Page, Place, Runs};

use crate::{Failure, SHOP};

/// What the tables of a local system are called.
const TABLES: [&str; 3] = ["config", "customers", "runs"];
/// More time than it needs.
const TIME: Duration = Duration::from_hours(1);

pub(crate) async fn measure(simulators: &str, tables: &str) -> Result<(), Failure> {
    let resegment = wired(simulators, tables)?;
    let reading = read_alone(&resegment.customers).await?;
    let before = processor()?;
    let record = until_planned(&resegment).await?;
    let report = record.report.as_ref().ok_or("the run has no report")?;
    let begun: BTreeMap<_, _> = record.begun.iter().map(|begun| (begun.phase, begun.at)).collect();
    let at = |phase| begun.get(&phase).ok_or("the run has passed over a phase");
    let plan = at(PhaseName::Accept)?.duration_since(*at(PhaseName::Plan)?);
    println!(
        "{} customers, of whom {} differ\n\
         the plan               {:6.2} s by the clock\n\
         the run, up to there   {:6.2} s of the processor\n\
         reading the table, by itself: {:.2} s by the clock, {:.2} s of the processor\n\
         resident at most       {:6} MB",
        report.figures.customers,
        report.differing(),
        plan.as_secs_f64(),
        processor()?.saturating_sub(before).as_secs_f64(),
        reading.clock.as_secs_f64(),
        reading.processor.as_secs_f64(),
        peak_megabytes()?,
    );
    Ok(())
}

/// Goes on with a run until it is known who differs.
async fn until_planned(resegment: &Resegment) -> Result<Record, Failure> {
    let mut event = Event { start: Some(Start::default()) };
    loop {
        let answer = resegment.handle(event, resegment.clock.now() + TIME).await?;
        match (answer.status, answer.phase) {
            // Nobody works off what it dispatches.
            (Status::Wait, Some(PhaseName::Dispatch | PhaseName::Settle)) => {
                let run = answer.run_id.ok_or("the answer names no run")?;
                return Ok(resegment.runs.record(&run).await?.ok_or("the run has no record")?);
            }
            (Status::Wait, _) => {
                let seconds = answer.wait_seconds.unwrap_or(1);
                resegment.clock.sleep(Duration::from_secs(seconds)).await;
            }
            (Status::Continue, _) => {}
            _ => return Err(format!("{answer:?}").into()),
        }
        event = Event::default();
    }
}

struct Reading {
    clock: Duration,
    processor: Duration,
}

/// Reads the table as the plan does, and does nothing with it.
async fn read_alone(customers: &Customers) -> Result<Reading, Failure> {
    let (began, before) = (Instant::now(), processor()?);
    let mut pages: FuturesUnordered<_> =
        (0..customers.parts()).map(|part| page(customers, part, None)).collect();
    while let Some((part, read)) = pages.next().await {
        if let Some(next) = read?.next {
            pages.push(page(customers, part, Some(next)));
        }
    }
    Ok(Reading { clock: began.elapsed(), processor: processor()?.saturating_sub(before) })
}

async fn page(
    customers: &Customers,
    part: i32,
    from: Option<Place>,
) -> (i32, Result<Page, state::Error>) {
    (part, customers.scan(part, customers.parts(), from).await)
}

fn wired(simulators: &str, tables: &str) -> Result<Resegment, Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let secrets = LocalSecrets::default();
    let tokens = [
        (SHOPIFY_SECRET, json!({ "access_token": shopify_sim::ACCESS_TOKEN })),
        (OKTA_SECRET, json!({ "api_token": okta_sim::API_TOKEN })),
    ];
    for (id, token) in tokens {
        secrets.put(id, token.to_string());
    }
    let secrets = Arc::new(secrets);
    let shopify_url = BaseUrl::configured(&format!("{simulators}/shopify"))?;
    let okta_url = BaseUrl::configured(&format!("{simulators}/okta"))?;
    let outbound = |base: &BaseUrl| -> Result<Outbound, Failure> {
        let network = Arc::new(Network::new(&[base])?);
        Ok(Outbound::new(network, Arc::clone(&clock), Arc::new(SystemRandom)))
    };
    let shopify_token =
        CachedSecret::new(secrets.clone(), SHOPIFY_SECRET, credentials, Arc::clone(&clock));
    let okta_token = CachedSecret::new(secrets, OKTA_SECRET, credentials, Arc::clone(&clock));
    let shop = SHOP.parse()?;
    let client = Client::from_conf(
        aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(tables)
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("local", "local", None, None, "local"))
            .build(),
    );
    let [config, customers, runs] = TABLES;
    Ok(Resegment {
        shopify: Shopify::new(
            outbound(&shopify_url)?,
            shopify_url,
            shop,
            ApiVersion::default(),
            Arc::new(shopify_token),
        ),
        okta: Okta::new(outbound(&okta_url)?, okta_url, Arc::new(okta_token)),
        mavera: None,
        config: ConfigTable::new(client.clone(), config),
        customers: Customers::new(client.clone(), customers).in_one_part(),
        runs: Runs::new(client, runs),
        queue: Arc::new(LocalQueue::new(Arc::clone(&clock))),
        clock,
        random: Arc::new(SystemRandom),
    })
}

/// The time of the processor that this process has used. It has but one thread that works.
fn processor() -> Result<Duration, Failure> {
    let nanoseconds = std::fs::read_to_string("/proc/self/schedstat")?;
    let used = nanoseconds.split(' ').next().ok_or("schedstat is empty")?;
    Ok(Duration::from_nanos(used.parse()?))
}

fn peak_megabytes() -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    Ok(kilobytes.ok_or("/proc/self/status has no VmHWM")?.parse::<u64>()? / 1024)
}
