//! Writes to Okta, each under a lease and each noted before it is begun.

use jiff::{SignedDuration, Timestamp};
use okta::Session;
use outbound::{Error, ErrorKind};
use rules::{Applied, Attributes, Change, CustomerId, Desired, Plan, UserId};
use state::{
    Announcement, Claim, Config, Customers, Entry, Lease, Record, Tombstone, Version, Written,
};

use crate::failure::{Failure, Setback};
use crate::look::ours;

/// How much longer than the function a lease lives. A call that the function sent in its last moment
/// has arrived by then, and the clocks of two machines differ by less.
const OUTLASTS: SignedDuration = SignedDuration::from_secs(10);
/// What Okta answers when a deactivated user is written to
/// ([error codes](https://developer.okta.com/docs/reference/error-codes/)).
const NOT_IN_THIS_STATUS: &str = "E0000038";
/// What it answers when our credentials may not do this to this user, or may not do it at all. A 403 with
/// another code, or with none, says nothing of the user: no token was granted, or something in between
/// has answered.
const NOT_PERMITTED: &str = "E0000006";

/// One customer's entry, and the right to write it.
pub(crate) struct Writer<'a> {
    pub(crate) customers: &'a Customers,
    pub(crate) okta: Session<'a>,
    pub(crate) config: &'a Config,
    pub(crate) customer: CustomerId,
    /// When the function is stopped.
    pub(crate) deadline: Timestamp,
    /// The version the next write is made from.
    pub(crate) version: Option<Version>,
    pub(crate) record: Record,
    /// Whether what was applied is not to be believed, and has to be read.
    pub(crate) recheck: bool,
    /// How many of the record's announcements others may have heard.
    pub(crate) told: usize,
    /// Whether the table holds the record's announcements as they are here.
    pub(crate) noted: bool,
}

/// What kept a plan from being carried out to its end.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The user no longer exists.
    UserGone,
    /// The user is deactivated.
    UserInactive,
    /// The group to join no longer exists.
    GroupGone,
    /// The user belongs to another customer.
    UserTaken,
    /// Our credentials may not read or change this user, or what they may was taken from them.
    UserForbidden(Error),
    /// Okta does not take the totals into the user's profile. Everything else was carried out.
    ProfileRefused(Error),
    /// Anything else.
    Setback(Setback),
}

impl<S: Into<Setback>> From<S> for Trouble {
    fn from(setback: S) -> Self {
        Self::Setback(setback.into())
    }
}

impl Trouble {
    /// What a call's error means, if the user it was about is there and active.
    pub(crate) fn of_call(error: Error) -> Self {
        if is_forbidden_with(&error, NOT_PERMITTED) {
            Self::UserForbidden(error)
        } else {
            error.into()
        }
    }

    /// For where only a setback can be: anything else means that another worker changed things.
    pub(crate) fn into_setback(self) -> Setback {
        match self {
            Self::Setback(setback) => setback,
            Self::ProfileRefused(error) => Setback::Permanent(error.into()),
            Self::UserForbidden(error) => error.into(),
            _ => Setback::Busy { until: None },
        }
    }
}

impl Writer<'_> {
    /// Writes a record in this one's place, and claims or releases users with it. If that fails, this
    /// one stays as it is.
    pub(crate) async fn save(&mut self, record: Record, claims: &[Claim]) -> Result<(), Trouble> {
        let entry = Entry::Customer(Box::new(record.clone()));
        self.write(&entry, claims).await?;
        self.record = record;
        self.noted = true;
        Ok(())
    }

    /// Adds an announcement, which the next write notes.
    pub(crate) fn announce(&mut self, announcement: Announcement) {
        self.record.announcing.push(announcement);
        self.noted = false;
    }

    /// Makes history of the announcements, which others have heard.
    pub(crate) fn heard(&mut self) {
        self.record.announced();
        self.told = 0;
    }

    /// Takes back the announcements that nobody can have heard.
    pub(crate) fn withdraw(&mut self) {
        self.record.announcing.truncate(self.told);
    }

    /// The announcements, noted if no write has done that yet. From now on others may have heard them.
    pub(crate) async fn committed(&mut self) -> Result<&[Announcement], Trouble> {
        if !self.noted {
            self.save(self.record.clone(), &[]).await?;
        }
        self.told = self.record.announcing.len();
        Ok(&self.record.announcing)
    }

    /// Puts a tombstone in the record's place, and gives up the user.
    pub(crate) async fn bury(&mut self, stone: Tombstone) -> Result<(), Trouble> {
        let matched = self.record.matched.as_ref();
        let release = matched.map(|matched| Claim::Release(matched.user.clone()));
        self.write(&Entry::Tombstone(stone), release.as_slice()).await
    }

    async fn write(&mut self, entry: &Entry, claims: &[Claim]) -> Result<(), Trouble> {
        let written = if claims.is_empty() {
            self.customers.save(self.customer, entry, self.version).await
        } else {
            self.customers.save_with(self.customer, entry, self.version, claims).await
        };
        match written.map_err(Failure::from)? {
            Written::Done(version) => {
                self.version = Some(version);
                Ok(())
            }
            Written::Conflict => Err(Trouble::Setback(Setback::Busy { until: None })),
            Written::UserTaken => Err(Trouble::UserTaken),
        }
    }

    /// Makes the user the record is matched with hold what is desired.
    ///
    /// Before the first call the lease is taken and everything the plan touches is noted, in one write
    /// together with `claims`; so a crash at any point leaves an entry from which the next look
    /// finishes or undoes it. An empty plan without claims writes nothing.
    ///
    /// A profile that Okta does not take keeps nobody out of their group: that comes last.
    pub(crate) async fn apply(
        &mut self,
        record: Record,
        user: &UserId,
        desired: &Desired,
        claims: &[Claim],
    ) -> Result<(), Trouble> {
        let plan = Plan::new(desired, &ours(&record.applied, self.config));
        if plan.is_empty() && claims.is_empty() {
            return Ok(());
        }
        self.begin(record, &plan, claims).await?;
        let mut refused = None;
        for change in plan.changes() {
            self.record.applied.begin(change);
            match self.make(user, change).await {
                Ok(()) => self.record.applied.record(change),
                Err(error) if is_refused_profile(change, &error) => refused = Some(error),
                Err(error) => return Err(self.trouble(user, change, error).await),
            }
        }
        refused.map_or(Ok(()), |error| Err(Trouble::ProfileRefused(error)))
    }

    /// Takes the lease and notes everything that the plan touches.
    async fn begin(
        &mut self,
        mut record: Record,
        plan: &Plan,
        claims: &[Claim],
    ) -> Result<(), Trouble> {
        let noted = record.applied.noting(plan);
        let known = std::mem::replace(&mut record.applied, noted);
        record.lease = Some(Lease { until: self.deadline + OUTLASTS });
        self.save(record, claims).await?;
        self.record.applied = known;
        Ok(())
    }

    async fn make(&self, user: &UserId, change: &Change) -> Result<(), Error> {
        let names = &self.config.settings.attributes;
        match change {
            Change::SetTotals(totals) => self.okta.set_attributes(user, names, Some(*totals)).await,
            Change::ClearTotals => self.okta.set_attributes(user, names, None).await,
            Change::Join(group) => self.okta.join(&group.id, user).await,
            Change::Leave(group) => self.okta.leave(&group.id, user).await,
        }
    }

    /// Says what a refused call means. A join that finds nothing may miss the user or the group, so
    /// the user is asked for.
    async fn trouble(&mut self, user: &UserId, change: &Change, error: Error) -> Trouble {
        match (&error.kind, change) {
            (ErrorKind::NotFound, Change::Join(group)) => match self.okta.user(user).await {
                Ok(None) => Trouble::UserGone,
                Ok(Some(user)) if !user.can_be_written() => Trouble::UserInactive,
                Ok(Some(_)) => {
                    self.record.applied.groups.remove(&group.id);
                    Trouble::GroupGone
                }
                Err(error) => Trouble::of_call(error),
            },
            (ErrorKind::NotFound, _) => Trouble::UserGone,
            _ if is_inactive(&error) => Trouble::UserInactive,
            _ => Trouble::of_call(error),
        }
    }

    /// Takes everything back from a user who no longer stands for this customer. One who is gone
    /// holds nothing. One who is deactivated cannot be cleared, but can be taken out of groups, and
    /// is: they may be activated again.
    pub(crate) async fn part_from(&mut self, user: &UserId) -> Result<(), Trouble> {
        let parted = match self.read_back(user, &Desired::NOTHING).await {
            Ok(()) => self.apply(self.record.clone(), user, &Desired::NOTHING, &[]).await,
            trouble => trouble,
        };
        match parted {
            Ok(()) | Err(Trouble::UserGone) => {}
            Err(Trouble::UserInactive) => self.leave_all(user).await?,
            Err(trouble) => return Err(trouble),
        }
        self.record.applied = Applied::default();
        Ok(())
    }

    /// Has a user whose profile cannot be cleared leave every group all the same. One group that they may
    /// not be taken out of keeps them in no other.
    pub(crate) async fn leave_all(&mut self, user: &UserId) -> Result<(), Trouble> {
        let held = ours(&self.record.applied, self.config);
        let leaves =
            Plan::new(&Desired::NOTHING, &Applied { attributes: Attributes::Cleared, ..held });
        if leaves.is_empty() {
            return Ok(());
        }
        self.begin(self.record.clone(), &leaves, &[]).await?;
        let mut refused = None;
        for leave in leaves.changes() {
            self.record.applied.begin(leave);
            match self.make(user, leave).await {
                Ok(()) => self.record.applied.record(leave),
                Err(error) if is_inactive(&error) => {}
                Err(error) => match Trouble::of_call(error) {
                    forbidden @ Trouble::UserForbidden(_) => refused = Some(forbidden),
                    trouble => return Err(trouble),
                },
            }
        }
        refused.map_or(Ok(()), Err)
    }

    /// Gives the lease back after a setback, keeping what is known by now, so that the next look need
    /// not wait for the lease to run out. If this write fails too, it runs out.
    pub(crate) async fn release(&mut self) {
        if self.record.lease.is_none() {
            return;
        }
        self.withdraw();
        let record = Record { lease: None, ..self.record.clone() };
        if let Err(trouble) = self.save(record, &[]).await {
            tracing::warn!(?trouble, "a lease could not be given back; it runs out by itself");
        }
    }
}

/// Whether Okta does not take the totals: the attributes are missing from the org's schema or are of
/// another type, or something else in the user's profile breaks the schema's rules, as they have become
/// since. That it answers alike
/// ([error codes](https://developer.okta.com/docs/reference/error-codes/)).
fn is_refused_profile(change: &Change, error: &Error) -> bool {
    matches!(change, Change::SetTotals(_) | Change::ClearTotals)
        && matches!(error.kind, ErrorKind::Rejected { status: 400, .. })
}

fn is_inactive(error: &Error) -> bool {
    is_forbidden_with(error, NOT_IN_THIS_STATUS)
}

fn is_forbidden_with(error: &Error, code: &str) -> bool {
    matches!(&error.kind, ErrorKind::Forbidden { code: Some(told) } if told.as_str() == code)
}
