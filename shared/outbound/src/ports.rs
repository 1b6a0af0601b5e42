//! The three things a deterministic test replaces: the network, the time, and chance.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;

use crate::error::Error;

/// A boxed future, so that the ports can be trait objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Carries one request and brings its answer back.
pub trait Transport: Send + Sync {
    /// Sends the request once: no retries, no redirects, no cookies. Gives up after `timeout`, which
    /// covers everything from resolving the name to the last byte of the answer.
    fn send(
        &self,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportFailure>>;

    /// Sends the request once, as [`send`](Self::send) does, and comes back with the head of the
    /// answer, for answers too large to hold. `timeout` covers everything up to the head.
    fn open(
        &self,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> BoxFuture<'_, Result<Response<Box<dyn Chunks>>, TransportFailure>>;
}

/// The body of an answer that is still coming in.
pub trait Chunks: Send {
    /// The next piece; none at the end of a whole body. Gives up if none has come within `timeout`. After
    /// a failure or the end there is nothing more to ask for.
    fn next(&mut self, timeout: Duration)
    -> BoxFuture<'_, Result<Option<Bytes>, TransportFailure>>;
}

/// Why no whole answer came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransportFailure {
    /// No connection: the request was not sent.
    Connect,
    /// The time was up; the request may have been carried out.
    Timeout,
    /// The connection broke or the answer was cut short; the request may have been carried out.
    Broken,
    /// The answer is larger than any answer we ask for.
    TooLarge,
}

/// Tells the time and waits.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;

    /// Comes back once the time has passed.
    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()>;
}

/// Gives random bytes, good enough for keys.
pub trait Randomness: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);

    /// A number from 0 to `below` − 1; 0 if `below` is 0.
    fn below(&self, below: u64) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes).checked_rem(below).unwrap_or(0)
    }
}

/// Gives the credentials of one service.
pub trait Credentials<C>: Send + Sync {
    /// The credentials as last read; read now if they never were or are no longer fresh.
    fn current(&self) -> BoxFuture<'_, Result<Arc<C>, Error>>;

    /// The credentials read again, because the service refused these: a person may have changed them.
    /// The source may answer with the same ones, to keep many refusals from becoming many reads.
    fn renewed<'a>(&'a self, refused: &'a Arc<C>) -> BoxFuture<'a, Result<Arc<C>, Error>>;
}

/// Credentials that never change, for a local stand-in or a test.
pub struct Fixed<C>(pub Arc<C>);

impl<C: Send + Sync> Credentials<C> for Fixed<C> {
    fn current(&self) -> BoxFuture<'_, Result<Arc<C>, Error>> {
        Box::pin(async { Ok(Arc::clone(&self.0)) })
    }

    fn renewed<'a>(&'a self, _: &'a Arc<C>) -> BoxFuture<'a, Result<Arc<C>, Error>> {
        self.current()
    }
}
