//! What was called, in order.

use std::fmt;

use ::http::{Method, Request, Response};
use bytes::Bytes;
use jiff::Timestamp;
use outbound::TransportFailure;

use crate::faults::Fault;

/// Who was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// The simulated shop.
    Shopify,
    /// The files that the shop's bulk operations leave, on a host of their own.
    Storage,
    /// The simulated Okta org.
    Okta,
    /// The simulated Mavera account.
    Mavera,
    /// Anybody else: nothing is there.
    Elsewhere,
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Shopify => "shopify",
            Self::Storage => "storage",
            Self::Okta => "okta",
            Self::Mavera => "mavera",
            Self::Elsewhere => "elsewhere",
        })
    }
}

/// How a call ended, as the caller saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// An answer with this HTTP status.
    Answered(u16),
    /// No whole answer.
    Failed(TransportFailure),
    /// The caller was stopped before the call was carried out.
    SuspendedBefore,
    /// The caller was stopped after the call was carried out, before the answer.
    SuspendedAfter,
}

/// One call, without any of its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRecord {
    /// When it ended.
    pub at: Timestamp,
    /// Who was called.
    pub service: Service,
    /// The HTTP method.
    pub method: Method,
    /// The path below the service's base address, with `{id}` for what varies.
    pub path: String,
    /// The name of the GraphQL operation, for Shopify.
    pub operation: Option<String>,
    /// Whether it carried a token to a host that must not see one.
    pub leaks_token: bool,
    /// What went wrong on the way, if a test put something there.
    pub fault: Option<Fault>,
    /// How it ended.
    pub outcome: Outcome,
}

impl CallRecord {
    pub(crate) fn is_forbidden(&self) -> bool {
        let destroys = self.method == Method::PUT || self.method == Method::DELETE;
        let whole = matches!(
            self.path.as_str(),
            "/api/v1/users/{id}" | "/api/v1/groups/{id}" | "/api/v1/personas/{id}"
        );
        self.service == Service::Elsewhere || self.leaks_token || destroys && whole
    }
}

/// "okta PUT /api/v1/groups/{id}/users/{id}", "shopify `CustomersById`".
impl fmt::Display for CallRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.operation {
            Some(operation) => write!(f, "{} {operation}", self.service),
            None => write!(f, "{} {} {}", self.service, self.method, self.path),
        }
    }
}

/// One call with everything that was sent and answered.
#[derive(Debug, Clone)]
pub struct RecordedExchange {
    /// The call.
    pub call: CallRecord,
    /// What was sent, its token included.
    pub request: Request<Bytes>,
    /// What came back, if anything did. The body of a file is not kept.
    pub response: Option<Response<Bytes>>,
}
