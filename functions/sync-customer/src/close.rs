//! How a look ends: what is recorded of it.

use outbound::Error;
use rules::Totals;
use shopify::Customer;
use state::{AddressHash, Answered, Entry, Last, Outcome, Pin, Read, Record};

use crate::announce::Place;
use crate::failure::Setback;
use crate::look::{Look, Target};
use crate::of_run::{answered, is_of_run};
use crate::worker::Done;
use crate::write::{Trouble, Writer};

/// How often an event's look is put off while our credentials may not read or change the user: for about a
/// day. Some users they never may, such as administrators of Okta with more rights than they have.
const OF_EVENT: u32 = 128;
/// The same for a full run's look, a few minutes: the next run asks again.
const OF_RUN: u32 = 5;

impl Look<'_> {
    /// Ends a look that Okta's refusal of the totals has not kept from putting the customer into their
    /// group. It is known that the profile does not show them, so every full run tries again.
    pub(crate) async fn conclude_without_totals(
        &self,
        writer: Writer<'_>,
        target: &Target<'_>,
        error: &Error,
    ) -> Result<Done, Setback> {
        tracing::warn!(error = %error, "Okta refuses the totals");
        self.conclude(writer, target, Outcome::ProfileRefused).await
    }

    /// Ends a look that made Okta hold what is desired: the segment is the customer's now.
    pub(crate) async fn conclude(
        &self,
        writer: Writer<'_>,
        target: &Target<'_>,
        outcome: Outcome,
    ) -> Result<Done, Setback> {
        let user = writer.record.matched.as_ref().map(|matched| matched.user.clone());
        let place = Place::held(target, user);
        self.close(writer, target.customer, Some(place), outcome).await
    }

    /// Ends a look: others are told where the customer is now, if the look has put them anywhere; the read
    /// is noted, so that it covers what came before it; and the outcome, for a full run too.
    pub(crate) async fn close(
        &self,
        mut writer: Writer<'_>,
        customer: &Customer,
        place: Option<Place>,
        outcome: Outcome,
    ) -> Result<Done, Setback> {
        if let Err(trouble) = self.tell_of(&mut writer, place.as_ref(), customer.totals).await {
            writer.release().await;
            return Err(trouble.into_setback());
        }
        let mut record = writer.record.clone();
        match &place {
            Some(place) => self.remember(&mut record, place, customer.totals),
            None => record.announced(),
        }
        let outcome = self.reported(outcome, &record);
        record.read = Some(Read {
            at: self.read_at,
            updated_at: customer.updated_at,
            totals: customer.totals,
            last_order: customer.last_order.map(|order| order.id),
        });
        record.second_look = self.queued_for.or(record.second_look);
        record.last = Some(self.last(outcome));
        record.least_book = None;
        record.sought = self.sought(&record, customer, outcome);
        record.answered = self.answered(outcome);
        record.lease = None;
        match writer.save(record, &[]).await {
            Ok(()) => Ok(self.done(outcome, Some(&writer.record))),
            Err(trouble) => Err(trouble.into_setback()),
        }
    }

    /// Tells others where the look has put the customer. If it has put them nowhere, what was found noted is
    /// told, and nothing else.
    async fn tell_of(
        &self,
        writer: &mut Writer<'_>,
        place: Option<&Place>,
        totals: Totals,
    ) -> Result<(), Trouble> {
        match place {
            Some(place) => self.promise(writer, place, totals).await?,
            None => writer.withdraw(),
        }
        self.tell(writer).await
    }

    /// How a look ended, as it is reported: a customer who is in their place, and whose pin cannot be followed,
    /// is one to look at.
    fn reported(&self, outcome: Outcome, record: &Record) -> Outcome {
        let is_in_place = matches!(outcome, Outcome::Applied | Outcome::Unchanged);
        let cannot_follow = |pin: &Pin| !self.config.book.book.can_follow(&pin.to);
        let is_unknown = is_in_place && record.pin.as_ref().is_some_and(cannot_follow);
        if is_unknown { Outcome::PinUnknown } else { outcome }
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
            Outcome::Unchanged | Outcome::PinUnknown => None,
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
            Trouble::UserInactive => {
                self.close(writer, customer, None, Outcome::UserInactive).await
            }
            Trouble::GroupGone => self.close(writer, customer, None, Outcome::GroupGone).await,
            Trouble::UserTaken => self.close(writer, customer, None, Outcome::UserTaken).await,
            Trouble::UserGone => self.close(writer, customer, None, Outcome::Unmatched).await,
            Trouble::UserForbidden(error) if self.is_forbidden_for_good() => {
                tracing::warn!(error = %error, "our credentials may not change this user");
                self.close(writer, customer, None, Outcome::UserForbidden).await
            }
            trouble @ (Trouble::Setback(_)
            | Trouble::UserForbidden(_)
            | Trouble::ProfileRefused(_)) => {
                writer.release().await;
                Err(trouble.into_setback())
            }
        }
    }

    /// Whether a refusal has lasted too long for a slip of the set-up, which a person would have mended.
    pub(crate) fn is_forbidden_for_good(&self) -> bool {
        let patience = if is_of_run(self.message) { OF_RUN } else { OF_EVENT };
        self.message.deferrals >= patience
    }

    pub(crate) fn done(&self, outcome: Outcome, record: Option<&Record>) -> Done {
        let segment = record.and_then(|record| record.segment.clone());
        let from = match self.found.map(|found| &found.entry) {
            Some(Entry::Customer(before)) => before.segment.clone(),
            Some(Entry::Tombstone(_)) | None => None,
        };
        Done { customer: self.customer, outcome, from, segment, applied_after: None }
    }
}
