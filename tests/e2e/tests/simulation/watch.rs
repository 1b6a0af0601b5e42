//! What a bystander sees of a batch.

use std::collections::BTreeSet;

use simulators::okta::{MembershipChange, MembershipEvent};
use simulators::{CallRecord, Outcome};

use crate::game::{Game, STAFF};

impl Game {
    /// The calls since they were taken last, which none must be among that the product never makes.
    pub(crate) fn take_calls(&mut self) -> Vec<CallRecord> {
        for call in self.world.forbidden_calls() {
            self.wrong("forbidden", format!("{call} was called"));
        }
        let calls = self.world.take_calls();
        let lines = calls.iter().map(|call| format!("  {call} {:?}", call.outcome));
        self.transcript.extend(lines);
        calls
    }

    /// Sees what a batch did to memberships: nobody who moves is without a group on the way, and nobody is
    /// left in two when nothing went wrong.
    pub(crate) fn watch(&mut self, log: usize, was_slow: bool) {
        let failed = was_slow | self.take_calls().into_iter().any(|call| {
            !matches!(call.outcome, Outcome::Answered(status) if status < 400 || status == 404)
        });
        let events: Vec<_> = self.world.okta.membership_log().split_off(log);
        let mut users: Vec<_> = events.iter().map(|event| event.user.clone()).collect();
        users.sort();
        users.dedup();
        for user in users {
            let Some(known) = self.users.iter().find(|known| known.id == user).cloned() else {
                continue;
            };
            let held = self.groups_of(&user);
            let ours = held.iter().filter(|name| !known.put_into.contains(*name)).count();
            let names = &known.login;
            if !failed && ours > 1 {
                let what = format!("{names} is left in {held:?} by a batch that went well");
                self.wrong("two groups", what);
            }
            let is_contested = self.bearing(&known.borne).len() > 1;
            let of_user: Vec<_> = events.iter().filter(|event| event.user == user).collect();
            if !is_contested && self.was_without(&held, &of_user) {
                let what = format!("{names} was without a group on the way to {held:?}");
                self.wrong("no group", what);
            }
        }
    }

    /// Whether a user was in no group before they came into another.
    fn was_without(&self, held: &BTreeSet<&str>, events: &[&MembershipEvent]) -> bool {
        let mut inside = held.len();
        let mut without = false;
        let staff = self.group(STAFF);
        // From the end to the beginning.
        for event in events.iter().rev().filter(|event| event.group != staff) {
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
