//! A request as a simulated service sees it.

use ::http::{HeaderMap, Method, Request};
use bytes::Bytes;
use percent_encoding::percent_decode_str;

use crate::calls::Service;
use crate::{mavera, okta, shopify};

/// Whether headers hold a token of whatever service.
pub(crate) fn hold_token(headers: &HeaderMap) -> bool {
    ["x-shopify-access-token", "authorization"].iter().any(|name| headers.contains_key(*name))
}

/// A request, taken apart.
pub(crate) struct Incoming {
    pub(crate) service: Service,
    pub(crate) method: Method,
    /// The path's segments below the base address, decoded.
    pub(crate) path: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The address under which the caller reaches the service.
    pub(crate) base: String,
    /// The address that is called, as it was written, without its query.
    pub(crate) resource: String,
}

impl Incoming {
    /// Reads a request whose path begins with `prefix`, which belongs to the base address.
    pub(crate) fn new(
        service: Service,
        base: String,
        prefix: &str,
        request: &Request<Bytes>,
    ) -> Self {
        let uri = request.uri();
        let path = uri.path().strip_prefix(prefix).unwrap_or_default();
        let decoded = |segment: &str| percent_decode_str(segment).decode_utf8_lossy().into_owned();
        let query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        Self {
            service,
            method: request.method().clone(),
            path: path.split('/').skip(1).map(decoded).collect(),
            query: query.into_owned().collect(),
            headers: request.headers().clone(),
            body: request.body().clone(),
            resource: format!("{base}{path}"),
            base,
        }
    }

    pub(crate) fn segments(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The path with `{id}` for what varies.
    pub(crate) fn template(&self) -> String {
        match self.service {
            Service::Shopify => shopify::template(&self.segments()),
            Service::Storage => shopify::storage::template(&self.segments()),
            Service::Okta => okta::template(&self.segments()),
            Service::Mavera => mavera::template(&self.segments()),
            Service::Elsewhere => "/…".to_owned(),
        }
    }

    /// The name of the GraphQL operation.
    pub(crate) fn operation(&self) -> Option<String> {
        match self.service {
            Service::Shopify => shopify::operation(&self.body),
            _ => None,
        }
    }
}
