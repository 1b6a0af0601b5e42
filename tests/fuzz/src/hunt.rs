//! Playing cases, and watching what they do.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures_util::FutureExt;

use crate::MEMORY;
use crate::chance::Chance;
use crate::input::Part;
use crate::spoil;
use crate::targets::Target;

/// How many times its input a case may take in memory: JSON that is read into values takes up to this much.
const TIMES: usize = 64;
/// What it may take besides: what any call takes, and the longest line of an export.
const BESIDES: usize = 4 << 20;

/// Which cases to play.
#[derive(Debug, Clone, Copy)]
pub struct Hunt {
    /// Where chance begins.
    pub seed: u64,
    /// The first case.
    pub from: u64,
    /// How many.
    pub cases: u64,
    /// Whether to name each case before it is played: for one that ends the process.
    pub traced: bool,
}

/// A case, which can be played again by these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Case {
    /// The target.
    pub target: &'static str,
    /// Where chance began.
    pub seed: u64,
    /// Its number.
    pub number: u64,
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { target, seed, number } = self;
        write!(f, "--target {target} --seed {seed} --from {number} --cases 1")
    }
}

/// What a case must not do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It panicked.
    #[error("{0} panics")]
    Panic(Case),
    /// It took too much memory.
    #[error("{case} takes {taken} bytes of memory for {input} bytes of input")]
    Memory {
        /// Which.
        case: Case,
        /// How much it took at most.
        taken: usize,
        /// How much went in.
        input: usize,
    },
}

/// What cases came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// How many were played.
    pub cases: u64,
    /// How many bytes went in.
    pub bytes: u64,
    /// The most memory that one of them took, in bytes.
    pub most_memory: usize,
    /// The longest that one of them took.
    pub longest: Duration,
    /// How long all of them took, without the making of their input.
    pub time: Duration,
}

impl Figures {
    /// These and others.
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        Self {
            cases: self.cases + others.cases,
            bytes: self.bytes + others.bytes,
            most_memory: self.most_memory.max(others.most_memory),
            longest: self.longest.max(others.longest),
            time: self.time + others.time,
        }
    }
}

impl Hunt {
    /// Plays the cases of a target, up to the first that does what none must.
    ///
    /// # Errors
    /// That case.
    pub async fn play(&self, target: &Target) -> Result<Figures, Fault> {
        let others: Vec<Part> =
            target.samples.iter().flat_map(|sample| sample.parts.clone()).collect();
        let mut figures = Figures::default();
        for number in self.from..self.from.saturating_add(self.cases) {
            let case = Case { target: target.name, seed: self.seed, number };
            if self.traced {
                eprintln!("{case}");
            }
            self.case(target, &others, case, &mut figures).await?;
        }
        Ok(figures)
    }

    async fn case(
        &self,
        target: &Target,
        others: &[Part],
        case: Case,
        figures: &mut Figures,
    ) -> Result<(), Fault> {
        let name = target.name.bytes().fold(0, |sum, byte| sum * 31 + u64::from(byte));
        let mut chance = Chance::new(self.seed ^ name.rotate_left(32) ^ (case.number << 20));
        let mut chance = Chance::new(chance.number());
        let Some(sample) = chance.pick(&target.samples) else { return Ok(()) };
        let parts = spoil::parts(&sample.parts, others, &mut chance);
        let input = parts.iter().map(Part::length).sum();
        let (before, begun) = (MEMORY.current_usage(), Instant::now());
        MEMORY.reset_peak_usage();
        let played = AssertUnwindSafe((target.play)(sample.way, parts)).catch_unwind().await;
        let taken = MEMORY.peak_usage().saturating_sub(before);
        let time = begun.elapsed();
        if played.is_err() {
            return Err(Fault::Panic(case));
        }
        if taken > TIMES * input + BESIDES {
            return Err(Fault::Memory { case, taken, input });
        }
        figures.cases += 1;
        figures.bytes += u64::try_from(input).unwrap_or(u64::MAX);
        figures.most_memory = figures.most_memory.max(taken);
        figures.longest = figures.longest.max(time);
        figures.time += time;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Sample;
    use crate::targets::Play;

    fn target(play: fn()) -> Target {
        let samples = vec![Sample { way: 0, parts: vec![Part::of("{\"id\": 1}")] }];
        let play = move |_, _| Box::pin(async move { play() }) as Play<'static>;
        Target { name: "test", samples, play: Box::new(play) }
    }

    // One test, because memory is counted for the whole process.
    #[tokio::test]
    async fn a_panic_and_a_waste_of_memory_are_found_with_the_case_that_does_it() {
        let hunt = Hunt { seed: 7, from: 3, cases: 10, traced: false };
        let first = Case { target: "test", seed: 7, number: 3 };
        assert_eq!(first.to_string(), "--target test --seed 7 --from 3 --cases 1");
        assert_eq!(hunt.play(&target(|| ())).await.unwrap().cases, 10);
        assert_eq!(hunt.play(&target(|| panic!())).await, Err(Fault::Panic(first)));
        let wasteful =
            hunt.play(&target(|| drop(std::hint::black_box(vec![1_u8; 32 << 20])))).await;
        assert!(
            matches!(wasteful, Err(Fault::Memory { case, .. }) if case == first),
            "{wasteful:?}"
        );
    }

    #[test]
    fn the_same_case_is_spoilt_in_the_same_way() {
        let part = Part::of("{\"id\": 1, \"list\": [1, 2, {\"a\": \"b\"}]}");
        let spoilt = |seed| {
            let parts = spoil::parts(std::slice::from_ref(&part), &[], &mut Chance::new(seed));
            parts.into_iter().map(|part| part.body).collect::<Vec<_>>()
        };
        for seed in 0..1_000 {
            assert_eq!(spoilt(seed), spoilt(seed));
        }
        let different: std::collections::BTreeSet<_> = (0..1_000).map(spoilt).collect();
        assert!(different.len() > 700, "{}", different.len());
    }
}
