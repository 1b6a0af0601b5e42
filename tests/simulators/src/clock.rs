//! Time that passes when a test says so.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use outbound::{BoxFuture, Clock};

use crate::lock::lock;

/// Monday 5 October 2026, 09:00 UTC: where virtual time begins.
const START: Timestamp = Timestamp::constant(1_791_190_800, 0);

/// A clock whose time stands still until it is moved.
///
/// [`sleep`](Clock::sleep) moves the time on at once and returns: waits cost nothing, and what a wait
/// was for has happened when it ends. Work that sleeps side by side therefore sleeps one after the
/// other. All clones show the same time.
#[derive(Debug, Clone)]
pub struct SimClock(Arc<Mutex<Time>>);

#[derive(Debug)]
struct Time {
    shown: Timestamp,
    /// When real time took over; `shown` was the time then.
    following_since: Option<Instant>,
}

impl SimClock {
    /// A clock that stands at a fixed instant.
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Time { shown: START, following_since: None })))
    }

    /// A clock that shows the real time, and whose sleeps take their time: for serving over HTTP.
    pub fn following_real_time() -> Self {
        let time = Time { shown: Timestamp::now(), following_since: Some(Instant::now()) };
        Self(Arc::new(Mutex::new(time)))
    }

    /// From now on the time goes on by itself, from where it stands. Sleeps take their time.
    pub fn follow(&self) {
        let mut time = lock(&self.0);
        time.shown = time.now();
        time.following_since = Some(Instant::now());
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        lock(&self.0).now()
    }

    /// Moves the time on.
    pub fn advance(&self, by: Duration) {
        let mut time = lock(&self.0);
        time.shown = later(time.shown, by);
    }

    /// Moves the time on to a moment. A moment that has passed changes nothing.
    pub fn advance_to(&self, moment: Timestamp) {
        if let Ok(by) = Duration::try_from(moment.duration_since(self.now())) {
            self.advance(by);
        }
    }

    fn is_following(&self) -> bool {
        lock(&self.0).following_since.is_some()
    }
}

impl Default for SimClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Time {
    fn now(&self) -> Timestamp {
        self.following_since.map_or(self.shown, |since| later(self.shown, since.elapsed()))
    }
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        self.now()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
        if self.is_following() {
            return Box::pin(tokio::time::sleep(time));
        }
        Box::pin(async move { self.advance(time) })
    }
}

/// A moment so much later, at most the last one there is.
pub(crate) fn later(moment: Timestamp, by: Duration) -> Timestamp {
    moment.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_stands_still_until_it_is_moved() {
        let clock = SimClock::new();
        let before = clock.now();
        assert_eq!(clock.now(), before);
        clock.clone().advance(Duration::from_mins(1));
        assert_eq!(clock.now(), later(before, Duration::from_mins(1)));
        clock.advance_to(before);
        assert_eq!(clock.now(), later(before, Duration::from_mins(1)));
    }

    #[tokio::test]
    async fn a_sleep_costs_virtual_time_only() {
        let clock = SimClock::new();
        let before = clock.now();
        clock.sleep(Duration::from_hours(1)).await;
        assert_eq!(clock.now(), later(before, Duration::from_hours(1)));
    }

    #[test]
    fn a_following_clock_goes_on_by_itself() {
        let clock = SimClock::new();
        let before = clock.now();
        clock.follow();
        while clock.now() == before {
            std::hint::spin_loop();
        }
    }
}
