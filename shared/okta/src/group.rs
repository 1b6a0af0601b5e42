//! Groups: resolving names, memberships, and the rules that manage some of them.

use std::collections::BTreeSet;

use http::Method;
use outbound::{Error, ErrorKind, Repeat};
use rules::{Group, GroupId, GroupName, InvalidId, UserId};
use serde::Deserialize;
use serde_json::json;

use crate::answer;
use crate::budget::Bucket;
use crate::client::Session;
use crate::search;

/// How many matches a query by the beginning of a name brings at most. It has no further pages.
const QUERY_LIMIT: usize = 200;

/// A group as Okta holds it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "GroupAnswer")]
pub struct FoundGroup {
    /// Id and name. A name that we could not have been given (with a space at its end, say) is
    /// replaced by the id.
    pub group: Group,
    /// Who manages its members.
    pub kind: GroupKind,
}

/// Who manages a group's members
/// ([group type](https://developer.okta.com/docs/api/openapi/okta-management/management/tag/Group/)).
/// Only an Okta group takes members by API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GroupKind {
    /// Okta's administrators, and we.
    OktaGroup,
    /// The application the group comes from.
    AppGroup,
    /// Okta itself.
    BuiltIn,
    /// A kind that was added to Okta after this was written.
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct GroupAnswer {
    id: GroupId,
    #[serde(rename = "type")]
    kind: GroupKind,
    profile: GroupProfile,
}

#[derive(Deserialize)]
struct GroupProfile {
    name: String,
}

impl TryFrom<GroupAnswer> for FoundGroup {
    type Error = InvalidId;

    fn try_from(GroupAnswer { id, kind, profile }: GroupAnswer) -> Result<Self, InvalidId> {
        let name = profile.name.parse().or_else(|_| id.as_str().parse())?;
        Ok(Self { group: Group { id, name }, kind })
    }
}

#[derive(Deserialize)]
struct Rule {
    status: RuleStatus,
    actions: Option<RuleActions>,
}

#[derive(PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum RuleStatus {
    Active,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RuleActions {
    assign_user_to_groups: Option<Assignment>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Assignment {
    group_ids: Option<Vec<GroupId>>,
}

impl Rule {
    fn into_targets(self) -> impl Iterator<Item = GroupId> {
        let assignment = self.actions.and_then(|actions| actions.assign_user_to_groups);
        assignment.and_then(|assignment| assignment.group_ids).into_iter().flatten()
    }
}

impl Session<'_> {
    /// Puts the user into the group. Doing it again changes nothing.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) if the group does not exist, or the user; or if the call
    /// fails otherwise.
    pub async fn join(&self, group: &GroupId, user: &UserId) -> Result<(), Error> {
        self.membership("join group", Method::PUT, group, user).await
    }

    /// Takes the user out of the group. One who is not in it, or a group or user that no longer
    /// exists, is as good.
    ///
    /// # Errors
    /// If the call fails otherwise.
    pub async fn leave(&self, group: &GroupId, user: &UserId) -> Result<(), Error> {
        match self.membership("leave group", Method::DELETE, group, user).await {
            Err(Error { kind: ErrorKind::NotFound, .. }) => Ok(()),
            outcome => outcome,
        }
    }

    async fn membership(
        &self,
        operation: &'static str,
        method: Method,
        group: &GroupId,
        user: &UserId,
    ) -> Result<(), Error> {
        let path = ["groups", group.as_str(), "users", user.as_str()];
        let call = self.call(operation, method, &path, Repeat::Safe);
        answer::empty(&call, &self.send(Bucket::Memberships, &call).await?)
    }

    /// The group with this id; none if there is none. The consistent read: use it wherever an id is
    /// known.
    ///
    /// # Errors
    /// If the call fails.
    pub async fn group(&self, id: &GroupId) -> Result<Option<FoundGroup>, Error> {
        let path = ["groups", id.as_str()];
        self.one(Bucket::GetGroup, "read group", &path).await
    }

    /// All groups with one of these names, exactly, of every kind: names are not unique across
    /// kinds. A handful of names is one call, however many groups the org has.
    ///
    /// The search index lags behind: a group made or renamed a moment ago may be missing. Ask
    /// [`groups_named`](Self::groups_named) before acting on that.
    ///
    /// # Errors
    /// If a call fails.
    pub async fn groups_by_names<'n>(
        &self,
        names: impl IntoIterator<Item = &'n GroupName>,
    ) -> Result<Vec<FoundGroup>, Error> {
        let names: BTreeSet<&GroupName> = names.into_iter().collect();
        let mut found = Vec::new();
        for search in search::equals_any("profile.name", names.iter().map(|name| name.as_str())) {
            let groups = self.list_groups(&[("search", &search), ("limit", "200")]).await?;
            found.extend(groups.into_iter().filter(|found| names.contains(&found.group.name)));
        }
        Ok(found)
    }

    /// All groups with this name, exactly, of every kind, without the search index and its lag: for
    /// the moment before a group is made. It costs a call per name, and a second one, by search, if
    /// so many names begin like this one that the first call cannot bring them all.
    ///
    /// # Errors
    /// If a call fails.
    pub async fn groups_named(&self, name: &GroupName) -> Result<Vec<FoundGroup>, Error> {
        let limit = QUERY_LIMIT.to_string();
        let begun = self.list_groups(&[("q", name.as_str()), ("limit", &limit)]).await?;
        let complete = begun.len() < QUERY_LIMIT;
        let mut found: Vec<FoundGroup> =
            begun.into_iter().filter(|found| found.group.name == *name).collect();
        if !complete {
            let searched = self.groups_by_names([name]).await?;
            let known: BTreeSet<GroupId> = found.iter().map(|one| one.group.id.clone()).collect();
            found.extend(searched.into_iter().filter(|one| !known.contains(&one.group.id)));
        }
        Ok(found)
    }

    async fn list_groups(&self, query: &[(&str, &str)]) -> Result<Vec<FoundGroup>, Error> {
        self.list(Bucket::ListGroups, "find groups by name", &["groups"], query).await
    }

    /// Makes an Okta group with this name. It is not repeated after a broken or late answer, because
    /// it may have been made: look for it by name.
    ///
    /// # Errors
    /// [`Rejected`](ErrorKind::Rejected) with `E0000001` if an Okta group has the name already; or if
    /// the call fails otherwise.
    pub async fn create_group(&self, name: &GroupName) -> Result<Group, Error> {
        let call = self
            .call("create group", Method::POST, &["groups"], Repeat::Never)
            .json(&json!({ "profile": { "name": name } }))?;
        let answer = self.send(Bucket::ListGroups, &call).await?;
        answer::json(&call, answer.body()).map(|created: FoundGroup| created.group)
    }

    /// The groups that an active rule puts users into. A user whom we took out of one would be put on
    /// the rule's list of exceptions, so such a group must not be managed
    /// ([group rules](https://developer.okta.com/docs/api/openapi/okta-management/management/tag/GroupRule/)).
    ///
    /// # Errors
    /// If a call fails.
    pub async fn active_rule_targets(&self) -> Result<BTreeSet<GroupId>, Error> {
        let rules: Vec<Rule> = self
            .list(Bucket::Rules, "list group rules", &["groups", "rules"], &[("limit", "200")])
            .await?;
        let active = rules.into_iter().filter(|rule| rule.status == RuleStatus::Active);
        Ok(active.flat_map(Rule::into_targets).collect())
    }
}
