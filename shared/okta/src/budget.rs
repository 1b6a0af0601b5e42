//! Our share of Okta's rate limits.
//!
//! Okta counts calls of all clients of an org in buckets, per minute, and says in every answer how
//! many are left ([rate limits](https://developer.okta.com/docs/reference/rl-best-practices/)). A call
//! may begin while more are left than the part that is not ours. Nothing is counted here: Okta's own
//! number holds for every worker at once, and for the org's other clients too.
//!
//! A bucket nothing is known of is not held back: the first call of a process goes and learns.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use outbound::ErrorKind;

use crate::answer::date;

/// How long to wait after a 429 without the headers that say so.
const UNTOLD: SignedDuration = SignedDuration::from_secs(10);
/// Okta's limits are per minute. A reset further away than this is not believed, or one odd header
/// would stop us for good.
const LONGEST: SignedDuration = SignedDuration::from_mins(5);
/// `Date` and `X-Rate-Limit-Reset` are cut to whole seconds.
const ROUNDING: SignedDuration = SignedDuration::from_secs(1);

/// The share of each bucket that may be used, in whole per cent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateShare(u8);

/// Not a share of a rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a share of a rate limit (1 to 100 per cent)")]
pub struct InvalidShare;

/// Half: what Okta itself lets one token or app use unless told otherwise.
impl Default for RateShare {
    fn default() -> Self {
        Self(50)
    }
}

impl RateShare {
    /// A share of 1 to 100 per cent.
    ///
    /// # Errors
    /// If it is none.
    pub const fn percent(percent: u8) -> Result<Self, InvalidShare> {
        if percent >= 1 && percent <= 100 { Ok(Self(percent)) } else { Err(InvalidShare) }
    }

    /// The share in per cent.
    pub const fn as_percent(self) -> u8 {
        self.0
    }

    /// What a run may use of this share: 80 % of it, rounded down, and 1 per cent at least. So there is
    /// room for live orders while a run goes on.
    #[must_use]
    pub const fn for_runs(self) -> Self {
        let part = self.0 - self.0.div_ceil(5);
        Self(if part == 0 { 1 } else { part })
    }

    /// The part of a limit that is for others, rounded up.
    fn reserve(self, limit: u64) -> u64 {
        limit.saturating_mul(u64::from(100 - self.0)).div_ceil(100)
    }
}

/// The endpoints that share one limit, as far as
/// [Okta's table](https://developer.okta.com/docs/reference/rl-global-mgmt/) tells. Where it leaves
/// open whether two endpoints share one, they are two here: then each knows its own last answer, and
/// no number is taken for another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Bucket {
    /// `GET /api/v1/users`.
    ListUsers,
    /// `GET /api/v1/users/{id or login}`.
    GetUser,
    /// `POST /api/v1/users/{id}`.
    UpdateUser,
    /// `GET /api/v1/users/{id}/groups`.
    GroupsOfUser,
    /// `GET` and `POST /api/v1/groups`.
    ListGroups,
    /// `GET /api/v1/groups/{id}`.
    GetGroup,
    /// `PUT` and `DELETE /api/v1/groups/{id}/users/{id}`.
    Memberships,
    /// `GET /api/v1/groups/{id}/users`.
    Members,
    /// `GET /api/v1/groups/rules`.
    Rules,
    /// `/api/v1/meta/schemas`.
    Schemas,
    /// The roles of users, groups and apps.
    Roles,
    /// `POST /oauth2/v1/token`.
    Tokens,
}

impl Bucket {
    /// What finding, reading and writing one user counts against.
    pub(crate) const OF_ONE_USER: [Self; 5] =
        [Self::ListUsers, Self::GetUser, Self::UpdateUser, Self::GroupsOfUser, Self::Memberships];
}

/// What the answers last said of each bucket.
#[derive(Default)]
pub(crate) struct Budget(Mutex<BTreeMap<Bucket, Window>>);

#[derive(Clone, Copy)]
struct Window {
    told: Told,
    /// When the bucket is full again, by our clock.
    full_at: Timestamp,
}

#[derive(Clone, Copy)]
enum Told {
    /// By an answer: what was left of the limit until `reset`, by Okta's clock in epoch seconds.
    Left { limit: u64, remaining: u64, reset: i64 },
    /// By a 429. For too many calls *at once* its headers hold other numbers, so none is kept.
    Refused,
}

impl Budget {
    /// Learns from an answer that came at `now`. Answers may come out of order, so within one window
    /// the lowest number counts.
    pub(crate) fn learn(&self, bucket: Bucket, headers: &HeaderMap, now: Timestamp) {
        let limit = number(headers, "x-rate-limit-limit");
        let remaining = number(headers, "x-rate-limit-remaining");
        let reset = number(headers, "x-rate-limit-reset");
        let (Some(limit), Some(remaining), Some(reset)) = (limit, remaining, reset) else {
            return;
        };
        let told = Told::Left { limit, remaining, reset };
        let fresh = Window { told, full_at: full_at(headers, reset, now) };
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let window = windows.entry(bucket).or_insert(fresh);
        *window = window.followed_by(fresh, now);
    }

    /// Learns from a 429 that came at `now`.
    pub(crate) fn refused(&self, bucket: Bucket, headers: &HeaderMap, now: Timestamp) {
        let reset = number(headers, "x-rate-limit-reset");
        let full_at = reset.map_or_else(
            || now.saturating_add(UNTOLD).unwrap_or(Timestamp::MAX),
            |reset| full_at(headers, reset, now),
        );
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        windows.insert(bucket, Window { told: Told::Refused, full_at });
    }

    /// Why no call may begin at `now`, and when one may; none if one may begin.
    pub(crate) fn held(
        &self,
        bucket: Bucket,
        share: RateShare,
        now: Timestamp,
    ) -> Option<(Timestamp, ErrorKind)> {
        let windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let window = windows.get(&bucket).filter(|window| now < window.full_at)?;
        let retry_at = window.full_at;
        match window.told {
            Told::Refused => Some((retry_at, ErrorKind::Throttled { retry_at })),
            Told::Left { limit, remaining, .. } => (remaining <= share.reserve(limit))
                .then_some((retry_at, ErrorKind::BudgetSpent { retry_at })),
        }
    }
}

impl Window {
    fn followed_by(self, fresh: Self, now: Timestamp) -> Self {
        match (self.told, fresh.told) {
            (
                Told::Left { remaining: old, reset: old_reset, .. },
                Told::Left { remaining, reset, .. },
            ) if now < self.full_at
                && (reset < old_reset || reset == old_reset && old < remaining) =>
            {
                self
            }
            _ => fresh,
        }
    }
}

/// When the bucket is full again, by our clock: the time from the answer's own date to the reset,
/// counted from now, so that a difference between the two clocks does not matter.
fn full_at(headers: &HeaderMap, reset: i64, now: Timestamp) -> Timestamp {
    let sent_at = date(headers).unwrap_or(now);
    let wait = SignedDuration::from_secs(reset)
        .saturating_sub(SignedDuration::from_secs(sent_at.as_second()))
        .clamp(SignedDuration::ZERO, LONGEST);
    now.saturating_add(wait + ROUNDING).unwrap_or(Timestamp::MAX)
}

fn number<N: std::str::FromStr>(headers: &HeaderMap, name: &str) -> Option<N> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_second(1_795_000_000).unwrap()
    }

    /// An answer of this moment: so many left of 600, until so many seconds later.
    fn told(remaining: u64, seconds: i64) -> HeaderMap {
        let reset = (now().as_second() + seconds).to_string();
        let headers = [
            ("x-rate-limit-limit", "600".to_owned()),
            ("x-rate-limit-remaining", remaining.to_string()),
            ("x-rate-limit-reset", reset),
        ];
        headers
            .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()))
            .into_iter()
            .collect()
    }

    fn is_held_after(answers: &[HeaderMap]) -> bool {
        let budget = Budget::default();
        for headers in answers {
            budget.learn(Bucket::GetUser, headers, now());
        }
        budget.held(Bucket::GetUser, RateShare::default(), now()).is_some()
    }

    #[test]
    fn an_answer_that_was_overtaken_does_not_bring_calls_back() {
        assert!(is_held_after(&[told(10, 30), told(599, 30)]));
        assert!(is_held_after(&[told(10, 60), told(599, 0)]));
    }

    #[test]
    fn the_next_window_replaces_the_last() {
        assert!(!is_held_after(&[told(10, 0), told(599, 60)]));
        assert!(is_held_after(&[told(599, 0), told(10, 60)]));
    }

    #[test]
    fn an_answer_without_the_headers_changes_nothing() {
        assert!(is_held_after(&[told(10, 30), HeaderMap::new()]));
        assert!(!is_held_after(&[HeaderMap::new()]));
    }
}
