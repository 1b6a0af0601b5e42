//! Who is heard.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;

/// The crates of this product.
const OURS: [&str; 14] = [
    "announcements",
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

/// Where Lambda's runtime says once more what a call failed with, which was said already.
const SAID_ALREADY: &str = "lambda_runtime::layers::panic";

/// Who is heard at this level: this product. Libraries are heard from WARN on at most: below that some log
/// the requests they send, headers and bodies included.
pub fn heard(level: LevelFilter) -> Targets {
    Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_targets(OURS.map(|name| (name, level)))
        .with_target(SAID_ALREADY, LevelFilter::OFF)
}

/// Whether a target, which begins with the name of a crate, is this product's.
pub(super) fn is_ours(target: &str) -> bool {
    let name = target.split("::").next().unwrap_or(target);
    OURS.contains(&name)
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
