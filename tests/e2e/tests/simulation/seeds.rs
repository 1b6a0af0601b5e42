//! Which seeds are played.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crate::history::History;
use crate::run::{Played, play, told};
use crate::shrink::shrunk;
use crate::tally::Tally;

/// The seeds that are always played.
const ALWAYS: Range<u64> = 0..60;
/// And those that found something once, whatever their histories are by now.
const FOUND: [u64; 5] = [388, 422, 860, 862, 1_048];
/// What has to happen in them: what nobody meets proves nothing.
const HAPPENS: [&str; 22] = [
    "batches killed or misled",
    "customers judged: events",
    "customers judged: next run",
    "customers judged: run",
    "fault: okta: 503",
    "fault: okta: a page of a proxy",
    "fault: okta: reset, done",
    "fault: okta: time-out",
    "fault: queue: in part (DeleteMessage)",
    "fault: queue: in part (SendMessageBatch)",
    "fault: shopify: errors beside data",
    "fault: shopify: throttled by a 200",
    "fault: shopify: truncated",
    "fault: tables: done, and no answer",
    "fault: tables: in part (BatchGetItem)",
    "functions stopped at a call to a service",
    "messages handed out again",
    "run steps killed",
    "run steps side by side",
    "webhooks forged",
    "webhooks lost",
    "webhooks with another topic",
];
/// More than people read.
const MOST_TOLD: usize = 5;
/// How many seeds there are between two lines that say how far it is.
const PROGRESS: usize = 250;

/// The seeds that the environment names, such as `SEEDS=0..10000`, or one such as `SEEDS=17`.
fn chosen() -> Vec<u64> {
    let Ok(text) = std::env::var("SEEDS") else { return ALWAYS.chain(FOUND).collect() };
    match text.split_once("..") {
        Some((first, end)) => (first.parse().unwrap()..end.parse().unwrap()).collect(),
        None => vec![text.parse().unwrap()],
    }
}

/// What came of many seeds.
#[derive(Default)]
struct Total {
    played: usize,
    steps: usize,
    tally: Tally,
    wrong: Vec<(History, Played)>,
}

impl Total {
    fn add(&mut self, history: History, mut played: Played, all: usize, began: Instant) {
        self.played += 1;
        self.steps += history.steps.len();
        self.tally.add_all(std::mem::take(&mut played.tally));
        if let Some(problem) = played.problems.first() {
            println!("seed {}: {}: {}", history.seed, problem.kind, problem.what);
            self.wrong.push((history, played));
        }
        if self.played.is_multiple_of(PROGRESS) {
            let (seconds, wrong) = (began.elapsed().as_secs(), self.wrong.len());
            println!("{} of {all} seeds after {seconds} s, {wrong} went wrong", self.played);
        }
    }
}

/// Plays seeds on all processors.
fn play_seeds(seeds: &[u64]) -> Total {
    let (next, total, began) = (AtomicUsize::new(0), Mutex::<Total>::default(), Instant::now());
    let threads = std::thread::available_parallelism().unwrap().get();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let history = History::of(*seed);
                    let played = play(&history);
                    total.lock().unwrap().add(history, played, seeds.len(), began);
                }
            });
        }
    });
    let mut total = total.into_inner().unwrap();
    total.wrong.sort_by_key(|(history, _)| history.seed);
    let Total { played, steps, tally, wrong } = &total;
    println!("{tally}");
    let (seconds, wrong) = (began.elapsed().as_secs(), wrong.len());
    println!("{played} seeds and {steps} steps in {seconds} s, {wrong} went wrong");
    total
}

#[test]
fn whatever_happens_in_the_end_everybody_is_where_the_rules_put_them() {
    let seeds = chosen();
    let Total { wrong, tally, .. } = play_seeds(&seeds);
    let cut_down = |(history, played): &(History, Played)| shrunk(history, played.problems[0].kind);
    let shortest: Vec<_> = wrong.iter().take(MOST_TOLD).map(cut_down).collect();
    for history in &shortest {
        println!("\n{}", told(history, &play(history)));
    }
    if let Ok(kept) = std::env::var("TRANSCRIPT") {
        let history = shortest.into_iter().next().unwrap_or_else(|| History::of(seeds[0]));
        std::fs::write(kept, play(&history).transcript.join("\n")).unwrap();
    }
    let wrong: BTreeSet<_> = wrong.iter().map(|(history, _)| history.seed).collect();
    if std::env::var("SEEDS").is_err() {
        let missing: Vec<_> = HAPPENS.iter().filter(|what| !tally.has(what)).collect();
        assert!(missing.is_empty(), "in none of the histories that are always played: {missing:?}");
    }
    assert!(wrong.is_empty(), "{} of {} seeds went wrong: {wrong:?}", wrong.len(), seeds.len());
}

#[test]
fn the_same_seed_is_the_same_history() {
    for seed in 0..3 {
        let [one, other] = [seed, seed].map(|seed| play(&History::of(seed)));
        assert_eq!(one, other, "{seed}");
    }
}
