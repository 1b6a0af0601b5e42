//! What Shopify's answers mean
//! ([status and error codes](https://shopify.dev/docs/api/admin-graphql#status-and-error-codes)).
//!
//! Most refusals come with status 200. Any error makes the whole answer one: data beside an error is
//! incomplete.

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{HeaderMap, Response, StatusCode};
use jiff::SignedDuration;
use outbound::{ErrorKind, VendorCode};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::pace::Cost;

/// The query costs more than one query may.
pub(crate) const TOO_DEAR: &str = "MAX_COST_EXCEEDED";
const INVALID_VARIABLE: &str = "INVALID_VARIABLE";
/// An id is none.
pub(crate) const ABOUT_IDS: [&str; 2] = [INVALID_VARIABLE, "argumentLiteralsIncompatible"];
/// The document does not fit the schema: only a new release mends it. These are the codes of
/// [GraphQL Ruby's validation](https://graphql-ruby.org/api-doc/latest/GraphQL/StaticValidation.html).
const ABOUT_THE_DOCUMENT: [&str; 11] = [
    "argumentNotAccepted",
    "argumentNotUnique",
    "fieldConflict",
    "missingRequiredArguments",
    "missingRequiredInputObjectAttribute",
    "selectionMismatch",
    "undefinedDirective",
    "undefinedField",
    "undefinedType",
    "variableMismatch",
    "variableNotDefined",
];
/// Trouble of Shopify's own.
const PASSING: [&str; 2] = ["INTERNAL_SERVER_ERROR", "TIMEOUT"];
/// The longest pause that an answer may ask for and be believed.
const LONGEST_PAUSE: i64 = 300;

/// What came of a query.
pub(crate) struct Verdict {
    /// What the query cost, if the answer says so.
    pub(crate) cost: Option<Cost>,
    pub(crate) outcome: Outcome,
}

pub(crate) enum Outcome {
    /// The whole answer, without errors.
    Data(Box<RawValue>),
    /// Too many points or calls; none of it was done.
    Throttled {
        /// How long to wait, if the answer says so other than by its cost.
        pause: Option<SignedDuration>,
    },
    Refused(ErrorKind),
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    errors: Option<&'a RawValue>,
    #[serde(borrow)]
    extensions: Option<&'a RawValue>,
}

/// Judges an answer to a query.
pub(crate) fn judge(answer: &Response<Bytes>) -> Verdict {
    match answer.status() {
        StatusCode::OK => judge_body(answer.body()),
        StatusCode::TOO_MANY_REQUESTS => {
            let pause = retry_after(answer.headers());
            Verdict { cost: None, outcome: Outcome::Throttled { pause } }
        }
        status => Verdict { cost: None, outcome: Outcome::Refused(refusal(status)) },
    }
}

fn judge_body(body: &[u8]) -> Verdict {
    let Ok(Answer { data, errors, extensions }) = serde_json::from_slice(body) else {
        let kind = ErrorKind::Unreadable { detail: "not a GraphQL answer" };
        return Verdict { cost: None, outcome: Outcome::Refused(kind) };
    };
    let outcome = match (data, errors) {
        (_, Some(errors)) if !is_empty(errors) => judge_errors(errors),
        (Some(data), _) => Outcome::Data(data.to_owned()),
        (None, _) => Outcome::Refused(ErrorKind::Unreadable { detail: "neither data nor errors" }),
    };
    Verdict { cost: extensions.and_then(cost), outcome }
}

fn is_empty(errors: &RawValue) -> bool {
    serde_json::from_str::<[(); 0]>(errors.get()).is_ok()
}

/// The cost only paces, so one that cannot be read is as good as none.
fn cost(extensions: &RawValue) -> Option<Cost> {
    #[derive(Deserialize)]
    struct Extensions {
        cost: Cost,
    }
    serde_json::from_str::<Extensions>(extensions.get()).ok().map(|extensions| extensions.cost)
}

fn judge_errors(errors: &RawValue) -> Outcome {
    let code = first_code(errors);
    let kind = match code.as_ref().map(VendorCode::as_str) {
        Some("THROTTLED") => return Outcome::Throttled { pause: None },
        // A shop that is frozen or closed: a person has to act, as with a missing right.
        Some("ACCESS_DENIED" | "SHOP_INACTIVE") => ErrorKind::Forbidden { code },
        Some(sent) if is_about_the_request(sent) => {
            ErrorKind::Rejected { status: StatusCode::OK.as_u16(), code }
        }
        _ => unavailable(code.as_ref()),
    };
    Outcome::Refused(kind)
}

/// Whether the same request would be refused for ever.
fn is_about_the_request(code: &str) -> bool {
    code == TOO_DEAR || ABOUT_IDS.contains(&code) || ABOUT_THE_DOCUMENT.contains(&code)
}

/// An error that does not say it is ours is taken for one that passes: a repeat costs a call, while a
/// refusal for good would bury every customer of the batch.
fn unavailable(code: Option<&VendorCode>) -> ErrorKind {
    let code = code.map(VendorCode::as_str);
    if !code.is_some_and(|code| PASSING.contains(&code)) {
        tracing::warn!(code, "Shopify reports an error we do not know; taken for one that passes");
    }
    ErrorKind::Unavailable { status: StatusCode::OK.as_u16() }
}

/// The first code among the errors. Their messages may repeat what was sent, so none is kept;
/// `errors` may also be a bare text. Variables that do not fit come without a code and with a list of
/// their problems; those that can be wrong are ids.
fn first_code(errors: &RawValue) -> Option<VendorCode> {
    #[derive(Deserialize)]
    struct GraphqlError {
        extensions: Option<Extensions>,
    }
    #[derive(Deserialize)]
    struct Extensions {
        code: Option<String>,
        problems: Option<IgnoredAny>,
    }
    let errors: Vec<GraphqlError> = serde_json::from_str(errors.get()).ok()?;
    let code = |Extensions { code, problems }| {
        code.or_else(|| problems.map(|_| INVALID_VARIABLE.to_owned()))
    };
    let code = errors.into_iter().find_map(|error| code(error.extensions?))?;
    VendorCode::new(&code)
}

/// What a status other than 200 means, at the API and where tokens are granted.
pub(crate) fn refusal(status: StatusCode) -> ErrorKind {
    let number = status.as_u16();
    match number {
        401 => ErrorKind::Unauthorized,
        // 402: the shop is frozen until its owner pays.
        402 | 403 => ErrorKind::Forbidden { code: None },
        404 => ErrorKind::Unreadable {
            detail: "no such shop or API version: check SHOPIFY_SHOP and SHOPIFY_API_VERSION",
        },
        // 423: the shop is locked for now. 430: Shopify's firewall holds us off.
        408 | 423 | 430 => ErrorKind::Unavailable { status: number },
        _ if status.is_server_error() => ErrorKind::Unavailable { status: number },
        _ if status.is_redirection() => ErrorKind::Unreadable {
            detail: "a redirect, which is not followed: check SHOPIFY_SHOP",
        },
        _ => ErrorKind::Rejected { status: number, code: None },
    }
}

/// The pause that a 429 asks for, in whole seconds; Shopify writes "2.0".
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<SignedDuration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?;
    let (whole, _) = text.split_once('.').unwrap_or((text, ""));
    let seconds: i64 = whole.trim().parse().ok()?;
    Some(SignedDuration::from_secs(seconds.clamp(1, LONGEST_PAUSE)))
}
