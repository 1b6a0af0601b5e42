//! The embedded `DynamoDB` engine, and the tables in it.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::HttpRequest;
use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, ConfigBag, Credentials, Intercept, Region, RuntimeComponents,
};
use aws_sdk_dynamodb::error::BoxError;
use dynoxide::Database;
use serde_json::value::RawValue;
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
    /// The queue, if it is kept, keyed by `pk` and `sk`.
    pub queue: &'static str,
}

/// The tables of every engine: each has them to itself.
pub(super) const TABLES: Tables =
    Tables { config: "config", customers: "customers", runs: "runs", queue: "queue" };
/// A table's name and its keys.
type Shape = (&'static str, [&'static str; 2]);

/// Their keys. The queue comes last: it is kept in a table only if it has to last.
const SHAPES: [Shape; 4] = [
    (TABLES.config, state::CONFIG_KEYS),
    (TABLES.customers, state::ITEM_KEYS),
    (TABLES.runs, state::ITEM_KEYS),
    (TABLES.queue, state::ITEM_KEYS),
];
/// The file in a store's folder.
const FILE: &str = "segments.db";

/// The embedded engine did not start.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No port could be had on 127.0.0.1.
    #[error("the embedded DynamoDB engine cannot listen on 127.0.0.1")]
    Listen(#[from] std::io::Error),
    /// No database could be opened.
    #[error("the embedded DynamoDB engine cannot open its database{}", in_folder(.0.as_deref()))]
    Database(Option<PathBuf>),
    /// The folder of a store cannot be made.
    #[error("the folder {} cannot be made or kept to oneself: {}", .0.display(), .1)]
    Folder(PathBuf, #[source] std::io::Error),
    /// It does not take the tables.
    #[error("the embedded DynamoDB engine: {0}")]
    Table(#[from] state::Error),
}

fn in_folder(folder: Option<&Path>) -> String {
    folder.map_or_else(String::new, |folder| {
        format!(
            " in {}: check that this user may write there, and that there is room",
            folder.display()
        )
    })
}

/// A running engine.
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
    /// An engine whose data is in memory and goes when it is dropped.
    pub(super) async fn in_memory() -> Result<Self, EngineError> {
        let database = Database::memory().map_err(|_| EngineError::Database(None))?;
        Self::start(database, &SHAPES[..3]).await
    }

    /// An engine whose data is in a folder, which is made if need be. What was written is on disk
    /// before it is answered. Several processes may work with one folder.
    pub(super) async fn in_folder(folder: &Path) -> Result<Self, EngineError> {
        make_private(folder).map_err(|error| EngineError::Folder(folder.to_owned(), error))?;
        let database = || Database::new(folder.join(FILE).to_str()?).ok();
        let database = database().ok_or_else(|| EngineError::Database(Some(folder.to_owned())))?;
        Self::start(database, &SHAPES).await
    }

    async fn start(database: Database, tables: &[Shape]) -> Result<Self, EngineError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let server = tokio::spawn(dynoxide::server::serve_on(listener, database));
        // Nothing of the environment is read: no profile can lead these calls to AWS.
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&url)
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("local", "local", None, None, "local"))
            .interceptor(NoTokens)
            .build();
        let engine = Self { client: Client::from_conf(config), url, server };
        engine.make_tables(tables).await?;
        Ok(engine)
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Makes the tables that are not there yet.
    async fn make_tables(&self, tables: &[Shape]) -> Result<(), state::Error> {
        let there = state::table_names(&self.client).await?;
        for (name, keys) in tables.iter().filter(|(name, _)| !there.iter().any(|it| it == name)) {
            state::create_table(&self.client, name, *keys).await?;
        }
        Ok(())
    }
}

/// Takes the SDK's tokens out of transactions. By its token the engine would know for ten minutes what was done
/// already, as `DynamoDB` does, and at each transaction look through all that it keeps. It is in this process: no
/// answer is lost on the way, so no transaction that was made is sent again.
#[derive(Debug)]
struct NoTokens;

impl Intercept for NoTokens {
    fn name(&self) -> &'static str {
        "no tokens"
    }

    fn modify_before_retry_loop(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        match request.headers().get("x-amz-target") {
            Some("DynamoDB_20120810.TransactWriteItems") => take_token(request),
            _ => Ok(()),
        }
    }
}

fn take_token(request: &mut HttpRequest) -> Result<(), BoxError> {
    let body = request.body().bytes().ok_or("a transaction that is not in memory")?;
    let mut members: BTreeMap<&str, &RawValue> = serde_json::from_slice(body)?;
    members.remove("ClientRequestToken");
    let body = serde_json::to_vec(&members)?;
    request.headers_mut().insert("content-length", body.len().to_string());
    *request.body_mut() = body.into();
    Ok(())
}

/// Whether a folder holds a store.
pub(crate) fn is_store(folder: &Path) -> bool {
    folder.join(FILE).exists()
}

/// Makes a folder that nobody else of this machine can look into.
fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};

    use super::*;

    #[tokio::test]
    async fn the_engine_does_not_remember_transactions_by_their_tokens() {
        let engine = Engine::in_memory().await.unwrap();
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let count = || {
            let update = Update::builder()
                .table_name(TABLES.config)
                .key("kind", text("test"))
                .key("name", text("counter"))
                .update_expression("ADD made :one")
                .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
                .build()
                .unwrap();
            let write = TransactWriteItem::builder().update(update).build();
            let transaction = engine.client().transact_write_items().transact_items(write);
            transaction.client_request_token("the same").send()
        };
        count().await.unwrap();
        count().await.unwrap();

        let get = engine.client().get_item().table_name(TABLES.config);
        let get = get.key("kind", text("test")).key("name", text("counter"));
        let counter = get.send().await.unwrap().item.unwrap();
        assert_eq!(counter["made"], AttributeValue::N("2".to_owned()));
    }
}
