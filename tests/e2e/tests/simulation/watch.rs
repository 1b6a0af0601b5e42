//! What a bystander sees of a batch.

use std::collections::BTreeSet;

use rules::{Attributes, CustomerId, Membership, Noted};
use simulators::okta::{MembershipChange, MembershipEvent};
use simulators::{CallRecord, Outcome};
use state::Entry;

use crate::game::{Game, Hand, STAFF, User};
use crate::oracle::Entries;
use crate::tally::kind_of;

impl Game {
    /// The calls since they were taken last, which none must be among that the product never makes.
    pub(crate) fn take_calls(&mut self) -> Vec<CallRecord> {
        for call in self.world.forbidden_calls() {
            self.wrong("forbidden", format!("{call} was called"));
        }
        let calls = self.world.take_calls();
        for call in &calls {
            self.transcript.push(format!("  {call} {:?}", call.outcome));
            self.tally.count(format!("calls: {}", call.service));
            if let Some(fault) = &call.fault {
                self.tally.count(format!("fault: {}: {}", call.service, kind_of(fault)));
            }
            if matches!(call.outcome, Outcome::SuspendedBefore | Outcome::SuspendedAfter) {
                self.tally.count("functions stopped at a call to a service");
            }
        }
        calls
    }

    /// Sees what a batch did to memberships, of which `well` came to their end: nobody who moves is without
    /// a group on the way, nobody whose look has ended is in two, and nobody is in one that will be
    /// forgotten.
    pub(crate) async fn watch(&mut self, log: usize, well: &[CustomerId]) {
        self.take_calls();
        let entries = self.entries().await;
        let events = self.world.okta.membership_log().into_iter().enumerate().skip(log);
        let (by_hand, events): (Vec<_>, Vec<_>) =
            events.partition(|(place, _)| self.by_hand.contains(place));
        let by_hand: BTreeSet<_> = by_hand.into_iter().map(|(_, event)| event.user).collect();
        let events: Vec<_> = events.into_iter().map(|(_, event)| event).collect();
        let mut wrong = Vec::new();
        let is_watched = !self.groups_changed && !self.is_over;
        let is_sure = |user: &&User| user.is_there && !user.hands.contains(&Hand::SetStatus);
        for user in self.users.iter().filter(is_sure).take_while(|_| is_watched) {
            let mut held = self.groups_of(&user.id);
            let of_user: Vec<_> = events.iter().filter(|event| event.user == user.id).collect();
            let is_contested = self.bearing(&user.borne).len() > 1;
            let is_ours = !is_contested && !by_hand.contains(&user.id);
            if is_ours && self.was_without(&held, &of_user) {
                let what = format!("{} was without a group on the way to {held:?}", user.login);
                wrong.push(("no group", what));
            }
            held.retain(|name| !user.put_into.contains(name));
            let noted = noted(user, &entries);
            if let Some((owner, _)) = &noted
                && well.contains(owner)
                && held.len() > 1
            {
                let what = format!("{} is left in {held:?} by a look that ended", user.login);
                wrong.push(("two groups", what));
            }
            wrong.extend(self.believed(user, &entries).map(|what| ("believed", what)));
            let noted = noted.map(|(_, noted)| noted).unwrap_or_default();
            held.retain(|name| !noted.contains(*name));
            if !held.is_empty() {
                let what = format!("{} was put into {held:?}, and nobody knows", user.login);
                wrong.push(("forgotten", what));
            }
        }
        for (kind, what) in wrong {
            self.wrong(kind, what);
        }
    }

    /// What a record is sure of and Okta shows otherwise, unless somebody edited that by hand.
    fn believed(&self, user: &User, entries: &Entries) -> Option<String> {
        let record = entries.values().find_map(|entry| match entry {
            Entry::Customer(record) => {
                let is_theirs = record.matched.as_ref().is_some_and(|it| it.user == user.id);
                is_theirs.then_some(record)
            }
            Entry::Tombstone(_) => None,
        })?;
        let was_edited = |hand| user.hands.contains(&hand);
        if was_edited(Hand::SetStatus) || was_edited(Hand::Delete) {
            return None;
        }
        let held = self.world.okta.group_names_of(&user.id);
        let sure =
            |noted: &&Noted| noted.membership == Membership::Member && !was_edited(Hand::Move);
        let mut sure = record.applied.groups.values().filter(sure);
        if let Some(noted) = sure.find(|noted| !held.contains(&noted.name.to_string())) {
            return Some(format!("{} is not in {}, and is thought to be", user.login, noted.name));
        }
        let shown = self.world.okta.attributes_of(&user.id);
        let is_right = match record.applied.attributes {
            _ if was_edited(Hand::WriteProfile) => true,
            Attributes::Unknown => true,
            Attributes::Cleared => shown == (None, None),
            Attributes::Set(totals) => shown == (Some(totals.spent.amount), Some(totals.orders)),
        };
        (!is_right)
            .then(|| format!("{} shows {shown:?}, and is thought to show others", user.login))
    }

    /// Whether a user was in no group before they came into another.
    fn was_without(&self, held: &BTreeSet<&str>, events: &[&MembershipEvent]) -> bool {
        let mut inside = held.len();
        let mut without = false;
        let staff = self.group(STAFF);
        // From the end to the beginning.
        for event in events.iter().rev().filter(|event| Some(&event.group) != staff.as_ref()) {
            match event.change {
                MembershipChange::Joined => inside = inside.saturating_sub(1),
                MembershipChange::Left => {
                    without |= inside == 0 && !held.is_empty();
                    inside += 1;
                }
            }
        }
        without
    }
}

/// Whom a user stands for, and the groups that are noted of them.
fn noted(user: &User, entries: &Entries) -> Option<(CustomerId, BTreeSet<String>)> {
    entries.iter().find_map(|(customer, entry)| {
        let Entry::Customer(record) = entry else { return None };
        let is_theirs = record.matched.as_ref().is_some_and(|it| it.user == user.id);
        let names = record.applied.groups.values().map(|noted| noted.name.to_string());
        is_theirs.then(|| (*customer, names.collect()))
    })
}
