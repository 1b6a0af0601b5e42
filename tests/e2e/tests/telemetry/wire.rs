//! The way to the services, on which answers are spoiled and secrets overheard.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use outbound::{BoxFuture, Chunks, Transport, TransportFailure};
use serde_json::Value;

/// What befalls a request.
#[derive(Debug, Clone)]
pub(crate) enum Spoiled {
    /// It is answered with this, and not carried out.
    Answer(u16, String),
    /// Whoever sends it panics, and says so with this.
    Panic(String),
}

/// The way to the services.
pub(crate) struct Wire {
    way: Arc<dyn Transport>,
    /// What befalls the requests to a host, and how many of them.
    spoiled: Mutex<Option<(String, Spoiled, u32)>>,
    secrets: Mutex<BTreeSet<String>>,
}

impl Wire {
    pub(crate) fn over(way: Arc<dyn Transport>) -> Arc<Self> {
        Arc::new(Self { way, spoiled: Mutex::default(), secrets: Mutex::default() })
    }

    /// Spoils the next requests to this host.
    pub(crate) fn spoil(&self, host: &str, spoiled: Spoiled, times: u32) {
        *self.spoiled.lock().unwrap() = Some((host.to_owned(), spoiled, times));
    }

    /// Lets requests pass again.
    pub(crate) fn let_pass(&self) {
        *self.spoiled.lock().unwrap() = None;
    }

    /// Takes a secret for one that must not be told.
    pub(crate) fn overhear(&self, secret: &str) {
        // What is shorter is no secret.
        if secret.len() >= 12 {
            self.secrets.lock().unwrap().insert(secret.to_owned());
        }
    }

    /// Every secret that passed.
    pub(crate) fn secrets(&self) -> BTreeSet<String> {
        self.secrets.lock().unwrap().clone()
    }

    fn befallen(&self, request: &Request<Bytes>) -> Option<Spoiled> {
        let mut spoiled = self.spoiled.lock().unwrap();
        let (host, what, times) = spoiled.as_mut()?;
        if request.uri().host() != Some(host) || *times == 0 {
            return None;
        }
        *times -= 1;
        Some(what.clone())
    }

    fn overhear_request(&self, request: &Request<Bytes>) {
        for name in ["authorization", "x-shopify-access-token", "dpop", "x-api-key"] {
            if let Some(value) = request.headers().get(name) {
                let value = value.to_str().unwrap();
                self.overhear(value.rsplit(' ').next().unwrap());
            }
        }
        for (name, value) in url::form_urlencoded::parse(request.body()) {
            if matches!(&*name, "client_secret" | "client_assertion") {
                self.overhear(&value);
            }
        }
    }

    fn overhear_answer(&self, body: &[u8]) {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        self.overhear(body["access_token"].as_str().unwrap_or_default());
    }
}

impl Transport for Wire {
    fn send(
        &self,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportFailure>> {
        self.overhear_request(&request);
        match self.befallen(&request) {
            Some(Spoiled::Panic(why)) => panic!("{why}"),
            Some(Spoiled::Answer(status, body)) => Box::pin(async move {
                let answer = Response::builder().status(status);
                // A service may repeat anything in its headers, too.
                let answer = answer.header("x-repeated", crate::marks::OTHER_EMAIL);
                Ok(answer.body(body.into()).unwrap())
            }),
            None => Box::pin(async move {
                let answer = self.way.send(request, timeout).await;
                if let Ok(answer) = &answer {
                    self.overhear_answer(answer.body());
                }
                answer
            }),
        }
    }

    fn open(
        &self,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> BoxFuture<'_, Result<Response<Box<dyn Chunks>>, TransportFailure>> {
        // The link to the file is signed.
        self.overhear(request.uri().query().unwrap_or_default());
        self.way.open(request, timeout)
    }
}
