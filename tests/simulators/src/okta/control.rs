//! What happens in the org besides the product's calls, and what a test can see of it.

use std::collections::BTreeSet;

use ::rules::{GroupId, UserId};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use crate::okta::OktaSim;
use crate::okta::directory::{Group, GroupKind, MembershipChange, MembershipEvent};
use crate::okta::user::{User, UserStatus};

/// A profile: its attributes by name.
pub type UserProfile = Map<String, Value>;

/// The org has nothing with this id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoSuch(pub(crate) &'static str);

impl std::fmt::Display for NoSuch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the simulated org has no such {}", self.0)
    }
}

impl std::error::Error for NoSuch {}

/// Users.
impl OktaSim {
    /// Adds an active user.
    pub fn add_user(&self, login: &str, email: &str) -> UserId {
        self.add_user_with(sample_profile(login, email))
    }

    /// Adds so many active users at once. The number of each, from 0, gives its login and its e-mail
    /// address.
    pub fn add_users(
        &self,
        count: usize,
        names: impl Fn(usize) -> (String, String),
    ) -> Vec<UserId> {
        let (now, mut directory) = (self.now(), self.lock());
        let profiles = (0..count).map(names).map(|(login, email)| sample_profile(&login, &email));
        profiles.map(|profile| directory.add_user(profile, UserStatus::Active, now)).collect()
    }

    /// Adds an active user with this profile, unchecked.
    pub fn add_user_with(&self, profile: UserProfile) -> UserId {
        let (now, mut directory) = (self.now(), self.lock());
        directory.add_user(profile, UserStatus::Active, now)
    }

    /// Changes where in its life a user is; [`UserStatus::Deprovisioned`] is a deactivated one.
    ///
    /// # Errors
    /// If there is no such user.
    pub fn set_status(&self, user: &UserId, status: UserStatus) -> Result<(), NoSuch> {
        self.change_user(user, |user, now| {
            user.status = status;
            user.status_changed = now;
        })
    }

    /// Makes a user an administrator with more rights than our credentials: those may not change them.
    ///
    /// # Errors
    /// If there is no such user.
    pub fn promote(&self, user: &UserId) -> Result<(), NoSuch> {
        self.change_user(user, |user, _| user.outranks = true)
    }

    /// Changes one attribute of a user's profile; null empties it.
    ///
    /// # Errors
    /// If there is no such user.
    pub fn set_attribute(&self, user: &UserId, name: &str, value: Value) -> Result<(), NoSuch> {
        self.change_user(user, |user, _| {
            user.profile.insert(name.to_owned(), value);
        })
    }

    /// Deletes a user, who leaves all groups.
    ///
    /// # Errors
    /// If there is no such user.
    pub fn delete_user(&self, user: &UserId) -> Result<(), NoSuch> {
        let (now, mut directory) = (self.now(), self.lock());
        directory.users.get(user).ok_or(NoSuch("user"))?;
        directory.remove_user(user, now);
        Ok(())
    }

    fn change_user(
        &self,
        user: &UserId,
        change: impl FnOnce(&mut User, Timestamp),
    ) -> Result<(), NoSuch> {
        let (now, mut directory) = (self.now(), self.lock());
        directory.users.get(user).ok_or(NoSuch("user"))?;
        directory.change_user(user, now, |user| change(user, now));
        Ok(())
    }

    /// The user that an id, a login, or the login's part before the @ names.
    pub fn find_user(&self, name: &str) -> Option<UserId> {
        self.lock().named(name).map(|user| user.id.clone())
    }

    /// Where in its life a user is; none if there is no such user.
    pub fn status_of(&self, user: &UserId) -> Option<UserStatus> {
        self.lock().users.get(user).map(|user| user.status)
    }

    /// A user's whole profile; none if there is no such user.
    pub fn profile_of(&self, user: &UserId) -> Option<UserProfile> {
        self.lock().users.get(user).map(|user| user.profile.clone())
    }

    /// What `shopify_total_spent` and `shopify_orders_count` hold; nothing for a user who is not
    /// there.
    pub fn attributes_of(&self, user: &UserId) -> (Option<Decimal>, Option<u64>) {
        let directory = self.lock();
        let held = |name| directory.users.get(user)?.profile.get(name)?.as_number().cloned();
        let spent = held("shopify_total_spent").and_then(|number| decimal(&number.to_string()));
        (
            spent,
            held("shopify_orders_count")
                .and_then(|number| decimal(&number.to_string())?.try_into().ok()),
        )
    }
}

/// Groups and memberships.
impl OktaSim {
    /// Adds a group. Names need not be unique across kinds, and here not even within one.
    pub fn add_group(&self, name: &str, kind: GroupKind) -> GroupId {
        let (now, mut directory) = (self.now(), self.lock());
        directory.add_group(name, None, kind, now)
    }

    /// Gives a group another name.
    ///
    /// # Errors
    /// If there is no such group.
    pub fn rename_group(&self, group: &GroupId, name: &str) -> Result<(), NoSuch> {
        let (now, mut directory) = (self.now(), self.lock());
        let renamed = directory.groups.get_mut(group).ok_or(NoSuch("group"))?;
        name.clone_into(&mut renamed.name);
        renamed.updated = now;
        directory.index_group(group, now);
        Ok(())
    }

    /// Deletes a group with its memberships.
    ///
    /// # Errors
    /// If there is no such group.
    pub fn delete_group(&self, group: &GroupId) -> Result<(), NoSuch> {
        let (now, mut directory) = (self.now(), self.lock());
        directory.groups.get(group).ok_or(NoSuch("group"))?;
        directory.remove_group(group, now);
        Ok(())
    }

    /// Puts a user into a group, as somebody else than the product would.
    ///
    /// # Errors
    /// If there is no such group or user.
    pub fn add_member(&self, group: &GroupId, user: &UserId) -> Result<(), NoSuch> {
        self.change_by_hand(group, user, MembershipChange::Joined)
    }

    /// Puts users into a group all at once, as somebody else than the product would.
    ///
    /// # Errors
    /// If there is no such group, or no such user as one of them; those before it are in then.
    pub fn add_members<'a>(
        &self,
        group: &GroupId,
        users: impl IntoIterator<Item = &'a UserId>,
    ) -> Result<(), NoSuch> {
        users.into_iter().try_for_each(|user| self.add_member(group, user))
    }

    /// Takes a user out of a group, as somebody else than the product would.
    ///
    /// # Errors
    /// If there is no such group or user.
    pub fn remove_member(&self, group: &GroupId, user: &UserId) -> Result<(), NoSuch> {
        self.change_by_hand(group, user, MembershipChange::Left)
    }

    fn change_by_hand(
        &self,
        group: &GroupId,
        user: &UserId,
        change: MembershipChange,
    ) -> Result<(), NoSuch> {
        let (now, mut directory) = (self.now(), self.lock());
        directory.groups.get(group).ok_or(NoSuch("group"))?;
        directory.users.get(user).ok_or(NoSuch("user"))?;
        directory.change_membership(group, user, change, now);
        Ok(())
    }

    /// The names of a user's groups, in alphabetical order, without Okta's own.
    pub fn group_names_of(&self, user: &UserId) -> Vec<String> {
        let directory = self.lock();
        let groups = directory.groups_of(user).filter(|group| group.kind != GroupKind::BuiltIn);
        groups.map(|group| group.name.clone()).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The members of a group; none for a group that is not there.
    pub fn members(&self, group: &GroupId) -> Vec<UserId> {
        let directory = self.lock();
        let members = directory.groups.get(group).map(|group| &group.members);
        members.into_iter().flatten().cloned().collect()
    }

    /// The groups with this name, whatever their kind.
    pub fn groups_named(&self, name: &str) -> Vec<GroupId> {
        let named = |group: &&Group| group.name == name;
        self.lock().groups.values().filter(named).map(|group| group.id.clone()).collect()
    }

    /// Every change of a membership so far, whoever made it, in order.
    pub fn membership_log(&self) -> Vec<MembershipEvent> {
        self.lock().log.clone()
    }

    /// Adds a group rule that fills these groups; gives its id.
    pub fn add_rule(&self, name: &str, groups: &[GroupId], active: bool) -> String {
        let (now, mut directory) = (self.now(), self.lock());
        directory.add_rule(name, groups.to_vec(), "user.department==\"Sales\"", active, now)
    }

    /// Activates or deactivates a group rule; nothing if there is no such rule.
    pub fn set_rule_active(&self, rule: &str, active: bool) {
        if let Some(rule) = self.lock().rules.get_mut(rule) {
            rule.active = active;
        }
    }

    /// The users that a rule passes over, because they were taken out of its groups by hand.
    pub fn rule_exclusions(&self, rule: &str) -> Vec<UserId> {
        let directory = self.lock();
        let excluded = directory.rules.get(rule).map(|rule| &rule.excluded);
        excluded.into_iter().flatten().cloned().collect()
    }
}

fn sample_profile(login: &str, email: &str) -> UserProfile {
    let names = [("firstName", "Sample"), ("lastName", "User"), ("login", login), ("email", email)];
    names.map(|(name, text)| (name.to_owned(), text.into())).into_iter().collect()
}

fn decimal(text: &str) -> Option<Decimal> {
    text.parse().ok().or_else(|| Decimal::from_scientific(text).ok())
}
