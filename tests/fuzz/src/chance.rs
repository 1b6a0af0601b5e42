//! Chance that a case's number decides.

use outbound::Randomness;
use simulators::SimRandom;

/// Random numbers.
pub(crate) struct Chance(SimRandom);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(SimRandom::new(seed))
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.0.below(u64::MAX)
    }

    /// From 0 to `limit` − 1; 0 if there is no limit to stay below.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.0.below(u64::try_from(limit).unwrap_or(u64::MAX))).unwrap_or(0)
    }

    /// True once in so many times.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, among: &'a [T]) -> Option<&'a T> {
        among.get(self.below(among.len()))
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.0.fill(&mut bytes);
        bytes
    }
}
