//! Files too large to hold: read as they come in.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, HeaderValue};
use http::{Method, Response};
use jiff::Timestamp;

use crate::address::{FoundUrl, OwnUrl};
use crate::client::{Call, Outbound, Repeat, left};
use crate::error::{Error, ErrorKind};
use crate::ports::{Chunks, Clock, TransportFailure};

/// A body that stands still for longer does not come any more.
const IDLE: Duration = Duration::from_secs(10);

/// A read of a file on another host. It carries no token, and cannot be given one.
pub struct Download(Call);

/// The body of a file, as it comes in.
pub struct Body {
    chunks: Box<dyn Chunks>,
    clock: Arc<dyn Clock>,
    deadline: Timestamp,
    /// How many more bytes may come.
    room: u64,
    service: &'static str,
    operation: &'static str,
}

impl Download {
    /// A read of the file at `url`. `operation` says in logs what it is for and holds no data. The
    /// file is asked for as it is: its length says whether it is whole, and a compressed one's would
    /// not.
    pub fn new(service: &'static str, operation: &'static str, url: FoundUrl) -> Self {
        let url = OwnUrl(url.into_url());
        let call = Call::new(service, operation, Method::GET, url, Repeat::Safe);
        Self(call.header(ACCEPT_ENCODING, HeaderValue::from_static("identity")))
    }
}

impl Outbound {
    /// Opens a file on another host, again after no answer or a 5xx. What comes after the head of the
    /// answer is never asked for twice. An answer is returned whatever its status, with a body of
    /// `at_most` so many bytes, read until `deadline`.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn open(
        &self,
        download: &Download,
        at_most: u64,
        deadline: Timestamp,
    ) -> Result<Response<Body>, Error> {
        let call = &download.0;
        let attempt = |request, timeout| self.transport.open(request, timeout);
        let answer = self.attempts(call, deadline, || call.request(), attempt).await?;
        Ok(answer.map(|chunks| Body {
            chunks,
            clock: Arc::clone(&self.clock),
            deadline,
            room: at_most,
            service: call.service,
            operation: call.operation,
        }))
    }
}

impl Body {
    /// The next piece of the file; none at its end. After an error there is nothing more to come.
    ///
    /// # Errors
    /// [`ErrorKind::OutOfTime`] if the deadline has passed, [`ErrorKind::Timeout`] if nothing came for
    /// ten seconds before it, [`ErrorKind::Broken`] if the connection broke, and
    /// [`ErrorKind::TooLarge`] if there is more of it than was allowed.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let left = left(self.clock.now(), self.deadline)
            .ok_or_else(|| self.error(ErrorKind::OutOfTime))?;
        let chunk = self.chunks.next(left.min(IDLE)).await;
        let chunk = chunk.map_err(|failure| match failure {
            // It may have come yet: our time was up.
            TransportFailure::Timeout if left < IDLE => self.error(ErrorKind::OutOfTime),
            failure => self.error(failure.into()),
        })?;
        let length = chunk.as_ref().map_or(0, Bytes::len);
        self.room = u64::try_from(length)
            .ok()
            .and_then(|length| self.room.checked_sub(length))
            .ok_or_else(|| self.error(ErrorKind::TooLarge))?;
        Ok(chunk)
    }

    /// An error of this download.
    pub fn error(&self, kind: ErrorKind) -> Error {
        Error::new(self.service, self.operation, kind)
    }
}
