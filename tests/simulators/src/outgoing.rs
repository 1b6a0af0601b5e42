//! An answer as it goes out.

use ::http::{HeaderValue, Response, StatusCode, header};
use bytes::Bytes;

/// An answer with a body of this kind.
pub(crate) fn outgoing(
    status: StatusCode,
    kind: &'static str,
    body: impl Into<Bytes>,
) -> Response<Bytes> {
    let mut answer = Response::new(body.into());
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}
