//! What can go wrong on the way, put there by a test.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use ::http::Method;
use jiff::Timestamp;

use crate::calls::Service;
use crate::clock::{SimClock, later};
use crate::lock::lock;

/// Something that goes wrong with one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// An error answer with this status, as the service words it. The call is not carried out.
    Status(u16),
    /// Okta's 429, with the limit spent and a reset after this time.
    Okta429 {
        /// How long until the limit starts anew.
        reset_after: Duration,
    },
    /// Okta's 429 for too many calls at once: the same headers hold other values.
    ConcurrencyLimit429,
    /// Shopify's throttle: a 200 with errors and without data.
    ShopifyThrottled,
    /// A 200 of Shopify with an error of this code and without data, such as `INTERNAL_SERVER_ERROR`.
    ShopifyError(&'static str),
    /// Mavera's 429, which says in seconds when to come back.
    MaveraThrottled {
        /// How long it asks the caller to wait.
        retry_after: Duration,
    },
    /// A 200 of Shopify with data whose nodes are null, and the errors that say why.
    GraphqlErrorsWithData,
    /// No answer within the caller's time.
    Timeout {
        /// Whether the call was carried out all the same.
        done: bool,
    },
    /// The connection breaks.
    Broken {
        /// Whether the call was carried out all the same.
        done: bool,
    },
    /// The call is carried out; half the answer's body comes back.
    TruncatedBody,
    /// The call is carried out; so many bytes of the answer's body come back, as if they were all.
    CutAfter(usize),
    /// The call is carried out; the connection breaks when so many bytes of the answer's body have
    /// come back.
    BreaksAfter(usize),
    /// A 200 with a page for people, as a proxy in between would send. Not carried out.
    NotJson,
    /// The same with another status. Not carried out.
    Page(u16),
    /// No connection.
    Connect,
    /// The call is carried out, and the answer takes this long. Longer than the caller waits is a
    /// time-out.
    Slow(Duration),
}

/// Which calls of a service a fault meets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matching {
    method: Option<Method>,
    path: Option<String>,
    operation: Option<String>,
    skipped: u32,
}

impl Matching {
    /// Every call.
    pub fn any() -> Self {
        Self::default()
    }

    /// Calls with this method and path template, such as `/api/v1/groups/{id}/users/{id}`.
    pub fn call(method: Method, path: &str) -> Self {
        Self { method: Some(method), path: Some(path.to_owned()), ..Self::default() }
    }

    /// Calls of this GraphQL operation.
    pub fn operation(name: &str) -> Self {
        Self { operation: Some(name.to_owned()), ..Self::default() }
    }

    /// Not the first `count` of them.
    #[must_use]
    pub fn after(mut self, count: u32) -> Self {
        self.skipped = count;
        self
    }

    fn meets(&self, call: &Facts<'_>) -> bool {
        self.method.as_ref().is_none_or(|method| method == call.method)
            && self.path.as_deref().is_none_or(|path| path == call.path)
            && self.operation.as_deref().is_none_or(|name| Some(name) == call.operation)
    }
}

/// What is known of a call before it is made.
pub(crate) struct Facts<'a> {
    pub(crate) service: Service,
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    pub(crate) operation: Option<&'a str>,
}

/// The faults that wait for their calls. The one armed first goes first.
#[derive(Debug)]
pub struct Faults {
    clock: SimClock,
    armed: Mutex<Vec<Armed>>,
    latencies: Mutex<HashMap<Service, Duration>>,
}

#[derive(Debug)]
struct Armed {
    service: Service,
    matching: Matching,
    fault: Fault,
    lasts: Lasts,
}

#[derive(Debug)]
enum Lasts {
    Times(u32),
    Until(Timestamp),
    UntilCleared,
}

impl Faults {
    pub(crate) fn new(clock: SimClock) -> Self {
        Self { clock, armed: Mutex::default(), latencies: Mutex::default() }
    }

    /// Meets the next matching call.
    pub fn next(&self, service: Service, matching: Matching, fault: Fault) {
        self.times(1, service, matching, fault);
    }

    /// Meets the next `count` matching calls.
    pub fn times(&self, count: u32, service: Service, matching: Matching, fault: Fault) {
        self.arm(service, matching, fault, Lasts::Times(count));
    }

    /// Meets every matching call until [`clear`](Self::clear).
    pub fn always(&self, service: Service, matching: Matching, fault: Fault) {
        self.arm(service, matching, fault, Lasts::UntilCleared);
    }

    /// Meets every matching call for so long, by the simulated clock.
    pub fn during(&self, period: Duration, service: Service, matching: Matching, fault: Fault) {
        let end = later(self.clock.now(), period);
        self.arm(service, matching, fault, Lasts::Until(end));
    }

    /// From now on every call of this service that meets no fault takes so long, by the simulated
    /// clock. Calls made side by side take it one after the other ([`SimClock`]).
    pub fn set_latency(&self, service: Service, latency: Duration) {
        lock(&self.latencies).insert(service, latency);
    }

    /// Takes all faults away. Latencies stay.
    pub fn clear(&self) {
        lock(&self.armed).clear();
    }

    fn arm(&self, service: Service, matching: Matching, fault: Fault, lasts: Lasts) {
        lock(&self.armed).push(Armed { service, matching, fault, lasts });
    }

    /// The fault that this call meets.
    pub(crate) fn take(&self, call: &Facts<'_>) -> Option<Fault> {
        let now = self.clock.now();
        let mut armed = lock(&self.armed);
        armed.retain(|armed| armed.lasts.goes_on(now));
        let fault = armed.iter_mut().find_map(|armed| armed.meet(call));
        fault.or_else(|| lock(&self.latencies).get(&call.service).copied().map(Fault::Slow))
    }
}

impl Armed {
    fn meet(&mut self, call: &Facts<'_>) -> Option<Fault> {
        if self.service != call.service || !self.matching.meets(call) {
            return None;
        }
        if self.matching.skipped > 0 {
            self.matching.skipped -= 1;
            return None;
        }
        match &mut self.lasts {
            Lasts::Times(0) => return None,
            Lasts::Times(left) => *left -= 1,
            Lasts::Until(_) | Lasts::UntilCleared => {}
        }
        Some(self.fault.clone())
    }
}

impl Lasts {
    fn goes_on(&self, now: Timestamp) -> bool {
        match self {
            Self::Times(left) => *left > 0,
            Self::Until(end) => now < *end,
            Self::UntilCleared => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOIN: Facts<'static> = Facts {
        service: Service::Okta,
        method: &Method::PUT,
        path: "/api/v1/groups/{id}/users/{id}",
        operation: None,
    };
    const READ: Facts<'static> = Facts {
        service: Service::Shopify,
        method: &Method::POST,
        path: "/admin/api/{version}/graphql.json",
        operation: Some("CustomersById"),
    };

    #[test]
    fn a_fault_meets_only_the_calls_it_is_for() {
        let faults = Faults::new(SimClock::new());
        faults.next(Service::Okta, Matching::call(Method::PUT, JOIN.path), Fault::Status(500));
        faults.next(Service::Shopify, Matching::operation("CustomersById"), Fault::Connect);
        assert_eq!(faults.take(&Facts { method: &Method::DELETE, ..JOIN }), None);
        assert_eq!(faults.take(&JOIN), Some(Fault::Status(500)));
        assert_eq!(faults.take(&JOIN), None);
        assert_eq!(faults.take(&READ), Some(Fault::Connect));
    }

    #[test]
    fn a_fault_can_leave_the_first_calls_alone() {
        let faults = Faults::new(SimClock::new());
        faults.times(2, Service::Okta, Matching::any().after(1), Fault::NotJson);
        let met: Vec<bool> = (0..4).map(|_| faults.take(&JOIN).is_some()).collect();
        assert_eq!(met, [false, true, true, false]);
    }

    #[test]
    fn a_fault_can_last_an_hour() {
        let clock = SimClock::new();
        let faults = Faults::new(clock.clone());
        let hour = Duration::from_hours(1);
        faults.during(hour, Service::Okta, Matching::any(), Fault::ConcurrencyLimit429);
        clock.advance(Duration::from_secs(3_599));
        assert!(faults.take(&JOIN).is_some());
        clock.advance(Duration::from_secs(1));
        assert!(faults.take(&JOIN).is_none());
    }

    #[test]
    fn a_latency_meets_the_calls_that_no_fault_meets() {
        let faults = Faults::new(SimClock::new());
        let latency = Duration::from_millis(150);
        faults.set_latency(Service::Okta, latency);
        faults.next(Service::Okta, Matching::any(), Fault::Connect);
        assert_eq!(faults.take(&JOIN), Some(Fault::Connect));
        faults.clear();
        assert_eq!(faults.take(&JOIN), Some(Fault::Slow(latency)));
        assert_eq!(faults.take(&READ), None);
    }

    #[test]
    fn a_lasting_fault_ends_when_it_is_cleared() {
        let faults = Faults::new(SimClock::new());
        faults.always(Service::Okta, Matching::any(), Fault::Connect);
        assert!(faults.take(&JOIN).is_some() && faults.take(&JOIN).is_some());
        faults.clear();
        assert!(faults.take(&JOIN).is_none());
    }
}
