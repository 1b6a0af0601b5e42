//! The network of the simulated world.

use std::time::Duration;

use ::http::{Request, Response};
use bytes::Bytes;
use outbound::{BoxFuture, Chunks, Transport, TransportFailure};

use crate::calls::Service;
use crate::incoming::Incoming;
use crate::world::{Delivered, World};

/// Carries requests to the simulated services, by the host they are for. There is nothing at any
/// other host.
pub struct SimTransport {
    world: World,
}

impl SimTransport {
    pub(crate) fn new(world: World) -> Self {
        Self { world }
    }

    fn incoming(&self, request: &Request<Bytes>) -> Incoming {
        let uri = request.uri();
        let origin = format!(
            "{}://{}",
            uri.scheme_str().unwrap_or_default(),
            uri.authority().map_or("", |a| a.as_str())
        );
        let service = if origin == self.world.shopify_url() {
            Service::Shopify
        } else if origin == self.world.storage_url() {
            Service::Storage
        } else if origin == self.world.okta_url() {
            Service::Okta
        } else if origin == self.world.mavera_url() {
            Service::Mavera
        } else {
            Service::Elsewhere
        };
        Incoming::new(service, origin, "", request)
    }
}

impl Transport for SimTransport {
    fn send(
        &self,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportFailure>> {
        let incoming = self.incoming(&request);
        Box::pin(async move {
            match self.world.exchange(incoming, request, Some(timeout)).await? {
                Delivered { breaks: true, .. } => Err(TransportFailure::Broken),
                Delivered { answer, .. } => Ok(answer),
            }
        })
    }

    fn open(
        &self,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> BoxFuture<'_, Result<Response<Box<dyn Chunks>>, TransportFailure>> {
        let incoming = self.incoming(&request);
        Box::pin(async move {
            let delivered = self.world.exchange(incoming, request, Some(timeout)).await?;
            let (size, breaks) = (self.world.piece_size(), delivered.breaks);
            let pieces = |rest| Box::new(Pieces { rest, size, breaks }) as Box<dyn Chunks>;
            Ok(delivered.answer.map(pieces))
        })
    }
}

/// A body that comes in pieces.
struct Pieces {
    rest: Bytes,
    size: usize,
    /// Whether the connection breaks after the last.
    breaks: bool,
}

impl Chunks for Pieces {
    fn next(&mut self, _: Duration) -> BoxFuture<'_, Result<Option<Bytes>, TransportFailure>> {
        let piece = self.rest.split_to(self.size.min(self.rest.len()));
        let next = match (piece.is_empty(), self.breaks) {
            (false, _) => Ok(Some(piece)),
            (true, false) => Ok(None),
            (true, true) => Err(TransportFailure::Broken),
        };
        Box::pin(std::future::ready(next))
    }
}
