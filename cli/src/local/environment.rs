//! A local system that calls the real services, as the environment says.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use outbound::{BoxFuture, Error, ErrorKind, Network, SystemClock, SystemRandom};
use runtime::{Env, SecretStore, StartError};
use secrecy::SecretString;

use super::{MAVERA_SECRET, OKTA_SECRET, Options, SHOPIFY_SECRET, WEBHOOK_SECRET};

/// What `SETTLE_SECONDS` is if it is not set.
const SETTLE_SECONDS: u16 = 10;

/// A secret, the variable that holds it as JSON, and what there is to say if that is not set.
const VARIABLES: [(&str, &str, &str); 4] = [
    (WEBHOOK_SECRET, "WEBHOOK_SECRET", "WEBHOOK_SECRET is not set"),
    (SHOPIFY_SECRET, "SHOPIFY_SECRET", "SHOPIFY_SECRET is not set"),
    (OKTA_SECRET, "OKTA_SECRET", "OKTA_SECRET is not set"),
    (MAVERA_SECRET, "MAVERA_SECRET", "MAVERA_SECRET is not set"),
];

/// A file that cannot be read as settings.
#[derive(Debug, thiserror::Error)]
#[error("{file} cannot be read: {detail}")]
pub struct InvalidFile {
    /// The file.
    pub file: String,
    /// What is wrong, without what the file holds.
    pub detail: String,
}

/// The process's environment, and where it does not say, the file `.env` of a folder, if there is one.
///
/// # Errors
/// If the file cannot be read, or has a line that sets nothing.
pub fn environment(folder: &Path) -> Result<Env, InvalidFile> {
    let file = folder.join(".env");
    let invalid = |detail: String| InvalidFile { file: file.display().to_string(), detail };
    let mut settings = std::collections::BTreeMap::new();
    match dotenvy::from_path_iter(&file) {
        Ok(lines) => {
            for (number, line) in (1_u32..).zip(lines) {
                let (name, value) = line.map_err(|error| {
                    let what = match error {
                        // It would show the line, which may hold a secret.
                        dotenvy::Error::LineParse(..) => "it is not NAME=value".to_owned(),
                        other => other.to_string(),
                    };
                    invalid(format!("setting {number}: {what}"))
                })?;
                settings.insert(name, value);
            }
        }
        Err(error) if error.not_found() => {}
        Err(error) => return Err(invalid(error.to_string())),
    }
    Ok(Env::from(move |name| std::env::var(name).ok().or_else(|| settings.get(name).cloned())))
}

impl Options {
    /// A system for the shop and the org that the environment names, by the names that the functions'
    /// environments have. Secrets are in `WEBHOOK_SECRET`, `SHOPIFY_SECRET`, `OKTA_SECRET` and
    /// `MAVERA_SECRET`, as JSON, as the stack's secrets hold them; one that is missing is an error only
    /// when it is needed.
    ///
    /// # Errors
    /// If a variable is missing or unusable, or TLS cannot start.
    pub fn from_environment(env: Env) -> Result<Self, StartError> {
        let shop = env.shop()?;
        let shopify_url = env.shopify_url(&shop)?;
        let shopify_version = env.shopify_version()?;
        let okta_url = env.okta_url()?;
        let mavera_url = match env.optional("MAVERA_SECRET") {
            Some(_) => Some(env.mavera_url()?),
            None => None,
        };
        let mut configured = vec![&shopify_url, &okta_url];
        configured.extend(&mavera_url);
        let transport = Arc::new(Network::new(&configured)?);
        let settle = env.parsed_or("SETTLE_SECONDS", SETTLE_SECONDS)?;
        Ok(Self {
            shop,
            shopify_url,
            shopify_version,
            okta_url,
            mavera_url,
            secrets: Arc::new(EnvironmentSecrets(env)),
            transport,
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            settle: Duration::from_secs(settle.into()),
            event_bus: None,
        })
    }
}

/// Secrets in the environment.
struct EnvironmentSecrets(Env);

impl SecretStore for EnvironmentSecrets {
    fn read<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<SecretString, Error>> {
        let known = VARIABLES.iter().find(|(secret, ..)| *secret == id);
        let found = known.and_then(|(_, variable, _)| self.0.optional(variable));
        let found = found.map(SecretString::from);
        let detail = known.map_or("there is no such secret", |(.., unset)| *unset);
        let missing = Error::new("environment", "read secret", ErrorKind::Credentials { detail });
        Box::pin(async move { found.ok_or(missing) })
    }
}
