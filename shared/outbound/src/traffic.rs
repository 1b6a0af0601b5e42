//! What a client has sent, counted.

use std::sync::atomic::{AtomicU64, Ordering};

/// What a client and its clones have sent since they were made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Requests, repeats included.
    pub sent: u64,
    /// Requests that the service refused because there were too many.
    pub throttled: u64,
    /// Requests that brought no answer, or one that the service is unavailable or does not accept the
    /// credentials, when a token is asked for too. What was refused for what it asked is none of them.
    pub failed: u64,
}

impl Traffic {
    /// What was sent after `before` was counted.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        Self {
            sent: self.sent.saturating_sub(before.sent),
            throttled: self.throttled.saturating_sub(before.throttled),
            failed: self.failed.saturating_sub(before.failed),
        }
    }
}

#[derive(Default)]
pub(crate) struct Counters {
    sent: AtomicU64,
    throttled: AtomicU64,
    failed: AtomicU64,
}

impl Counters {
    pub(crate) fn send(&self) {
        self.sent.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn throttle(&self) {
        self.throttled.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn fail(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts by the status of an answer; none if there was no answer.
    pub(crate) fn end(&self, status: Option<u16>) {
        match status {
            Some(429) => self.throttle(),
            None | Some(401 | 403 | 500..) => self.fail(),
            Some(_) => {}
        }
    }

    pub(crate) fn read(&self) -> Traffic {
        Traffic {
            sent: self.sent.load(Ordering::Relaxed),
            throttled: self.throttled.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
        }
    }
}
