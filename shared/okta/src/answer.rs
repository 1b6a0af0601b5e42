//! What Okta's answers mean ([error codes](https://developer.okta.com/docs/reference/error-codes/)).

use bytes::Bytes;
use http::header::{DATE, WWW_AUTHENTICATE};
use http::{HeaderMap, Response, StatusCode};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use outbound::{Call, Error, ErrorKind, VendorCode};
use serde::Deserialize;

use crate::grant::UNPROVEN;

/// The code of a 404 that speaks of a user or a group. Any other 404 comes from a wrong address or
/// from something between us and Okta, and must not be taken for "deleted".
const RESOURCE_NOT_FOUND: &str = "E0000007";

/// The answer, if it is a success.
pub(crate) fn accepted(call: &Call, answer: Response<Bytes>) -> Result<Response<Bytes>, Error> {
    if answer.status().is_success() { Ok(answer) } else { Err(call.error(refusal(&answer))) }
}

/// What an answer that is no success means.
pub(crate) fn refusal(answer: &Response<Bytes>) -> ErrorKind {
    if challenge(answer, "invalid_dpop_proof") {
        return UNPROVEN;
    }
    let code = code(answer.body());
    let status = answer.status().as_u16();
    match answer.status() {
        StatusCode::UNAUTHORIZED => ErrorKind::Unauthorized,
        StatusCode::FORBIDDEN => ErrorKind::Forbidden { code },
        StatusCode::NOT_FOUND if code.as_ref().is_some_and(speaks_of_a_resource) => {
            ErrorKind::NotFound
        }
        StatusCode::NOT_FOUND => {
            ErrorKind::Unreadable { detail: "a 404 that is not Okta's own: check OKTA_ORG_URL" }
        }
        StatusCode::REQUEST_TIMEOUT => ErrorKind::Unavailable { status },
        _ if answer.status().is_server_error() => ErrorKind::Unavailable { status },
        _ if answer.status().is_redirection() => ErrorKind::Unreadable {
            detail: "a redirect, which is not followed: check OKTA_ORG_URL",
        },
        // Only Okta itself can say that a call will never do.
        _ if code.is_none() => {
            ErrorKind::Unreadable { detail: "a refusal that is not Okta's own: check OKTA_ORG_URL" }
        }
        _ => ErrorKind::Rejected { status, code },
    }
}

fn speaks_of_a_resource(code: &VendorCode) -> bool {
    code.as_str() == RESOURCE_NOT_FOUND
}

/// Okta's code. The rest of an error's body may repeat what was sent, so it is not kept; it may also
/// take several shapes, so it is not read.
fn code(body: &[u8]) -> Option<VendorCode> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Refusal {
        error_code: String,
    }
    VendorCode::new(&serde_json::from_slice::<Refusal>(body).ok()?.error_code)
}

/// Whether an answer refuses a token or its proof with this code
/// ([RFC 9449](https://www.rfc-editor.org/rfc/rfc9449#section-7.1)).
pub(crate) fn challenge(answer: &Response<Bytes>, code: &str) -> bool {
    let named = format!("error=\"{code}\"");
    let told = |header: &http::HeaderValue| header.to_str().is_ok_and(|it| it.contains(&named));
    !answer.status().is_success() && answer.headers().get_all(WWW_AUTHENTICATE).iter().any(told)
}

/// The nonce that the next proof has to hold, if an answer gave one.
pub(crate) fn nonce(answer: &Response<Bytes>) -> Option<String> {
    Some(answer.headers().get("dpop-nonce")?.to_str().ok()?.to_owned())
}

/// When an answer was made, by Okta's clock.
pub(crate) fn date(headers: &HeaderMap) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(headers.get(DATE)?.to_str().ok()?).ok()
}

/// Reads an answer's JSON.
pub(crate) fn json<'a, T: Deserialize<'a>>(call: &Call, body: &'a [u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|_| {
        call.error(ErrorKind::Unreadable { detail: "not the JSON that Okta's reference describes" })
    })
}

/// Believes a change only if the answer is Okta's: a 204 with nothing in it. Something in between may
/// answer 200 with a page for people and change nothing.
pub(crate) fn empty(call: &Call, answer: &Response<Bytes>) -> Result<(), Error> {
    if answer.status() == StatusCode::NO_CONTENT {
        return Ok(());
    }
    Err(call.error(ErrorKind::Unreadable { detail: "not the empty answer that Okta gives" }))
}
