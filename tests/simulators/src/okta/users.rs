//! `/api/v1/users`.

use std::collections::BTreeSet;
use std::ops::RangeBounds as _;
use std::sync::Arc;

use ::http::{HeaderValue, Response, header};
use ::rules::{GroupId, UserId};
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::incoming::Incoming;
use crate::okta::OktaSim;
use crate::okta::answers::{Answer, Refusal, no_content, ok};
use crate::okta::directory::{Directory, MembershipChange};
use crate::okta::paging::{Page, Range};
use crate::okta::search::{Expression, Use};
use crate::okta::user::{Fields, User, UserStatus};

/// The most users on a page.
const LARGEST_PAGE: usize = 200;
/// How many users `q` finds if no limit is given.
const QUICK_PAGE: usize = 10;

impl OktaSim {
    /// `GET /api/v1/users`: all but the deactivated; with `filter`, `search` or `q` those found.
    pub(crate) fn list_users(&self, incoming: &Incoming) -> Answer {
        let directory = self.lock();
        let quick = incoming.parameter("q");
        let default = if quick.is_some() { QUICK_PAGE } else { LARGEST_PAGE };
        let page = Page::asked(incoming, directory.paging, default, LARGEST_PAGE)?;
        let start: Range<UserId> = page.start()?;
        let users = || directory.users.range(start.clone()).map(|(_, user)| user);
        let found: Box<dyn Iterator<Item = &Arc<User>>> = if let Some(search) =
            incoming.parameter("search")
        {
            let expression = Expression::read(search, Use::SearchUsers)?;
            Box::new(directory.searched(expression, start, self.now()))
        } else if let Some(filter) = incoming.parameter("filter") {
            let expression = Expression::read(filter, Use::FilterUsers)?;
            Box::new(users().filter(move |it| expression.meets(&***it, Use::FilterUsers, false)))
        } else {
            let living = users().filter(|it| it.status != UserStatus::Deprovisioned);
            Box::new(living.filter(|it| quick.is_none_or(|quick| begins_with(it, quick))))
        };
        let fields = incoming.parameter("fields").map(Fields::read);
        Ok(page.of(
            found,
            |user| user.id.as_str(),
            |user| user.shown(&incoming.base, fields.as_ref()),
        ))
    }

    /// `GET /api/v1/users/{id}`.
    pub(crate) fn get_user(&self, name: &str, incoming: &Incoming) -> Answer {
        let directory = self.lock();
        Ok(shown(user(&directory, name)?, &incoming.base))
    }

    /// `POST /api/v1/users`: 200, not 201.
    pub(crate) fn create_user(&self, body: &Value, incoming: &Incoming) -> Answer {
        let (now, mut directory) = (self.now(), self.lock());
        let profile = profile_of(body)?;
        check(&directory, profile, None)?;
        let activate = incoming.parameter("activate") != Some("false");
        let status = if activate { UserStatus::Provisioned } else { UserStatus::Staged };
        let groups: Vec<GroupId> =
            serde_json::from_value(body["groupIds"].clone()).unwrap_or_default();
        let id = directory.add_user(profile.clone(), status, now);
        for group in groups {
            directory.change_membership(&group, &id, MembershipChange::Joined, now);
        }
        Ok(shown(user(&directory, id.as_str())?, &incoming.base))
    }

    /// `POST /api/v1/users/{id}`: changes what is given, keeps the rest; null empties.
    pub(crate) fn update_user(&self, name: &str, body: &Value, incoming: &Incoming) -> Answer {
        let given = profile_of(body)?;
        self.change_profile(name, incoming, |held| {
            let mut profile = held.clone();
            profile.extend(given.clone());
            profile
        })
    }

    /// `PUT /api/v1/users/{id}`: what is not given is gone. The product must never call this.
    pub(crate) fn replace_user(&self, name: &str, body: &Value, incoming: &Incoming) -> Answer {
        let given = profile_of(body)?;
        self.change_profile(name, incoming, |_| given.clone())
    }

    fn change_profile(
        &self,
        name: &str,
        incoming: &Incoming,
        change: impl FnOnce(&Map<String, Value>) -> Map<String, Value>,
    ) -> Answer {
        let (now, mut directory) = (self.now(), self.lock());
        let held = user(&directory, name)?;
        if incoming.header("if-match").is_some_and(|tag| tag != held.entity_tag()) {
            return Err(Refusal::changed_meanwhile());
        }
        if held.outranks {
            return Err(Refusal::forbidden());
        }
        if held.status == UserStatus::Deprovisioned {
            return Err(Refusal::wrong_status());
        }
        let (id, mut profile) = (held.id.clone(), change(&held.profile));
        check(&directory, &profile, Some(&id))?;
        profile.retain(|_, value| !value.is_null());
        directory.change_user(&id, now, |user| user.profile = profile);
        Ok(shown(user(&directory, id.as_str())?, &incoming.base))
    }

    /// `DELETE /api/v1/users/{id}`: deactivates; deletes who is deactivated already.
    pub(crate) fn delete_or_deactivate(&self, name: &str) -> Answer {
        let (now, mut directory) = (self.now(), self.lock());
        let user = user(&directory, name)?;
        let (id, status) = (user.id.clone(), user.status);
        if status == UserStatus::Deprovisioned {
            directory.remove_user(&id, now);
        } else {
            directory.change_user(&id, now, |user| {
                user.status = UserStatus::Deprovisioned;
                user.status_changed = now;
            });
        }
        Ok(no_content())
    }

    /// `GET /api/v1/users/{id}/groups`: all of them.
    pub(crate) fn user_groups(&self, name: &str, incoming: &Incoming) -> Answer {
        let directory = self.lock();
        let user = user(&directory, name)?;
        let groups = directory.groups_of(&user.id).map(|group| group.json(&incoming.base, None));
        Ok(ok(&groups.collect::<Value>()))
    }
}

impl Directory {
    /// What a search finds: users as the index sees them.
    fn searched(
        &self,
        expression: Expression,
        range: Range<UserId>,
        now: Timestamp,
    ) -> impl Iterator<Item = &Arc<User>> {
        let loose = self.loose_search;
        let ids: Box<dyn Iterator<Item = &UserId>> = match expression.names() {
            // An exact search and a loose one find among those whose name begins so.
            Some(names) => {
                let like = names.into_iter().flat_map(|name| self.named_like(name));
                let ids: BTreeSet<&UserId> = like.filter(|id| range.contains(*id)).collect();
                Box::new(ids.into_iter())
            }
            None => Box::new(self.user_index.range(range).map(|(id, _)| id)),
        };
        ids.filter_map(move |id| self.user_index.get(id)?.at(now)?.as_ref())
            .filter(move |user| expression.meets(&***user, Use::SearchUsers, loose))
    }
}

/// The user that a path names.
pub(crate) fn user<'a>(directory: &'a Directory, name: &str) -> Result<&'a User, Refusal> {
    directory.named(name).ok_or_else(|| Refusal::not_found(name, "User"))
}

fn shown(user: &User, base: &str) -> Response<Bytes> {
    let mut answer = ok(&user.shown(base, None));
    if let Ok(tag) = HeaderValue::from_str(&user.entity_tag()) {
        answer.headers_mut().insert(header::ETAG, tag);
    }
    answer
}

fn begins_with(user: &User, quick: &str) -> bool {
    let quick = quick.to_lowercase();
    ["firstName", "lastName", "email"]
        .iter()
        .any(|name| user.text(name).to_lowercase().starts_with(&quick))
}

fn profile_of(body: &Value) -> Result<&Map<String, Value>, Refusal> {
    body["profile"]
        .as_object()
        .ok_or_else(|| Refusal::invalid("profile", "profile: The field cannot be left blank"))
}

/// What Okta checks before it takes a profile: the schema, a login and an address, no login twice.
fn check(
    directory: &Directory,
    profile: &Map<String, Value>,
    own: Option<&UserId>,
) -> Result<(), Refusal> {
    directory.attributes.check(profile)?;
    let text = |name: &str| profile.get(name).and_then(Value::as_str).unwrap_or_default();
    for name in ["login", "email"] {
        if text(name).is_empty() {
            return Err(Refusal::invalid(name, format!("{name}: The field cannot be left blank")));
        }
    }
    let login = text("login");
    if directory.with_login(login).any(|user| Some(&user.id) != own) {
        let cause = "login: An object with this field already exists in the current organization";
        return Err(Refusal::invalid("login", cause));
    }
    Ok(())
}
