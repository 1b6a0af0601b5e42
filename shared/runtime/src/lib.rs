//! What every function needs around its handler: the environment, secrets, logs and counts.

mod env;
mod secrets;
mod services;
mod telemetry;

pub use env::{Env, EnvError};
pub use secrets::{CachedSecret, Parse, SecretStore, SecretsManager};
pub use services::{Services, StartError, credentials};
pub use telemetry::{Tally, heard, start as start_telemetry};
