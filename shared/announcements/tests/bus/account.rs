//! An account with a bus that fails as AWS's does.

use std::sync::Arc;
use std::time::Duration;

use announcements::{Error, EventBus};
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::config::retry::RetryConfig;
use aws_sdk_eventbridge::config::timeout::TimeoutConfig;
use aws_sdk_eventbridge::config::{BehaviorVersion, Config, Credentials, Region};
use jiff::Timestamp;
use rules::{CustomerId, Money, Totals};
use serde_json::Value;
use simulators::{EventBridgeSim, SimClock};
use state::{Announcement, Cause, Grounds, Transition};

pub(crate) const ANN: CustomerId = CustomerId::new(9_007_199_254_741_993);
pub(crate) const BUS: &str = "shop";

pub(crate) struct Account {
    pub(crate) service: EventBridgeSim,
    pub(crate) clock: SimClock,
}

impl Account {
    pub(crate) async fn open() -> Self {
        let account =
            Self { service: EventBridgeSim::start().await.unwrap(), clock: SimClock::new() };
        account.service.add_bus(BUS);
        account
    }

    pub(crate) fn bus(&self, name: &str) -> EventBus {
        let times =
            TimeoutConfig::builder().operation_attempt_timeout(Duration::from_millis(100)).build();
        let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .endpoint_url(self.service.url())
            .timeout_config(times)
            .retry_config(retries)
            .build();
        EventBus::new(Client::from_conf(config), name, Arc::new(self.clock.clone()))
    }

    pub(crate) fn soon(&self) -> Timestamp {
        self.clock.now() + Duration::from_secs(50)
    }

    /// The ids of the events taken, in order.
    pub(crate) fn taken(&self) -> Vec<Value> {
        self.service.taken().into_iter().map(|event| event.detail["id"].clone()).collect()
    }

    pub(crate) fn puts(&self) -> usize {
        let calls = self.service.take_calls();
        calls.into_iter().filter(|call| *call == "PutEvents").count()
    }

    /// Announces two changes on a bus that was seen to be there.
    pub(crate) async fn announce_two(&self) -> Result<(), Error> {
        self.bus(BUS).announce(ANN, &[change(1), change(2)], self.soon()).await
    }
}

pub(crate) fn change(sequence: u64) -> Announcement {
    let spent = Money::new("45.50".parse().unwrap(), "USD".parse().unwrap());
    Announcement {
        sequence,
        user: Some("00u1".parse().unwrap()),
        rule: Some("1 order".into()),
        run: None,
        end: None,
        transition: Transition {
            at: "2026-11-21T12:00:00.5Z".parse().unwrap(),
            from: None,
            to: Some("new".parse().unwrap()),
            group: None,
            cause: Cause::Order,
            grounds: Some(Grounds::Range(0)),
            totals: Totals { orders: 1, spent },
            book: 1,
        },
    }
}
