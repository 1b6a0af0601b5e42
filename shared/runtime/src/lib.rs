//! What every function needs around its handler: the environment, secrets, logs and counts.

mod env;
mod https;
mod metrics;
mod secrets;
mod services;
mod tally;
mod telemetry;

pub use env::{Env, EnvError};
pub use metrics::{Measured, Measures, Metric, NO_SEGMENT};
pub use secrets::{CachedSecret, MAY_NOT_READ, Parse, SecretStore, SecretsManager};
pub use services::{Services, StartError, credentials};
pub use tally::Tally;
pub use telemetry::{Function, Invocation, Sink, Telemetry, heard, lines, report_panics};
