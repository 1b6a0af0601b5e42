//! The version that is served.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use shopify::ApiVersion;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::shop::{Shop, data, plain};
use crate::support::{Answer, answer};

/// Counts the warnings.
#[derive(Clone, Default)]
struct Warnings(Arc<AtomicUsize>);

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::WARN
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

fn served_by(version: &str) -> Answer {
    answer(200, &[("X-Shopify-API-Version", version)], data(&[plain(1)]))
}

/// How many warnings answers by these versions cause, and which version is then known.
async fn outcome(versions: &[&str]) -> (usize, Option<ApiVersion>) {
    let warnings = Warnings::default();
    let guard = tracing::subscriber::set_default(warnings.clone());
    let shop = Shop::answering(versions.iter().map(|version| served_by(version)));
    for _ in versions {
        shop.customers(&[1], 60).await.unwrap();
    }
    drop(guard);
    (warnings.0.load(Ordering::SeqCst), shop.shopify.served_version())
}

#[tokio::test]
async fn another_version_than_the_one_asked_for_is_warned_of_once() {
    let later = "2027-01".parse().ok();
    assert_eq!(outcome(&["2026-10", "2027-01", "2027-01"]).await, (1, later));
}

#[tokio::test]
async fn the_version_asked_for_is_not_warned_of() {
    assert_eq!(outcome(&["2026-10"]).await, (0, Some(ApiVersion::default())));
}

#[tokio::test]
async fn a_header_that_names_no_version_says_nothing() {
    assert_eq!(outcome(&["marked"]).await, (0, None));
}
