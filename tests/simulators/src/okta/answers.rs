//! The shapes of answers and errors.

use ::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use crate::outgoing::outgoing;

/// The form of `errorCauses`: the contract says a list, answers have been seen with an object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CausesForm {
    /// As the contract says.
    #[default]
    List,
    /// As also seen.
    Object,
}

/// Why Okta refuses: a code and a text
/// ([error codes](https://developer.okta.com/docs/reference/error-codes/)).
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    status: StatusCode,
    code: &'static str,
    summary: String,
    cause: Option<String>,
    /// What is wrong with the token, for `WWW-Authenticate`.
    challenge: Option<String>,
    /// The nonce that the next proof has to hold.
    nonce: Option<String>,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, summary: impl Into<String>) -> Self {
        Self { status, code, summary: summary.into(), cause: None, challenge: None, nonce: None }
    }

    /// Says what is wrong with the token.
    pub(crate) fn challenging(self, challenge: &str) -> Self {
        Self { challenge: Some(challenge.to_owned()), ..self }
    }

    /// Says which nonce the next proof has to hold.
    pub(crate) fn with_nonce(self, nonce: String) -> Self {
        Self { nonce: Some(nonce), ..self }
    }

    pub(crate) fn invalid(what: &str, cause: impl Into<String>) -> Self {
        let summary = format!("Api validation failed: {what}");
        let refusal = Self::new(StatusCode::BAD_REQUEST, "E0000001", summary);
        Self { cause: Some(cause.into()), ..refusal }
    }

    pub(crate) fn unreadable_body() -> Self {
        let summary = "The request body was not well-formed.";
        Self::new(StatusCode::BAD_REQUEST, "E0000003", summary)
    }

    pub(crate) fn forbidden() -> Self {
        let summary = "You do not have permission to perform the requested action";
        Self::new(StatusCode::FORBIDDEN, "E0000006", summary)
    }

    /// `kind` is "User", "`UserGroup`".
    pub(crate) fn not_found(name: &str, kind: &str) -> Self {
        let summary = format!("Not found: Resource not found: {name} ({kind})");
        Self::new(StatusCode::NOT_FOUND, "E0000007", summary)
    }

    pub(crate) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "E0000011", "Invalid token provided")
    }

    pub(crate) fn wrong_method() -> Self {
        let summary = "The endpoint does not support the provided HTTP method";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "E0000022", summary)
    }

    pub(crate) fn bad_search() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "E0000031", "Invalid search criteria.")
    }

    pub(crate) fn wrong_status() -> Self {
        let summary = "This operation is not allowed in the user's current status.";
        Self::new(StatusCode::FORBIDDEN, "E0000038", summary)
    }

    pub(crate) fn too_many() -> Self {
        let summary = "API call exceeded rate limit due to too many requests.";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "E0000047", summary)
    }

    pub(crate) fn changed_meanwhile() -> Self {
        let summary = "The resource has changed: the entity tag does not match.";
        Self::new(StatusCode::PRECONDITION_FAILED, "E0000001", summary)
    }

    /// An error of any status, as a test asks for it.
    pub(crate) fn of_status(status: u16) -> Self {
        match status {
            400 => Self::invalid("request", "The request is not valid."),
            401 => Self::unauthorized(),
            403 => Self::forbidden(),
            404 => Self::not_found("resource", "null"),
            429 => Self::too_many(),
            503 => {
                let summary = "Service is in read only mode";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "E0000010", summary)
            }
            other => {
                let status =
                    StatusCode::from_u16(other).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                Self::new(status, "E0000009", "Internal Server Error")
            }
        }
    }

    pub(crate) fn answer(&self, form: CausesForm, serial: u64) -> Response<Bytes> {
        let causes = match (form, &self.cause) {
            (CausesForm::List, None) => json!([]),
            (CausesForm::List, Some(cause)) => json!([{ "errorSummary": cause }]),
            (CausesForm::Object, None) => json!({}),
            (CausesForm::Object, Some(cause)) => json!({ "errorSummary": cause }),
        };
        let body = json!({
            "errorCode": self.code,
            "errorSummary": self.summary,
            "errorLink": self.code,
            "errorId": format!("oae1sim{serial:013}"),
            "errorCauses": causes,
        });
        let mut refusal = answer(self.status, &body);
        let nonce = HeaderName::from_static("dpop-nonce");
        let more = [(header::WWW_AUTHENTICATE, &self.challenge), (nonce, &self.nonce)];
        for (name, value) in more {
            if let Some(Ok(value)) = value.as_ref().map(|it| HeaderValue::from_str(it)) {
                refusal.headers_mut().insert(name, value);
            }
        }
        refusal
    }
}

pub(crate) type Answer = Result<Response<Bytes>, Refusal>;

/// An answer in JSON.
pub(crate) fn answer(status: StatusCode, body: &impl Serialize) -> Response<Bytes> {
    // What is answered has text for keys and no floats that JSON cannot write, so it can be written.
    outgoing(status, "application/json", serde_json::to_vec(body).unwrap_or_default())
}

/// 200 with JSON: what Okta also says when something was created.
pub(crate) fn ok(body: &impl Serialize) -> Response<Bytes> {
    answer(StatusCode::OK, body)
}

/// 204.
pub(crate) fn no_content() -> Response<Bytes> {
    let mut answer = Response::new(Bytes::new());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    answer
}

/// A moment as answers have it: in UTC, to the millisecond.
pub(crate) fn moment(moment: Timestamp) -> String {
    format!("{moment:.3}")
}
