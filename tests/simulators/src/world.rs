//! One shop, one Okta org, one Mavera account, and the time they live in.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use ::http::{Request, Response, StatusCode};
use bytes::Bytes;
use outbound::TransportFailure;
use rules::ShopDomain;
use tokio::sync::Notify;

use crate::calls::{CallRecord, Outcome, RecordedExchange, Service};
use crate::clock::SimClock;
use crate::faults::{Facts, Fault, Faults};
use crate::incoming::{Incoming, hold_token};
use crate::lock::lock;
use crate::mavera::MaveraSim;
use crate::okta::OktaSim;
use crate::outgoing::outgoing;
use crate::shopify::ShopifySim;
use crate::transport::SimTransport;

/// How many bytes of a large body come at once, unless a test says otherwise.
const PIECE: usize = 64 * 1024;

/// The simulated world. Clones are the same world.
#[derive(Clone)]
pub struct World {
    /// The time everybody keeps.
    pub clock: SimClock,
    /// The shop.
    pub shopify: ShopifySim,
    /// The Okta org.
    pub okta: OktaSim,
    /// The Mavera account.
    pub mavera: MaveraSim,
    between: Arc<Between>,
}

/// Somebody to whom every call is shown.
type Watcher = Box<dyn Fn(&RecordedExchange) + Send + Sync>;

/// What lies between the caller and the services.
struct Between {
    exchanges: Mutex<Vec<RecordedExchange>>,
    watcher: OnceLock<Watcher>,
    faults: Faults,
    suspension: Mutex<Option<Suspension>>,
    /// How many bytes of a body that comes in pieces come at once.
    piece: AtomicUsize,
}

/// An answer, as far as it gets.
pub(crate) struct Delivered {
    pub(crate) answer: Response<Bytes>,
    /// Whether the connection breaks after it.
    pub(crate) breaks: bool,
}

/// Where in a call its caller is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Before it is carried out.
    Before,
    /// After it is carried out, before its answer.
    After,
}

struct Suspension {
    /// How many calls still pass, this one among them when it is 1.
    countdown: u32,
    stop: Stop,
}

/// A place to stop at.
#[derive(Clone)]
struct Stop {
    moment: Moment,
    reached: Arc<Notify>,
    released: Arc<Notify>,
}

impl World {
    /// A world at a fixed instant: an empty shop, an Okta org without users, and a Mavera account
    /// without personas.
    pub fn new(shop: ShopDomain) -> Self {
        Self::at(SimClock::new(), shop)
    }

    /// A world that keeps the time of this clock.
    pub fn at(clock: SimClock, shop: ShopDomain) -> Self {
        let between = Between {
            exchanges: Mutex::default(),
            watcher: OnceLock::new(),
            faults: Faults::new(clock.clone()),
            suspension: Mutex::default(),
            piece: AtomicUsize::new(PIECE),
        };
        Self {
            shopify: ShopifySim::new(clock.clone(), shop),
            okta: OktaSim::new(clock.clone()),
            mavera: MaveraSim::new(clock.clone()),
            clock,
            between: Arc::new(between),
        }
    }

    /// The way to all services, for the product's outbound client.
    pub fn transport(&self) -> Arc<SimTransport> {
        Arc::new(SimTransport::new(self.clone()))
    }

    /// The base address of the shop.
    pub fn shopify_url(&self) -> String {
        format!("https://{}", self.shopify.domain())
    }

    /// The base address of the files that the shop's bulk operations leave.
    pub fn storage_url(&self) -> String {
        format!("https://{}", crate::shopify::storage::HOST)
    }

    /// The base address of the Okta org.
    pub fn okta_url(&self) -> String {
        format!("https://{}", crate::okta::HOST)
    }

    /// The base address of Mavera.
    pub fn mavera_url(&self) -> String {
        format!("https://{}", crate::mavera::HOST)
    }

    /// What goes wrong on the way to the services.
    pub fn faults(&self) -> &Faults {
        &self.between.faults
    }

    /// The calls made so far, in order.
    pub fn calls(&self) -> Vec<CallRecord> {
        lock(&self.between.exchanges).iter().map(|exchange| exchange.call.clone()).collect()
    }

    /// The calls made since the last time they were taken, in order.
    pub fn take_calls(&self) -> Vec<CallRecord> {
        self.take_exchanges().into_iter().map(|exchange| exchange.call).collect()
    }

    /// The calls made since the last time they were taken, with all that was sent and answered.
    pub fn take_exchanges(&self) -> Vec<RecordedExchange> {
        std::mem::take(&mut lock(&self.between.exchanges))
    }

    /// The calls made so far, with all that was sent and answered.
    pub fn exchanges(&self) -> Vec<RecordedExchange> {
        lock(&self.between.exchanges).clone()
    }

    /// Shows every call from now on to somebody, with all that was sent and answered. The first watcher
    /// stays.
    pub fn watch(&self, watcher: impl Fn(&RecordedExchange) + Send + Sync + 'static) {
        // A second one is dropped.
        drop(self.between.watcher.set(Box::new(watcher)));
    }

    /// The calls so far that the product must never make: the replacement of a profile, which deletes
    /// what it does not name; the removal of a user, a group or a persona; a call to anybody else;
    /// a token sent to where none belongs.
    pub fn forbidden_calls(&self) -> Vec<CallRecord> {
        let mut calls = self.calls();
        calls.retain(CallRecord::is_forbidden);
        calls
    }

    /// Lets bodies that come in pieces come so many bytes at once from now on.
    pub fn set_piece_size(&self, bytes: usize) {
        self.between.piece.store(bytes.max(1), Ordering::Relaxed);
    }

    /// How many bytes of a body come at once.
    pub(crate) fn piece_size(&self) -> usize {
        self.between.piece.load(Ordering::Relaxed)
    }

    /// Stops the caller in the `nth` call from now (the next is 1), as if the process had been frozen
    /// there. Later calls go through. [`suspended`](Self::suspended) tells when it is reached; drop the
    /// caller's future then, or [`let it go on`](Self::let_go_on).
    pub fn suspend_at(&self, nth: u32, moment: Moment) {
        let stop = Stop { moment, reached: Arc::default(), released: Arc::default() };
        *lock(&self.between.suspension) = Some(Suspension { countdown: nth, stop });
    }

    /// Comes back when the caller has been stopped at the place given last, and never if none was.
    pub fn suspended(&self) -> impl Future<Output = ()> + Send + 'static {
        let reached =
            lock(&self.between.suspension).as_ref().map(|it| Arc::clone(&it.stop.reached));
        async move {
            match reached {
                Some(reached) => reached.notified().await,
                None => std::future::pending().await,
            }
        }
    }

    /// Lets the caller that was stopped go on, as a process that is thawed: its call comes to its end.
    /// The call's record goes on saying where it was stopped.
    pub fn let_go_on(&self) {
        if let Some(suspension) = lock(&self.between.suspension).take() {
            suspension.stop.released.notify_one();
        }
    }

    /// Takes the stop away. True if no caller had reached it.
    pub fn cancel_suspension(&self) -> bool {
        lock(&self.between.suspension).take().is_some_and(|it| it.countdown > 0)
    }

    /// Carries one request to its service and its answer back, through whatever lies between.
    pub(crate) async fn exchange(
        &self,
        incoming: Incoming,
        request: Request<Bytes>,
        timeout: Option<Duration>,
    ) -> Result<Delivered, TransportFailure> {
        let (path, operation) = (incoming.template(), incoming.operation());
        let facts = Facts {
            service: incoming.service,
            method: &incoming.method,
            path: &path,
            operation: operation.as_deref(),
        };
        let fault = self.between.faults.take(&facts);
        let met = fault.clone();
        let record =
            |request, end, response| self.record(&facts, met.clone(), request, end, response);
        let stop = self.count_down();
        if let Some(stop) = stop.as_ref().filter(|stop| stop.moment == Moment::Before) {
            record(request.clone(), Outcome::SuspendedBefore, None);
            stop.hold().await;
        }
        let breaks = matches!(fault, Some(Fault::BreaksAfter(_)));
        let outcome = self.carry_out(&incoming, fault, timeout).await;
        if let Some(stop) = stop.as_ref().filter(|stop| stop.moment == Moment::After) {
            let response = outcome.as_ref().ok().cloned();
            record(request.clone(), Outcome::SuspendedAfter, response);
            stop.hold().await;
        }
        let end = match &outcome {
            Ok(_) if breaks => Outcome::Failed(TransportFailure::Broken),
            Ok(response) => Outcome::Answered(response.status().as_u16()),
            Err(failure) => Outcome::Failed(*failure),
        };
        if stop.is_none() {
            record(request, end, outcome.as_ref().ok().cloned());
        }
        outcome.map(|answer| Delivered { answer, breaks })
    }

    async fn carry_out(
        &self,
        incoming: &Incoming,
        fault: Option<Fault>,
        timeout: Option<Duration>,
    ) -> Result<Response<Bytes>, TransportFailure> {
        match fault {
            None => self.answer(incoming).await,
            Some(Fault::Connect) => Err(TransportFailure::Connect),
            Some(Fault::Broken { done }) => {
                if done {
                    self.answer(incoming).await?;
                }
                Err(TransportFailure::Broken)
            }
            Some(Fault::Timeout { done }) => {
                if done {
                    self.answer(incoming).await?;
                }
                self.wait_in_vain(timeout).await
            }
            Some(Fault::Slow(time)) => {
                let answer = self.answer(incoming).await;
                if timeout.is_some_and(|timeout| time > timeout) {
                    return self.wait_in_vain(timeout).await;
                }
                outbound::Clock::sleep(&self.clock, time).await;
                answer
            }
            Some(Fault::TruncatedBody) => self.answer(incoming).await.map(half_of),
            Some(Fault::CutAfter(bytes) | Fault::BreaksAfter(bytes)) => {
                self.answer(incoming).await.map(|answer| beginning_of(answer, bytes))
            }
            Some(Fault::NotJson) => Ok(page_for_people(StatusCode::OK)),
            Some(Fault::Page(status)) => {
                Ok(page_for_people(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY)))
            }
            Some(fault) => self.answer_with(incoming, &fault).await,
        }
    }

    async fn answer(&self, incoming: &Incoming) -> Result<Response<Bytes>, TransportFailure> {
        match incoming.service {
            Service::Shopify => Ok(self.shopify.answer(incoming).await),
            Service::Storage => Ok(self.shopify.download(incoming)),
            Service::Okta => Ok(self.okta.answer(incoming)),
            Service::Mavera => Ok(self.mavera.answer(incoming)),
            Service::Elsewhere => Err(TransportFailure::Connect),
        }
    }

    async fn answer_with(
        &self,
        incoming: &Incoming,
        fault: &Fault,
    ) -> Result<Response<Bytes>, TransportFailure> {
        match incoming.service {
            Service::Shopify => Ok(self.shopify.answer_with(incoming, fault).await),
            Service::Storage => Ok(ShopifySim::download_with(fault)),
            Service::Okta => Ok(self.okta.answer_with(incoming, fault)),
            Service::Mavera => Ok(self.mavera.answer_with(fault)),
            Service::Elsewhere => Err(TransportFailure::Connect),
        }
    }

    async fn wait_in_vain(
        &self,
        timeout: Option<Duration>,
    ) -> Result<Response<Bytes>, TransportFailure> {
        match timeout {
            Some(timeout) => outbound::Clock::sleep(&self.clock, timeout).await,
            None => std::future::pending().await,
        }
        Err(TransportFailure::Timeout)
    }

    /// Counts one call; gives the place to stop if it is this call.
    fn count_down(&self) -> Option<Stop> {
        let mut suspension = lock(&self.between.suspension);
        let place = suspension.as_mut().filter(|place| place.countdown > 0)?;
        place.countdown -= 1;
        (place.countdown == 0).then(|| place.stop.clone())
    }

    fn record(
        &self,
        facts: &Facts<'_>,
        fault: Option<Fault>,
        request: Request<Bytes>,
        outcome: Outcome,
        response: Option<Response<Bytes>>,
    ) {
        let call = CallRecord {
            at: self.clock.now(),
            service: facts.service,
            method: facts.method.clone(),
            path: facts.path.to_owned(),
            operation: facts.operation.map(str::to_owned),
            leaks_token: matches!(facts.service, Service::Storage | Service::Elsewhere)
                && hold_token(request.headers()),
            fault,
            outcome,
        };
        // Files can be too large to keep one for every download.
        let keeps_body = facts.service != Service::Storage;
        let response = response.map(|it| if keeps_body { it } else { it.map(|_| Bytes::new()) });
        let exchange = RecordedExchange { call, request, response };
        if let Some(watcher) = self.between.watcher.get() {
            watcher(&exchange);
        }
        lock(&self.between.exchanges).push(exchange);
    }
}

impl Stop {
    /// Tells whoever waits, and comes back when it is let go on.
    async fn hold(&self) {
        self.reached.notify_one();
        self.released.notified().await;
    }
}

fn half_of(answer: Response<Bytes>) -> Response<Bytes> {
    let half = answer.body().len() / 2;
    beginning_of(answer, half)
}

fn beginning_of(mut answer: Response<Bytes>, bytes: usize) -> Response<Bytes> {
    answer.body_mut().truncate(bytes);
    answer
}

fn page_for_people(status: StatusCode) -> Response<Bytes> {
    outgoing(status, "text/html", "<html><body>Back soon.</body></html>")
}
