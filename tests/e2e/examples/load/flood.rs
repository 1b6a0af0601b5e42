//! Webhooks at moments that were drawn before.

use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use outbound::Randomness;
use simulators::{SimRandom, Webhook};
use tokio::time::Instant;

use crate::latency::Latencies;
use crate::{Failure, Serving, Town};

/// How webhooks come.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    /// How many of them.
    pub(crate) count: u64,
    /// In how much time.
    pub(crate) lasting: Duration,
    /// How long answers take is judged by those that are due from then on.
    pub(crate) judged_from: Duration,
    /// By which their moments are drawn.
    pub(crate) seed: u64,
}

impl Pace {
    /// So many a second for so many seconds, all of them judged.
    pub(crate) fn steady(rate: u64, seconds: u64, seed: u64) -> Self {
        let lasting = Duration::from_secs(seconds);
        Self { count: rate * seconds, lasting, judged_from: Duration::ZERO, seed }
    }

    /// So many in all, at so many a second.
    pub(crate) fn in_all(count: u64, rate: u64, seed: u64) -> Self {
        let lasting = Duration::from_millis(count * 1_000 / rate.max(1));
        Self { count, lasting, judged_from: Duration::ZERO, seed }
    }
}

/// What came of a flood.
pub(crate) struct Flood {
    /// How many webhooks were sent.
    pub(crate) sent: usize,
    /// How many of them were not taken.
    pub(crate) refused: usize,
    /// From the moment that was drawn until the answer.
    pub(crate) latencies: Latencies,
}

/// Posts webhooks at this pace, at moments that know nothing of each other.
pub(crate) async fn flood(
    town: &Town,
    serving: &Serving,
    pace: Pace,
    mut webhooks: impl FnMut() -> Result<Webhook, Failure>,
) -> Result<Flood, Failure> {
    let moments = moments(pace);
    let (mut under_way, mut answers) = (FuturesUnordered::new(), Vec::with_capacity(moments.len()));
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    let (began, sent) = (Instant::now(), moments.len());
    let mut moments = moments.into_iter();
    let mut next = moments.next();
    while next.is_some() || !under_way.is_empty() {
        let moment = next.unwrap_or_default();
        let due = began + moment;
        tokio::select! {
            () = tokio::time::sleep_until(due), if next.is_some() => {
                let webhook = webhooks()?;
                under_way.push(async move {
                    let taken = serving.post(webhook).await;
                    (taken, moment, due.elapsed())
                });
                next = moments.next();
            }
            Some(answer) = under_way.next() => answers.push(answer),
            _ = seconds.tick() => town.forget_calls(),
        }
    }
    let refused = answers.iter().filter(|(taken, ..)| !taken).count();
    let judged = answers.into_iter().filter(|(_, moment, _)| *moment >= pace.judged_from);
    let latencies = Latencies::new(judged.map(|(.., latency)| latency).collect());
    Ok(Flood { sent, refused, latencies })
}

/// The moments of a Poisson process, given how many there are: each is anywhere, whatever the others are.
fn moments(pace: Pace) -> Vec<Duration> {
    let chance = SimRandom::new(pace.seed);
    let span = u64::try_from(pace.lasting.as_micros()).unwrap_or(u64::MAX).max(1);
    let mut moments: Vec<Duration> =
        (0..pace.count).map(|_| Duration::from_micros(chance.below(span))).collect();
    moments.sort_unstable();
    moments
}
