//! What a bystander sees of a batch.

use std::collections::BTreeSet;

use rules::CustomerId;
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
        let events: Vec<_> = self.world.okta.membership_log().split_off(log);
        let mut wrong = Vec::new();
        let is_watched = !self.groups_changed && !self.is_over;
        let is_sure = |user: &&User| user.is_there && !user.hands.contains(&Hand::SetStatus);
        for user in self.users.iter().filter(is_sure).take_while(|_| is_watched) {
            let mut held = self.groups_of(&user.id);
            let of_user: Vec<_> = events.iter().filter(|event| event.user == user.id).collect();
            let is_contested = self.bearing(&user.borne).len() > 1;
            if !is_contested && self.was_without(&held, &of_user) {
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
