//! What the org holds.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use ::rules::{GroupId, UserId};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::clock::later;
use crate::lagging::Lagging;
use crate::okta::admin::Admins;
use crate::okta::answers::CausesForm;
use crate::okta::apps::Apps;
use crate::okta::limits::Limits;
use crate::okta::paging::Paging;
use crate::okta::schema::Attributes;
use crate::okta::user::{User, UserStatus};

/// Where a group comes from, which decides who may change its members
/// ([group types](https://developer.okta.com/docs/reference/api/groups/#group-type)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupKind {
    /// Made in Okta; the API may change its members.
    Okta,
    /// Imported from an application, which alone changes its members.
    App,
    /// Okta's own, such as Everyone.
    BuiltIn,
}

impl GroupKind {
    /// The type as answers have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Okta => "OKTA_GROUP",
            Self::App => "APP_GROUP",
            Self::BuiltIn => "BUILT_IN",
        }
    }
}

/// What happened to a membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MembershipChange {
    /// The user came into the group.
    Joined,
    /// The user left the group.
    Left,
}

/// A change of a membership. Repeats that changed nothing are not among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MembershipEvent {
    /// When, by the simulated clock.
    pub at: Timestamp,
    /// Who.
    pub user: UserId,
    /// Where.
    pub group: GroupId,
    /// What.
    pub change: MembershipChange,
}

#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) id: GroupId,
    pub(crate) kind: GroupKind,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) membership_updated: Timestamp,
    pub(crate) members: BTreeSet<UserId>,
}

#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) active: bool,
    pub(crate) groups: Vec<GroupId>,
    pub(crate) expression: String,
    pub(crate) excluded: BTreeSet<UserId>,
    pub(crate) created: Timestamp,
}

/// Everything in the org.
pub(crate) struct Directory {
    pub(crate) users: BTreeMap<UserId, Arc<User>>,
    /// Who has, or once had, a login or an e-mail address, by its lower case. Not every find is right.
    pub(super) names: BTreeMap<String, BTreeSet<UserId>>,
    pub(crate) groups: BTreeMap<GroupId, Group>,
    pub(crate) rules: BTreeMap<String, Rule>,
    /// What searches see: users and groups as they were some time ago.
    pub(crate) user_index: BTreeMap<UserId, Lagging<Option<Arc<User>>>>,
    pub(crate) group_index: BTreeMap<GroupId, Lagging<Option<Group>>>,
    pub(crate) search_lag: Duration,
    pub(crate) loose_search: bool,
    pub(crate) attributes: Attributes,
    pub(crate) admins: Admins,
    pub(crate) apps: Apps,
    pub(crate) limits: Limits,
    pub(crate) log: Vec<MembershipEvent>,
    pub(crate) paging: Paging,
    pub(crate) causes_form: CausesForm,
    /// How far the org's own clock is off.
    pub(crate) skew: SignedDuration,
    pub(crate) token_revoked: bool,
    serial: u64,
}

impl Directory {
    pub(crate) fn new(now: Timestamp) -> Self {
        let mut directory = Self {
            users: BTreeMap::new(),
            names: BTreeMap::new(),
            groups: BTreeMap::new(),
            rules: BTreeMap::new(),
            user_index: BTreeMap::new(),
            group_index: BTreeMap::new(),
            search_lag: Duration::ZERO,
            loose_search: false,
            attributes: Attributes::new(),
            admins: Admins::new(now),
            apps: Apps::default(),
            limits: Limits::new(),
            log: Vec::new(),
            paging: Paging::default(),
            causes_form: CausesForm::default(),
            skew: SignedDuration::ZERO,
            token_revoked: false,
            serial: 0,
        };
        directory.add_group("Everyone", None, GroupKind::BuiltIn, now);
        directory
    }

    /// An id as Okta makes them: a prefix for the kind, then letters and digits.
    #[expect(clippy::expect_used, reason = "twenty letters and digits are an id")]
    fn id<T: FromStr<Err: Debug>>(&mut self, prefix: &str) -> T {
        format!("{prefix}1sim{:013}", self.next_serial()).parse().expect("letters and digits")
    }

    pub(crate) fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    pub(crate) fn add_user(
        &mut self,
        profile: Map<String, Value>,
        status: UserStatus,
        now: Timestamp,
    ) -> UserId {
        let id: UserId = self.id("00u");
        self.users.insert(id.clone(), Arc::new(User::new(id.clone(), profile, status, now)));
        let everyone = self.groups.values_mut().filter(|group| group.kind == GroupKind::BuiltIn);
        for group in everyone {
            group.members.insert(id.clone());
        }
        self.note_names(&id);
        self.index_user(&id, now);
        id
    }

    pub(crate) fn add_group(
        &mut self,
        name: &str,
        description: Option<String>,
        kind: GroupKind,
        now: Timestamp,
    ) -> GroupId {
        let id: GroupId = self.id("00g");
        let group = Group {
            id: id.clone(),
            kind,
            name: name.to_owned(),
            description,
            created: now,
            updated: now,
            membership_updated: now,
            members: BTreeSet::new(),
        };
        self.groups.insert(id.clone(), group);
        self.index_group(&id, now);
        id
    }

    pub(crate) fn add_rule(
        &mut self,
        name: &str,
        groups: Vec<GroupId>,
        expression: &str,
        active: bool,
        now: Timestamp,
    ) -> String {
        let id: String = self.id("0pr");
        let rule = Rule {
            id: id.clone(),
            name: name.to_owned(),
            active,
            groups,
            expression: expression.to_owned(),
            excluded: BTreeSet::new(),
            created: now,
        };
        self.rules.insert(id.clone(), rule);
        id
    }

    /// Tells the search index of a user; it shows when the lag has passed.
    pub(crate) fn index_user(&mut self, id: &UserId, now: Timestamp) {
        let shows = later(now, self.search_lag);
        let user = self.users.get(id).cloned();
        self.user_index.entry(id.clone()).or_insert_with(Lagging::new).change(shows, user);
    }

    /// Tells the search index of a group; it shows when the lag has passed.
    pub(crate) fn index_group(&mut self, id: &GroupId, now: Timestamp) {
        let shows = later(now, self.search_lag);
        let group = self.groups.get(id).cloned();
        self.group_index.entry(id.clone()).or_insert_with(Lagging::new).change(shows, group);
    }

    /// Changes a user's profile or status, which moves its `lastUpdated`, and tells the index. Changes of
    /// memberships go elsewhere and leave it alone.
    pub(crate) fn change_user(
        &mut self,
        id: &UserId,
        now: Timestamp,
        change: impl FnOnce(&mut User),
    ) {
        if let Some(user) = self.users.get_mut(id) {
            let user = Arc::make_mut(user);
            change(user);
            user.updated = now;
            user.version += 1;
            self.note_names(id);
            self.index_user(id, now);
        }
    }

    /// Puts a user into a group or takes it out; a repeat changes nothing.
    pub(crate) fn change_membership(
        &mut self,
        group_id: &GroupId,
        user: &UserId,
        change: MembershipChange,
        now: Timestamp,
    ) {
        let Some(group) = self.groups.get_mut(group_id) else { return };
        let changed = match change {
            MembershipChange::Joined => group.members.insert(user.clone()),
            MembershipChange::Left => group.members.remove(user),
        };
        if changed {
            group.membership_updated = now;
            let (user, group) = (user.clone(), group_id.clone());
            self.log.push(MembershipEvent { at: now, user, group, change });
        }
    }

    /// Removes a user from the org and all its groups.
    pub(crate) fn remove_user(&mut self, id: &UserId, now: Timestamp) {
        let groups: Vec<GroupId> = self.groups_of(id).map(|group| group.id.clone()).collect();
        for group in groups {
            self.change_membership(&group, id, MembershipChange::Left, now);
        }
        self.users.remove(id);
        self.index_user(id, now);
    }

    /// Removes a group with its memberships.
    pub(crate) fn remove_group(&mut self, id: &GroupId, now: Timestamp) {
        let Some(group) = self.groups.remove(id) else { return };
        let left = group.members.into_iter().map(|user| MembershipEvent {
            at: now,
            user,
            group: id.clone(),
            change: MembershipChange::Left,
        });
        self.log.extend(left);
        self.index_group(id, now);
    }

    pub(crate) fn groups_of(&self, user: &UserId) -> impl Iterator<Item = &Group> {
        self.groups.values().filter(move |group| group.members.contains(user))
    }
}
