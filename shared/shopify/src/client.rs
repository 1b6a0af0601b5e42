//! The client: tokens, pacing and the version, around one query.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, HeaderName, HeaderValue};
use http::{Method, Response, StatusCode};
use jiff::{SignedDuration, Timestamp};
use outbound::{BaseUrl, Call, Credentials, Error, ErrorKind, Outbound, Repeat, Traffic};
use rules::ShopDomain;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::answer::{self, Outcome};
use crate::credentials::ShopifyCredentials;
use crate::pace::Pace;
use crate::tokens::Tokens;
use crate::version::{ApiVersion, Watch};

pub(crate) const SERVICE: &str = "shopify";
const TOKEN: HeaderName = HeaderName::from_static("x-shopify-access-token");
/// The pause after a refusal for calling too often that does not say how long.
pub(crate) const UNTOLD: SignedDuration = SignedDuration::from_secs(1);

/// Shopify's Admin API, for one shop. Clones share the token and what is known of the limits.
#[derive(Clone)]
pub struct Shopify(Arc<Inner>);

struct Inner {
    outbound: Outbound,
    base: BaseUrl,
    shop: ShopDomain,
    version: ApiVersion,
    tokens: Tokens,
    pace: Pace,
    watch: Watch,
}

/// A GraphQL document.
pub(crate) struct Document {
    /// What it is for, in logs.
    pub(crate) operation: &'static str,
    pub(crate) text: &'static str,
    /// Whether it may be sent again when it may already have been carried out.
    pub(crate) repeat: Repeat,
}

/// A document and what it is sent with.
pub(crate) struct Request<'a> {
    pub(crate) document: &'a Document,
    variables: Value,
    /// How many things it asks for by id; its price grows with them.
    ids: usize,
}

/// A request's body.
#[derive(Serialize)]
struct Body<'a> {
    query: &'a str,
    variables: &'a Value,
}

impl Document {
    /// A document that reads.
    pub(crate) const fn reading(operation: &'static str, text: &'static str) -> Self {
        Self { operation, text, repeat: Repeat::Safe }
    }

    /// The document, about the things with these ids.
    pub(crate) fn about(&self, ids: &[String]) -> Request<'_> {
        Request { document: self, variables: json!({ "ids": ids }), ids: ids.len() }
    }

    /// The document with these variables, an object.
    pub(crate) fn with(&self, variables: Value) -> Request<'_> {
        Request { document: self, variables, ids: 1 }
    }
}

impl Shopify {
    /// The API of `shop` at `base`, which is `https://` and the shop's domain.
    pub fn new(
        outbound: Outbound,
        base: BaseUrl,
        shop: ShopDomain,
        version: ApiVersion,
        credentials: Arc<dyn Credentials<ShopifyCredentials>>,
    ) -> Self {
        let tokens = Tokens::new(outbound.clone(), base.clone(), credentials);
        let (pace, watch) = (Pace::default(), Watch::default());
        Self(Arc::new(Inner { outbound, base, shop, version, tokens, pace, watch }))
    }

    /// The shop.
    pub fn shop(&self) -> &ShopDomain {
        &self.0.shop
    }

    /// What authorises calls.
    ///
    /// # Errors
    /// If it cannot be had.
    pub async fn credentials(&self) -> Result<Arc<ShopifyCredentials>, Error> {
        self.0.tokens.credentials().await
    }

    /// What this client and its clones have sent.
    pub fn traffic(&self) -> Traffic {
        self.0.outbound.traffic()
    }

    /// The version that calls ask for.
    pub fn version(&self) -> &ApiVersion {
        &self.0.version
    }

    /// The version that the last answer was served by. Another one than [`version`](Self::version)
    /// means that Shopify no longer supports that.
    pub fn served_version(&self) -> Option<ApiVersion> {
        self.0.watch.served()
    }

    /// Sends a document and brings the whole of its data: once the points suffice, again after a
    /// throttle while there is time, and once with another token. What is throttled or refused for its
    /// token is not carried out, so this holds for mutations too.
    pub(crate) async fn query(
        &self,
        request: &Request<'_>,
        deadline: Timestamp,
    ) -> Result<Box<RawValue>, Error> {
        let Inner { outbound, tokens, .. } = &*self.0;
        let call = self.call(request)?;
        let mut access = tokens.access(deadline).await?;
        let mut renewable = true;
        let mut ready_at = self.ready_at(request);
        let mut refusals = 0;
        loop {
            if let Some(retry_at) = ready_at {
                let throttled = call.error(ErrorKind::Throttled { retry_at });
                outbound.wait_until(retry_at, deadline, throttled).await?;
            }
            let authorised = call.clone().token(TOKEN, "", &access.token)?;
            let answer = outbound.send(&authorised, deadline).await?;
            match self.judge(request, &answer) {
                Outcome::Data(data) => return Ok(data),
                Outcome::Throttled { pause } => {
                    let told = self.after_throttle(request, pause);
                    ready_at = Some(told.max(after(at_least(refusals), self.now())));
                    refusals += 1;
                }
                Outcome::Refused(ErrorKind::Unauthorized) if renewable => {
                    renewable = false;
                    access = tokens
                        .instead_of(&access, deadline)
                        .await?
                        .ok_or_else(|| call.error(ErrorKind::Unauthorized))?;
                }
                Outcome::Refused(kind) => return Err(call.error(kind)),
            }
        }
    }

    fn call(&self, request: &Request<'_>) -> Result<Call, Error> {
        let Request { document, variables, .. } = request;
        let path = ["admin", "api", self.0.version.as_str(), "graphql.json"];
        let address = self.0.base.resource(&path);
        Call::new(SERVICE, document.operation, Method::POST, address, document.repeat)
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .json(&Body { query: document.text, variables })
    }

    fn judge(&self, request: &Request<'_>, answer: &Response<Bytes>) -> Outcome {
        self.0.watch.note(&self.0.version, answer.headers());
        let verdict = answer::judge(answer);
        self.count(answer, &verdict.outcome);
        if let Some(cost) = verdict.cost {
            self.0.pace.learn(request.document.operation, request.ids, cost, self.now());
        }
        verdict.outcome
    }

    /// Most of Shopify's refusals come with the status 200.
    fn count(&self, answer: &Response<Bytes>, outcome: &Outcome) {
        let outbound = &self.0.outbound;
        match outcome {
            _ if answer.status() != StatusCode::OK => {}
            Outcome::Throttled { .. } => outbound.count_throttled(),
            Outcome::Refused(ErrorKind::Unavailable { .. } | ErrorKind::Forbidden { .. }) => {
                outbound.count_failed();
            }
            Outcome::Data(_) | Outcome::Refused(_) => {}
        }
    }

    fn ready_at(&self, request: &Request<'_>) -> Option<Timestamp> {
        self.0.pace.ready_at(request.document.operation, request.ids, self.now())
    }

    fn after_throttle(&self, request: &Request<'_>, pause: Option<SignedDuration>) -> Timestamp {
        let now = self.now();
        pause
            .map(|pause| after(pause, now))
            .or_else(|| self.ready_at(request))
            .unwrap_or_else(|| after(UNTOLD, now))
    }

    pub(crate) fn outbound(&self) -> &Outbound {
        &self.0.outbound
    }

    pub(crate) fn base(&self) -> &BaseUrl {
        &self.0.base
    }

    fn now(&self) -> Timestamp {
        self.0.outbound.clock().now()
    }
}

/// How long to wait at least after so many throttles in a row. The answer's own figures can be too
/// hopeful: others draw on the same points, and a client that believed them would knock many times a
/// second.
fn at_least(refusals: u32) -> SignedDuration {
    SignedDuration::from_millis(500_i64 << refusals.min(6))
}

pub(crate) fn after(pause: SignedDuration, now: Timestamp) -> Timestamp {
    now.saturating_add(pause).unwrap_or(Timestamp::MAX)
}
