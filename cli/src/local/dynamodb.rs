//! The embedded `DynamoDB` engine, and the tables in it.

use std::net::Ipv4Addr;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
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

/// The embedded engine did not start.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No port could be had on 127.0.0.1.
    #[error("the embedded DynamoDB engine cannot listen on 127.0.0.1")]
    Listen(#[from] std::io::Error),
    /// No database could be opened.
    #[error("the embedded DynamoDB engine cannot open its database")]
    Database,
    /// It does not take the tables.
    #[error("the embedded DynamoDB engine: {0}")]
    Table(#[from] state::Error),
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
        let database = Database::memory().map_err(|_| EngineError::Database)?;
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

    async fn make_tables(&self) -> Result<(), state::Error> {
        state::create_table(&self.client, TABLES.config, state::CONFIG_KEYS).await?;
        state::create_table(&self.client, TABLES.customers, state::ITEM_KEYS).await?;
        state::create_table(&self.client, TABLES.runs, state::ITEM_KEYS).await
    }
}
