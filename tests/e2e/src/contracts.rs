//! The vendors' contracts, where they are at hand, and what is held against them.

mod openapi;
mod record;

use std::path::{Path, PathBuf};

use serde_json::Value;
use simulators::{RecordedExchange, Service};

pub use openapi::OpenApi;
pub use record::{Answer, Exchange, folder as exchanges_folder, recorded};

/// The folder with the contracts: what `CONTRACTS_DIR` names, or the one beside the workspace. None if
/// it is not there; then whoever needs it has nothing to check and should say so.
///
/// # Errors
/// If it is not there although `CONTRACTS_REQUIRED` is set.
pub fn folder() -> Result<Option<PathBuf>, String> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/contracts");
    let folder = std::env::var_os("CONTRACTS_DIR").map_or(beside, PathBuf::from);
    if folder.is_dir() {
        return Ok(Some(folder));
    }
    if std::env::var_os("CONTRACTS_REQUIRED").is_some() {
        return Err("CONTRACTS_REQUIRED is set and the contracts are not there: set CONTRACTS_DIR"
            .to_owned());
    }
    Ok(None)
}

/// Okta's description of its API. None if the contracts are not at hand.
///
/// # Errors
/// If it is there and cannot be read, or if it must be there and is not.
pub fn okta() -> Result<Option<OpenApi>, String> {
    let Some(folder) = folder()? else { return Ok(None) };
    let file = folder.join("okta/management-slice.json");
    let text =
        std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let mut document: Value =
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?;
    // Okta answers null for a group without a description, which its own description does not say.
    document["components"]["schemas"]["OktaUserGroupProfile"]["properties"]["description"]["nullable"] =
        true.into();
    OpenApi::read(&document).map(Some)
}

/// Where Okta grants tokens. It is no part of the management API, whose contract this is.
pub const TOKEN_PATH: &str = "/oauth2/v1/token";

/// What is wrong with the requests to Okta among these: an address, a parameter or a body that is not
/// in the contract. Requests for tokens are not looked at. Nothing if the contracts are not at hand.
///
/// # Errors
/// As [`okta`].
pub fn wrong_requests(exchanges: &[RecordedExchange]) -> Result<Vec<String>, String> {
    let Some(contract) = okta()? else { return Ok(Vec::new()) };
    let is_to_api =
        |it: &&RecordedExchange| it.call.service == Service::Okta && it.call.path != TOKEN_PATH;
    let to_okta = exchanges.iter().filter(is_to_api);
    Ok(to_okta.flat_map(|exchange| contract.wrong_with_request(exchange)).collect())
}
