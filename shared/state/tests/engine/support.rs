//! A real engine in this process, with empty tables.

mod faults;
mod partial;

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use outbound::Randomness;
use rules::{CustomerId, RuleBook};
use state::{ConfigTable, RunId};

pub(crate) use faults::{Fault, Faults};
pub(crate) use partial::engine_that_does;

pub(crate) const CONFIG: &str = "config";
pub(crate) const CUSTOMERS: &str = "customers";
pub(crate) const RUNS: &str = "runs";
pub(crate) const ANN: CustomerId = CustomerId::new(9_007_199_254_741_993);
pub(crate) const BEN: CustomerId = CustomerId::new(9_007_199_254_741_995);

pub(crate) const BOOK: &str = r#"
currency = "USD"
[[segment]]
name = "vip"
label = "VIP Customer"
okta_group_name = "Shopify VIP Customer"
when = [{ spend_at_least = "500" }]
[[segment]]
name = "new"
label = "New Buyer"
okta_group_name = "Shopify New Customer"
when = [{ orders_at_least = 1 }]
"#;

/// Every byte is this one.
pub(crate) struct Chance(pub(crate) u8);

impl Randomness for Chance {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(self.0);
    }
}

pub(crate) type Item = HashMap<String, AttributeValue>;

pub(crate) async fn engine() -> Client {
    engine_with(Faults::default()).await
}

/// An engine whose answers these faults spoil.
pub(crate) async fn engine_with(faults: Faults) -> Client {
    with_tables(&serve().await, faults).await
}

/// An engine, and where it listens.
async fn serve() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(dynoxide::server::serve_on(listener, dynoxide::Database::memory().unwrap()));
    endpoint
}

/// A client of the engine at this address, which is given empty tables.
async fn with_tables(endpoint: &str, faults: Faults) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(endpoint)
        .interceptor(faults)
        .build();
    let client = Client::from_conf(config);
    state::create_table(&client, CONFIG, state::CONFIG_KEYS).await.unwrap();
    state::create_table(&client, CUSTOMERS, state::ITEM_KEYS).await.unwrap();
    state::create_table(&client, RUNS, state::ITEM_KEYS).await.unwrap();
    client
}

pub(crate) fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

pub(crate) fn run(chance: &str) -> RunId {
    format!("20261121T120000Z-{chance}").parse().unwrap()
}

pub(crate) fn book(text: &str) -> RuleBook {
    RuleBook::from_toml(text).unwrap()
}

pub(crate) fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

pub(crate) fn number(number: impl Into<i128>) -> AttributeValue {
    AttributeValue::N(number.into().to_string())
}

/// The configuration table of an engine of its own.
pub(crate) async fn table() -> (Client, ConfigTable) {
    let client = engine().await;
    let table = ConfigTable::new(client.clone(), CONFIG);
    (client, table)
}

/// Writes a row of the configuration, as a person at the console would.
pub(crate) async fn put(
    client: &Client,
    kind: &str,
    name: &str,
    fields: &[(&str, AttributeValue)],
) {
    let mut item: Item =
        fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    item.extend([("kind".into(), text(kind)), ("name".into(), text(name))]);
    client.put_item().table_name(CONFIG).set_item(Some(item)).send().await.unwrap();
}

/// Deletes a row of the configuration, as a person at the console would.
pub(crate) async fn delete(client: &Client, kind: &str, name: &str) {
    let request = client.delete_item().table_name(CONFIG);
    request.key("kind", text(kind)).key("name", text(name)).send().await.unwrap();
}

/// A row of the configuration; empty if there is none.
pub(crate) async fn row(client: &Client, kind: &str, name: &str) -> Item {
    let request = client.get_item().table_name(CONFIG);
    let row = request.key("kind", text(kind)).key("name", text(name)).send().await.unwrap();
    row.item.unwrap_or_default()
}

/// An item of one of the other tables; empty if there is none.
pub(crate) async fn item(client: &Client, table: &str, pk: &str, sk: &str) -> Item {
    let request = client.get_item().table_name(table);
    let item = request.key("pk", text(pk)).key("sk", text(sk)).send().await.unwrap();
    item.item.unwrap_or_default()
}
