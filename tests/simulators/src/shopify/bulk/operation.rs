//! One bulk operation, from its creation to its end.

use std::time::Duration;

use async_graphql::Enum;
use bytes::Bytes;
use jiff::Timestamp;

use crate::clock::later;
use crate::shopify::bulk::Rows;
use crate::shopify::webhook::uuid;

/// How long a cancellation takes.
const CANCELING: Duration = Duration::from_secs(1);

/// Why a bulk operation failed
/// ([error codes](https://shopify.dev/docs/api/admin-graphql/2026-10/enums/BulkOperationErrorCode)).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "BulkOperationErrorCode")]
pub enum BulkError {
    /// The app lacks an access scope.
    AccessDenied,
    /// Shopify failed on the way.
    InternalServerError,
    /// The query took too long.
    Timeout,
}

/// What a bulk operation is doing
/// ([statuses](https://shopify.dev/docs/api/admin-graphql/2026-10/enums/BulkOperationStatus)).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "BulkOperationStatus")]
pub enum BulkStatus {
    /// Not begun.
    Created,
    /// At work.
    Running,
    /// Done: its file is there, unless it has no rows.
    Completed,
    /// Ended by an error; there may be a file with some of the rows.
    Failed,
    /// About to be canceled.
    Canceling,
    /// Ended by somebody.
    Canceled,
    /// Its file is gone.
    Expired,
}

impl BulkStatus {
    pub(crate) fn is_over(self) -> bool {
        !matches!(self, Self::Created | Self::Running | Self::Canceling)
    }

    /// The status as searches have it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Canceling => "canceling",
            Self::Canceled => "canceled",
            Self::Expired => "expired",
        }
    }
}

/// How a bulk operation ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkEnd {
    /// It completes.
    Completed,
    /// It fails half-way: half of the rows are in a file of their own.
    Failed(BulkError),
    /// Somebody cancels it.
    Canceled,
    /// It takes so long that it expires.
    Expired,
    /// It runs for ever.
    Never,
}

/// A bulk operation.
pub(crate) struct Operation {
    pub(crate) number: u64,
    pub(crate) query: String,
    pub(crate) created: Timestamp,
    /// The result, as the shop was when the operation was created.
    pub(crate) rows: Rows,
    pub(crate) link_lifetime: Duration,
    takes: Duration,
    end: BulkEnd,
    canceled: Option<Timestamp>,
}

impl Operation {
    pub(crate) fn new(
        query: String,
        rows: Rows,
        takes: Duration,
        end: BulkEnd,
        created: Timestamp,
    ) -> Self {
        let (number, link_lifetime, canceled) = (0, Duration::MAX, None);
        Self { number, query, created, rows, link_lifetime, takes, end, canceled }
    }

    pub(crate) fn gid(&self) -> String {
        format!("gid://shopify/BulkOperation/{}", self.number)
    }

    pub(crate) fn status(&self, now: Timestamp) -> BulkStatus {
        if let Some(canceled) = self.canceled {
            let over = now >= later(canceled, CANCELING);
            return if over { BulkStatus::Canceled } else { BulkStatus::Canceling };
        }
        if now < later(self.created, self.takes / 5) {
            return BulkStatus::Created;
        }
        if now < self.ended() {
            return BulkStatus::Running;
        }
        match self.end {
            BulkEnd::Never => BulkStatus::Running,
            BulkEnd::Completed if now < self.link_ends() => BulkStatus::Completed,
            BulkEnd::Completed | BulkEnd::Expired => BulkStatus::Expired,
            BulkEnd::Failed(_) => BulkStatus::Failed,
            BulkEnd::Canceled => BulkStatus::Canceled,
        }
    }

    /// Why it failed, if it has.
    pub(crate) fn error(&self, now: Timestamp) -> Option<BulkError> {
        match self.end {
            BulkEnd::Failed(error) if self.status(now) == BulkStatus::Failed => Some(error),
            _ => None,
        }
    }

    /// How many rows are done by now.
    pub(crate) fn done(&self, now: Timestamp) -> u64 {
        let until = self.canceled.unwrap_or(now);
        let part =
            |of: Timestamp| of.duration_since(self.created).as_millis().max(0).unsigned_abs();
        let (passed, whole) = (part(until.min(self.ended())), part(self.ended()));
        let most = if matches!(self.end, BulkEnd::Completed | BulkEnd::Never) {
            self.rows.count
        } else {
            self.rows.count / 2
        };
        let begun = self.status(until) != BulkStatus::Created || self.canceled.is_some();
        match (u128::from(most) * passed).checked_div(whole) {
            Some(done) if begun => u64::try_from(done).unwrap_or(most),
            Some(_) => 0,
            None => most,
        }
    }

    /// When it was or will be over, if nobody cancels it.
    pub(crate) fn ended(&self) -> Timestamp {
        later(self.created, self.takes)
    }

    /// Until when its file can be downloaded.
    pub(crate) fn link_ends(&self) -> Timestamp {
        later(self.ended(), self.link_lifetime)
    }

    /// Cancels it, unless it is over.
    pub(crate) fn cancel(&mut self, now: Timestamp) -> bool {
        let goes_on = !self.status(now).is_over();
        if goes_on && self.canceled.is_none() {
            self.canceled = Some(now);
        }
        goes_on
    }

    /// The file with all rows, once it is there.
    pub(crate) fn whole(&self, now: Timestamp) -> Option<Bytes> {
        let there = self.status(now) == BulkStatus::Completed && self.rows.count > 0;
        there.then(|| self.rows.bytes.clone())
    }

    /// The file with some of the rows, which a failure leaves.
    pub(crate) fn part(&self, now: Timestamp) -> Option<Bytes> {
        let there = self.status(now) == BulkStatus::Failed && now < self.link_ends();
        let some = || self.rows.first(self.rows.count / 2);
        there.then(some).filter(|some| !some.is_empty())
    }

    pub(crate) fn forget_expired(&mut self, now: Timestamp) {
        if now >= self.link_ends() {
            self.rows.bytes = Bytes::new();
        }
    }

    /// What the links to its files hold: nobody can guess it.
    pub(crate) fn signature(&self) -> String {
        uuid(self.number)
    }
}
