//! What was played, in numbers: a proof that nothing went wrong is worth as much as what could have.

use std::collections::BTreeMap;
use std::fmt;

use simulators::Fault;

/// How often each thing happened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tally(BTreeMap<String, u64>);

impl Tally {
    pub(crate) fn count(&mut self, what: impl Into<String>) {
        self.add(what, 1);
    }

    pub(crate) fn add(&mut self, what: impl Into<String>, times: u64) {
        *self.0.entry(what.into()).or_default() += times;
    }

    pub(crate) fn has(&self, what: &str) -> bool {
        self.0.contains_key(what)
    }

    pub(crate) fn add_all(&mut self, other: Self) {
        for (what, times) in other.0 {
            self.add(what, times);
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(what, times)| writeln!(f, "{times:10}  {what}"))
    }
}

/// A fault in a few words.
pub(crate) fn kind_of(fault: &Fault) -> String {
    match fault {
        Fault::Status(status) => status.to_string(),
        Fault::Okta429 { .. } | Fault::MaveraThrottled { .. } => "429".to_owned(),
        Fault::ConcurrencyLimit429 => "429 for too many at once".to_owned(),
        Fault::ShopifyThrottled => "throttled by a 200".to_owned(),
        Fault::ShopifyError(_) => "an error by a 200".to_owned(),
        Fault::GraphqlErrorsWithData => "errors beside data".to_owned(),
        Fault::Timeout { done: true } => "time-out, done".to_owned(),
        Fault::Timeout { done: false } => "time-out".to_owned(),
        Fault::Broken { done: true } => "reset, done".to_owned(),
        Fault::Broken { done: false } => "reset".to_owned(),
        Fault::TruncatedBody | Fault::CutAfter(_) => "truncated".to_owned(),
        Fault::BreaksAfter(_) => "reset in the answer".to_owned(),
        Fault::NotJson => "a page of a proxy".to_owned(),
        Fault::Page(status) => format!("a page of a proxy with {status}"),
        Fault::Connect => "no connection".to_owned(),
        Fault::Slow(_) => "slow".to_owned(),
    }
}
