//! What can go wrong with the tables and the queue.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// A table or queue operation that did not succeed. Holds no item and no personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The service did not take the operation.
    #[error("{operation}: {code}")]
    Refused {
        /// What was to be done: "load customers".
        operation: &'static str,
        /// The service's code, or what kept us from it: "no answer".
        code: String,
        /// Whether the same operation may succeed later.
        retryable: bool,
    },
    /// What is stored is not what this product wrote.
    #[error("{item}: {detail}")]
    Unreadable {
        /// The item, by its keys.
        item: String,
        /// What is wrong with it.
        detail: String,
    },
}

impl Error {
    /// Reads an SDK error. Codes that speak of the request itself are final; everything else (no
    /// answer, throttling, the service's own trouble, missing rights or tables, which a person
    /// mends) may pass.
    pub(crate) fn sdk<E, R>(operation: &'static str, error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata,
    {
        let code = error
            .as_service_error()
            .and_then(ProvideErrorMetadata::code)
            .unwrap_or(match error {
                SdkError::TimeoutError(_) => "no answer in time",
                SdkError::DispatchFailure(_) => "no connection",
                SdkError::ResponseError(_) => "unreadable answer",
                _ => "failed",
            })
            .to_owned();
        let retryable = !matches!(
            code.as_str(),
            "ValidationException" | "ItemCollectionSizeLimitExceededException"
        );
        Self::Refused { operation, code, retryable }
    }

    /// Whether the same operation may succeed later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Refused { retryable, .. } => *retryable,
            Self::Unreadable { .. } => false,
        }
    }
}

/// Whether a single conditional write failed on its condition.
pub(crate) fn is_failed_condition<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
        == Some("ConditionalCheckFailedException")
}
