//! The files that bulk operations leave, on a host that is not the shop's. A link is all it takes to
//! get one, and a token must not be sent there.

use ::http::{Method, Response, StatusCode};
use bytes::Bytes;
use jiff::Timestamp;
use url::form_urlencoded::Serializer;

use crate::faults::Fault;
use crate::incoming::{Incoming, hold_token};
use crate::outgoing::outgoing;
use crate::shopify::ShopifySim;
use crate::shopify::bulk::Operation;

/// The host of the files in one process.
pub(crate) const HOST: &str = "sim.storage.example";
/// Below which path the shop and the files are, when they are served over HTTP.
const SERVED_SHOP: &str = "/shopify";
const SERVED_FILES: &str = "/storage";

/// Where whoever asks reaches the files.
pub(crate) struct Storage(String);

/// A file's name and the query of a link to it.
struct Link {
    file: String,
    query: Vec<(&'static str, String)>,
}

impl Storage {
    /// The files as reached by whoever reaches the shop at `base`.
    pub(crate) fn beside(base: &str) -> Self {
        Self(
            base.strip_suffix(SERVED_SHOP).map_or_else(
                || format!("https://{HOST}"),
                |served| format!("{served}{SERVED_FILES}"),
            ),
        )
    }

    pub(crate) fn link_to_whole(&self, operation: &Operation) -> String {
        self.link(&Link::new(operation, "bulk"))
    }

    pub(crate) fn link_to_part(&self, operation: &Operation) -> String {
        self.link(&Link::new(operation, "partial"))
    }

    fn link(&self, link: &Link) -> String {
        let query = Serializer::new(String::new()).extend_pairs(&link.query).finish();
        format!("{}/{}?{query}", self.0, link.file)
    }
}

impl Link {
    fn new(operation: &Operation, kind: &str) -> Self {
        let file = format!("{kind}-{}.jsonl", operation.number);
        let disposition = format!("attachment; filename=\"{file}\"; filename*=UTF-8''{file}");
        let query = vec![
            ("GoogleAccessId", "files@sim.storage.example".to_owned()),
            ("Expires", operation.link_ends().as_second().to_string()),
            ("Signature", operation.signature()),
            ("response-content-disposition", disposition),
            ("response-content-type", "application/jsonl".to_owned()),
        ];
        Self { file, query }
    }

    fn is_of(&self, incoming: &Incoming) -> bool {
        let own = self.query.iter().map(|(name, value)| (*name, value.as_str()));
        own.eq(incoming.query.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    }
}

/// The path below the base address.
pub(crate) fn template(segments: &[&str]) -> String {
    match segments {
        [_] => "/{file}".to_owned(),
        _ => "/…".to_owned(),
    }
}

impl ShopifySim {
    /// Answers a download. A request with a token is refused: it is recorded as a leak as well.
    pub(crate) fn download(&self, incoming: &Incoming) -> Response<Bytes> {
        if hold_token(&incoming.headers) {
            return refused(400, "InvalidArgument");
        }
        if incoming.method != Method::GET {
            return refused(405, "MethodNotAllowed");
        }
        let (now, shop) = (self.now(), self.lock());
        let found = asked_for(incoming)
            .and_then(|(kind, number)| Some((kind, shop.bulk.numbered(number)?)));
        match found {
            Some((kind, operation)) => file(kind, operation, incoming, now),
            None => refused(404, "NoSuchKey"),
        }
    }

    /// The answer of the files' host that a fault puts in place of the usual one.
    pub(crate) fn download_with(fault: &Fault) -> Response<Bytes> {
        match fault {
            Fault::Status(status) => refused(*status, "InternalError"),
            _ => refused(500, "InternalError"),
        }
    }
}

/// Which file of which operation a request names.
fn asked_for(incoming: &Incoming) -> Option<(&str, u64)> {
    let [file] = incoming.path.as_slice() else { return None };
    let (kind, number) = file.strip_suffix(".jsonl")?.split_once('-')?;
    Some((kind, number.parse().ok()?))
}

fn file(kind: &str, operation: &Operation, incoming: &Incoming, now: Timestamp) -> Response<Bytes> {
    if !Link::new(operation, kind).is_of(incoming) {
        return refused(403, "SignatureDoesNotMatch");
    }
    if now >= operation.link_ends() {
        return refused(403, "ExpiredToken");
    }
    let file = if kind == "bulk" { operation.whole(now) } else { operation.part(now) };
    file.map_or_else(
        || refused(404, "NoSuchKey"),
        |file| outgoing(StatusCode::OK, "application/jsonl", file),
    )
}

fn refused(status: u16, code: &str) -> Response<Bytes> {
    let body = format!("<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code></Error>");
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    outgoing(status, "application/xml; charset=UTF-8", body)
}
