//! Those who are told of changes of segment.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use announcements::{DETAIL_TYPE, EventBus, SOURCE};
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::config::retry::RetryConfig;
use aws_sdk_eventbridge::config::timeout::TimeoutConfig;
use aws_sdk_eventbridge::config::{BehaviorVersion, Config, Credentials, Region};
use jsonschema::Validator;
use outbound::Clock;
use rules::CustomerId;
use serde_json::Value;
use simulators::{BusEvent, EventBridgeSim};

const BUS: &str = "default";
const SCHEMA: &str = include_str!("../../../docs/schemas/segment-changed.schema.json");

/// Hears every event, and holds it against what is promised of events, at the latest when it is dropped:
/// all are as the schema says; copies are the same; and the events of each customer are a chain, of which
/// nothing is missing.
pub struct Listener {
    service: EventBridgeSim,
    schema: Validator,
}

impl Listener {
    /// Begins to listen, inside a Tokio runtime that has I/O.
    ///
    /// # Errors
    /// If the bus cannot start, or the schema is none.
    pub async fn start() -> Result<Self, Box<dyn std::error::Error>> {
        let schema = serde_json::from_str(SCHEMA)?;
        let schema = jsonschema::options().should_validate_formats(true).build(&schema)?;
        Ok(Self { service: EventBridgeSim::start().await?, schema })
    }

    /// What they listen to.
    pub fn service(&self) -> &EventBridgeSim {
        &self.service
    }

    /// The way to tell them. It waits for nobody, and tries as often as any.
    pub fn bus(&self, clock: Arc<dyn Clock>) -> EventBus {
        let times =
            TimeoutConfig::builder().operation_attempt_timeout(Duration::from_millis(500)).build();
        let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("key", "secret", None, None, "tests"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .endpoint_url(self.service.url())
            .timeout_config(times)
            .retry_config(retries)
            .build();
        EventBus::new(Client::from_conf(config), BUS, clock)
    }

    /// What each event says, in the order they were first heard.
    pub fn heard(&self) -> Vec<Value> {
        let mut ids = Vec::new();
        let mut heard = self.service.taken();
        heard.retain(|event| {
            let id = event.detail["id"].clone();
            let is_new = !ids.contains(&id);
            ids.push(id);
            is_new
        });
        heard.into_iter().map(|event| event.detail).collect()
    }

    /// What was heard of one customer, in the order of the changes.
    pub fn heard_of(&self, customer: CustomerId) -> Vec<Value> {
        let mut heard = self.heard();
        heard.retain(|event| event["customer_id"] == customer.to_string());
        heard.sort_by_key(|event| event["sequence"].as_u64());
        heard
    }

    /// What of all that was heard is not as it is promised.
    pub fn wrong(&self) -> Vec<String> {
        let taken = self.service.taken();
        let mut first = HashMap::new();
        let mut chains: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        let mut wrong = Vec::new();
        for event in &taken {
            wrong.extend(self.schema.iter_errors(&event.detail).map(|error| error.to_string()));
            if !is_ours(event) {
                wrong.push(format!("from {}: {}", event.source, event.detail_type));
            }
            let id = event.detail["id"].as_str();
            if *first.entry(id).or_insert(event) != event {
                wrong.push(format!("{id:?} says two things"));
            }
            let chain = chains.entry(event.detail["customer_id"].as_str()).or_default();
            chain.insert(event.detail["sequence"].as_u64(), &event.detail);
        }
        wrong.extend(chains.values().flat_map(broken_links));
        wrong
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let wrong = self.wrong();
            assert!(wrong.is_empty(), "{wrong:#?}");
        }
    }
}

fn is_ours(event: &BusEvent) -> bool {
    let names = (event.bus.as_str(), event.source.as_str(), event.detail_type.as_str());
    let detail = &event.detail;
    let id = match (detail["customer_id"].as_str(), detail["sequence"].as_u64()) {
        (Some(customer), Some(sequence)) => format!("{customer}-{sequence}"),
        _ => return false,
    };
    names == (BUS, SOURCE, DETAIL_TYPE) && detail["id"] == id && detail["from"] != detail["to"]
}

/// Where one event of a customer does not follow from the one before.
fn broken_links(chain: &BTreeMap<Option<u64>, &Value>) -> Vec<String> {
    let events: Vec<_> = chain.values().collect();
    let pairs = events.windows(2);
    let broken = pairs.filter(|pair| {
        let sequence = |event: &Value| event["sequence"].as_u64();
        sequence(pair[0]).map(|before| before + 1) != sequence(pair[1])
            || pair[0]["to"] != pair[1]["from"]
    });
    broken.map(|pair| format!("{} does not follow {}", pair[1], pair[0])).collect()
}
