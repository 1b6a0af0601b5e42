//! The rate limit: so many calls within any minute, for each key
//! ([rate limits](https://docs.mavera.io/guides/rate-limits)).

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

/// The length of the sliding window.
const WINDOW: SignedDuration = SignedDuration::from_secs(60);
/// What the smallest tier may call within it.
const SMALLEST_TIER: usize = 60;

pub(crate) struct Limits {
    limit: usize,
    calls: VecDeque<Timestamp>,
}

/// What an answer says about the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) limit: usize,
    pub(crate) remaining: usize,
    /// When the oldest call leaves the window.
    pub(crate) resets: Timestamp,
}

impl Limits {
    pub(crate) fn new() -> Self {
        Self { limit: SMALLEST_TIER, calls: VecDeque::new() }
    }

    pub(crate) fn set(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Counts one call; false if none was left.
    pub(crate) fn take(&mut self, now: Timestamp) -> bool {
        let left = self.standing(now).remaining > 0;
        if left {
            self.calls.push_back(now);
        }
        left
    }

    pub(crate) fn standing(&mut self, now: Timestamp) -> Standing {
        while self.calls.front().is_some_and(|call| now.duration_since(*call) >= WINDOW) {
            self.calls.pop_front();
        }
        let oldest = self.calls.front().copied().unwrap_or(now);
        let resets = oldest.saturating_add(WINDOW).unwrap_or(Timestamp::MAX);
        let remaining = self.limit.saturating_sub(self.calls.len());
        Standing { limit: self.limit, remaining, resets }
    }
}
