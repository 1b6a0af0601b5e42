//! `/api/v1/groups` and the memberships in them.

use ::rules::{GroupId, UserId};
use serde_json::{Value, json};

use crate::incoming::Incoming;
use crate::okta::OktaSim;
use crate::okta::answers::{Answer, Refusal, moment, no_content, ok};
use crate::okta::directory::{Directory, Group, GroupKind, MembershipChange};
use crate::okta::paging::{Page, Range};
use crate::okta::search::{Expression, Held, Searched, Use};
use crate::okta::user::{User, UserStatus};

/// The most groups on a page, and how many there are if no limit is given.
const LARGEST_PAGE: usize = 10_000;
/// How many groups `q` finds.
const QUICK_PAGE: usize = 300;
/// The most members on a page, and how many there are if no limit is given.
const LARGEST_MEMBERS_PAGE: usize = 1_000;

impl OktaSim {
    /// `GET /api/v1/groups`; `q` finds names by how they begin and has no further pages.
    pub(crate) fn list_groups(&self, incoming: &Incoming) -> Answer {
        let directory = self.lock();
        if let Some(quick) = incoming.parameter("q") {
            return Ok(quick_groups(&directory, quick, incoming));
        }
        let page = Page::asked(incoming, directory.paging, LARGEST_PAGE, LARGEST_PAGE)?;
        let start: Range<GroupId> = page.start()?;
        let found: Vec<&Group> = if let Some(search) = incoming.parameter("search") {
            let expression = Expression::read(search, Use::SearchGroups)?;
            let now = self.now();
            let indexed = directory.group_index.range(start);
            let indexed = indexed.filter_map(|(_, it)| it.at(now)?.as_ref());
            let loose = directory.loose_search;
            indexed.filter(|it| expression.meets(*it, Use::SearchGroups, loose)).collect()
        } else {
            let filter = incoming.parameter("filter");
            let filter = filter.map(|it| Expression::read(it, Use::FilterGroups)).transpose()?;
            let groups = directory.groups.range(start).map(|(_, group)| group);
            let meets = |filter: &Expression, it| filter.meets(it, Use::FilterGroups, false);
            groups.filter(|it| filter.as_ref().is_none_or(|filter| meets(filter, *it))).collect()
        };
        let expand = incoming.parameter("expand");
        let shown = |group: &&Group| group.json(&incoming.base, expand);
        Ok(page.of(found.into_iter(), |group| group.id.as_str(), shown))
    }

    /// `GET /api/v1/groups/{groupId}`.
    pub(crate) fn get_group(&self, id: &str, incoming: &Incoming) -> Answer {
        let directory = self.lock();
        Ok(ok(&group(&directory, id)?.json(&incoming.base, None)))
    }

    /// `POST /api/v1/groups`: 200, not 201.
    pub(crate) fn create_group(&self, body: &Value, incoming: &Incoming) -> Answer {
        let (now, mut directory) = (self.now(), self.lock());
        let name = body["profile"]["name"].as_str().unwrap_or_default();
        if !(1..=255).contains(&name.chars().count()) {
            return Err(Refusal::invalid("name", "name: The field cannot be left blank"));
        }
        let taken = |it: &Group| it.kind == GroupKind::Okta && it.name == name;
        if directory.groups.values().any(taken) {
            let cause =
                "name: An object with this field already exists in the current organization";
            return Err(Refusal::invalid("name", cause));
        }
        let description = body["profile"]["description"].as_str().map(str::to_owned);
        let id = directory.add_group(name, description, GroupKind::Okta, now);
        Ok(ok(&group(&directory, id.as_str())?.json(&incoming.base, None)))
    }

    /// `GET /api/v1/groups/{groupId}/users`: whole users, custom attributes included.
    pub(crate) fn group_users(&self, id: &str, incoming: &Incoming) -> Answer {
        let directory = self.lock();
        let page =
            Page::asked(incoming, directory.paging, LARGEST_MEMBERS_PAGE, LARGEST_MEMBERS_PAGE)?;
        let members = group(&directory, id)?.members.range(page.start::<UserId>()?);
        let users = members.filter_map(|member| directory.users.get(member));
        Ok(page.of(users, |user| user.id.as_str(), |user| user.shown(&incoming.base, None)))
    }

    /// `PUT` and `DELETE /api/v1/groups/{groupId}/users/{userId}`: 204, however often.
    pub(crate) fn change_member(
        &self,
        group_id: &str,
        user_id: &str,
        change: MembershipChange,
    ) -> Answer {
        let (now, mut directory) = (self.now(), self.lock());
        let (group, user) = (group(&directory, group_id)?, member(&directory, user_id)?);
        if group.kind != GroupKind::Okta || user.outranks {
            return Err(Refusal::forbidden());
        }
        let joins = change == MembershipChange::Joined;
        if joins && user.status == UserStatus::Deprovisioned {
            return Err(Refusal::wrong_status());
        }
        let (group, user) = (group.id.clone(), user.id.clone());
        directory.change_membership(&group, &user, change, now);
        if !joins {
            exclude_from_rules(&mut directory, &group, &user);
        }
        Ok(no_content())
    }
}

/// Who is taken out of a group by hand is put on the list of exceptions of the rules that fill it
/// ([group rules](https://help.okta.com/en-us/content/topics/users-groups-profiles/usgp-about-group-rules.htm)).
fn exclude_from_rules(directory: &mut Directory, group: &GroupId, user: &UserId) {
    let rules = directory.rules.values_mut().filter(|it| it.active && it.groups.contains(group));
    for rule in rules {
        rule.excluded.insert(user.clone());
    }
}

/// A member is named by its id alone, not by its login.
fn member<'a>(directory: &'a Directory, id: &str) -> Result<&'a User, Refusal> {
    let user = id.parse().ok().and_then(|id: UserId| directory.users.get(&id));
    user.map(AsRef::as_ref).ok_or_else(|| Refusal::not_found(id, "User"))
}

pub(crate) fn group<'a>(directory: &'a Directory, id: &str) -> Result<&'a Group, Refusal> {
    let group = id.parse().ok().and_then(|id: GroupId| directory.groups.get(&id));
    group.ok_or_else(|| Refusal::not_found(id, "UserGroup"))
}

fn quick_groups(
    directory: &Directory,
    quick: &str,
    incoming: &Incoming,
) -> ::http::Response<bytes::Bytes> {
    let quick = quick.to_lowercase();
    let limit = incoming.parameter("limit").and_then(|limit| limit.parse().ok());
    let expand = incoming.parameter("expand");
    let found = directory.groups.values().filter(|it| it.name.to_lowercase().starts_with(&quick));
    let page = found.take(limit.unwrap_or(QUICK_PAGE)).map(|it| it.json(&incoming.base, expand));
    ok(&page.collect::<Value>())
}

impl Searched for Group {
    fn held(&self, attribute: &str) -> Option<Held<'_>> {
        Some(match attribute {
            "id" => Held::Text(self.id.as_str()),
            "type" => Held::Text(self.kind.as_str()),
            "created" => Held::Moment(self.created),
            "lastUpdated" => Held::Moment(self.updated),
            "lastMembershipUpdated" => Held::Moment(self.membership_updated),
            "profile.name" => Held::Text(&self.name),
            "profile.description" => Held::Text(self.description.as_deref()?),
            _ => return None,
        })
    }
}

impl Group {
    pub(crate) fn json(&self, base: &str, expand: Option<&str>) -> Value {
        let class = match self.kind {
            GroupKind::Okta | GroupKind::BuiltIn => "okta:user_group",
            GroupKind::App => "okta:windows_security_principal",
        };
        let address = format!("{base}/api/v1/groups/{}", self.id);
        let mut group = json!({
            "id": self.id,
            "created": moment(self.created),
            "lastUpdated": moment(self.updated),
            "lastMembershipUpdated": moment(self.membership_updated),
            "objectClass": [class],
            "type": self.kind.as_str(),
            "profile": { "name": self.name, "description": self.description },
            "_links": {
                "self": { "href": address },
                "users": { "href": format!("{address}/users") },
                "apps": { "href": format!("{address}/apps") },
                "logo": [],
            },
        });
        if expand == Some("stats") {
            let stats = json!({
                "usersCount": self.members.len(),
                "appsCount": 0,
                "groupPushMappingsCount": 0,
            });
            group["_embedded"] = json!({ "stats": stats });
        }
        group
    }
}
