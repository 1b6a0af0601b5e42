//! What can go wrong with the bus.

use aws_sdk_eventbridge::error::{ProvideErrorMetadata, SdkError};

/// The bus did not take what it was to. Holds nothing of the events.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is no such bus.
    #[error(
        "event bus {bus}: there is none of this name; make it, or deploy with another EventBusName"
    )]
    NoBus {
        /// The bus.
        bus: String,
    },
    /// The function may not.
    #[error(
        "event bus {bus}: {operation}: {code}; the function's role, or the bus's own policy, does not allow it"
    )]
    Denied {
        /// The bus.
        bus: String,
        /// What was to be done: "put events".
        operation: &'static str,
        /// The service's code.
        code: String,
    },
    /// It was not done for another reason.
    #[error("event bus {bus}: {operation}: {code}")]
    Refused {
        /// The bus.
        bus: String,
        /// What was to be done: "put events".
        operation: &'static str,
        /// The service's code, or what kept us from it: "no answer in time".
        code: String,
    },
    /// Too little of the function's time is left to try again.
    #[error("event bus {bus}: too little time is left to try again after {code}")]
    OutOfTime {
        /// The bus.
        bus: String,
        /// The service's code.
        code: String,
    },
}

/// Codes of a request that no repeat makes better: a mistake in this program
/// ([codes of entries](https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html)).
const FINAL: [&str; 4] =
    ["InvalidArgument", "MalformedDetail", "SerializationException", "ValidationException"];
/// Codes that say that a right is missing.
const DENIED: [&str; 5] = [
    "AccessDeniedException",
    "InvalidAccountIdException",
    "NotAuthorizedForDetailTypeException",
    "NotAuthorizedForSourceException",
    "UnrecognizedClientException",
];
/// What stands for a code where the answer has neither a code nor an id for an entry.
pub(crate) const UNANSWERED: &str = "no event id";
/// Codes of entries that the next moment may take.
const PASSING: [&str; 4] = ["InternalException", "InternalFailure", THROTTLED, UNANSWERED];
const THROTTLED: &str = "ThrottlingException";

impl Error {
    /// Whether the same events may be taken later. What a person has to mend counts: nothing is given up
    /// until then.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Refused { code, .. } => !FINAL.contains(&code.as_str()),
            Self::NoBus { .. } | Self::Denied { .. } | Self::OutOfTime { .. } => true,
        }
    }

    /// Whether it was too much at once.
    pub(crate) fn is_throttle(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if code == THROTTLED)
    }

    /// Reads an SDK error.
    pub(crate) fn sdk<E, R>(bus: &str, operation: &'static str, error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata,
    {
        let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
        let code = code.unwrap_or(match error {
            SdkError::TimeoutError(_) => "no answer in time",
            SdkError::DispatchFailure(_) => "no connection",
            SdkError::ResponseError(_) => "unreadable answer",
            _ => "failed",
        });
        Self::coded(bus, operation, code)
    }

    /// What a code says.
    pub(crate) fn coded(bus: &str, operation: &'static str, code: &str) -> Self {
        let (bus, code) = (bus.to_owned(), code.to_owned());
        match code.as_str() {
            "ResourceNotFoundException" => Self::NoBus { bus },
            denied if DENIED.contains(&denied) => Self::Denied { bus, operation, code },
            _ => Self::Refused { bus, operation, code },
        }
    }
}

/// Whether an entry that was refused with this code is worth another try at once.
pub(crate) fn passes(code: &str) -> bool {
    PASSING.contains(&code)
}
