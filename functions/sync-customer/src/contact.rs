//! Finding the Okta user who stands for a customer, and getting to know them.

use std::collections::BTreeSet;
use std::time::Duration;

use okta::Found;
use rules::{Applied, EmailAddress, GroupId, Membership, UserId};
use state::{Cause, Claim, Match, Message, Outcome, Outgoing, Record, Subject};

use crate::failure::Setback;
use crate::look::{Look, Target};
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
        let email = target.customer.email.as_ref();
        let found = match email {
            Some(email) => match writer.okta.find_user(email).await {
                Ok(found) => found,
                Err(error) => return self.give_in(writer, target.customer, error.into()).await,
            },
            None => Found::None,
        };
        let before = writer.record.matched.as_ref().map(|matched| matched.user.clone());
        match (before, &found, email) {
            (Some(before), Found::One(user), Some(email)) if user.id == before => {
                writer.record.matched = Some(self.matched(before, email));
                return Box::pin(self.keep(writer, target)).await;
            }
            (Some(before), ..) => {
                if let Err(trouble) = self.leave_behind(&mut writer, before).await {
                    return self.give_in(writer, target.customer, trouble).await;
                }
            }
            (None, ..) => {}
        }
        match (found, email) {
            (Found::Several, _) => self.without_user(writer, target, Outcome::Ambiguous).await,
            (Found::One(user), _) if !user.can_be_written() => {
                self.without_user(writer, target, Outcome::UserInactive).await
            }
            (Found::One(user), Some(email)) if target.segment.is_some() => {
                self.first_contact(writer, target, user.id, email).await
            }
            (Found::One(_), _) => self.without_user(writer, target, Outcome::Unchanged).await,
            (Found::None, _) => self.without_user(writer, target, Outcome::Unmatched).await,
        }
    }

    fn matched(&self, user: UserId, email: &EmailAddress) -> Match {
        Match { user, address: self.config.salt.hash(email) }
    }

    /// Parts from the user the customer had before, and gives the user up.
    async fn leave_behind(&self, writer: &mut Writer<'a>, user: UserId) -> Result<(), Trouble> {
        writer.part_from(&user).await?;
        writer.save(forgetting(&writer.record), &[Claim::Release(user)]).await
    }

    /// The user the customer was matched with no longer exists: another may have the address now.
    pub(crate) async fn meet_anew(
        &self,
        mut writer: Writer<'a>,
        target: &Target<'a>,
        user: UserId,
    ) -> Result<Done, Setback> {
        match writer.save(forgetting(&writer.record), &[Claim::Release(user)]).await {
            Ok(()) => Box::pin(self.meet(writer, target)).await,
            Err(trouble) => self.give_in(writer, target.customer, trouble).await,
        }
    }

    /// Ends a look that found no user to write to.
    async fn without_user(
        &self,
        mut writer: Writer<'_>,
        target: &Target<'_>,
        outcome: Outcome,
    ) -> Result<Done, Setback> {
        self.remember(&mut writer.record, None, None, None, target.customer);
        self.close(writer, target.customer, outcome).await
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
            Err(error) => return self.give_in(writer, target.customer, error.into()).await,
        };
        let only = self.config.settings.match_only_group.as_ref();
        if only.is_some_and(|only| groups.iter().all(|group| group.name != *only)) {
            return self.without_user(writer, target, Outcome::Unmatched).await;
        }
        let managed = self.managed();
        let mut record = forgetting(&writer.record);
        for group in groups.into_iter().filter(|group| managed.contains(&group.id)) {
            record.applied.note(group, Membership::Member);
        }
        record.matched = Some(self.matched(user.clone(), email));
        let claims = [Claim::Take(user.clone())];
        match writer.apply(record, &user, &target.desired, &claims).await {
            Ok(()) => self.conclude(writer, target, Outcome::Applied).await,
            Err(Trouble::UserTaken) => self.contest(writer, target, &user).await,
            Err(trouble) => self.give_in(writer, target.customer, trouble).await,
        }
    }

    /// The groups that the accepted book's segments stand for.
    fn managed(&self) -> BTreeSet<GroupId> {
        let segments = self.config.book.book.segments().iter();
        let rows = segments.filter_map(|s| self.config.groups.get(s.okta_group_name()));
        rows.filter(|row| row.status.is_usable()).filter_map(|row| row.id.clone()).collect()
    }

    /// Another customer has the user. They may have let go of the address since, so they are looked
    /// at, and then this customer once more. If the user is still theirs then, so it stays.
    async fn contest(
        &self,
        mut writer: Writer<'_>,
        target: &Target<'_>,
        user: &UserId,
    ) -> Result<Done, Setback> {
        let known = writer.record.last.as_ref().map(|last| last.outcome);
        if known == Some(Outcome::UserTaken) {
            return self.without_user(writer, target, Outcome::UserTaken).await;
        }
        if let Err(trouble) = self.ask_holder(user).await {
            return self.give_in(writer, target.customer, trouble).await;
        }
        let last = Some(self.last(Outcome::UserTaken));
        let record = Record { lease: None, last, ..writer.record.clone() };
        match writer.save(record, &[]).await {
            Ok(()) => Err(Setback::Contested),
            Err(trouble) => Err(trouble.into_setback()),
        }
    }

    /// Has the customer who holds the user looked at.
    async fn ask_holder(&self, user: &UserId) -> Result<(), Trouble> {
        let Some(holder) = self.worker.customers.holder(user).await? else { return Ok(()) };
        let subject = Subject::Customer(holder);
        let message = Message::new(subject, Cause::Contested, self.worker.clock.now());
        let look = Outgoing { message, delay: Duration::ZERO };
        Ok(self.worker.queue.send(vec![look]).await?)
    }
}

/// The record without the user and what they held.
fn forgetting(record: &Record) -> Record {
    Record { matched: None, applied: Applied::default(), ..record.clone() }
}
