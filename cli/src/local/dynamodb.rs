//! The embedded `DynamoDB` engine, and the tables in it.

use std::net::Ipv4Addr;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType, TimeToLiveSpecification,
};
use dynoxide::Database;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What the tables are called. Their shape is that of `template.yaml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tables {
    /// The configuration, keyed by `kind` and `name`.
    pub config: &'static str,
    /// The applied state, keyed by `pk` and `sk`.
    pub customers: &'static str,
    /// Records of full runs, keyed by `pk` and `sk`.
    pub runs: &'static str,
}

/// The tables of every engine: each has them to itself.
pub(super) const TABLES: Tables = Tables { config: "config", customers: "customers", runs: "runs" };

/// The embedded engine did not start, or did not take a write.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No port could be had on 127.0.0.1.
    #[error("the embedded DynamoDB engine cannot listen on 127.0.0.1")]
    Listen(#[from] std::io::Error),
    /// The engine refused.
    #[error("the embedded DynamoDB engine: {operation}: {detail}")]
    Refused {
        /// What was to be done.
        operation: &'static str,
        /// What it said.
        detail: String,
    },
}

/// A running engine. Its data is in memory and goes when it is dropped.
pub(super) struct Engine {
    client: Client,
    url: String,
    server: JoinHandle<()>,
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Engine {
    pub(super) async fn start() -> Result<Self, EngineError> {
        let database =
            Database::memory().map_err(|error| refused("start", format!("{error:?}")))?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let server = tokio::spawn(dynoxide::server::serve_on(listener, database));
        // Nothing of the environment is read: no profile can lead these calls to AWS.
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&url)
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("local", "local", None, None, "local"))
            .build();
        let engine = Self { client: Client::from_conf(config), url, server };
        engine.make_tables().await?;
        Ok(engine)
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    async fn make_tables(&self) -> Result<(), EngineError> {
        self.make_table(TABLES.config, ["kind", "name"]).await?;
        for table in [TABLES.customers, TABLES.runs] {
            self.make_table(table, ["pk", "sk"]).await?;
            self.let_expire(table).await?;
        }
        Ok(())
    }

    async fn make_table(&self, table: &str, [hash, range]: [&str; 2]) -> Result<(), EngineError> {
        const OPERATION: &str = "make table";
        let attribute = |name: &str| {
            AttributeDefinition::builder()
                .attribute_name(name)
                .attribute_type(ScalarAttributeType::S)
                .build()
        };
        let key = |name: &str, kind| {
            KeySchemaElement::builder().attribute_name(name).key_type(kind).build()
        };
        let unbuilt = |error: BuildError| refused(OPERATION, error.to_string());
        self.client
            .create_table()
            .table_name(table)
            .attribute_definitions(attribute(hash).map_err(unbuilt)?)
            .attribute_definitions(attribute(range).map_err(unbuilt)?)
            .key_schema(key(hash, KeyType::Hash).map_err(unbuilt)?)
            .key_schema(key(range, KeyType::Range).map_err(unbuilt)?)
            .billing_mode(BillingMode::PayPerRequest)
            .send()
            .await
            .map(drop)
            .map_err(|error| sdk(OPERATION, &error))
    }

    async fn let_expire(&self, table: &str) -> Result<(), EngineError> {
        const OPERATION: &str = "set expiry";
        let expiry = TimeToLiveSpecification::builder()
            .attribute_name("expires_at")
            .enabled(true)
            .build()
            .map_err(|error| refused(OPERATION, error.to_string()))?;
        self.client
            .update_time_to_live()
            .table_name(table)
            .time_to_live_specification(expiry)
            .send()
            .await
            .map(drop)
            .map_err(|error| sdk(OPERATION, &error))
    }

    /// Writes one attribute of the settings item.
    pub(super) async fn set(&self, name: &str, value: AttributeValue) -> Result<(), EngineError> {
        let settings = AttributeValue::S("settings".to_owned());
        self.client
            .update_item()
            .table_name(TABLES.config)
            .key("kind", settings.clone())
            .key("name", settings)
            .update_expression("SET #name = :value")
            .expression_attribute_names("#name", name)
            .expression_attribute_values(":value", value)
            .send()
            .await
            .map(drop)
            .map_err(|error| sdk("write setting", &error))
    }
}

fn refused(operation: &'static str, detail: String) -> EngineError {
    EngineError::Refused { operation, detail }
}

fn sdk<E: ProvideErrorMetadata, R>(operation: &'static str, error: &SdkError<E, R>) -> EngineError {
    let told = error.as_service_error().and_then(ProvideErrorMetadata::message);
    refused(operation, told.unwrap_or("no answer").to_owned())
}
