//! Customers who are gone or were redacted: what ends, and what stays ended.

use jiff::Timestamp;
use rules::{Money, Totals};
use shopify::Truth;
use state::{Cause, End, Entry, Message, Outcome, Outgoing, Subject, Tombstone};

use crate::announce::Place;
use crate::failure::Setback;
use crate::look::Look;
use crate::worker::Done;
use crate::write::{Trouble, Writer};

impl Look<'_> {
    /// Takes everything back and leaves a tombstone.
    pub(crate) async fn end(&self, why: End) -> Result<Done, Setback> {
        let mut writer = self.writer();
        if writer.record.pin.is_some() {
            tracing::warn!("a pin ends with its customer");
        }
        let place = Place::ended(why, self.user_found());
        let totals = self.totals_found();
        let ended = self.take_back(&mut writer, why, &place, totals).await;
        let outcome = outcome(why);
        let at = match why {
            End::Gone => self.read_at,
            End::Redacted => self.redacted_at(),
        };
        let answered = self.answered(outcome);
        let mut record = writer.record.clone();
        self.remember(&mut record, &place, totals);
        let stone = Tombstone { at, why, seen: None, answered, sequence: record.sequence };
        let buried = match ended {
            Ok(()) => writer.bury(stone).await,
            Err(trouble) => Err(trouble),
        };
        if let Err(trouble) = buried {
            writer.release().await;
            return Err(trouble.into_setback());
        }
        // The record is gone for good from here on: giving back its lease would put it back.
        if why == End::Redacted {
            self.look_after_redaction().await.map_err(Trouble::into_setback)?;
        }
        Ok(self.done(outcome, None))
    }

    /// When the customer last asked to be forgotten. An earlier request may be worked off after a later one, and
    /// what was ordered between the two stays forgotten.
    fn redacted_at(&self) -> Timestamp {
        match self.found.map(|found| &found.entry) {
            Some(Entry::Tombstone(Tombstone { at, why: End::Redacted, .. })) => {
                self.message.as_of.max(*at)
            }
            _ => self.message.as_of,
        }
    }

    /// Takes everything back, and tells others so. What Okta does not let us take from somebody who asked to
    /// be forgotten, a person has to; of somebody who is gone it stays where it is.
    async fn take_back(
        &self,
        writer: &mut Writer<'_>,
        why: End,
        place: &Place,
        totals: Totals,
    ) -> Result<(), Trouble> {
        self.promise(writer, place, totals).await?;
        if let Some(user) = self.user_found()
            && let Some(refusal) = self.take_from(writer, &user).await?
        {
            match why {
                End::Gone => {
                    tracing::warn!(error = %refusal, "a user keeps what Okta does not let us take");
                }
                End::Redacted => {
                    return Err(Trouble::Setback(Setback::Permanent(refusal.into())));
                }
            }
        }
        self.tell(writer).await
    }

    /// The figures that were read last; nothing bought if none were.
    fn totals_found(&self) -> Totals {
        let read = match self.found.map(|found| &found.entry) {
            Some(Entry::Customer(record)) => record.read,
            Some(Entry::Tombstone(_)) | None => None,
        };
        let spent = Money::new(0.into(), self.config.book.book.currency());
        read.map_or(Totals { orders: 0, spent }, |read| read.totals)
    }

    /// Leaves things as they are. A full run is told so: by the tombstone that stands, or by one for a
    /// customer who is gone and never had an entry.
    pub(crate) async fn rest(&self, why: End) -> Result<Done, Setback> {
        let outcome = outcome(why);
        if self.message.run.is_some() {
            let mut stone = match self.found.map(|found| &found.entry) {
                Some(Entry::Tombstone(stone)) => stone.clone(),
                _ => Tombstone { at: self.read_at, why, seen: None, answered: None, sequence: 0 },
            };
            if let Some(Truth::Present(customer)) = self.truth {
                stone.seen = stone.seen.max(Some(customer.updated_at));
            }
            stone.answered = self.answered(outcome);
            self.writer().bury(stone).await.map_err(Trouble::into_setback)?;
        }
        Ok(self.done(outcome, None))
    }

    /// A redaction may be worked off long after it was asked for. If the customer has ordered since, a
    /// look finds that and lifts the tombstone.
    async fn look_after_redaction(&self) -> Result<(), Trouble> {
        let subject = Subject::Customer(self.customer);
        let mut message = Message::new(subject, Cause::Customer, self.worker.clock.now());
        message.webhook_id.clone_from(&self.message.webhook_id);
        let look = Outgoing { message, delay: self.config.settings.settle };
        Ok(self.worker.queue.send(vec![look]).await?)
    }
}

fn outcome(why: End) -> Outcome {
    match why {
        End::Gone => Outcome::Gone,
        End::Redacted => Outcome::Redacted,
    }
}
