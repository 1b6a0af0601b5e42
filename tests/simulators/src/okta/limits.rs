//! Rate limits: so many calls a minute for each group of addresses.

use std::collections::BTreeMap;

use ::http::Method;
use jiff::Timestamp;

/// The addresses that share a limit
/// ([rate limits](https://developer.okta.com/docs/reference/rl-global-mgmt/)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bucket {
    /// Listing, searching and adding users.
    Users,
    /// Reading one user.
    User,
    /// Changing one user.
    UserUpdate,
    /// The groups of a user.
    UserGroups,
    /// Listing, searching and adding groups.
    Groups,
    /// Reading one group.
    Group,
    /// Reading the members of a group.
    Members,
    /// Changing the members of a group.
    Memberships,
    /// Group rules.
    Rules,
    /// Everything else.
    Other,
}

impl Bucket {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Users,
        Self::User,
        Self::UserUpdate,
        Self::UserGroups,
        Self::Groups,
        Self::Group,
        Self::Members,
        Self::Memberships,
        Self::Rules,
        Self::Other,
    ];

    /// The bucket that a call counts against.
    pub(crate) fn of(method: &Method, segments: &[&str]) -> Self {
        let ["api", "v1", path @ ..] = segments else { return Self::Other };
        match (method, path) {
            (_, ["users"]) => Self::Users,
            (&Method::GET, ["users", _]) => Self::User,
            (_, ["users", _]) => Self::UserUpdate,
            (_, ["users", _, "groups"]) => Self::UserGroups,
            (_, ["groups"]) => Self::Groups,
            (_, ["groups", "rules"]) => Self::Rules,
            (_, ["groups", _]) => Self::Group,
            (&Method::GET, ["groups", _, "users"]) => Self::Members,
            (_, ["groups", ..]) => Self::Memberships,
            _ => Self::Other,
        }
    }

    /// Calls a minute, by the order of size that orgs have by default.
    const fn default_limit(self) -> u32 {
        match self {
            Self::Users | Self::UserUpdate => 600,
            Self::User => 2_000,
            Self::Groups | Self::Members | Self::Memberships | Self::Rules => 500,
            Self::Group => 1_000,
            Self::UserGroups | Self::Other => 1_200,
        }
    }
}

/// The length of a window, in seconds.
const WINDOW: i64 = 60;

/// What is left of each bucket.
pub(crate) struct Limits {
    limits: BTreeMap<Bucket, u32>,
    windows: BTreeMap<Bucket, Window>,
}

struct Window {
    resets: Timestamp,
    used: u32,
}

/// What an answer says about its bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    pub(crate) resets: Timestamp,
}

impl Limits {
    pub(crate) fn new() -> Self {
        Self { limits: BTreeMap::new(), windows: BTreeMap::new() }
    }

    pub(crate) fn set(&mut self, bucket: Bucket, limit: u32) {
        self.limits.insert(bucket, limit);
    }

    fn limit(&self, bucket: Bucket) -> u32 {
        self.limits.get(&bucket).copied().unwrap_or(bucket.default_limit())
    }

    fn window(&mut self, bucket: Bucket, now: Timestamp) -> &mut Window {
        let fresh = || Window {
            resets: Timestamp::from_second(now.as_second() + WINDOW).unwrap_or(Timestamp::MAX),
            used: 0,
        };
        let window = self.windows.entry(bucket).or_insert_with(fresh);
        if now >= window.resets {
            *window = fresh();
        }
        window
    }

    /// Uses calls up, whoever makes them.
    pub(crate) fn spend(&mut self, bucket: Bucket, calls: u32, now: Timestamp) {
        let limit = self.limit(bucket);
        let window = self.window(bucket, now);
        window.used = window.used.saturating_add(calls).min(limit);
    }

    /// Counts one call; false if none was left.
    pub(crate) fn take(&mut self, bucket: Bucket, now: Timestamp) -> bool {
        let limit = self.limit(bucket);
        let window = self.window(bucket, now);
        let left = window.used < limit;
        if left {
            window.used += 1;
        }
        left
    }

    pub(crate) fn standing(&mut self, bucket: Bucket, now: Timestamp) -> Standing {
        let limit = self.limit(bucket);
        let window = self.window(bucket, now);
        let remaining = limit.saturating_sub(window.used);
        Standing { limit, remaining, resets: window.resets }
    }
}
