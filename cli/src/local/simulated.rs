//! A local system in the simulated world.

use std::sync::Arc;
use std::time::Duration;

use ::shopify::ApiVersion;
use outbound::{AddressError, BaseUrl};
use serde_json::json;
use simulators::{SimRandom, World, mavera, okta, shopify};

use super::{LocalSecrets, MAVERA_SECRET, OKTA_SECRET, Options, SHOPIFY_SECRET, WEBHOOK_SECRET};

/// What `SETTLE_SECONDS` is if it is not set.
const SETTLE: Duration = Duration::from_secs(10);

impl Options {
    /// A system for the shop and the org of a simulated world, which keeps the world's time.
    ///
    /// # Errors
    /// If the world has an address that the product does not call.
    pub fn simulated(world: &World) -> Result<Self, AddressError> {
        Ok(Self {
            shop: world.shopify.domain(),
            shopify_url: BaseUrl::configured(&world.shopify_url())?,
            shopify_version: ApiVersion::default(),
            okta_url: BaseUrl::configured(&world.okta_url())?,
            mavera_url: Some(BaseUrl::configured(&world.mavera_url())?),
            secrets: Arc::new(LocalSecrets::simulated(world)),
            transport: world.transport(),
            clock: Arc::new(world.clock.clone()),
            random: Arc::new(SimRandom::new(1)),
            settle: SETTLE,
            event_bus: None,
        })
    }
}

impl LocalSecrets {
    /// The secrets of a simulated world, as an operator would store them.
    pub fn simulated(world: &World) -> Self {
        let secrets = Self::default();
        let signing = json!({ "secrets": [world.shopify.webhook_secret()] });
        secrets.put(WEBHOOK_SECRET, signing.to_string());
        secrets.put(SHOPIFY_SECRET, json!({ "access_token": shopify::ACCESS_TOKEN }).to_string());
        secrets.put(OKTA_SECRET, json!({ "api_token": okta::API_TOKEN }).to_string());
        secrets.put(MAVERA_SECRET, json!({ "api_key": mavera::API_KEY }).to_string());
        secrets
    }
}
