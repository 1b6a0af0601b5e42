//! Why a look could not be finished, and what follows from it.

use jiff::Timestamp;
use state::ConfigError;

/// Something the work needed was not to be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Shopify, Okta or the secret store.
    #[error(transparent)]
    Call(#[from] outbound::Error),
    /// The tables or the queue.
    #[error(transparent)]
    State(#[from] state::Error),
    /// The event bus.
    #[error(transparent)]
    Bus(#[from] announcements::Error),
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A full run was planned by a book that is not the accepted one yet, as far as we see.
    #[error("the full run was planned by book {planned}, and book {accepted} is the accepted one")]
    OldBook {
        /// The book the run was planned by.
        planned: u64,
        /// The book there is.
        accepted: u64,
    },
    /// Shopify's figures for one customer make no sense.
    #[error("shopify customers: {0}")]
    Unreadable(&'static str),
}

impl Failure {
    /// Whether the same look may be finished later. A broken configuration counts: a person mends it,
    /// and every message waits until then.
    fn is_retryable(&self) -> bool {
        match self {
            Self::Call(error) => error.is_retryable(),
            Self::State(error) => error.is_retryable(),
            Self::Bus(error) => error.is_retryable(),
            Self::Config(_) | Self::OldBook { .. } => true,
            Self::Unreadable(_) => false,
        }
    }
}

/// Why a look ends without an outcome.
#[derive(Debug)]
pub(crate) enum Setback {
    /// Shopify's figures lag behind the event: look again, a limited number of times.
    Lagging,
    /// Another worker has this customer, or just had.
    Busy {
        /// Until when, if it said so.
        until: Option<Timestamp>,
    },
    /// The Okta user belongs to another customer, who is asked to be looked at first.
    Contested,
    /// Too little of the function's time is left.
    OutOfTime,
    /// An operator has paused the worker.
    Paused,
    /// The event is younger than it has to be.
    Unsettled {
        /// When it is old enough.
        until: Timestamp,
    },
    /// What full runs may use of Okta's limits is used up.
    GivesWay {
        /// When to come back.
        until: Timestamp,
    },
    /// Something was not to be had; it may be later.
    Unavailable(Failure),
    /// It will never work: a person has to see it.
    Permanent(Failure),
}

impl Setback {
    /// The name in logs and metrics.
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::Lagging => "lagging",
            Self::Busy { .. } => "busy",
            Self::Contested => "contested",
            Self::OutOfTime => "out_of_time",
            Self::Paused => "paused",
            Self::Unsettled { .. } => "unsettled",
            Self::GivesWay { .. } => "gives_way",
            Self::Unavailable(Failure::Call(error)) => error.code(),
            Self::Unavailable(Failure::State(_)) => "state",
            Self::Unavailable(Failure::Bus(_)) => "event_bus",
            Self::Unavailable(Failure::Config(_)) => "configuration",
            Self::Unavailable(Failure::OldBook { .. }) => "old_book",
            Self::Unavailable(Failure::Unreadable(_)) | Self::Permanent(_) => "permanent",
        }
    }
}

impl Setback {
    /// When Okta's limits allow the work that they kept from being done; none if it was something else.
    pub(crate) fn limited_until(&self) -> Option<Timestamp> {
        match self {
            Self::Unavailable(Failure::Call(error)) => error.retry_at(),
            _ => None,
        }
    }
}

impl<F: Into<Failure>> From<F> for Setback {
    fn from(failure: F) -> Self {
        match failure.into() {
            Failure::Call(outbound::Error { kind: outbound::ErrorKind::OutOfTime, .. }) => {
                Self::OutOfTime
            }
            failure if failure.is_retryable() => Self::Unavailable(failure),
            failure => Self::Permanent(failure),
        }
    }
}
