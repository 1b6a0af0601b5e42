//! Puts the clients together from the environment: what every `main` does before it serves.

use std::str::FromStr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use announcements::EventBus;
use aws_config::BehaviorVersion;
use aws_config::timeout::TimeoutConfig;
use aws_smithy_http_client::HttpClientError;
use mavera::Mavera;
use okta::Okta;
use outbound::{
    BaseUrl, Clock, InvalidCredentials, Network, NetworkError, Outbound, SystemClock, SystemRandom,
    Transport,
};
use shopify::Shopify;
use state::{ConfigTable, Customers, Runs, SqsQueue};

use crate::env::{Env, EnvError};
use crate::https::https;
use crate::secrets::{CachedSecret, Parse, SecretStore, SecretsManager};

/// The longest one attempt at a call to AWS may take; such calls take milliseconds.
const ATTEMPT: Duration = Duration::from_secs(1);
/// The longest such a call may take with its repeats. Shopify waits five seconds for an answer; two
/// such calls, for the secret and to the queue, leave time to tell it that it should try again.
const OPERATION: Duration = Duration::from_secs(2);

/// The same for a function that nobody waits for, and that moves a megabyte a call.
const PATIENT_ATTEMPT: Duration = Duration::from_secs(5);
const PATIENT_OPERATION: Duration = Duration::from_secs(15);

/// A function cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A variable of the environment.
    #[error(transparent)]
    Env(#[from] EnvError),
    /// The https client.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The https client for calls to AWS.
    #[error("the https client for AWS cannot start")]
    Https(#[from] HttpClientError),
}

/// The parts a function is wired from.
pub struct Services {
    env: Env,
    aws: aws_config::SdkConfig,
    clock: Arc<dyn Clock>,
    transport: Option<Arc<dyn Transport>>,
    networks: Networks,
}

/// The network, as far as it has been needed. Each reads all the system's roots when it is made, so services
/// that are reached alike share one.
#[derive(Default)]
struct Networks {
    public: OnceLock<Arc<Network>>,
    local: OnceLock<Arc<Network>>,
}

impl Services {
    /// Reads AWS's configuration from the process's environment. Calls to AWS take two seconds at most.
    ///
    /// # Errors
    /// If TLS cannot start.
    pub async fn start() -> Result<Self, StartError> {
        Self::with_limits(ATTEMPT, OPERATION).await
    }

    /// As [`start`](Self::start), for a function that nobody waits for: calls to AWS take 15 seconds at
    /// most.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn patient() -> Result<Self, StartError> {
        Self::with_limits(PATIENT_ATTEMPT, PATIENT_OPERATION).await
    }

    async fn with_limits(attempt: Duration, operation: Duration) -> Result<Self, StartError> {
        let limits = TimeoutConfig::builder()
            .operation_attempt_timeout(attempt)
            .operation_timeout(operation)
            .build();
        let env = Env::process();
        let aws = aws_config::defaults(BehaviorVersion::latest())
            .timeout_config(limits)
            .http_client(https(&env)?);
        Ok(Self::of(env, aws.load().await))
    }

    /// The parts that these variables name, called with this configuration: those of a function, seen
    /// from elsewhere.
    pub fn of(env: Env, aws: aws_config::SdkConfig) -> Self {
        let networks = Networks::default();
        Self { env, aws, clock: Arc::new(SystemClock), transport: None, networks }
    }

    /// The same parts at another time, with Shopify, Okta and Mavera reached otherwise than by the network.
    #[must_use]
    pub fn simulated(self, clock: Arc<dyn Clock>, transport: Arc<dyn Transport>) -> Self {
        Self { clock, transport: Some(transport), ..self }
    }

    /// The environment.
    pub fn env(&self) -> &Env {
        &self.env
    }

    /// The system's clock.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// The secret whose id a variable holds.
    ///
    /// # Errors
    /// If the variable is not set.
    pub fn secret<C>(
        &self,
        variable: &'static str,
        parse: Parse<C>,
    ) -> Result<Arc<CachedSecret<C>>, EnvError> {
        let client = aws_sdk_secretsmanager::Client::new(&self.aws);
        let store: Arc<dyn SecretStore> = Arc::new(SecretsManager::new(client));
        let id = self.env.required(variable)?;
        Ok(Arc::new(CachedSecret::new(store, id, parse, self.clock())))
    }

    /// The queue that `SYNC_QUEUE_URL` names.
    ///
    /// # Errors
    /// If the variable is not set.
    pub fn queue(&self) -> Result<Arc<SqsQueue>, EnvError> {
        let url = self.env.required("SYNC_QUEUE_URL")?;
        Ok(Arc::new(SqsQueue::new(aws_sdk_sqs::Client::new(&self.aws), url)))
    }

    /// The event bus that `EVENT_BUS_NAME` names, if it is set.
    pub fn event_bus(&self) -> Option<EventBus> {
        let name = self.env.optional("EVENT_BUS_NAME")?;
        Some(EventBus::new(aws_sdk_eventbridge::Client::new(&self.aws), name, self.clock()))
    }

    /// The table that `CONFIG_TABLE` names.
    ///
    /// # Errors
    /// If the variable is not set.
    pub fn config_table(&self) -> Result<ConfigTable, EnvError> {
        Ok(ConfigTable::new(self.dynamodb(), self.env.required("CONFIG_TABLE")?))
    }

    /// The table that `CUSTOMERS_TABLE` names.
    ///
    /// # Errors
    /// If the variable is not set.
    pub fn customers(&self) -> Result<Customers, EnvError> {
        Ok(Customers::new(self.dynamodb(), self.env.required("CUSTOMERS_TABLE")?))
    }

    /// The table that `RUNS_TABLE` names.
    ///
    /// # Errors
    /// If the variable is not set.
    pub fn runs(&self) -> Result<Runs, EnvError> {
        Ok(Runs::new(self.dynamodb(), self.env.required("RUNS_TABLE")?))
    }

    fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.aws)
    }

    /// Shopify, for the shop that the environment names.
    ///
    /// # Errors
    /// If a variable is missing or unusable, or TLS cannot start.
    pub fn shopify(&self) -> Result<Shopify, StartError> {
        let shop = self.env.shop()?;
        let base = self.env.shopify_url(&shop)?;
        let credentials = self.secret("SHOPIFY_SECRET_ID", credentials)?;
        let outbound = self.outbound(&base)?;
        Ok(Shopify::new(outbound, base, shop, self.env.shopify_version()?, credentials))
    }

    /// The Okta org that the environment names.
    ///
    /// # Errors
    /// If a variable is missing or unusable, or TLS cannot start.
    pub fn okta(&self) -> Result<Okta, StartError> {
        let base = self.env.okta_url()?;
        let credentials = self.secret("OKTA_SECRET_ID", credentials)?;
        Ok(Okta::new(self.outbound(&base)?, base, credentials))
    }

    /// Mavera, if `MAVERA_SECRET_ID` is set.
    ///
    /// # Errors
    /// If `MAVERA_API_URL` is no usable address, or TLS cannot start.
    pub fn mavera(&self) -> Result<Option<Mavera>, StartError> {
        if self.env.optional("MAVERA_SECRET_ID").is_none() {
            return Ok(None);
        }
        let base = self.env.mavera_url()?;
        let credentials = self.secret("MAVERA_SECRET_ID", credentials)?;
        Ok(Some(Mavera::new(self.outbound(&base)?, base, credentials)))
    }

    fn outbound(&self, base: &BaseUrl) -> Result<Outbound, NetworkError> {
        let transport: Arc<dyn Transport> = match &self.transport {
            Some(transport) => Arc::clone(transport),
            None => self.networks.to(base)?,
        };
        Ok(Outbound::new(transport, self.clock(), Arc::new(SystemRandom)))
    }
}

impl Networks {
    /// The one that leads to this address.
    fn to(&self, base: &BaseUrl) -> Result<Arc<Network>, NetworkError> {
        let network = if base.is_loopback() { &self.local } else { &self.public };
        if let Some(network) = network.get() {
            return Ok(Arc::clone(network));
        }
        let made = Arc::new(Network::new(&[base])?);
        Ok(Arc::clone(network.get_or_init(|| made)))
    }
}

/// Reads a service's credentials out of its secret: a [`Parse`] for each client's.
///
/// # Errors
/// If it holds none, with what to do.
pub fn credentials<C: FromStr<Err = InvalidCredentials>>(text: &str) -> Result<C, &'static str> {
    text.parse().map_err(|error: InvalidCredentials| error.detail)
}
