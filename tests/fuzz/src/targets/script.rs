//! A service that answers what it is told to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use outbound::{BoxFuture, Chunks, Outbound, Transport, TransportFailure};
use simulators::{RecordedExchange, SimClock, SimRandom, World};

use crate::input::{Part, Sample};

/// How many requests are answered.
const MOST: usize = 300;

/// Answers in turn, the last again and again.
pub(crate) struct Script(Mutex<(VecDeque<Part>, usize)>);

impl Script {
    pub(crate) fn new(parts: Vec<Part>) -> Arc<Self> {
        Arc::new(Self(Mutex::new((parts.into(), 0))))
    }

    pub(crate) fn next(&self) -> Option<Part> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (parts, asked) = &mut *state;
        *asked += 1;
        if *asked > MOST {
            return None;
        }
        if parts.len() > 1 { parts.pop_front() } else { parts.front().cloned() }
    }

    fn answer(&self) -> Result<Response<Bytes>, TransportFailure> {
        let part = self.next().ok_or(TransportFailure::Connect)?;
        let mut answer = Response::new(part.body);
        (*answer.status_mut(), *answer.headers_mut()) = (part.status, part.headers);
        Ok(answer)
    }
}

impl Transport for Script {
    fn send(
        &self,
        _: Request<Bytes>,
        _: Duration,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportFailure>> {
        Box::pin(std::future::ready(self.answer()))
    }

    fn open(
        &self,
        _: Request<Bytes>,
        _: Duration,
    ) -> BoxFuture<'_, Result<Response<Box<dyn Chunks>>, TransportFailure>> {
        let opened = self.answer().map(|answer| answer.map(|body| Box::new(Whole(body)) as _));
        Box::pin(std::future::ready(opened))
    }
}

/// A file in one piece.
struct Whole(Bytes);

impl Chunks for Whole {
    fn next(&mut self, _: Duration) -> BoxFuture<'_, Result<Option<Bytes>, TransportFailure>> {
        let piece = std::mem::take(&mut self.0);
        Box::pin(std::future::ready(Ok(Some(piece).filter(|piece| !piece.is_empty()))))
    }
}

/// A client's way to answers.
pub(crate) fn outbound(transport: Arc<dyn Transport>, clock: &SimClock) -> Outbound {
    Outbound::new(transport, Arc::new(clock.clone()), Arc::new(SimRandom::new(1)))
}

/// What the services answered since calls were last taken, as a sample for one way.
pub(crate) fn answered(world: &World, way: usize) -> Sample {
    let answer = |exchange: RecordedExchange| exchange.response.as_ref().map(Part::from);
    Sample { way, parts: world.take_exchanges().into_iter().filter_map(answer).collect() }
}
