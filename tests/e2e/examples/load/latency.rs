//! How long answers took.

use std::fmt;
use std::time::Duration;

/// Latencies, the shortest first.
pub(crate) struct Latencies(Vec<Duration>);

impl Latencies {
    pub(crate) fn new(mut latencies: Vec<Duration>) -> Self {
        latencies.sort_unstable();
        Self(latencies)
    }

    /// The one that so many of a thousand do not exceed.
    pub(crate) fn of_thousand(&self, share: usize) -> Duration {
        let rank = (self.0.len() * share).div_ceil(1_000).max(1);
        self.0.get(rank - 1).copied().unwrap_or_default()
    }
}

/// The cells of a table: p50, p90, p99, p99.9 and the longest, in milliseconds.
impl fmt::Display for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cells = [500, 900, 990, 999, 1_000].map(|share| milliseconds(self.of_thousand(share)));
        f.write_str(&cells.join(" | "))
    }
}

/// Milliseconds with one place.
pub(crate) fn milliseconds(time: Duration) -> String {
    let tenths = time.as_micros().div_ceil(100);
    format!("{}.{}", tenths / 10, tenths % 10)
}
