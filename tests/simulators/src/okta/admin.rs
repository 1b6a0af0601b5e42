//! Who may call, what the caller may do, and which groups make administrators of their members.

use std::collections::{BTreeMap, BTreeSet};

use ::http::{Method, Response};
use ::rules::{GroupId, UserId};
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::incoming::Incoming;
use crate::okta::OktaSim;
use crate::okta::answers::{Answer, Refusal, moment, ok};
use crate::okta::apps::Caller;
use crate::okta::control::NoSuch;
use crate::okta::directory::Directory;
use crate::okta::user::{User, UserStatus};

/// The administrator whose API token it is. Not among the org's users: nobody but the token's own calls
/// sees them.
const OWNER: &str = "00u1simtokenowner001";

/// An administrator's role.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Role {
    kind: String,
    label: String,
    since: Timestamp,
}

/// Who is an administrator, and what the caller may do.
pub(crate) struct Admins {
    owner: User,
    own_roles: Vec<Role>,
    of_groups: BTreeMap<GroupId, Vec<Role>>,
    /// The rights that the caller does not have, by the names of OAuth scopes.
    withdrawn: BTreeSet<String>,
}

impl Admins {
    #[expect(clippy::expect_used, reason = "twenty letters and digits are an id")]
    pub(crate) fn new(now: Timestamp) -> Self {
        let texts = [
            ("firstName", "Token"),
            ("lastName", "Owner"),
            ("login", "token.owner@sim.okta.example"),
            ("email", "token.owner@sim.okta.example"),
        ];
        let profile: Map<String, Value> =
            texts.map(|(name, text)| (name.to_owned(), text.into())).into_iter().collect();
        let id: UserId = OWNER.parse().expect("letters and digits");
        Self {
            owner: User::new(id, profile, UserStatus::Active, now),
            own_roles: vec![Role::new("ORG_ADMIN", now)],
            of_groups: BTreeMap::new(),
            withdrawn: BTreeSet::new(),
        }
    }

    /// Whether the caller may make this call. An app is nobody of whom Okta could say who it is.
    pub(crate) fn allow(
        &self,
        caller: &Caller,
        method: &Method,
        path: &[&str],
    ) -> Result<(), Refusal> {
        match right(method, path) {
            Some(right) => self.allow_right(caller, right),
            None if *caller == Caller::Administrator => Ok(()),
            None => Err(Refusal::forbidden()),
        }
    }

    fn allow_right(&self, caller: &Caller, right: &str) -> Result<(), Refusal> {
        caller.may(right)?;
        if self.withdrawn.contains(right) { Err(Refusal::forbidden()) } else { Ok(()) }
    }
}

/// The right that a call asks for, by the name of the OAuth scope that
/// [stands for it](https://developer.okta.com/docs/api/oauth2/). Asking who one is needs none.
fn right(method: &Method, path: &[&str]) -> Option<&'static str> {
    let reads = method == Method::GET;
    Some(match path {
        ["users", "me"] => return None,
        ["users" | "groups", _, "roles"] => "okta.roles.read",
        ["users", ..] if reads => "okta.users.read",
        ["users", ..] => "okta.users.manage",
        ["groups", ..] if reads => "okta.groups.read",
        ["groups", ..] => "okta.groups.manage",
        ["meta", "schemas", ..] if reads => "okta.schemas.read",
        ["meta", "schemas", ..] => "okta.schemas.manage",
        _ => return None,
    })
}

impl Role {
    fn new(kind: &str, since: Timestamp) -> Self {
        let words = kind.split('_').map(|word| {
            let (first, rest) = word.split_at(word.len().min(1));
            format!("{first}{}", rest.to_lowercase())
        });
        let label = words.collect::<Vec<_>>().join(" ").replace("Admin", "Administrator");
        Self { kind: kind.to_owned(), label, since }
    }

    fn json(&self, number: usize, to: &str) -> Value {
        json!({
            "id": format!("ra1sim{number:014}"),
            "label": self.label,
            "type": self.kind,
            "status": "ACTIVE",
            "created": moment(self.since),
            "lastUpdated": moment(self.since),
            "assignmentType": to,
        })
    }
}

impl OktaSim {
    /// Gives the token's owner these roles, such as `ORG_ADMIN`, in place of those before. What the token
    /// may do is set by [`withdraw`](Self::withdraw) and [`grant`](Self::grant).
    pub fn set_own_roles(&self, roles: &[&str]) {
        let now = self.now();
        self.lock().admins.own_roles = roles.iter().map(|kind| Role::new(kind, now)).collect();
    }

    /// Takes a right from the token, by the name of the OAuth scope that stands for it, such as
    /// `okta.schemas.manage`. Calls that need it are refused with 403.
    pub fn withdraw(&self, right: &str) {
        self.lock().admins.withdrawn.insert(right.to_owned());
    }

    /// Gives a right back that was withdrawn.
    pub fn grant(&self, right: &str) {
        self.lock().admins.withdrawn.remove(right);
    }

    /// Makes every member of a group an administrator with this role, such as `APP_ADMIN`.
    ///
    /// # Errors
    /// If there is no such group.
    pub fn add_group_role(&self, group: &GroupId, role: &str) -> Result<(), NoSuch> {
        let (now, mut directory) = (self.now(), self.lock());
        directory.groups.get(group).ok_or(NoSuch("group"))?;
        let roles = directory.admins.of_groups.entry(group.clone()).or_default();
        roles.push(Role::new(role, now));
        Ok(())
    }

    /// `GET /api/v1/users/me`.
    pub(crate) fn own_user(&self, incoming: &Incoming) -> Response<Bytes> {
        ok(&self.lock().admins.owner.shown(&incoming.base, None))
    }

    /// `GET /api/v1/users/{id}/roles`. Nobody but the token's owner is an administrator by themselves.
    pub(crate) fn user_roles(&self, id: &str) -> Answer {
        let directory = self.lock();
        let is_owner = id == OWNER;
        if !is_owner {
            super::users::user(&directory, id)?;
        }
        let roles = if is_owner { &directory.admins.own_roles[..] } else { &[] };
        Ok(listed(roles, "USER"))
    }

    /// `GET /oauth2/v1/clients/{clientId}/roles`.
    pub(crate) fn app_roles(&self, caller: &Caller, id: &str) -> Answer {
        let directory = self.lock();
        directory.admins.allow_right(caller, "okta.roles.read")?;
        let kinds = directory.apps.roles(id).ok_or_else(|| Refusal::not_found(id, "Client"))?;
        let roles: Vec<Role> = kinds.iter().map(|kind| Role::new(kind, self.now())).collect();
        Ok(listed(&roles, "CLIENT"))
    }

    /// `GET /api/v1/groups/{groupId}/roles`.
    pub(crate) fn group_roles(&self, id: &str) -> Answer {
        let directory: &Directory = &self.lock();
        let group = super::groups::group(directory, id)?;
        let roles = directory.admins.of_groups.get(&group.id);
        Ok(listed(roles.map_or(&[], Vec::as_slice), "GROUP"))
    }
}

fn listed(roles: &[Role], to: &str) -> Response<Bytes> {
    let roles = roles.iter().zip(1..);
    ok(&roles.map(|(role, number)| role.json(number, to)).collect::<Value>())
}
