//! Customers who are gone or were redacted: what ends, and what stays ended.

use shopify::Truth;
use state::{Cause, End, Entry, Message, Outcome, Outgoing, Subject, Tombstone};

use crate::failure::Setback;
use crate::look::Look;
use crate::worker::Done;
use crate::write::Trouble;

impl Look<'_> {
    /// Takes everything back and leaves a tombstone.
    pub(crate) async fn end(&self, why: End) -> Result<Done, Setback> {
        let mut writer = self.writer();
        let user = writer.record.matched.as_ref().map(|matched| matched.user.clone());
        let ended = match user {
            None => Ok(()),
            Some(user) => writer.part_from(&user).await,
        };
        let outcome = outcome(why);
        let at = match why {
            End::Gone => self.read_at,
            End::Redacted => self.message.as_of,
        };
        let answered = self.answered(outcome);
        let buried = match ended {
            Ok(()) => writer.bury(Tombstone { at, why, seen: None, answered }).await,
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

    /// Leaves things as they are. A full run is told so: by the tombstone that stands, or by one for a
    /// customer who is gone and never had an entry.
    pub(crate) async fn rest(&self, why: End) -> Result<Done, Setback> {
        let outcome = outcome(why);
        if self.message.run.is_some() {
            let mut stone = match self.found.map(|found| &found.entry) {
                Some(Entry::Tombstone(stone)) => stone.clone(),
                _ => Tombstone { at: self.read_at, why, seen: None, answered: None },
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
        let message = Message::new(subject, Cause::Customer, self.worker.clock.now());
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
