//! Secrets of a local system, in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use outbound::{BoxFuture, Error, ErrorKind};
use runtime::SecretStore;
use secrecy::SecretString;

/// The id of the secret that holds what webhooks are signed with.
pub const WEBHOOK_SECRET: &str = "webhook";
/// The id of the secret that holds Shopify's credentials.
pub const SHOPIFY_SECRET: &str = "shopify";
/// The id of the secret that holds Okta's credentials.
pub const OKTA_SECRET: &str = "okta";
/// The id of the secret that holds Mavera's credentials.
pub const MAVERA_SECRET: &str = "mavera";

/// Secrets in memory, by id. What is not there cannot be read.
#[derive(Default)]
pub struct LocalSecrets(Mutex<BTreeMap<String, SecretString>>);

impl LocalSecrets {
    /// Stores a secret's text, in place of what it held before.
    pub fn put(&self, id: &str, text: impl Into<SecretString>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), text.into());
    }

    /// Takes a secret away.
    pub fn remove(&self, id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

impl SecretStore for LocalSecrets {
    fn read<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<SecretString, Error>> {
        let secrets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let detail = "there is no such secret";
        let missing =
            || Error::new("secret store", "read secret", ErrorKind::Credentials { detail });
        let found = secrets.get(id).cloned().ok_or_else(missing);
        Box::pin(async move { found })
    }
}
