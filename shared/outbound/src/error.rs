//! What can go wrong with a call, in one vocabulary for all services.

use std::fmt;

use jiff::Timestamp;

use crate::ports::TransportFailure;

/// A call that brought no usable answer. Holds no address, body, name or token, so it may be logged
/// and shown anywhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{service} {operation}: {kind}")]
pub struct Error {
    /// Whom we called: "shopify", "okta".
    pub service: &'static str,
    /// What for: "find user by login".
    pub operation: &'static str,
    /// What happened.
    pub kind: ErrorKind,
}

/// What happened to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrorKind {
    /// No connection was made.
    Connect,
    /// No whole answer in time; it may have been carried out.
    Timeout,
    /// The connection broke or the answer was cut short; it may have been carried out.
    Broken,
    /// The answer is larger than any we ask for.
    TooLarge,
    /// Too little of the function's time is left to begin.
    OutOfTime,
    /// The service says we call too often.
    Throttled {
        /// When it will take calls again.
        retry_at: Timestamp,
    },
    /// Our share of the service's limit is used up; the rest is for its other clients.
    BudgetSpent {
        /// When the limit starts anew.
        retry_at: Timestamp,
    },
    /// A 5xx answer, or an answer that says the service cannot serve now.
    Unavailable {
        /// The HTTP status.
        status: u16,
    },
    /// The credentials are not accepted.
    Unauthorized,
    /// The credentials lack a right.
    Forbidden {
        /// The service's own code, if it gave one.
        code: Option<VendorCode>,
    },
    /// What the call was about does not exist.
    NotFound,
    /// The service understood and refused.
    Rejected {
        /// The HTTP status.
        status: u16,
        /// The service's own code, if it gave one.
        code: Option<VendorCode>,
    },
    /// The answer is not what the contract says.
    Unreadable {
        /// What is wrong with it.
        detail: &'static str,
    },
    /// The request cannot be put into the form it has to be sent in.
    Unsendable {
        /// What is wrong with it.
        detail: &'static str,
    },
    /// The answer points to an address we do not go to.
    ForeignAddress,
    /// The credentials cannot be sent, or cannot be had.
    Credentials {
        /// What is wrong with them, and what to do.
        detail: &'static str,
    },
}

/// A code that a service put in its answer, such as `E0000007` or `THROTTLED`. Only letters, digits,
/// `_`, `-` and `.`, and 64 of them at most, so nothing personal hides in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VendorCode(String);

impl VendorCode {
    /// Takes the text as a code; none if it does not look like one.
    pub fn new(text: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        ((1..=64).contains(&text.len()) && text.bytes().all(plain)).then(|| Self(text.to_owned()))
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Error {
    /// An error of this call.
    pub fn new(service: &'static str, operation: &'static str, kind: ErrorKind) -> Self {
        Self { service, operation, kind }
    }

    /// A short code for logs and metrics that never changes its meaning.
    pub fn code(&self) -> &'static str {
        match self.kind {
            ErrorKind::Connect => "connect",
            ErrorKind::Timeout => "timeout",
            ErrorKind::Broken => "broken",
            ErrorKind::TooLarge => "too_large",
            ErrorKind::OutOfTime => "out_of_time",
            ErrorKind::Throttled { .. } => "throttled",
            ErrorKind::BudgetSpent { .. } => "budget_spent",
            ErrorKind::Unavailable { .. } => "unavailable",
            ErrorKind::Unauthorized => "unauthorized",
            ErrorKind::Forbidden { .. } => "forbidden",
            ErrorKind::NotFound => "not_found",
            ErrorKind::Rejected { .. } => "rejected",
            ErrorKind::Unreadable { .. } => "unreadable",
            ErrorKind::Unsendable { .. } => "unsendable",
            ErrorKind::ForeignAddress => "foreign_address",
            ErrorKind::Credentials { .. } => "credentials",
        }
    }

    /// Whether the same call may succeed later without a change to itself. Credentials and rights
    /// count: a person mends them, and the call is then as good as before.
    pub fn is_retryable(&self) -> bool {
        !matches!(
            self.kind,
            ErrorKind::NotFound
                | ErrorKind::Rejected { .. }
                | ErrorKind::TooLarge
                | ErrorKind::Unsendable { .. }
        )
    }

    /// When a repeat makes sense, if the service said so.
    pub fn retry_at(&self) -> Option<Timestamp> {
        match self.kind {
            ErrorKind::Throttled { retry_at } | ErrorKind::BudgetSpent { retry_at } => {
                Some(retry_at)
            }
            _ => None,
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let with_code = |f: &mut fmt::Formatter<'_>, text: &str, code: &Option<VendorCode>| {
            f.write_str(text)?;
            code.as_ref().map_or(Ok(()), |code| write!(f, " ({})", code.as_str()))
        };
        match self {
            Self::Connect => f.write_str("no connection"),
            Self::Timeout => f.write_str("no answer in time"),
            Self::Broken => f.write_str("the connection broke before the answer was whole"),
            Self::TooLarge => f.write_str("the answer is too large"),
            Self::OutOfTime => f.write_str("not begun: too little time is left"),
            Self::Throttled { retry_at } => write!(f, "throttled until {retry_at}"),
            Self::BudgetSpent { retry_at } => {
                write!(f, "our share of the rate limit is used up until {retry_at}")
            }
            Self::Unavailable { status } => write!(f, "the service is unavailable ({status})"),
            Self::Unauthorized => f.write_str("the credentials are not accepted"),
            Self::Forbidden { code } => with_code(f, "the credentials lack a right", code),
            Self::NotFound => f.write_str("not found"),
            Self::Rejected { status, code } => {
                with_code(f, &format!("refused with status {status}"), code)
            }
            Self::Unreadable { detail } => write!(f, "unreadable answer: {detail}"),
            Self::Unsendable { detail } => write!(f, "the request cannot be sent: {detail}"),
            Self::ForeignAddress => f.write_str("the answer points to an address not allowed"),
            Self::Credentials { detail } => f.write_str(detail),
        }
    }
}

impl From<TransportFailure> for ErrorKind {
    fn from(failure: TransportFailure) -> Self {
        match failure {
            TransportFailure::Connect => Self::Connect,
            TransportFailure::Timeout => Self::Timeout,
            TransportFailure::Broken => Self::Broken,
            TransportFailure::TooLarge => Self::TooLarge,
        }
    }
}
