//! What the tool's memory does over time.

use std::fmt;
use std::time::Duration;

use crate::Failure;

/// Nothing is read from the beginning, while tables and caches fill.
const WARMING_UP: usize = 30;

/// The resident memory of a process, once a second, in kilobytes.
#[derive(Default)]
pub(crate) struct Memory(Vec<i64>);

impl Memory {
    /// Takes one more sample.
    pub(crate) fn sample(&mut self, process: u32) -> Result<(), Failure> {
        let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
        self.0.push(kilobytes.ok_or("no VmRSS")?.trim().parse()?);
        Ok(())
    }

    /// By the least squares, in kilobytes a minute; none if there are too few samples to say.
    fn slope(&self) -> Option<i64> {
        let samples = self.0.get(WARMING_UP..).filter(|samples| samples.len() > WARMING_UP)?;
        let count = i64::try_from(samples.len()).ok()?;
        let sum: i64 = samples.iter().sum();
        let numbered = || (0_i64..).zip(samples);
        let times: i64 = numbered().map(|(time, _)| time).sum();
        let products: i64 = numbered().map(|(time, sample)| time * sample).sum();
        let squares: i64 = numbered().map(|(time, _)| time * time).sum();
        Some(60 * (count * products - times * sum) / (count * squares - times * times))
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let megabytes = |sample: Option<&i64>| {
            let tenths = sample.copied().unwrap_or_default() * 10 / 1024;
            format!("{}.{}", tenths / 10, tenths % 10)
        };
        let steady = self.0.get(WARMING_UP);
        write!(f, "{} MB at first", megabytes(self.0.first()))?;
        if let Some(slope) = self.slope() {
            let after = Duration::from_secs(u64::try_from(WARMING_UP).unwrap_or_default());
            write!(f, ", {} MB after {after:?}", megabytes(steady))?;
            write!(f, ", from then on {slope:+} kB a minute")?;
        }
        write!(f, "; {} MB at the end, ", megabytes(self.0.last()))?;
        write!(f, "{} MB at most", megabytes(self.0.iter().max()))
    }
}
