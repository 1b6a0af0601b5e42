//! What goes into a case.

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use serde_json::Value;

/// A message: a request, an answer, or a text alone.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The body as JSON, if it is some.
    pub(crate) json: Option<Value>,
}

impl Part {
    /// A text alone.
    pub(crate) fn of(body: impl Into<Bytes>) -> Self {
        Self::new(StatusCode::OK, HeaderMap::new(), body.into())
    }

    pub(crate) fn new(status: StatusCode, headers: HeaderMap, body: Bytes) -> Self {
        let json = serde_json::from_slice(&body).ok();
        Self { status, headers, body, json }
    }

    /// How many bytes it has.
    pub(crate) fn length(&self) -> usize {
        let headers = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len());
        self.body.len() + headers.sum::<usize>()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl From<&Response<Bytes>> for Part {
    fn from(answer: &Response<Bytes>) -> Self {
        Self::new(answer.status(), answer.headers().clone(), answer.body().clone())
    }
}

impl From<&Request<Bytes>> for Part {
    fn from(request: &Request<Bytes>) -> Self {
        Self::new(StatusCode::OK, request.headers().clone(), request.body().clone())
    }
}

/// What a target really gets in one go: a few messages, one after the other.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    /// What it is for: which of the target's ways to read it.
    pub(crate) way: usize,
    pub(crate) parts: Vec<Part>,
}
