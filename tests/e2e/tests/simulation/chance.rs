//! Chance that a seed repeats.

use outbound::Randomness;
use simulators::SimRandom;

/// Draws. The same seed draws the same.
pub(crate) struct Chance(SimRandom);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(SimRandom::new(seed))
    }

    /// A number from 0 to `below` − 1.
    pub(crate) fn below(&self, below: u64) -> u64 {
        self.0.below(below)
    }

    /// The same, for where it fits.
    pub(crate) fn small<N: TryFrom<u64, Error: std::fmt::Debug>>(&self, below: u64) -> N {
        N::try_from(self.below(below)).unwrap()
    }

    pub(crate) fn percent(&self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of these.
    pub(crate) fn one<'a, T>(&self, of: &'a [T]) -> &'a T {
        &of[self.small::<usize>(u64::try_from(of.len()).unwrap())]
    }

    /// What later draws may begin at; never 0.
    pub(crate) fn luck(&self) -> u64 {
        self.below(u64::MAX) | 1
    }
}
