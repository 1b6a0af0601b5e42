//! Servers on loopback.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::Request;
use outbound::{BaseUrl, Call, Network, Outbound, Repeat};
use tokio::task::JoinHandle;

use crate::support::{Hands, outbound};

pub(crate) fn local(port: u16) -> BaseUrl {
    BaseUrl::configured(&format!("http://127.0.0.1:{port}")).unwrap()
}

/// A server that counts its requests.
pub(crate) struct Server {
    pub(crate) base: BaseUrl,
    hits: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(router: Router) -> Self {
        let hits = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&hits);
        let count = move |request: Request| {
            seen.fetch_add(1, Ordering::SeqCst);
            async { request }
        };
        let counted = router.layer(axum::middleware::map_request(count));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = local(listener.local_addr().unwrap().port());
        let task = tokio::spawn(async move { axum::serve(listener, counted).await.unwrap() });
        Self { base, hits, task }
    }

    pub(crate) fn hits(&self) -> usize {
        self.hits.load(Ordering::SeqCst)
    }

    pub(crate) fn network(&self) -> Network {
        Network::new(&[&self.base]).unwrap()
    }

    /// The network under a clock of our own: waits between repeats take no time.
    pub(crate) fn outbound(&self) -> (Outbound, Arc<Hands>) {
        let clock = Arc::new(Hands::new());
        (outbound(Arc::new(self.network()), clock.clone()), clock)
    }

    pub(crate) fn call(&self, repeat: Repeat) -> Call {
        let address = self.base.resource(&["thing"]);
        Call::new("service", "do a thing", http::Method::GET, address, repeat)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A server that sends these bytes to its first client and hangs up once `hold` is dropped.
pub(crate) fn raw(bytes: &'static str, hold: std::sync::mpsc::Receiver<()>) -> BaseUrl {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = local(listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        // The request comes in one piece; a server that hangs up without reading it resets.
        assert!(client.read(&mut [0; 4096]).unwrap() > 0);
        client.write_all(bytes.as_bytes()).unwrap();
        // Ends with an error when the sender is dropped, which is the sign to go on.
        hold.recv().unwrap_err();
    });
    base
}
