//! Logs: one JSON object a line, its fields at the top.

use std::collections::BTreeMap;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The crates of this product.
const OURS: [&str; 13] = [
    "comparison",
    "mavera",
    "okta",
    "outbound",
    "refresh_groups",
    "resegment",
    "rules",
    "runtime",
    "segments",
    "shopify",
    "state",
    "sync_customer",
    "webhook",
];

/// Sends what the function reports to standard output as JSON lines, which Lambda hands on to
/// `CloudWatch` Logs. `AWS_LAMBDA_LOG_LEVEL` sets the least level; INFO if it is not set. Libraries are
/// heard from WARN on at most: below that some log the requests they send, headers and bodies included.
pub fn start() {
    let level = std::env::var("AWS_LAMBDA_LOG_LEVEL").ok();
    let level = level.and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO);
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_target(false);
    // A second start, as in tests, leaves the first in place.
    let _ = tracing_subscriber::registry().with(heard(level)).with(lines).try_init();
}

/// Who is heard at this level: this product. Libraries are heard from WARN on at most.
pub fn heard(level: LevelFilter) -> Targets {
    Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_targets(OURS.map(|name| (name, level)))
}

/// Counts what happened in one call of a function, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<&'static str, u64>);

impl Tally {
    /// Counts one more.
    pub fn count(&mut self, name: &'static str) {
        self.add(name, 1);
    }

    /// Counts several more.
    pub fn add(&mut self, name: &'static str, more: u64) {
        *self.0.entry(name).or_default() += more;
    }

    /// How often it was counted.
    pub fn of(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or(0)
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The counts by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.0.iter().map(|(name, count)| (*name, *count))
    }

    /// Takes over the counts of another.
    pub fn merge(&mut self, other: &Self) {
        for (name, count) in other.iter() {
            self.add(name, count);
        }
    }
}

/// "applied 2, unchanged 1".
impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, (name, count)) in self.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{name} {count}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn libraries_never_say_more_than_warnings() {
        for level in [LevelFilter::TRACE, LevelFilter::DEBUG, LevelFilter::INFO] {
            for library in ["hyper_util::client", "aws_smithy_runtime::client", "lambda_runtime"] {
                assert!(!heard(level).would_enable(library, &Level::INFO), "{library} {level}");
                assert!(heard(level).would_enable(library, &Level::WARN), "{library} {level}");
            }
        }
        assert!(!heard(LevelFilter::ERROR).would_enable("hyper_util::client", &Level::WARN));
    }

    #[test]
    fn every_function_and_every_shared_crate_is_heard() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for folder in ["functions", "shared"] {
            for found in std::fs::read_dir(root.join(folder)).unwrap() {
                let name = found.unwrap().file_name().into_string().unwrap().replace('-', "_");
                assert!(OURS.contains(&name.as_str()), "{name}");
            }
        }
    }

    #[test]
    fn this_product_says_what_the_level_lets_it() {
        for (level, debug) in [(LevelFilter::DEBUG, true), (LevelFilter::INFO, false)] {
            for name in [module_path!(), "webhook::handler", "sync_customer", "segments::local"] {
                assert_eq!(heard(level).would_enable(name, &Level::DEBUG), debug, "{name} {level}");
            }
        }
    }
}
