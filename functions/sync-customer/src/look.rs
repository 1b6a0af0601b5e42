//! One customer: from the decision to the entry that records its outcome.

use jiff::Timestamp;
use okta::Session;
use rules::{Applied, CustomerId, Desired, Group, Segment, UserId};
use shopify::{Customer, Truth};
use state::{Config, Entry, GroupStatus, Message, Outcome, Record, Versioned};

use crate::announce::Place;
use crate::decide::{Belongs, Wish, decide};
use crate::failure::{Failure, Setback};
use crate::of_run::is_of_run;
use crate::worker::{Done, Worker};
use crate::write::{Trouble, Writer};

/// A look at one customer, with everything read for it.
pub(crate) struct Look<'a> {
    pub(crate) worker: &'a Worker,
    pub(crate) config: &'a Config,
    pub(crate) customer: CustomerId,
    pub(crate) message: &'a Message,
    /// When the second look is due that was queued for this one.
    pub(crate) queued_for: Option<Timestamp>,
    /// The entry, read before the truth.
    pub(crate) found: Option<&'a Versioned>,
    pub(crate) truth: Option<&'a Truth>,
    /// When the truth was read, or was about to be.
    pub(crate) read_at: Timestamp,
    /// Until when services are called.
    pub(crate) until: Timestamp,
    /// When the function is stopped.
    pub(crate) deadline: Timestamp,
}

/// What a customer who is to be held needs.
pub(crate) struct Target<'a> {
    pub(crate) customer: &'a Customer,
    pub(crate) belongs: Belongs<'a>,
    pub(crate) desired: Desired,
}

impl<'a> Look<'a> {
    pub(crate) async fn carry_out(&self) -> Result<Done, Setback> {
        let entry = self.found.map(|found| &found.entry);
        match decide(self.message, entry, self.truth, &self.config.book) {
            Wish::Hold { customer, belongs } => self.hold(customer, belongs).await,
            Wish::End(why) => self.end(why).await,
            Wish::Rest(why) => self.rest(why).await,
            Wish::OtherCurrency { customer } => {
                self.hold_back(self.writer(), customer, Outcome::OtherCurrency).await
            }
            Wish::LookAgain => Err(Setback::Lagging),
            Wish::Unreadable(detail) => Err(Setback::Permanent(Failure::Unreadable(detail))),
        }
    }

    /// A writer that starts from the entry as it was read. A tombstone is written over, and its mark
    /// stays, whatever interrupts the look: the run counts the customer by it.
    pub(crate) fn writer(&self) -> Writer<'a> {
        let record = match self.found.map(|found| &found.entry) {
            Some(Entry::Customer(record)) => (**record).clone(),
            Some(Entry::Tombstone(stone)) => Record {
                answered: stone.answered.clone(),
                sequence: stone.sequence,
                ..Record::default()
            },
            None => Record::default(),
        };
        Writer {
            customers: &self.worker.customers,
            okta: self.okta(),
            recheck: self.message.run.as_ref().is_some_and(|run| run.recheck),
            config: self.config,
            customer: self.customer,
            deadline: self.deadline,
            version: self.found.map(|found| found.version),
            told: record.announcing.len(),
            noted: true,
            record,
        }
    }

    /// An event waits for Okta's limits; a full run takes a part of them only, and gives way.
    fn okta(&self) -> Session<'a> {
        let share = self.config.settings.okta_rate_share;
        if is_of_run(self.message) {
            self.worker.okta.before(self.until, share.for_runs()).impatient()
        } else {
            self.worker.okta.before(self.until, share)
        }
    }

    async fn hold(&self, customer: &'a Customer, belongs: Belongs<'a>) -> Result<Done, Setback> {
        let writer = self.writer();
        if belongs.segment.is_none() && writer.record.matched.is_none() {
            return self.hold_nothing(writer, customer).await;
        }
        let group = match belongs.segment.map(|segment| self.group(segment)).transpose() {
            Ok(group) => group,
            Err(outcome) => return self.hold_back(writer, customer, outcome).await,
        };
        let desired = Desired { totals: Some(customer.totals), group };
        let target = Target { customer, belongs, desired };
        // Boxed, so that what leads here need not have room for all that a look holds.
        if self.same_person(&writer.record, customer) {
            Box::pin(self.keep(writer, &target)).await
        } else {
            Box::pin(self.meet(writer, &target)).await
        }
    }

    /// A customer of no segment of whom Okta holds nothing costs no call, and no entry if there is
    /// none yet and no full run to tell.
    async fn hold_nothing(&self, writer: Writer<'_>, customer: &Customer) -> Result<Done, Setback> {
        match self.found.map(|found| &found.entry) {
            Some(Entry::Tombstone(_)) | None if self.message.run.is_none() => {
                Ok(self.done(Outcome::Unchanged, None))
            }
            _ => {
                let outside = Place::outside(self.user_found());
                self.close(writer, customer, Some(outside), Outcome::Unchanged).await
            }
        }
    }

    /// The user whom the customer was matched with when the look began.
    pub(crate) fn user_found(&self) -> Option<UserId> {
        match self.found.map(|found| &found.entry) {
            Some(Entry::Customer(record)) => {
                record.matched.as_ref().map(|matched| matched.user.clone())
            }
            Some(Entry::Tombstone(_)) | None => None,
        }
    }

    /// Ends a look that cannot decide about the group. What Okta holds stays, unless it is held by a
    /// user who no longer stands for this customer.
    async fn hold_back(
        &self,
        mut writer: Writer<'a>,
        customer: &'a Customer,
        outcome: Outcome,
    ) -> Result<Done, Setback> {
        if !self.same_person(&writer.record, customer)
            && let Err(trouble) = self.part_from_stranger(&mut writer, customer).await
        {
            return self.give_in(writer, customer, trouble).await;
        }
        let parted = writer.record.matched.is_none();
        let outside = parted.then(|| Place::outside(self.user_found()));
        self.close(writer, customer, outside, outcome).await
    }

    fn group(&self, segment: &Segment) -> Result<Group, Outcome> {
        group_of(segment, self.config)
    }

    pub(crate) fn same_person(&self, record: &Record, customer: &Customer) -> bool {
        is_same_person(record, customer, self.config)
    }

    /// Makes the user the customer was matched with before hold what is desired.
    pub(crate) async fn keep(
        &self,
        mut writer: Writer<'a>,
        target: &Target<'a>,
    ) -> Result<Done, Setback> {
        let Some(user) = writer.record.matched.as_ref().map(|matched| matched.user.clone()) else {
            return Box::pin(self.meet(writer, target)).await;
        };
        // Whoever left a lease died while writing. What they wrote may be read back now.
        let interrupted = writer.record.lease.is_some();
        let reread = writer.read_back(&user, &target.desired).await;
        let before = writer.record.applied.clone();
        let applied = match reread {
            Ok(()) => self.hold_by(&mut writer, &user, target).await,
            trouble => trouble,
        };
        match applied {
            Ok(()) => {
                let changed = interrupted
                    || before != writer.record.applied
                    || writer.record.segment.as_ref() != target.belongs.segment.map(Segment::name);
                let outcome = if changed { Outcome::Applied } else { Outcome::Unchanged };
                self.conclude(writer, target, outcome).await
            }
            Err(Trouble::ProfileRefused(error)) => {
                self.conclude_without_totals(writer, target, &error).await
            }
            Err(Trouble::UserGone) => self.meet_anew(writer, target, user).await,
            Err(Trouble::UserInactive) => self.meet_instead(writer, target, user).await,
            Err(trouble) => self.give_in(writer, target.customer, trouble).await,
        }
    }

    /// Makes the user whom the customer is matched with hold what is desired.
    async fn hold_by(
        &self,
        writer: &mut Writer<'_>,
        user: &UserId,
        target: &Target<'_>,
    ) -> Result<(), Trouble> {
        let place = Place::held(target, Some(user.clone()));
        self.promise(writer, &place, target.customer.totals).await?;
        writer.apply(writer.record.clone(), user, &target.desired, &[]).await
    }
}

/// The group that goes with a segment, if customers can be put into it.
pub(crate) fn group_of(segment: &Segment, config: &Config) -> Result<Group, Outcome> {
    let name = segment.okta_group_name();
    let row = config.groups.get(name).ok_or(Outcome::GroupWithoutId)?;
    match &row.id {
        Some(id) if row.status.is_usable() => Ok(Group { id: id.clone(), name: name.clone() }),
        _ if row.status == GroupStatus::RuleManaged => Err(Outcome::GroupRuleManaged),
        _ => Err(Outcome::GroupWithoutId),
    }
}

/// Whether the customer still has the address that the user was matched by.
pub(crate) fn is_same_person(record: &Record, customer: &Customer, config: &Config) -> bool {
    let hash = customer.email.as_ref().map(|email| config.salt.hash(email));
    record.matched.as_ref().is_some_and(|matched| Some(&matched.address) == hash.as_ref())
}

/// What of it is ours to change: a group is not while a rule of Okta fills it. It stays noted, so that it
/// can be left once no rule does.
pub(crate) fn ours(applied: &Applied, config: &Config) -> Applied {
    let mut ours = applied.clone();
    for row in config.groups.values().filter(|row| row.status == GroupStatus::RuleManaged) {
        row.id.as_ref().map(|id| ours.groups.remove(id));
    }
    ours
}
