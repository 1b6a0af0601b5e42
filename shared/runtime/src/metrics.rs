//! Metrics, and what a call leaves to be measured.
//!
//! Names, units and dimensions are part of what `template.yaml` builds its alarms and dashboard from. Every
//! dimension's values are few: names that stand in this program, and the segments of the rule book.

mod emf;

use std::collections::BTreeMap;

pub(crate) use emf::Emf;

/// Something that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// Requests to the webhook's address, by how they were answered.
    Webhooks,
    /// Queue records and looks at customers, by how they ended.
    Customers,
    /// From an event's arrival until Okta holds what follows from it.
    EventToApplied,
    /// Customers who changed segments, by the one they are in now; [`NO_SEGMENT`] for none.
    Movements,
    /// Requests to a service, repeats included.
    ApiCalls,
    /// Those that were refused because there were too many.
    ApiThrottles,
    /// Those that brought no answer, or that the service is unavailable or accepts no such credentials.
    ApiFailures,
    /// Full runs that have ended, by how.
    Runs,
    /// Customers with a segment and without an Okta user, of all customers with a segment.
    UnmatchedShare,
    /// What is wrong with groups or could not be looked up.
    GroupProblems,
}

/// The segment of customers who are in none, as a dimension.
pub const NO_SEGMENT: &str = "none";

impl Metric {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Webhooks,
        Self::Customers,
        Self::EventToApplied,
        Self::Movements,
        Self::ApiCalls,
        Self::ApiThrottles,
        Self::ApiFailures,
        Self::Runs,
        Self::UnmatchedShare,
        Self::GroupProblems,
    ];

    /// What it is called in `CloudWatch`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Webhooks => "Webhooks",
            Self::Customers => "Customers",
            Self::EventToApplied => "EventToApplied",
            Self::Movements => "Movements",
            Self::ApiCalls => "ApiCalls",
            Self::ApiThrottles => "ApiThrottles",
            Self::ApiFailures => "ApiFailures",
            Self::Runs => "Runs",
            Self::UnmatchedShare => "UnmatchedShare",
            Self::GroupProblems => "GroupProblems",
        }
    }

    /// Its unit, as `CloudWatch` calls it.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::EventToApplied => "Milliseconds",
            Self::UnmatchedShare => "Percent",
            _ => "Count",
        }
    }

    /// The sets of dimensions it can be asked for by.
    pub const fn dimensions(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::Webhooks | Self::Customers => &[&["service"], &["service", "outcome"]],
            Self::Movements => &[&["service", "segment"]],
            Self::ApiCalls | Self::ApiThrottles | Self::ApiFailures => &[&["service", "api"]],
            Self::Runs => &[&["service", "outcome"]],
            Self::EventToApplied | Self::UnmatchedShare | Self::GroupProblems => &[&["service"]],
        }
    }

    /// The dimension that tells its values apart, beside the service; none if nothing does.
    const fn told_apart_by(self) -> Option<&'static str> {
        match self.dimensions() {
            [.., [_, dimension]] => Some(dimension),
            _ => None,
        }
    }

    /// Whether values are summed up, and not kept one by one.
    fn is_count(self) -> bool {
        self.unit() == "Count"
    }
}

/// What was measured in one call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Measures(BTreeMap<(Metric, String), Vec<u64>>);

impl Measures {
    /// Adds a value. `of` says which outcome, segment or API it belongs to; it is empty for a metric that
    /// knows none.
    pub fn add(&mut self, metric: Metric, of: &str, value: u64) {
        let values = self.0.entry((metric, of.to_owned())).or_default();
        match values.last_mut() {
            Some(sum) if metric.is_count() => *sum += value,
            _ => values.push(value),
        }
    }
}

/// What a function's work leaves to be measured.
pub trait Measured {
    /// Adds what there is to measure.
    fn measure(&self, measures: &mut Measures);
}
