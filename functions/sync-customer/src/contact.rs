//! Finding the Okta user who stands for a customer, and getting to know them.

use std::time::Duration;

use jiff::Timestamp;
use okta::{Found, Session, User};
use outbound::{Error, ErrorKind};
use rules::{Applied, EmailAddress, Membership, UserId};
use shopify::Customer;
use state::{Cause, Claim, Hint, Match, Message, Outcome, Outgoing, Record, Subject};

use crate::announce::Place;
use crate::failure::Setback;
use crate::look::{Look, Target};
use crate::of_run::is_of_run;
use crate::recheck::managed;
use crate::worker::Done;
use crate::write::{Trouble, Writer};

impl<'a> Look<'a> {
    /// Looks for the user by the customer's address. If the customer had another user before, that
    /// one is parted from first: the address decides whose customer this is.
    pub(crate) async fn meet(
        &self,
        mut writer: Writer<'a>,
        target: &Target<'a>,
    ) -> Result<Done, Setback> {
        if let Err(trouble) = self.part_from_stranger(&mut writer, target.customer).await {
            return self.give_in(writer, target.customer, trouble).await;
        }
        if writer.record.matched.is_some() {
            return Box::pin(self.keep(writer, target)).await;
        }
        if target.belongs.segment.is_none() {
            return self.without_user(writer, target, Outcome::Unchanged).await;
        }
        let Some(email) = target.customer.email.as_ref() else {
            return self.without_user(writer, target, Outcome::Unmatched).await;
        };
        match self.find(writer.okta, email, target.customer.updated_at).await {
            Ok(Found::One(user)) if user.can_be_written() => {
                self.first_contact(writer, target, user.id, email).await
            }
            Ok(Found::One(_)) => self.without_user(writer, target, Outcome::UserInactive).await,
            Ok(Found::Several) => self.without_user(writer, target, Outcome::Ambiguous).await,
            Ok(Found::None) => self.without_user(writer, target, Outcome::Unmatched).await,
            Err(error) => self.give_in(writer, target.customer, Trouble::of_call(error)).await,
        }
    }

    /// Looks for the user, beginning with what a full run has found out. A run's message believes that
    /// nobody bears the address, if it is the one that the run looked for; an event looks for itself.
    async fn find(
        &self,
        okta: Session<'_>,
        email: &EmailAddress,
        updated_at: Timestamp,
    ) -> Result<Found, Error> {
        let Some(run) = &self.message.run else { return okta.find_user(email).await };
        match &run.user {
            Hint::Nobody if is_of_run(self.message) && run.has_compared(updated_at) => {
                return Ok(Found::None);
            }
            Hint::Is(user) => {
                let named = okta.user_named(user, email).await?;
                if let Some(user) = named.filter(User::can_be_written) {
                    return Ok(Found::One(user));
                }
            }
            Hint::None | Hint::Nobody => {}
        }
        okta.find_user(email).await
    }

    /// Takes everything back from the user the customer had before, unless that user bears the
    /// customer's new address too. They are asked for by id: a search lags behind, and would have a
    /// person who changed their address in both places lose everything.
    pub(crate) async fn part_from_stranger(
        &self,
        writer: &mut Writer<'a>,
        customer: &Customer,
    ) -> Result<(), Trouble> {
        let Some(before) = writer.record.matched.as_ref().map(|matched| matched.user.clone())
        else {
            return Ok(());
        };
        if let Some(email) = &customer.email
            && writer.okta.user_named(&before, email).await.map_err(Trouble::of_call)?.is_some()
        {
            writer.record.matched = Some(self.matched(before, email));
            return Ok(());
        }
        self.let_go(writer, before).await
    }

    /// Takes everything back from a user, and gives them up. What Okta does not let us take back stays with
    /// them: it keeps nobody from their own group.
    async fn let_go(&self, writer: &mut Writer<'a>, user: UserId) -> Result<(), Trouble> {
        if let Some(refusal) = self.take_from(writer, &user).await? {
            tracing::warn!(error = %refusal, "a user who is given up keeps what Okta does not let us take");
        }
        writer.save(forgetting(&writer.record), &[Claim::Release(user)]).await
    }

    /// Takes everything back from a user, as far as Okta lets us. Gives its refusal, if something stays with
    /// them: totals that cannot be cleared, or anything of a user whom we may not change for good.
    pub(crate) async fn take_from(
        &self,
        writer: &mut Writer<'_>,
        user: &UserId,
    ) -> Result<Option<Error>, Trouble> {
        match writer.part_from(user).await {
            Ok(()) => Ok(None),
            Err(Trouble::ProfileRefused(refusal)) => Ok(Some(refusal)),
            Err(Trouble::UserForbidden(refusal)) if self.is_forbidden_for_good() => {
                match writer.leave_all(user).await {
                    Ok(()) | Err(Trouble::UserForbidden(_)) => Ok(Some(refusal)),
                    Err(trouble) => Err(trouble),
                }
            }
            Err(trouble) => Err(trouble),
        }
    }

    fn matched(&self, user: UserId, email: &EmailAddress) -> Match {
        Match { user, address: self.config.salt.hash(email) }
    }

    /// The user the customer was matched with no longer exists: another may have the address now.
    pub(crate) async fn meet_anew(
        &self,
        mut writer: Writer<'a>,
        target: &Target<'a>,
        user: UserId,
    ) -> Result<Done, Setback> {
        writer.withdraw();
        match writer.save(forgetting(&writer.record), &[Claim::Release(user)]).await {
            Ok(()) => Box::pin(self.meet(writer, target)).await,
            Err(trouble) => self.give_in(writer, target.customer, trouble).await,
        }
    }

    /// The user the customer was matched with is deactivated: another may have the address now.
    pub(crate) async fn meet_instead(
        &self,
        mut writer: Writer<'a>,
        target: &Target<'a>,
        inactive: UserId,
    ) -> Result<Done, Setback> {
        let (other, email) = match self.instead_of(writer.okta, target.customer, &inactive).await {
            Ok(Some(found)) => found,
            Ok(None) => return self.give_in(writer, target.customer, Trouble::UserInactive).await,
            Err(error) => {
                return self.give_in(writer, target.customer, Trouble::of_call(error)).await;
            }
        };
        writer.withdraw();
        if let Err(trouble) = self.let_go(&mut writer, inactive).await {
            return self.give_in(writer, target.customer, trouble).await;
        }
        if target.belongs.segment.is_none() {
            return self.without_user(writer, target, Outcome::Unchanged).await;
        }
        Box::pin(self.first_contact(writer, target, other, email)).await
    }

    /// Another user who bears the customer's address and can be written, and that address. A full run asks
    /// every night for those whose user is deactivated, so it searches only if it has seen such a user.
    async fn instead_of<'c>(
        &self,
        okta: Session<'_>,
        customer: &'c Customer,
        inactive: &UserId,
    ) -> Result<Option<(UserId, &'c EmailAddress)>, Error> {
        let seen = match self.message.run.as_ref().map(|run| &run.user) {
            Some(Hint::Is(user)) => user != inactive,
            _ => !is_of_run(self.message),
        };
        let Some(email) = customer.email.as_ref().filter(|_| seen) else { return Ok(None) };
        Ok(match self.find(okta, email, customer.updated_at).await? {
            Found::One(user) if user.can_be_written() && user.id != *inactive => {
                Some((user.id, email))
            }
            _ => None,
        })
    }

    /// Ends a look that found no user to write to.
    async fn without_user(
        &self,
        writer: Writer<'_>,
        target: &Target<'_>,
        outcome: Outcome,
    ) -> Result<Done, Setback> {
        let outside = Place::outside(self.user_found());
        self.close(writer, target.customer, Some(outside), outcome).await
    }

    /// Claims the user, reads their groups once, and has them leave every managed group but the
    /// target.
    async fn first_contact(
        &self,
        mut writer: Writer<'a>,
        target: &Target<'a>,
        user: UserId,
        email: &EmailAddress,
    ) -> Result<Done, Setback> {
        let groups = match writer.okta.groups_of(&user).await {
            Ok(groups) => groups,
            Err(Error { kind: ErrorKind::NotFound, .. }) => {
                return self.without_user(writer, target, Outcome::Unmatched).await;
            }
            Err(error) => {
                return self.give_in(writer, target.customer, Trouble::of_call(error)).await;
            }
        };
        let only = self.config.settings.match_only_group.as_ref();
        if only.is_some_and(|only| groups.iter().all(|group| group.name != *only)) {
            return self.without_user(writer, target, Outcome::Unmatched).await;
        }
        let place = Place::held(target, Some(user.clone()));
        if let Err(trouble) = self.promise(&mut writer, &place, target.customer.totals).await {
            return self.give_in(writer, target.customer, trouble).await;
        }
        let managed = managed(self.config);
        let mut record = forgetting(&writer.record);
        for group in groups.into_iter().filter(|group| managed.contains(&group.id)) {
            // The user was not ours yet when their groups were read: whoever had them may have had them
            // leave since. So the one that counts is joined, whatever was read, and no other is believed
            // either: this look may fail before it has them leave it, and a later one may want it.
            record.applied.note(group, Membership::Uncertain);
        }
        record.matched = Some(self.matched(user.clone(), email));
        let claims = [Claim::Take(user.clone())];
        match writer.apply(record, &user, &target.desired, &claims).await {
            Ok(()) => self.conclude(writer, target, Outcome::Applied).await,
            Err(Trouble::ProfileRefused(error)) => {
                self.conclude_without_totals(writer, target, &error).await
            }
            Err(Trouble::UserTaken) => self.contest(writer, target, &user).await,
            Err(trouble) => self.give_in(writer, target.customer, trouble).await,
        }
    }

    /// Another customer has the user. They may have let go of the address since, so they are looked
    /// at, and then this customer once more. If the user is still theirs then, so it stays.
    async fn contest(
        &self,
        mut writer: Writer<'_>,
        target: &Target<'_>,
        user: &UserId,
    ) -> Result<Done, Setback> {
        if self.message.holder_asked {
            return self.without_user(writer, target, Outcome::UserTaken).await;
        }
        let trouble = match self.ask_holder(user).await {
            Ok(()) => Trouble::Setback(Setback::Contested),
            Err(trouble) => trouble,
        };
        writer.release().await;
        Err(trouble.into_setback())
    }

    /// Has the customer who holds the user looked at.
    async fn ask_holder(&self, user: &UserId) -> Result<(), Trouble> {
        let Some(holder) = self.worker.customers.holder(user).await? else { return Ok(()) };
        let subject = Subject::Customer(holder);
        let mut message = Message::new(subject, Cause::Contested, self.worker.clock.now());
        message.webhook_id.clone_from(&self.message.webhook_id);
        let look = Outgoing { message, delay: Duration::ZERO };
        Ok(self.worker.queue.send(vec![look]).await?)
    }
}

/// The record without the user and what they held.
fn forgetting(record: &Record) -> Record {
    Record { matched: None, applied: Applied::default(), ..record.clone() }
}
