//! A real engine in this process, with empty tables.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use rules::CustomerId;

pub(crate) const CONFIG: &str = "config";
pub(crate) const CUSTOMERS: &str = "customers";
pub(crate) const ANN: CustomerId = CustomerId::new(9_007_199_254_741_993);
pub(crate) const BEN: CustomerId = CustomerId::new(9_007_199_254_741_995);

pub(crate) async fn engine() -> Client {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(dynoxide::server::serve_on(listener, dynoxide::Database::memory().unwrap()));
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(endpoint)
        .build();
    let client = Client::from_conf(config);
    state::create_table(&client, CONFIG, state::CONFIG_KEYS).await.unwrap();
    state::create_table(&client, CUSTOMERS, state::ITEM_KEYS).await.unwrap();
    client
}
