//! One client for every service: time limits, and retries as data.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT};
use http::{HeaderMap, Method, Request, Response};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use url::Url;

use crate::address::OwnUrl;
use crate::error::{Error, ErrorKind};
use crate::ports::{BoxFuture, Clock, Randomness, Transport, TransportFailure};
use crate::traffic::{Counters, Traffic};

/// The longest one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(10);
/// Below this no attempt is begun: the answer would not come back in time.
const SHORTEST_ATTEMPT: Duration = Duration::from_millis(500);
/// The waits between attempts. Half of each is chance, so that workers who failed together do not
/// come back together.
const WAITS: [Duration; 3] =
    [Duration::from_millis(200), Duration::from_millis(800), Duration::from_millis(2_400)];

const PRODUCT: HeaderValue =
    HeaderValue::from_static(concat!("shopify-okta-segments/", env!("CARGO_PKG_VERSION")));

/// Whether a call that may already have been carried out can be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// A repeat leaves things as they were after the first: reads, puts, deletes, setting a value.
    Safe,
    /// A repeat could do it twice.
    Never,
}

/// One call, ready to be sent.
#[derive(Clone)]
pub struct Call {
    pub(crate) service: &'static str,
    pub(crate) operation: &'static str,
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Bytes,
    repeat: Repeat,
}

impl Call {
    /// A call to a service's own address. `operation` says in logs what it is for and holds no data.
    pub fn new(
        service: &'static str,
        operation: &'static str,
        method: Method,
        url: OwnUrl,
        repeat: Repeat,
    ) -> Self {
        let headers = HeaderMap::from_iter([(USER_AGENT, PRODUCT)]);
        let (url, body) = (url.into_url(), Bytes::new());
        Self { service, operation, method, url, headers, body, repeat }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Adds a header that holds a token: `scheme` and the token, with nothing between them.
    ///
    /// # Errors
    /// If the token holds characters that no header can carry.
    pub fn token(
        mut self,
        name: HeaderName,
        scheme: &'static str,
        token: &SecretString,
    ) -> Result<Self, Error> {
        let text = SecretString::from([scheme, token.expose_secret()].concat());
        let mut value = HeaderValue::from_str(text.expose_secret()).map_err(|_| {
            self.error(ErrorKind::Credentials {
                detail: "the token holds line breaks or control characters: store it again",
            })
        })?;
        value.set_sensitive(true);
        self.headers.insert(name, value);
        Ok(self)
    }

    /// Sets a JSON body.
    ///
    /// # Errors
    /// If the value cannot be written as JSON.
    pub fn json(self, body: &impl Serialize) -> Result<Self, Error> {
        let body = serde_json::to_vec(body).map_err(|_| {
            self.error(ErrorKind::Unsendable { detail: "it cannot be written as JSON" })
        })?;
        Ok(self.body(HeaderValue::from_static("application/json"), body.into()))
    }

    /// Sets a form body; names and values are percent-encoded.
    #[must_use]
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let body =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.body(HeaderValue::from_static("application/x-www-form-urlencoded"), body.into())
    }

    fn body(mut self, kind: HeaderValue, body: Bytes) -> Self {
        self.headers.insert(CONTENT_TYPE, kind);
        self.body = body;
        self
    }

    /// The HTTP method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The address without its query: what a proof of possession names. It may hold a login.
    pub fn resource(&self) -> String {
        let mut url = self.url.clone();
        url.set_query(None);
        url.set_fragment(None);
        url.into()
    }

    /// An error of this call.
    pub fn error(&self, kind: ErrorKind) -> Error {
        Error::new(self.service, self.operation, kind)
    }

    pub(crate) fn request(&self) -> Result<Request<Bytes>, Error> {
        let mut request = Request::new(self.body.clone());
        *request.method_mut() = self.method.clone();
        *request.headers_mut() = self.headers.clone();
        // What the `url` crate has read, `http` can read as well, up to 64 KiB of it.
        let detail = "its address is too long";
        *request.uri_mut() =
            self.url.as_str().parse().map_err(|_| self.error(ErrorKind::Unsendable { detail }))?;
        Ok(request)
    }
}

/// What came of one attempt.
type Outcome<B> = Result<Response<B>, TransportFailure>;

/// Sends calls, within time, repeating what is safe to repeat.
#[derive(Clone)]
pub struct Outbound {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) clock: Arc<dyn Clock>,
    random: Arc<dyn Randomness>,
    counters: Arc<Counters>,
}

impl Outbound {
    /// A client over the three ports.
    pub fn new(
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Randomness>,
    ) -> Self {
        Self { transport, clock, random, counters: Arc::default() }
    }

    /// What this client and its clones have sent.
    pub fn traffic(&self) -> Traffic {
        self.counters.read()
    }

    /// Counts a request as throttled whose answer says so otherwise than by its status.
    pub fn count_throttled(&self) {
        self.counters.throttle();
    }

    /// Counts a request as failed whose answer says so otherwise than by its status.
    pub fn count_failed(&self) {
        self.counters.fail();
    }

    /// The chance the client draws from.
    pub fn randomness(&self) -> &dyn Randomness {
        &*self.random
    }

    /// The clock the client keeps time by.
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Sends the call, and again while that is safe and can help: after no connection always, after
    /// a broken or late answer or a 5xx only if the call may be repeated. An answer is returned
    /// whatever its status; what a status means is the service's to say.
    ///
    /// # Errors
    /// If no answer came back, too little time is left before `deadline` to begin, or the call cannot
    /// be sent at all.
    pub async fn send(&self, call: &Call, deadline: Timestamp) -> Result<Response<Bytes>, Error> {
        let attempt = |request, timeout| self.transport.send(request, timeout);
        self.attempts(call, deadline, || call.request(), attempt).await
    }

    /// As [`send`](Self::send), but each attempt sends what `made_anew` makes of the call: for calls
    /// that carry what a service takes only once, such as a signed proof.
    ///
    /// # Errors
    /// As [`send`](Self::send), or if `made_anew` fails.
    pub async fn send_anew(
        &self,
        call: &Call,
        deadline: Timestamp,
        made_anew: impl Fn(Call) -> Result<Call, Error>,
    ) -> Result<Response<Bytes>, Error> {
        let attempt = |request, timeout| self.transport.send(request, timeout);
        self.attempts(call, deadline, || made_anew(call.clone())?.request(), attempt).await
    }

    /// Attempts the call until an outcome is not worth a repeat, the waits are used up, or there is no
    /// time for another.
    pub(crate) async fn attempts<'a, B>(
        &'a self,
        call: &Call,
        deadline: Timestamp,
        request: impl Fn() -> Result<Request<Bytes>, Error>,
        attempt: impl Fn(Request<Bytes>, Duration) -> BoxFuture<'a, Outcome<B>>,
    ) -> Result<Response<B>, Error> {
        let mut waits = WAITS.iter();
        loop {
            let timeout = self
                .left(deadline)
                .filter(|left| *left >= SHORTEST_ATTEMPT)
                .ok_or_else(|| call.error(ErrorKind::OutOfTime))?
                .min(ATTEMPT);
            let request = request()?;
            self.counters.send();
            let outcome = attempt(request, timeout).await;
            self.counters.end(outcome.as_ref().ok().map(|answer| answer.status().as_u16()));
            let wait = waits
                .next()
                .filter(|_| is_worth_repeating(&outcome, call.repeat))
                .map(|wait| self.jittered(*wait));
            match wait {
                Some(wait) if self.left(deadline) >= Some(wait + SHORTEST_ATTEMPT) => {
                    self.clock.sleep(wait).await;
                }
                _ => return outcome.map_err(|failure| call.error(failure.into())),
            }
        }
    }

    /// Waits until `moment`, if a call can still be made after it.
    ///
    /// # Errors
    /// Gives back the error that made the wait necessary, if there is no time for it.
    pub async fn wait_until(
        &self,
        moment: Timestamp,
        deadline: Timestamp,
        otherwise: Error,
    ) -> Result<(), Error> {
        let wait = self.left(moment).unwrap_or_default();
        if self.left(deadline) < Some(wait + SHORTEST_ATTEMPT) {
            return Err(otherwise);
        }
        self.clock.sleep(wait).await;
        Ok(())
    }

    fn left(&self, moment: Timestamp) -> Option<Duration> {
        left(self.clock.now(), moment)
    }

    fn jittered(&self, wait: Duration) -> Duration {
        let half = wait / 2;
        let spread = u64::try_from(half.as_millis()).unwrap_or(u64::MAX);
        half + Duration::from_millis(self.random.below(spread))
    }
}

/// The time from now until a moment; none if it has passed.
pub(crate) fn left(now: Timestamp, moment: Timestamp) -> Option<Duration> {
    Duration::try_from(moment.duration_since(now)).ok()
}

fn is_worth_repeating<B>(outcome: &Outcome<B>, repeat: Repeat) -> bool {
    match outcome {
        Err(TransportFailure::Connect) => true,
        Err(TransportFailure::Timeout | TransportFailure::Broken) => repeat == Repeat::Safe,
        Err(TransportFailure::TooLarge) => false,
        Ok(response) => {
            repeat == Repeat::Safe && matches!(response.status().as_u16(), 500 | 502 | 503 | 504)
        }
    }
}
