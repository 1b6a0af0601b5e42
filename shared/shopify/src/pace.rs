//! Pacing by points ([rate limits](https://shopify.dev/docs/api/usage/limits)).
//!
//! A query costs points; a bucket of them fills up at a steady rate. Every answer says what the query
//! cost and how full the bucket is, so nothing about the shop's plan is assumed here. Points are kept
//! in thousandths: Shopify writes them as integers or with decimals.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// Thousandths of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Points(u64);

/// `extensions.cost` of an answer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Cost {
    requested_query_cost: Points,
    throttle_status: ThrottleStatus,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ThrottleStatus {
    maximum_available: Points,
    currently_available: Points,
    /// A second.
    restore_rate: Points,
}

/// What the answers last said of the bucket, and of the price of each document.
#[derive(Default)]
pub(crate) struct Pace(Mutex<Known>);

#[derive(Default)]
struct Known {
    bucket: Option<(ThrottleStatus, Timestamp)>,
    prices: BTreeMap<&'static str, Price>,
}

/// What a document cost when it asked for so many ids.
struct Price {
    points: Points,
    ids: usize,
}

impl Pace {
    /// Learns from an answer to `document` with so many ids, which came at `now`.
    pub(crate) fn learn(&self, document: &'static str, ids: usize, cost: Cost, now: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.prices.insert(document, Price { points: cost.requested_query_cost, ids });
        known.bucket = Some((cost.throttle_status, now));
    }

    /// When the bucket will hold enough for the document with so many ids; none if it does at `now`,
    /// or if nothing is known yet.
    pub(crate) fn ready_at(
        &self,
        document: &'static str,
        ids: usize,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (bucket, seen_at) = known.bucket.as_ref()?;
        let needed = known.prices.get(document)?.of(ids).min(bucket.maximum_available);
        let missing = needed.0.saturating_sub(bucket.at(now, *seen_at).0);
        let wait = missing.saturating_mul(1_000).div_ceil(bucket.restore_rate.0.max(1));
        let wait = SignedDuration::from_millis(i64::try_from(wait).unwrap_or(i64::MAX));
        (missing > 0).then(|| now.saturating_add(wait).unwrap_or(Timestamp::MAX))
    }
}

impl Price {
    /// The price for so many ids, if it grows with their number.
    fn of(&self, ids: usize) -> Points {
        let [ids, known] = [ids, self.ids.max(1)].map(|ids| u64::try_from(ids).unwrap_or(u64::MAX));
        Points(self.points.0.saturating_mul(ids).div_ceil(known))
    }
}

impl ThrottleStatus {
    /// What is available at `now`, with what was restored since.
    fn at(&self, now: Timestamp, seen_at: Timestamp) -> Points {
        let passed = u64::try_from(now.duration_since(seen_at).as_millis()).unwrap_or(0);
        let restored = passed.saturating_mul(self.restore_rate.0) / 1_000;
        let available = self.currently_available.0.saturating_add(restored);
        Points(available).min(self.maximum_available)
    }
}

impl<'de> Deserialize<'de> for Points {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = <&RawValue>::deserialize(deserializer)?.get();
        let points: Option<Decimal> = number.parse().ok();
        points
            .and_then(|points| points.checked_mul(Decimal::ONE_THOUSAND)?.trunc().try_into().ok())
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom("not a number of points"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(requested: &str, available: &str, rate: &str) -> Cost {
        serde_json::from_str(&format!(
            r#"{{"requestedQueryCost": {requested}, "actualQueryCost": null, "throttleStatus":
                {{"maximumAvailable": 2000, "currentlyAvailable": {available},
                "restoreRate": {rate}}}}}"#
        ))
        .unwrap()
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + millis).unwrap()
    }

    fn paced(requested: &str, available: &str, rate: &str) -> Pace {
        let pace = Pace::default();
        pace.learn("customers", 10, cost(requested, available, rate), at(0));
        pace
    }

    #[test]
    fn the_wait_is_what_is_missing_by_the_restore_rate() {
        for (available, rate) in [("40", "100"), ("40.0", "100.0"), ("40.000", "100")] {
            let pace = paced("100", available, rate);
            assert_eq!(pace.ready_at("customers", 10, at(0)), Some(at(600)), "{available}");
        }
    }

    #[test]
    fn what_was_restored_meanwhile_counts() {
        let pace = paced("100", "40", "100");
        assert_eq!(pace.ready_at("customers", 10, at(400)), Some(at(600)));
        assert_eq!(pace.ready_at("customers", 10, at(600)), None);
    }

    #[test]
    fn more_ids_are_expected_to_cost_more() {
        let pace = paced("100", "150", "100");
        assert_eq!(pace.ready_at("customers", 10, at(0)), None);
        assert_eq!(pace.ready_at("customers", 20, at(0)), Some(at(500)));
    }

    #[test]
    fn a_price_above_the_whole_bucket_waits_for_a_full_bucket_and_no_longer() {
        let pace = paced("9000", "0", "100");
        assert_eq!(pace.ready_at("customers", 10, at(0)), Some(at(20_000)));
        assert_eq!(pace.ready_at("customers", 10, at(20_000)), None);
    }

    #[test]
    fn what_is_not_known_holds_nothing_back() {
        assert_eq!(Pace::default().ready_at("customers", 250, at(0)), None);
        assert_eq!(paced("100", "0", "100").ready_at("orders", 250, at(0)), None);
    }

    #[test]
    fn odd_figures_do_not_overflow() {
        let pace = paced("1000000000000000", "0", "0");
        assert!(pace.ready_at("customers", usize::MAX, at(0)).is_some());
        assert!(serde_json::from_str::<Points>("-1").is_err());
        assert!(serde_json::from_str::<Points>("99999999999999999999").is_err());
        assert!(serde_json::from_str::<Points>(r#""5""#).is_err());
    }
}
