//! What can go wrong with the tables and the queue.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::CancellationReason;

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

    /// Reads why a transaction was not made. Its reasons say more than the error itself: an item that is
    /// too large stays too large, a conflict passes.
    pub(crate) fn transaction<R>(
        operation: &'static str,
        error: &SdkError<TransactWriteItemsError, R>,
    ) -> Self {
        match reasons(error)
            .iter()
            .filter_map(CancellationReason::code)
            .find(|code| *code != "None")
        {
            None => Self::sdk(operation, error),
            Some(code) => Self::Refused {
                operation,
                code: code.to_owned(),
                retryable: !matches!(code, "ValidationError" | "ItemCollectionSizeLimitExceeded"),
            },
        }
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

/// What `DynamoDB` says of each write of a transaction that it cancelled, in their order
/// ([reasons](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html#API_TransactWriteItems_Errors));
/// nothing if that is not what went wrong.
pub(crate) fn reasons<R>(error: &SdkError<TransactWriteItemsError, R>) -> &[CancellationReason] {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            cancelled.cancellation_reasons()
        }
        _ => &[],
    }
}

/// Whether this write's condition is what kept its transaction from being made.
pub(crate) fn is_failed(reason: &CancellationReason) -> bool {
    reason.code() == Some("ConditionalCheckFailed")
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::error::TransactionCanceledException;

    use super::*;

    fn cancelled(codes: &[&str]) -> SdkError<TransactWriteItemsError, ()> {
        let reasons = codes.iter().map(|code| CancellationReason::builder().code(*code).build());
        let cancelled = TransactionCanceledException::builder()
            .set_cancellation_reasons(Some(reasons.collect()))
            .build();
        SdkError::service_error(
            TransactWriteItemsError::TransactionCanceledException(cancelled),
            (),
        )
    }

    fn read(codes: &[&str]) -> (String, bool) {
        let error = Error::transaction("save", &cancelled(codes));
        (error.to_string(), error.is_retryable())
    }

    #[test]
    fn a_cancelled_transaction_says_what_cancelled_it_and_whether_that_may_pass() {
        assert_eq!(
            read(&["None", "TransactionConflict"]),
            ("save: TransactionConflict".into(), true)
        );
        assert_eq!(read(&["ThrottlingError", "None"]), ("save: ThrottlingError".into(), true));
        assert_eq!(read(&["None", "ValidationError"]), ("save: ValidationError".into(), false));
        assert_eq!(read(&[]), ("save: failed".into(), true));
    }
}
