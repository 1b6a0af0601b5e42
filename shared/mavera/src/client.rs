//! The client: authorisation and waiting for the rate limit, around one call.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, HeaderValue};
use http::{Method, Response, StatusCode};
use jiff::{SignedDuration, Timestamp};
use outbound::{BaseUrl, Call, Credentials, Error, ErrorKind, Outbound, Repeat, Traffic};

use crate::answer;
use crate::credentials::MaveraCredentials;

/// Where Mavera is, unless configured otherwise.
pub const DEFAULT_URL: &str = "https://app.mavera.io";

const SERVICE: &str = "mavera";

/// The least pause after the first 429, whatever Mavera asks for. It doubles with each further one.
const SHORTEST_PAUSE: SignedDuration = SignedDuration::from_secs(1);

/// Mavera, as the account that the credentials belong to.
#[derive(Clone)]
pub struct Mavera {
    outbound: Outbound,
    base: BaseUrl,
    credentials: Arc<dyn Credentials<MaveraCredentials>>,
}

/// A call that failed.
pub(crate) struct Failure {
    pub(crate) error: Error,
    /// Whether it may have been carried out all the same.
    pub(crate) is_open: bool,
}

impl Failure {
    /// Something failed before the call was sent, or before it was sent again: Mavera had refused it.
    fn before_it(error: Error) -> Self {
        Self { error, is_open: false }
    }

    fn of_it(error: Error) -> Self {
        let is_open = matches!(
            error.kind,
            ErrorKind::Timeout
                | ErrorKind::Broken
                | ErrorKind::TooLarge
                | ErrorKind::Unavailable { .. }
        );
        Self { error, is_open }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

impl Mavera {
    /// Mavera at `base`, which is [`DEFAULT_URL`] but for stand-ins.
    pub fn new(
        outbound: Outbound,
        base: BaseUrl,
        credentials: Arc<dyn Credentials<MaveraCredentials>>,
    ) -> Self {
        Self { outbound, base, credentials }
    }

    /// What this client and its clones have sent.
    pub fn traffic(&self) -> Traffic {
        self.outbound.traffic()
    }

    /// A call to `/api/v1/personas` and the path below it.
    pub(crate) fn call(
        &self,
        operation: &'static str,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        repeat: Repeat,
    ) -> Call {
        let path = [&["api", "v1", "personas"], path].concat();
        let address = self.base.resource(&path).with_query(query);
        Call::new(SERVICE, operation, method, address, repeat)
            .header(ACCEPT, HeaderValue::from_static("application/json"))
    }

    /// Sends the call, again after a 429 while there is time, later each time, and once with renewed
    /// credentials. Neither was carried out, so both may be sent again whatever they do.
    pub(crate) async fn send(
        &self,
        call: &Call,
        deadline: Timestamp,
    ) -> Result<Response<Bytes>, Failure> {
        let Self { outbound, credentials: source, .. } = self;
        let mut credentials = source.current().await.map_err(Failure::before_it)?;
        let mut renewable = true;
        let mut least_pause = SHORTEST_PAUSE;
        loop {
            let authorised = credentials.authorise(call.clone()).map_err(Failure::before_it)?;
            let answer = outbound.send(&authorised, deadline).await.map_err(Failure::of_it)?;
            match answer.status() {
                StatusCode::TOO_MANY_REQUESTS => {
                    let pause = answer::pause(answer.headers()).max(least_pause);
                    least_pause = least_pause.saturating_mul(2);
                    self.wait(call, pause, deadline).await.map_err(Failure::before_it)?;
                }
                StatusCode::UNAUTHORIZED if renewable => {
                    let refused = credentials;
                    credentials = source.renewed(&refused).await.map_err(Failure::before_it)?;
                    renewable = false;
                    if Arc::ptr_eq(&credentials, &refused) {
                        return answer::accepted(call, answer).map_err(Failure::of_it);
                    }
                }
                _ => return answer::accepted(call, answer).map_err(Failure::of_it),
            }
        }
    }

    async fn wait(
        &self,
        call: &Call,
        pause: SignedDuration,
        deadline: Timestamp,
    ) -> Result<(), Error> {
        let now = self.outbound.clock().now();
        let retry_at = now.saturating_add(pause).unwrap_or(Timestamp::MAX);
        let throttled = call.error(ErrorKind::Throttled { retry_at });
        self.outbound.wait_until(retry_at, deadline, throttled).await
    }
}
