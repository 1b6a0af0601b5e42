//! What a function has to be told so that it calls the simulators.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde_json::json;
use simulators::World;

use super::aws::{Aws, QUEUE};
use crate::local::{MAVERA_SECRET, OKTA_SECRET, SHOPIFY_SECRET, WEBHOOK_SECRET};

/// The variables that lead to the simulated services.
pub(super) fn of_services(world: &World, address: SocketAddr) -> BTreeMap<&'static str, String> {
    [
        ("SHOPIFY_SHOP", world.shopify.domain().to_string()),
        ("SHOPIFY_API_URL", format!("http://{address}/shopify")),
        ("OKTA_ORG_URL", format!("http://{address}/okta")),
        ("MAVERA_API_URL", format!("http://{address}/mavera")),
    ]
    .into()
}

/// The variables that lead to what stands in for AWS.
pub(super) fn of_aws(aws: &Aws, address: SocketAddr) -> BTreeMap<&'static str, String> {
    let tables = aws.tables();
    [
        ("AWS_ENDPOINT_URL", format!("http://{address}")),
        ("EVENT_BUS_NAME", "default".to_owned()),
        ("CONFIG_TABLE", tables.config.to_owned()),
        ("CUSTOMERS_TABLE", tables.customers.to_owned()),
        ("RUNS_TABLE", tables.runs.to_owned()),
        ("SYNC_QUEUE_URL", format!("http://{address}/{QUEUE}")),
        ("WEBHOOK_SECRET_ID", WEBHOOK_SECRET.to_owned()),
        ("SHOPIFY_SECRET_ID", SHOPIFY_SECRET.to_owned()),
        ("OKTA_SECRET_ID", OKTA_SECRET.to_owned()),
        ("MAVERA_SECRET_ID", MAVERA_SECRET.to_owned()),
    ]
    .into()
}

/// The variables as `sam local --env-vars` reads them, for all functions: each is given those that the
/// template names
/// ([environment variable file](https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-using-invoke.html#serverless-sam-cli-using-invoke-environment-file)).
pub(super) fn file(variables: &BTreeMap<&'static str, String>) -> String {
    format!("{:#}\n", json!({ "Parameters": variables }))
}
