//! The cost bucket: points that leak back, by the simulated clock.

use jiff::Timestamp;
use serde_json::{Value, json};

/// Points of a shop on the standard plan
/// ([rate limits](https://shopify.dev/docs/api/usage/limits#rate-limits)).
const CAPACITY: u32 = 2_000;
const RESTORED_PER_SECOND: u32 = 100;
/// The most points one query may ask for.
pub(crate) const DEAREST_QUERY: u32 = 1_000;

/// A bucket of points; each query takes some, and time brings them back.
pub(crate) struct Budget {
    capacity: u32,
    restored_per_second: u32,
    /// Thousandths of points, so that a millisecond brings back whole ones of them.
    available: u64,
    filled: Timestamp,
    pub(crate) floats: bool,
}

impl Budget {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self::of(CAPACITY, RESTORED_PER_SECOND, now)
    }

    pub(crate) fn of(capacity: u32, restored_per_second: u32, now: Timestamp) -> Self {
        let available = u64::from(capacity) * 1_000;
        Self { capacity, restored_per_second, available, filled: now, floats: false }
    }

    /// Takes the points, if there are as many.
    pub(crate) fn take(&mut self, points: u32, now: Timestamp) -> bool {
        self.fill(now);
        let wanted = u64::from(points) * 1_000;
        let enough = wanted <= self.available;
        if enough {
            self.available -= wanted;
        }
        enough
    }

    /// Takes every point there is.
    pub(crate) fn empty(&mut self, now: Timestamp) {
        self.fill(now);
        self.available = 0;
    }

    fn fill(&mut self, now: Timestamp) {
        let passed = u64::try_from(now.duration_since(self.filled).as_millis()).unwrap_or(0);
        let restored = passed.saturating_mul(u64::from(self.restored_per_second));
        self.available =
            self.available.saturating_add(restored).min(u64::from(self.capacity) * 1_000);
        self.filled = now;
    }

    /// `extensions.cost` of an answer; `actual` is none for a query that was not run.
    pub(crate) fn cost(&self, requested: u32, actual: Option<u32>) -> Value {
        json!({
            "requestedQueryCost": requested,
            "actualQueryCost": actual,
            "throttleStatus": {
                "maximumAvailable": self.number(u64::from(self.capacity)),
                "currentlyAvailable": self.number(self.available / 1_000),
                "restoreRate": self.number(u64::from(self.restored_per_second)),
            },
        })
    }

    fn number(&self, number: u64) -> Value {
        if self.floats {
            u32::try_from(number).map_or(Value::Null, |number| f64::from(number).into())
        } else {
            number.into()
        }
    }
}
