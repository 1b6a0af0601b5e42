//! The app as the shop has it: what it may do, and which versions of the API there are.
#![expect(clippy::unused_async, reason = "resolvers must be async, whether they wait or not")]

use std::collections::BTreeSet;

use async_graphql::{Context, Error, ID, Object, Result, SimpleObject};

use crate::shopify::ShopifySim;
use crate::shopify::api::API_VERSION;
use crate::shopify::queries::coded;

/// What an app of this product is granted.
const SCOPES: [&str; 3] = ["read_customers", "read_orders", "read_customer_merge"];
/// The quarters of a year, the last of which is the version that is simulated.
const SUPPORTED: [&str; 4] = ["2026-01", "2026-04", "2026-07", API_VERSION];
/// Versions that answer and are not supported.
const UNSUPPORTED: [&str; 2] = ["2027-01", "unstable"];

/// What the shop granted the app, and which versions of the API Shopify supports.
pub(crate) struct Installed {
    scopes: BTreeSet<String>,
    /// The oldest first.
    supported: Vec<String>,
}

impl Installed {
    pub(crate) fn new() -> Self {
        Self {
            scopes: SCOPES.map(str::to_owned).into(),
            supported: SUPPORTED.map(str::to_owned).into(),
        }
    }

    /// The scopes as a granted token's answer has them.
    pub(crate) fn scopes(&self) -> String {
        self.scopes.iter().map(String::as_str).collect::<Vec<_>>().join(",")
    }

    pub(crate) fn grants(&self, scope: &str) -> bool {
        let written = scope.replacen("read_", "write_", 1);
        self.scopes.contains(scope) || self.scopes.contains(&written)
    }

    /// The version that serves a call for this one: a version that is no longer supported is served by
    /// the oldest that is ([versioning](https://shopify.dev/docs/api/usage/versioning)).
    pub(crate) fn serving(&self, asked: &str) -> String {
        let dated = asked.starts_with(|first: char| first.is_ascii_digit());
        let oldest = self.supported.first().filter(|oldest| dated && asked < oldest.as_str());
        oldest.map_or(asked, String::as_str).to_owned()
    }
}

impl ShopifySim {
    /// Grants the app these access scopes and no others.
    pub fn set_scopes(&self, scopes: &[&str]) {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned());
        self.lock().installed.scopes = scopes.collect();
    }

    /// Supports these versions of the API and no others, the oldest first.
    pub fn set_supported_versions(&self, versions: &[&str]) {
        let versions = versions.iter().map(|version| (*version).to_owned());
        self.lock().installed.supported = versions.collect();
    }
}

/// Refuses whoever was not granted a scope.
pub(crate) fn require(context: &Context<'_>, scope: &str, field: &str) -> Result<()> {
    if context.data::<ShopifySim>()?.lock().installed.grants(scope) {
        return Ok(());
    }
    let message =
        format!("Access denied for {field} field. Required access: `{scope}` access scope.");
    Err(denied(&message))
}

fn denied(message: &str) -> Error {
    coded(message, "ACCESS_DENIED")
}

#[derive(SimpleObject)]
pub(crate) struct AppInstallation {
    id: ID,
    access_scopes: Vec<AccessScope>,
}

#[derive(SimpleObject)]
pub(crate) struct AccessScope {
    handle: String,
    description: String,
}

#[derive(SimpleObject)]
pub(crate) struct ApiVersion {
    handle: String,
    display_name: String,
    supported: bool,
}

impl ApiVersion {
    fn of(handle: &str, supported: bool) -> Self {
        Self { handle: handle.to_owned(), display_name: handle.to_owned(), supported }
    }
}

#[derive(Default)]
pub(crate) struct InstallationQueries;

#[Object]
impl InstallationQueries {
    async fn current_app_installation(&self, context: &Context<'_>) -> Result<AppInstallation> {
        let shop = context.data::<ShopifySim>()?.lock();
        let scope = |handle: &String| AccessScope {
            handle: handle.clone(),
            description: handle.replace('_', " "),
        };
        Ok(AppInstallation {
            id: "gid://shopify/AppInstallation/548380010".into(),
            access_scopes: shop.installed.scopes.iter().map(scope).collect(),
        })
    }

    async fn public_api_versions(&self, context: &Context<'_>) -> Result<Vec<ApiVersion>> {
        let shop = context.data::<ShopifySim>()?.lock();
        let supported = &shop.installed.supported;
        let others = UNSUPPORTED.into_iter().filter(|it| supported.iter().all(|own| own != it));
        let supported = supported.iter().map(|handle| ApiVersion::of(handle, true));
        Ok(supported.chain(others.map(|handle| ApiVersion::of(handle, false))).collect())
    }
}
