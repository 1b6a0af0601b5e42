//! Why a step does not go on.

use jiff::Timestamp;
use outbound::ErrorKind;
use state::ConfigError;

/// Why a step does not go on.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Another step has taken the run.
    Lost,
    /// An operator has cancelled the run.
    Cancelled,
    /// Too little of the function's time is left.
    OutOfTime,
    /// Something is not to be had, and may be later.
    Later {
        /// When to try again, if it said so.
        at: Option<Timestamp>,
        /// What happened.
        why: String,
    },
    /// It will never work.
    Fatal(String),
}

impl From<state::Error> for Trouble {
    fn from(error: state::Error) -> Self {
        if error.is_retryable() {
            Self::Later { at: None, why: error.to_string() }
        } else {
            Self::Fatal(error.to_string())
        }
    }
}

/// A person mends a broken configuration, and the run is then as good as before.
impl From<ConfigError> for Trouble {
    fn from(error: ConfigError) -> Self {
        Self::Later { at: None, why: error.to_string() }
    }
}

impl From<outbound::Error> for Trouble {
    fn from(error: outbound::Error) -> Self {
        match error.kind {
            ErrorKind::OutOfTime => Self::OutOfTime,
            _ if error.is_retryable() => {
                Self::Later { at: error.retry_at(), why: error.to_string() }
            }
            _ => Self::Fatal(error.to_string()),
        }
    }
}
