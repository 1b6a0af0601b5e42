//! What Mavera's answers mean ([errors](https://docs.mavera.io/guides/errors)).

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{HeaderMap, Response, StatusCode};
use jiff::SignedDuration;
use outbound::{Call, Error, ErrorKind, VendorCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The pause after a refusal for calling too often that does not say how long.
const UNTOLD: SignedDuration = SignedDuration::from_secs(30);
/// Mavera's limits are per minute. A longer pause than this is not believed, or one odd header would
/// stop us for good.
const LONGEST: i64 = 300;

/// Whether Mavera refused because the account has no credits left, or a budget set in it is used up.
/// Only its owner can mend that.
pub fn is_out_of_credits(error: &Error) -> bool {
    matches!(error.kind, ErrorKind::Rejected { status, .. } if status == StatusCode::PAYMENT_REQUIRED)
}

/// The answer, if it is a success.
pub(crate) fn accepted(call: &Call, answer: Response<Bytes>) -> Result<Response<Bytes>, Error> {
    if answer.status().is_success() { Ok(answer) } else { Err(call.error(refusal(&answer))) }
}

fn refusal(answer: &Response<Bytes>) -> ErrorKind {
    let fault = Fault::read(answer.body());
    let code = fault.as_ref().and_then(Fault::code);
    let status = answer.status().as_u16();
    match answer.status() {
        StatusCode::UNAUTHORIZED => ErrorKind::Unauthorized,
        StatusCode::FORBIDDEN => ErrorKind::Forbidden { code },
        // Any other 404 comes from a wrong address or from something between us and Mavera, and must
        // not be taken for "deleted".
        StatusCode::NOT_FOUND if fault.is_some() => ErrorKind::NotFound,
        StatusCode::NOT_FOUND => {
            ErrorKind::Unreadable { detail: "a 404 that is not Mavera's own: check MAVERA_API_URL" }
        }
        StatusCode::REQUEST_TIMEOUT => ErrorKind::Unavailable { status },
        _ if answer.status().is_server_error() => ErrorKind::Unavailable { status },
        _ if answer.status().is_redirection() => ErrorKind::Unreadable {
            detail: "a redirect, which is not followed: check MAVERA_API_URL",
        },
        _ => ErrorKind::Rejected { status, code },
    }
}

/// Mavera's error. Its message and parameter may repeat what was sent, so they are not read.
#[derive(Deserialize)]
struct Fault {
    code: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

impl Fault {
    fn read(body: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Refusal {
            error: Fault,
        }
        serde_json::from_slice::<Refusal>(body).ok().map(|refusal| refusal.error)
    }

    /// The code, or else the category.
    fn code(&self) -> Option<VendorCode> {
        let mut words = [&self.code, &self.kind].into_iter().flatten();
        words.find_map(|word| VendorCode::new(word))
    }
}

/// The pause that a 429 asks for, in whole seconds
/// ([rate limits](https://docs.mavera.io/guides/rate-limits)).
pub(crate) fn pause(headers: &HeaderMap) -> SignedDuration {
    let text = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let seconds = text.and_then(|text| text.trim().parse::<i64>().ok());
    seconds.map_or(UNTOLD, |seconds| SignedDuration::from_secs(seconds.clamp(1, LONGEST)))
}

/// Reads an answer's JSON.
pub(crate) fn json<T: DeserializeOwned>(call: &Call, body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|_| {
        call.error(ErrorKind::Unreadable { detail: "not the JSON that Mavera's cookbook shows" })
    })
}
