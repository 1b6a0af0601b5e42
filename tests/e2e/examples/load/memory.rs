//! What the tool's memory does over time.

use std::fmt;
use std::iter;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::Failure;

/// How often it is looked at.
const PAUSE: Duration = Duration::from_secs(1);
/// Of fewer samples none can say what happens in a minute.
const FEWEST: usize = 60;
/// How much it may grow, in kilobytes a minute. At 200 webhooks a second that is 87 bytes for each, less than a
/// message has.
const MOST: i64 = 1_024;

/// The resident memory of a process, sampled once a second.
pub(crate) struct Memory(Receiver<i64>);

impl Memory {
    /// Looks at a process from now on.
    pub(crate) fn of(process: u32) -> Self {
        let (samples, kept) = channel();
        tokio::spawn(async move {
            let mut seconds = tokio::time::interval(PAUSE);
            // A process that has ended has no memory.
            while let Ok(sample) = resident(process) {
                if samples.send(sample).is_err() {
                    return;
                }
                seconds.tick().await;
            }
        });
        Self(kept)
    }

    /// What it did since this was asked last.
    pub(crate) fn since_last(&self) -> Stretch {
        Stretch(iter::from_fn(|| self.0.try_recv().ok()).collect())
    }
}

/// In kilobytes.
fn resident(process: u32) -> Result<i64, Failure> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    Ok(kilobytes.ok_or("no VmRSS")?.trim().parse()?)
}

/// Samples of some time, in kilobytes.
pub(crate) struct Stretch(Vec<i64>);

impl Stretch {
    /// # Errors
    /// If it grows by too much in the second half, when whatever else fills up at first is full; or if that is
    /// too short to say.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let growth = self.growth().ok_or("too few samples say whether memory grows")?;
        if growth <= MOST {
            return Ok(());
        }
        Err(format!("memory grows by {growth} kB a minute, of which {MOST} at most are fine")
            .into())
    }

    /// In the second half, by the least squares, in kilobytes a minute; none if there are too few samples to
    /// say.
    fn growth(&self) -> Option<i64> {
        let samples = self.0.get(self.0.len() / 2..).filter(|samples| samples.len() >= FEWEST)?;
        let count = i64::try_from(samples.len()).ok()?;
        let sum: i64 = samples.iter().sum();
        let numbered = || (0_i64..).zip(samples);
        let times: i64 = numbered().map(|(time, _)| time).sum();
        let products: i64 = numbered().map(|(time, sample)| time * sample).sum();
        let squares: i64 = numbered().map(|(time, _)| time * time).sum();
        Some(60 * (count * products - times * sum) / (count * squares - times * times))
    }
}

impl fmt::Display for Stretch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let megabytes = |sample: Option<&i64>| {
            let tenths = sample.copied().unwrap_or_default() * 10 / 1024;
            format!("{}.{}", tenths / 10, tenths % 10)
        };
        write!(f, "{} MB at first, ", megabytes(self.0.first()))?;
        write!(f, "{} MB at the end, ", megabytes(self.0.last()))?;
        write!(f, "{} MB at most", megabytes(self.0.iter().max()))?;
        match self.growth() {
            Some(growth) => write!(f, "; in the second half {growth:+} kB a minute"),
            None => Ok(()),
        }
    }
}
