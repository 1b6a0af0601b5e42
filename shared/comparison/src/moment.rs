//! A moment, ordered as [`Timestamp`] is, and quick to make.

use jiff::Timestamp;

/// Seconds since 1970, and nanoseconds of the same sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    pub(crate) second: i64,
    pub(crate) nanosecond: i32,
}

impl From<Timestamp> for Moment {
    fn from(timestamp: Timestamp) -> Self {
        Self { second: timestamp.as_second(), nanosecond: timestamp.subsec_nanosecond() }
    }
}

impl Moment {
    pub(crate) fn of_second(second: u32) -> Self {
        Self { second: i64::from(second), nanosecond: 0 }
    }

    /// As whole seconds since 1970; none if that would lose something.
    pub(crate) fn whole(self) -> Option<u32> {
        (self.nanosecond == 0).then(|| u32::try_from(self.second).ok()).flatten()
    }
}
