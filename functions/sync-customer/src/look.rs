//! One customer: from the decision to the entry that records its outcome.

use jiff::Timestamp;
use rules::{CustomerId, Desired, Group, Segment};
use shopify::{Customer, Truth};
use state::{
    Cause, Config, End, Entry, GroupStatus, Last, Message, Outcome, Outgoing, Read, Record,
    Subject, Tombstone, Transition, Versioned,
};

use crate::decide::{Wish, decide};
use crate::failure::{Failure, Setback};
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
    pub(crate) segment: Option<(&'a Segment, usize)>,
    pub(crate) desired: Desired,
}

impl<'a> Look<'a> {
    pub(crate) async fn carry_out(&self) -> Result<Done, Setback> {
        let entry = self.found.map(|found| &found.entry);
        match decide(self.message, entry, self.truth, &self.config.book) {
            Wish::Hold { customer, segment } => self.hold(customer, segment).await,
            Wish::End(why) => self.end(why).await,
            Wish::Rest(End::Gone) => Ok(self.done(Outcome::Gone, None)),
            Wish::Rest(End::Redacted) => Ok(self.done(Outcome::Redacted, None)),
            Wish::OtherCurrency { customer } => {
                self.hold_back(self.writer(), customer, Outcome::OtherCurrency).await
            }
            Wish::LookAgain => Err(Setback::Lagging),
            Wish::Unreadable(detail) => Err(Setback::Permanent(Failure::Unreadable(detail))),
        }
    }

    /// A writer that starts from the entry as it was read; a tombstone is written over. A group that
    /// a rule of Okta fills by now is no longer ours to leave.
    pub(crate) fn writer(&self) -> Writer<'a> {
        let mut record = match self.found.map(|found| &found.entry) {
            Some(Entry::Customer(record)) => (**record).clone(),
            Some(Entry::Tombstone(_)) | None => Record::default(),
        };
        let rows = self.config.groups.values();
        for row in rows.filter(|row| row.status == GroupStatus::RuleManaged) {
            row.id.as_ref().map(|id| record.applied.groups.remove(id));
        }
        let share = self.config.settings.okta_rate_share;
        Writer {
            customers: &self.worker.customers,
            okta: self.worker.okta.before(self.until, share),
            config: self.config,
            customer: self.customer,
            deadline: self.deadline,
            version: self.found.map(|found| found.version),
            record,
        }
    }

    async fn hold(
        &self,
        customer: &'a Customer,
        segment: Option<(&'a Segment, usize)>,
    ) -> Result<Done, Setback> {
        let writer = self.writer();
        if segment.is_none() && writer.record.matched.is_none() {
            return self.hold_nothing(writer, customer).await;
        }
        let group = match segment.map(|(segment, _)| self.group(segment)).transpose() {
            Ok(group) => group,
            Err(outcome) => return self.hold_back(writer, customer, outcome).await,
        };
        let desired = Desired { totals: Some(customer.totals), group };
        let target = Target { customer, segment, desired };
        if self.same_person(&writer.record, customer) {
            self.keep(writer, &target).await
        } else {
            self.meet(writer, &target).await
        }
    }

    /// A customer of no segment of whom Okta holds nothing costs no call, and no entry if there is
    /// none yet.
    async fn hold_nothing(
        &self,
        mut writer: Writer<'_>,
        customer: &Customer,
    ) -> Result<Done, Setback> {
        self.remember(&mut writer.record, None, None, None, customer);
        match self.found.map(|found| &found.entry) {
            Some(Entry::Customer(_)) => self.close(writer, customer, Outcome::Unchanged).await,
            Some(Entry::Tombstone(_)) | None => Ok(self.done(Outcome::Unchanged, None)),
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
        if writer.record.matched.is_none() {
            self.remember(&mut writer.record, None, None, None, customer);
        }
        self.close(writer, customer, outcome).await
    }

    /// The group that goes with a segment, if customers can be put into it.
    fn group(&self, segment: &Segment) -> Result<Group, Outcome> {
        let name = segment.okta_group_name();
        let row = self.config.groups.get(name).ok_or(Outcome::GroupWithoutId)?;
        match &row.id {
            Some(id) if row.status.is_usable() => Ok(Group { id: id.clone(), name: name.clone() }),
            _ if row.status == GroupStatus::RuleManaged => Err(Outcome::GroupRuleManaged),
            _ => Err(Outcome::GroupWithoutId),
        }
    }

    pub(crate) fn same_person(&self, record: &Record, customer: &Customer) -> bool {
        let hash = customer.email.as_ref().map(|email| self.config.salt.hash(email));
        record.matched.as_ref().is_some_and(|matched| Some(&matched.address) == hash.as_ref())
    }

    /// Makes the user the customer was matched with before hold what is desired.
    pub(crate) async fn keep(
        &self,
        mut writer: Writer<'a>,
        target: &Target<'a>,
    ) -> Result<Done, Setback> {
        let Some(user) = writer.record.matched.as_ref().map(|matched| matched.user.clone()) else {
            return self.meet(writer, target).await;
        };
        let before = writer.record.applied.clone();
        match writer.apply(writer.record.clone(), &user, &target.desired, &[]).await {
            Ok(()) => {
                let changed = before != writer.record.applied
                    || writer.record.segment.as_ref() != target.segment.map(|(s, _)| s.name());
                let outcome = if changed { Outcome::Applied } else { Outcome::Unchanged };
                self.conclude(writer, target, outcome).await
            }
            Err(Trouble::UserGone) => self.meet_anew(writer, target, user).await,
            Err(trouble) => self.give_in(writer, target.customer, trouble).await,
        }
    }

    /// Ends a look that made Okta hold what is desired: the segment is the customer's now.
    pub(crate) async fn conclude(
        &self,
        mut writer: Writer<'_>,
        target: &Target<'_>,
        outcome: Outcome,
    ) -> Result<Done, Setback> {
        let segment = target.segment.map(|(segment, _)| segment.name().clone());
        let range = target.segment.map(|(_, range)| range);
        let group = target.desired.group.as_ref().map(|group| group.name.clone());
        self.remember(&mut writer.record, segment, group, range, target.customer);
        self.close(writer, target.customer, outcome).await
    }

    /// Records a change of segment, if it is one.
    pub(crate) fn remember(
        &self,
        record: &mut Record,
        segment: Option<rules::SegmentName>,
        group: Option<rules::GroupName>,
        range: Option<usize>,
        customer: &Customer,
    ) {
        if record.segment == segment {
            return;
        }
        record.remember(Transition {
            at: self.worker.clock.now(),
            from: record.segment.clone(),
            to: segment.clone(),
            group,
            cause: self.message.cause,
            range,
            totals: Some(customer.totals),
            book: self.config.book.version,
        });
        record.segment = segment;
    }

    /// Ends a look: the read is noted, so that it covers what came before it, and the outcome.
    pub(crate) async fn close(
        &self,
        mut writer: Writer<'_>,
        customer: &Customer,
        outcome: Outcome,
    ) -> Result<Done, Setback> {
        let mut record = writer.record.clone();
        record.read = Some(Read {
            at: self.read_at,
            updated_at: customer.updated_at,
            totals: customer.totals,
            last_order: customer.last_order.map(|order| order.id),
        });
        record.second_look = self.queued_for.or(record.second_look);
        record.last = Some(self.last(outcome));
        record.lease = None;
        match writer.save(record, &[]).await {
            Ok(()) => Ok(self.done(outcome, Some(&writer.record))),
            Err(trouble) => Err(trouble.into_setback()),
        }
    }

    pub(crate) fn last(&self, outcome: Outcome) -> Last {
        Last { outcome, at: self.worker.clock.now(), book: self.config.book.version }
    }

    /// Ends a look that came upon trouble which another look now would come upon too.
    pub(crate) async fn give_in(
        &self,
        mut writer: Writer<'_>,
        customer: &Customer,
        trouble: Trouble,
    ) -> Result<Done, Setback> {
        match trouble {
            Trouble::UserInactive => self.close(writer, customer, Outcome::UserInactive).await,
            Trouble::GroupGone => self.close(writer, customer, Outcome::GroupGone).await,
            Trouble::UserTaken => self.close(writer, customer, Outcome::UserTaken).await,
            Trouble::UserGone => self.close(writer, customer, Outcome::Unmatched).await,
            Trouble::Setback(setback) => {
                writer.release().await;
                Err(setback)
            }
        }
    }

    /// Takes everything back and leaves a tombstone.
    async fn end(&self, why: End) -> Result<Done, Setback> {
        let mut writer = self.writer();
        let user = writer.record.matched.as_ref().map(|matched| matched.user.clone());
        let ended = match user {
            None => Ok(()),
            Some(user) => writer.part_from(&user).await,
        };
        let (at, outcome) = match why {
            End::Gone => (self.read_at, Outcome::Gone),
            End::Redacted => (self.message.as_of, Outcome::Redacted),
        };
        let buried = match ended {
            Ok(()) => writer.bury(Tombstone { at, why }).await,
            Err(trouble) => Err(trouble),
        };
        let ended = match buried {
            Ok(()) if why == End::Redacted => self.look_after_redaction().await,
            ended => ended,
        };
        match ended {
            Ok(()) => Ok(self.done(outcome, None)),
            Err(trouble) => {
                writer.release().await;
                Err(trouble.into_setback())
            }
        }
    }

    /// A redaction may be worked off long after it was asked for. If the customer has ordered since, a
    /// look finds that and lifts the tombstone.
    async fn look_after_redaction(&self) -> Result<(), Trouble> {
        let subject = Subject::Customer(self.customer);
        let message = Message::new(subject, Cause::Customer, self.worker.clock.now());
        let look = Outgoing { message, delay: self.config.settings.settle };
        Ok(self.worker.queue.send(vec![look]).await?)
    }

    pub(crate) fn done(&self, outcome: Outcome, record: Option<&Record>) -> Done {
        let segment = record.and_then(|record| record.segment.clone());
        Done { customer: self.customer, outcome, segment }
    }
}
