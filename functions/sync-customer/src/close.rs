//! How a look ends: what is recorded of it.

use outbound::Error;
use rules::{GroupName, SegmentName};
use shopify::Customer;
use state::{AddressHash, Answered, Cause, Last, Outcome, Read, Record, Transition};

use crate::failure::Setback;
use crate::look::{Look, Target};
use crate::of_run::answered;
use crate::worker::Done;
use crate::write::{Trouble, Writer};

impl Look<'_> {
    /// Ends a look that Okta's refusal of the totals has not kept from putting the customer into their
    /// group. It is known that the profile does not show them, so every full run tries again.
    pub(crate) async fn conclude_without_totals(
        &self,
        writer: Writer<'_>,
        target: &Target<'_>,
        error: &Error,
    ) -> Result<Done, Setback> {
        tracing::warn!(customer_id = %self.customer, error = %error, "Okta refuses the totals");
        self.conclude(writer, target, Outcome::ProfileRefused).await
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

    /// Records a change of segment, or of the group that goes with it, if it is one.
    pub(crate) fn remember(
        &self,
        record: &mut Record,
        segment: Option<SegmentName>,
        group: Option<GroupName>,
        range: Option<usize>,
        customer: &Customer,
    ) {
        let before = record.transitions.last().and_then(|last| last.group.as_ref());
        if record.segment == segment && before == group.as_ref() {
            return;
        }
        record.remember(Transition {
            at: self.worker.clock.now(),
            from: record.segment.clone(),
            to: segment.clone(),
            group,
            cause: self.reason(record, customer),
            range,
            totals: customer.totals,
            book: self.config.book.version,
        });
        record.segment = segment;
    }

    /// Why a customer changes places. A full run asks without saying why: if the figures are those of the
    /// last read and the book is another, it was the book.
    fn reason(&self, record: &Record, customer: &Customer) -> Cause {
        let cause = self.message.cause;
        let same_figures = record.read.is_some_and(|read| read.totals == customer.totals);
        let book = self.config.book.version;
        let another_book = record.last.as_ref().is_some_and(|last| last.book != book);
        if cause == Cause::Schedule && same_figures && another_book { Cause::Rules } else { cause }
    }

    /// Ends a look: the read is noted, so that it covers what came before it, and the outcome, for a full
    /// run too.
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
        record.sought = self.sought(&record, customer, outcome);
        record.answered = self.answered(outcome);
        record.lease = None;
        match writer.save(record, &[]).await {
            Ok(()) => Ok(self.done(outcome, Some(&writer.record))),
            Err(trouble) => Err(trouble.into_setback()),
        }
    }

    fn last(&self, outcome: Outcome) -> Last {
        Last { outcome, at: self.worker.clock.now(), book: self.config.book.version }
    }

    /// The address that is to be looked for again only if something changes. Nobody is looked for while
    /// the customer is in no segment, and where the currency is wrong what was looked for before still
    /// holds.
    fn sought(
        &self,
        record: &Record,
        customer: &Customer,
        outcome: Outcome,
    ) -> Option<AddressHash> {
        match outcome {
            _ if record.matched.is_some() => None,
            Outcome::Unmatched
            | Outcome::Ambiguous
            | Outcome::UserInactive
            | Outcome::UserTaken
            | Outcome::GroupWithoutId
            | Outcome::GroupGone
            | Outcome::GroupRuleManaged => {
                customer.email.as_ref().map(|email| self.config.salt.hash(email))
            }
            Outcome::Unchanged => None,
            _ => record.sought.clone(),
        }
    }

    /// The mark that a full run counts this customer by. One that a later run left stays: an old run's
    /// message may turn up late.
    pub(crate) fn answered(&self, outcome: Outcome) -> Option<Answered> {
        let before = self.found.and_then(|found| answered(&found.entry));
        match &self.message.run {
            Some(run) if before.is_none_or(|before| before.run <= run.id) => {
                Some(Answered { run: run.id.clone(), outcome })
            }
            _ => before.cloned(),
        }
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
            trouble @ (Trouble::Setback(_) | Trouble::ProfileRefused(_)) => {
                writer.release().await;
                Err(trouble.into_setback())
            }
        }
    }

    pub(crate) fn done(&self, outcome: Outcome, record: Option<&Record>) -> Done {
        let segment = record.and_then(|record| record.segment.clone());
        Done { customer: self.customer, outcome, segment }
    }
}
