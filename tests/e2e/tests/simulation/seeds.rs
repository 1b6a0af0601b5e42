//! Which seeds are played.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::history::History;
use crate::run::{Played, play, told};
use crate::shrink::shrunk;

/// The seeds that are always played.
const ALWAYS: Range<u64> = 0..30;
/// More than people read.
const MOST_TOLD: usize = 5;

/// The seeds that the environment names, such as `SEEDS=0..10000`, or one such as `SEEDS=17`.
fn chosen() -> Range<u64> {
    let Ok(text) = std::env::var("SEEDS") else { return ALWAYS };
    if let Some((first, end)) = text.split_once("..") {
        return first.parse().unwrap()..end.parse().unwrap();
    }
    let only: u64 = text.parse().unwrap();
    only..only + 1
}

/// Plays seeds on all processors. Gives those that went wrong.
fn play_seeds(seeds: Range<u64>) -> Vec<(History, Played)> {
    let (next, wrong) = (AtomicU64::new(seeds.start), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().unwrap().get();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    let history = History::of(seed);
                    let played = play(&history);
                    if let Some(problem) = played.problems.first() {
                        println!("seed {seed}: {}: {}", problem.kind, problem.what);
                        wrong.lock().unwrap().push((history, played));
                    }
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().unwrap();
    wrong.sort_by_key(|(history, _)| history.seed);
    wrong
}

#[test]
fn whatever_happens_in_the_end_everybody_is_where_the_rules_put_them() {
    let (seeds, began) = (chosen(), Instant::now());
    let count = seeds.end - seeds.start;
    let wrong = play_seeds(seeds.clone());
    println!("{count} seeds in {} s, {} went wrong", began.elapsed().as_secs(), wrong.len());
    if let Ok(kept) = std::env::var("TRANSCRIPT") {
        let played = play(&History::of(seeds.start));
        std::fs::write(kept, played.transcript.join("\n")).unwrap();
    }
    for (history, played) in wrong.iter().take(MOST_TOLD) {
        let shorter = shrunk(history, played.problems[0].kind);
        println!("\n{}", told(&shorter, &play(&shorter)));
    }
    assert!(wrong.is_empty(), "{} of {count} seeds went wrong", wrong.len());
}

#[test]
fn the_same_seed_is_the_same_history() {
    for seed in 0..3 {
        let [one, other] = [seed, seed].map(|seed| play(&History::of(seed)));
        assert_eq!(one, other, "{seed}");
    }
}
