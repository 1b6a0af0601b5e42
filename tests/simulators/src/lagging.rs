//! A value that others see late.

use jiff::Timestamp;

/// A value with its past, as somebody sees it who learns of changes late.
#[derive(Debug, Clone)]
pub(crate) struct Lagging<T> {
    /// From when each version shows, oldest first.
    versions: Vec<(Timestamp, T)>,
}

impl<T> Lagging<T> {
    pub(crate) fn new() -> Self {
        Self { versions: Vec::new() }
    }

    /// A change that shows from a moment on, and never before an earlier change does.
    pub(crate) fn change(&mut self, shows: Timestamp, value: T) {
        let shows = self.versions.last().map_or(shows, |(last, _)| shows.max(*last));
        self.versions.push((shows, value));
    }

    /// What shows at a moment; nothing if nothing shows yet.
    pub(crate) fn at(&self, moment: Timestamp) -> Option<&T> {
        self.versions.iter().rev().find(|(shows, _)| *shows <= moment).map(|(_, value)| value)
    }

    /// The last value, whether it shows or not.
    pub(crate) fn latest(&self) -> Option<&T> {
        self.versions.last().map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(number: i64) -> Timestamp {
        Timestamp::from_second(number).unwrap()
    }

    #[test]
    fn a_change_shows_when_its_lag_has_passed() {
        let mut value = Lagging::new();
        assert_eq!(value.at(second(0)), None);
        value.change(second(0), "old");
        value.change(second(10), "new");
        assert_eq!(value.at(second(9)), Some(&"old"));
        assert_eq!(value.at(second(10)), Some(&"new"));
        assert_eq!(value.latest(), Some(&"new"));
    }

    #[test]
    fn changes_show_in_their_order_even_if_the_lag_shrinks() {
        let mut value = Lagging::new();
        value.change(second(10), "first");
        value.change(second(1), "second");
        assert_eq!(value.at(second(5)), None);
        assert_eq!(value.at(second(10)), Some(&"second"));
    }
}
