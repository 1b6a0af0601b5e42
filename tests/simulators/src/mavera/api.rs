//! The account's addresses, who may call them and how often.

use ::http::{Method, Response};
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::faults::Fault;
use crate::incoming::Incoming;
use crate::mavera::MaveraSim;
use crate::mavera::answers::{Answer, Refusal, with_retry_after, with_standing};

/// The pause that a 429 of a [`Fault`] asks for unless it says otherwise.
const PAUSE: u64 = 30;

/// The path below the base address, with `{id}` for what varies.
pub(crate) fn template(segments: &[&str]) -> String {
    let path = match segments {
        ["api", "v1", "personas"] => "/api/v1/personas",
        ["api", "v1", "personas", _] => "/api/v1/personas/{id}",
        _ => "/…",
    };
    path.to_owned()
}

impl MaveraSim {
    pub(crate) fn answer(&self, incoming: &Incoming) -> Response<Bytes> {
        match self.route(incoming) {
            Ok(answer) => self.dressed(answer),
            Err(refusal) if refusal.is_too_many() => {
                let pause =
                    seconds_until(self.lock().limits.standing(self.now()).resets, self.now());
                self.dressed(with_retry_after(refusal.answer(), pause))
            }
            Err(refusal) => self.dressed(refusal.answer()),
        }
    }

    /// The answer that a fault puts in place of the usual one.
    pub(crate) fn answer_with(&self, fault: &Fault) -> Response<Bytes> {
        let (status, pause) = match fault {
            Fault::MaveraThrottled { retry_after } => (429, retry_after.as_secs()),
            Fault::Status(status) => (*status, PAUSE),
            _ => (500, PAUSE),
        };
        let refusal = Refusal::of_status(status);
        let answer = refusal.answer();
        self.dressed(if refusal.is_too_many() { with_retry_after(answer, pause) } else { answer })
    }

    fn route(&self, incoming: &Incoming) -> Answer {
        if !self.accepts(incoming) {
            return Err(Refusal::unauthorized());
        }
        if !self.lock().limits.take(self.now()) {
            return Err(Refusal::too_many());
        }
        match (&incoming.method, incoming.segments().as_slice()) {
            (&Method::GET, ["api", "v1", "personas"]) => self.list(incoming),
            (&Method::POST, ["api", "v1", "personas"]) => self.create(body(incoming)?),
            (&Method::PATCH, ["api", "v1", "personas", id]) => self.update(id, body(incoming)?),
            (_, ["api", "v1", "personas", ..]) => Err(Refusal::wrong_method()),
            _ => Err(Refusal::not_found()),
        }
    }

    fn accepts(&self, incoming: &Incoming) -> bool {
        let key = incoming.header("authorization").and_then(|it| it.strip_prefix("Bearer "));
        key == Some(&self.lock().api_key)
    }

    fn dressed(&self, answer: Response<Bytes>) -> Response<Bytes> {
        let standing = self.lock().limits.standing(self.now());
        with_standing(answer, standing)
    }
}

/// The whole seconds until a moment, rounded up.
fn seconds_until(moment: Timestamp, now: Timestamp) -> u64 {
    let left = std::time::Duration::try_from(moment.duration_since(now)).unwrap_or_default();
    left.as_secs() + u64::from(left.subsec_nanos() > 0)
}

fn body(incoming: &Incoming) -> Result<Map<String, Value>, Refusal> {
    serde_json::from_slice(&incoming.body).map_err(|_| Refusal::invalid_field("body"))
}
