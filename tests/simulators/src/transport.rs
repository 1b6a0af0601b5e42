//! The network of the simulated world.

use std::time::Duration;

use ::http::{Request, Response};
use bytes::Bytes;
use outbound::{BoxFuture, Transport, TransportFailure};

use crate::calls::Service;
use crate::incoming::Incoming;
use crate::world::World;

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
        } else if origin == self.world.okta_url() {
            Service::Okta
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
        Box::pin(self.world.exchange(incoming, request, Some(timeout)))
    }
}
