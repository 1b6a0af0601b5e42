//! Webhooks at moments that were drawn before.

use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use outbound::Randomness;
use simulators::SimRandom;
use tokio::time::Instant;

use crate::latency::Latencies;
use crate::memory::Memory;
use crate::{Failure, Serving, Town};

/// What came of a flood.
pub(crate) struct Flood {
    /// How many webhooks were sent.
    pub(crate) sent: usize,
    /// How many of them were not taken.
    pub(crate) refused: usize,
    /// From the moment that was drawn until the answer.
    pub(crate) latencies: Latencies,
    /// The tool's.
    pub(crate) memory: Memory,
}

/// Posts so many webhooks a second for so long, at moments that know nothing of each other.
pub(crate) async fn flood(
    town: &Town,
    serving: &Serving,
    rate: u64,
    lasting: Duration,
    seed: u64,
) -> Result<Flood, Failure> {
    let moments = moments(rate, lasting, &SimRandom::new(seed));
    let (mut under_way, mut answers) = (FuturesUnordered::new(), Vec::with_capacity(moments.len()));
    let mut memory = Memory::default();
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    let (began, sent) = (Instant::now(), moments.len());
    let mut webhooks = town.webhooks();
    let mut moments = moments.into_iter();
    let mut next = moments.next();
    while next.is_some() || !under_way.is_empty() {
        let due = began + next.unwrap_or_default();
        tokio::select! {
            () = tokio::time::sleep_until(due), if next.is_some() => {
                let webhook = webhooks.next()?;
                under_way.push(async move {
                    let taken = serving.post(webhook).await;
                    (taken, due.elapsed())
                });
                next = moments.next();
            }
            Some(answer) = under_way.next() => answers.push(answer),
            _ = seconds.tick() => {
                memory.sample(serving.id()?)?;
                town.forget_calls();
            }
        }
    }
    let refused = answers.iter().filter(|(taken, _)| !taken).count();
    let latencies = Latencies::new(answers.into_iter().map(|(_, latency)| latency).collect());
    Ok(Flood { sent, refused, latencies, memory })
}

/// The moments of a Poisson process, given how many there are: each is anywhere, whatever the others are.
fn moments(rate: u64, lasting: Duration, chance: &SimRandom) -> Vec<Duration> {
    let span = u64::try_from(lasting.as_micros()).unwrap_or(u64::MAX).max(1);
    let mut moments: Vec<Duration> =
        (0..rate * lasting.as_secs()).map(|_| Duration::from_micros(chance.below(span))).collect();
    moments.sort_unstable();
    moments
}
