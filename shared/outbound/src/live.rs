//! The ports as they are outside tests: the network, the system's clock, the system's randomness.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use jiff::Timestamp;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;

use crate::address::{BaseUrl, is_public_ip};
use crate::ports::{BoxFuture, Chunks, Clock, Randomness, Transport, TransportFailure};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(3);
/// A connection idle for longer may have died while the function was frozen, so it is not used again.
const IDLE: Duration = Duration::from_secs(20);
/// Larger than any answer we ask for: 200 users or 250 customers take well under 1 MiB.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;

/// The network: https with the platform's trusted roots, no redirects, no proxies, no cookies.
pub struct Network {
    client: reqwest::Client,
}

/// The network could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("the https client cannot start: check that the system's root certificates can be read")]
pub struct NetworkError(#[source] reqwest::Error);

impl Network {
    /// A network that reaches public addresses, and local ones only if one of the configured base
    /// addresses is local.
    ///
    /// # Errors
    /// If the TLS stack cannot start.
    pub fn new(configured: &[&BaseUrl]) -> Result<Self, NetworkError> {
        let local = configured.iter().any(|base| base.is_loopback());
        let mut client = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE)
            .redirect(Policy::none())
            .no_proxy()
            .https_only(!local);
        if !local {
            client = client.dns_resolver(Arc::new(PublicOnly));
        }
        client.build().map(|client| Self { client }).map_err(NetworkError)
    }
}

impl Transport for Network {
    fn send(
        &self,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportFailure>> {
        Box::pin(async move {
            tokio::time::timeout(timeout, self.exchange(request))
                .await
                .unwrap_or(Err(TransportFailure::Timeout))
        })
    }

    fn open(
        &self,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> BoxFuture<'_, Result<Response<Box<dyn Chunks>>, TransportFailure>> {
        Box::pin(async move {
            let mut answer = tokio::time::timeout(timeout, self.execute(request))
                .await
                .unwrap_or(Err(TransportFailure::Timeout))?;
            let (status, headers) = (answer.status(), std::mem::take(answer.headers_mut()));
            let mut response = Response::new(Box::new(Incoming(answer)) as Box<dyn Chunks>);
            (*response.status_mut(), *response.headers_mut()) = (status, headers);
            Ok(response)
        })
    }
}

impl Network {
    async fn execute(
        &self,
        request: Request<Bytes>,
    ) -> Result<reqwest::Response, TransportFailure> {
        let request = reqwest::Request::try_from(request).map_err(|_| TransportFailure::Connect)?;
        self.client.execute(request).await.map_err(|error| failure(&error))
    }

    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportFailure> {
        let mut answer = self.execute(request).await?;
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| failure(&error))? {
            if body.len() + chunk.len() > LARGEST_ANSWER {
                return Err(TransportFailure::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = Response::new(body.freeze());
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(response)
    }
}

/// A body as it comes in.
struct Incoming(reqwest::Response);

impl Chunks for Incoming {
    fn next(
        &mut self,
        timeout: Duration,
    ) -> BoxFuture<'_, Result<Option<Bytes>, TransportFailure>> {
        Box::pin(async move {
            tokio::time::timeout(timeout, self.0.chunk())
                .await
                .map_err(|_| TransportFailure::Timeout)?
                .map_err(|error| failure(&error))
        })
    }
}

fn failure(error: &reqwest::Error) -> TransportFailure {
    if error.is_connect() {
        TransportFailure::Connect
    } else if error.is_timeout() {
        TransportFailure::Timeout
    } else {
        TransportFailure::Broken
    }
}

/// Resolves names to public addresses only, so that a name cannot lead into a private network.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|found| is_public_ip(found.ip())).collect();
            if public.is_empty() {
                return Err("the name leads to no public address".into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// The system's clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(time))
    }
}

/// The operating system's randomness.
#[derive(Debug, Clone, Copy)]
pub struct SystemRandom;

impl Randomness for SystemRandom {
    #[expect(clippy::expect_used, reason = "without randomness nothing secret can be made: stop")]
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("the operating system gives random bytes");
    }
}
