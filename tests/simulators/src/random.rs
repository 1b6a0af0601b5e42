//! Chance that repeats itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use outbound::Randomness;

/// The step between two states of `SplitMix64`: 2^64 divided by the golden ratio, made odd.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Random numbers that are the same in every run with the same seed
/// ([SplitMix64](https://doi.org/10.1145/2714064.2660195)). Good for tests, useless for keys.
#[derive(Debug, Clone)]
pub struct SimRandom(Arc<AtomicU64>);

impl SimRandom {
    /// Chance that begins at a seed. Clones draw from the same sequence.
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(AtomicU64::new(seed)))
    }

    fn next(&self) -> u64 {
        mix(self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP))
    }
}

impl Randomness for SimRandom {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            let bytes = self.next().to_le_bytes();
            chunk.copy_from_slice(bytes.get(..chunk.len()).unwrap_or_default());
        }
    }
}

/// Spreads a number over all 64 bits.
pub(crate) fn mix(number: u64) -> u64 {
    let once = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let twice = (once ^ (once >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    twice ^ (twice >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(seed: u64) -> [u8; 20] {
        let mut buffer = [0; 20];
        SimRandom::new(seed).fill(&mut buffer);
        buffer
    }

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        assert_eq!(drawn(7), drawn(7));
        assert_ne!(drawn(7), drawn(8));
    }

    #[test]
    fn two_draws_differ() {
        let random = SimRandom::new(1);
        assert_ne!(random.below(u64::MAX), random.below(u64::MAX));
    }
}
