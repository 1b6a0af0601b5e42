//! What the app may do in the shop, and which versions of the API there are.

use std::collections::BTreeSet;

use jiff::Timestamp;
use outbound::{Error, ErrorKind};
use rules::Currency;
use serde::Deserialize;
use serde_json::json;

use crate::client::{Document, Shopify};
use crate::version::ApiVersion;

const INSTALLATION: Document =
    Document::reading("read installation", include_str!("../graphql/installation.graphql"));

/// The app as the shop has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// What the shop counts its money in.
    pub currency: Currency,
    /// The versions of the API that Shopify supports, the oldest first
    /// ([versioning](https://shopify.dev/docs/api/usage/versioning)).
    pub supported_versions: BTreeSet<ApiVersion>,
    scopes: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    shop: ShopNode,
    current_app_installation: AppNode,
    public_api_versions: Vec<VersionNode>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ShopNode {
    currency_code: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AppNode {
    access_scopes: Vec<ScopeNode>,
}

#[derive(Deserialize)]
struct ScopeNode {
    handle: String,
}

#[derive(Deserialize)]
struct VersionNode {
    handle: String,
    supported: bool,
}

impl Shopify {
    /// Asks what the app may do, in one call.
    ///
    /// # Errors
    /// If the call fails, if the answer has errors, comes from another shop, or holds a currency that
    /// we do not know.
    pub async fn installation(&self, deadline: Timestamp) -> Result<Installation, Error> {
        let data: Data = self.ask(&INSTALLATION.with(json!({})), deadline).await?;
        Installation::read(data)
            .map_err(|detail| INSTALLATION.error(ErrorKind::Unreadable { detail }))
    }
}

impl Installation {
    fn read(data: Data) -> Result<Self, &'static str> {
        let Data { shop, current_app_installation, public_api_versions } = data;
        let supported = public_api_versions.into_iter().filter(|version| version.supported);
        let scopes = current_app_installation.access_scopes.into_iter();
        Ok(Self {
            currency: shop.currency_code.parse().map_err(|_| "the shop's currency is unknown")?,
            supported_versions: supported.filter_map(|it| it.handle.parse().ok()).collect(),
            scopes: scopes.map(|scope| scope.handle).collect(),
        })
    }

    /// Whether the shop granted an [access scope](https://shopify.dev/docs/api/usage/access-scopes) such
    /// as `read_orders`. Who may write may read.
    pub fn grants(&self, scope: &str) -> bool {
        let implied = || {
            let resource = scope.strip_prefix("read_")?;
            Some(self.scopes.contains(&format!("write_{resource}")))
        };
        self.scopes.contains(scope) || implied().unwrap_or(false)
    }
}
