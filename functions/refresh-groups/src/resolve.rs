//! What a group's name stands for in Okta.

use std::collections::{BTreeMap, BTreeSet};

use okta::{FoundGroup, GroupKind, Session};
use outbound::Error;
use rules::{Group, GroupId, GroupName};
use state::{GroupRow, GroupStatus};

/// Looks names up, given what one search found for all of them.
pub(crate) struct Resolver<'a> {
    pub(crate) session: Session<'a>,
    /// The groups that search found, by name. The index it goes by lags.
    pub(crate) found: BTreeMap<GroupName, Vec<FoundGroup>>,
    /// The names that are being resolved.
    pub(crate) in_use: &'a BTreeSet<&'a GroupName>,
    /// The groups that active rules fill.
    pub(crate) rule_targets: BTreeSet<GroupId>,
    /// Whether a group that Okta does not have is made.
    pub(crate) create: bool,
}

/// What was found for a name.
pub(crate) struct Resolved {
    pub(crate) row: GroupRow,
    /// What Okta calls the group, if it has another name there.
    pub(crate) okta_name: Option<GroupName>,
    pub(crate) created: bool,
    /// Why a group that should have been made was not. It may have been made all the same: the next
    /// run finds out.
    pub(crate) creation_failed: Option<Error>,
}

/// What several groups of one name come to.
enum Named<'a> {
    One(&'a FoundGroup),
    Several,
    OnlyOthers,
    None,
}

impl Resolved {
    fn without_id(status: GroupStatus) -> Self {
        let row = GroupRow { id: None, status };
        Self { row, okta_name: None, created: false, creation_failed: None }
    }
}

impl Resolver<'_> {
    /// Resolves a name. `known` is the id that it stood for last; it is asked for by itself when no
    /// group of the name is found, since it may have been renamed, or the index may be behind.
    pub(crate) async fn resolve(
        &self,
        name: &GroupName,
        known: Option<&GroupId>,
    ) -> Result<Resolved, Error> {
        let found = self.found.get(name).map_or(&[][..], Vec::as_slice);
        let named = Named::of(found, known);
        if let Named::One(found) = named {
            return Ok(self.judged(&found.group, name));
        }
        if let Named::Several = named {
            return Ok(Resolved::without_id(GroupStatus::Ambiguous));
        }
        if let Some(found) = self.by_id(name, known).await? {
            return Ok(self.judged(&found.group, name));
        }
        match named {
            Named::OnlyOthers => Ok(Resolved::without_id(GroupStatus::NotOktaGroup)),
            _ => self.unindexed(name).await,
        }
    }

    /// The group that the name stood for last, unless it bears another segment's name by now: two
    /// segments cannot share it.
    async fn by_id(
        &self,
        name: &GroupName,
        known: Option<&GroupId>,
    ) -> Result<Option<FoundGroup>, Error> {
        let Some(id) = known else { return Ok(None) };
        let found = self.session.group(id).await?;
        Ok(found.filter(|found| {
            let called = &found.group.name;
            found.kind == GroupKind::OktaGroup && (called == name || !self.in_use.contains(called))
        }))
    }

    /// Looks for a group that the index does not have yet, and makes it if there is none.
    async fn unindexed(&self, name: &GroupName) -> Result<Resolved, Error> {
        let found = self.session.groups_named(name).await?;
        match Named::of(&found, None) {
            Named::One(found) => Ok(self.judged(&found.group, name)),
            Named::Several => Ok(Resolved::without_id(GroupStatus::Ambiguous)),
            Named::OnlyOthers => Ok(Resolved::without_id(GroupStatus::NotOktaGroup)),
            Named::None if self.create => Ok(self.created(name).await),
            Named::None => Ok(Resolved::without_id(GroupStatus::Missing)),
        }
    }

    async fn created(&self, name: &GroupName) -> Resolved {
        match self.session.create_group(name).await {
            Ok(group) => Resolved { created: true, ..self.judged(&group, name) },
            Err(error) => Resolved {
                creation_failed: Some(error),
                ..Resolved::without_id(GroupStatus::Missing)
            },
        }
    }

    /// A group that takes members by API, unless a rule fills it. The id is kept even then: it tells
    /// the worker which group is no longer to be left.
    fn judged(&self, group: &Group, name: &GroupName) -> Resolved {
        if self.rule_targets.contains(&group.id) {
            let mut resolved = Resolved::without_id(GroupStatus::RuleManaged);
            resolved.row.id = Some(group.id.clone());
            return resolved;
        }
        let renamed = group.name != *name;
        let status = if renamed { GroupStatus::Renamed } else { GroupStatus::Found };
        Resolved {
            row: GroupRow { id: Some(group.id.clone()), status },
            okta_name: renamed.then(|| group.name.clone()),
            created: false,
            creation_failed: None,
        }
    }
}

impl<'a> Named<'a> {
    /// Groups of other kinds may share a name with an Okta group; only the latter can be meant. Of
    /// several, the one that the name stood for so far goes on standing for it.
    fn of(found: &'a [FoundGroup], known: Option<&GroupId>) -> Self {
        let mut candidates = found.iter().filter(|found| found.kind == GroupKind::OktaGroup);
        let so_far = candidates.clone().find(|found| Some(&found.group.id) == known);
        match (so_far, candidates.next(), candidates.next()) {
            (Some(one), ..) | (None, Some(one), None) => Self::One(one),
            (None, Some(_), Some(_)) => Self::Several,
            (None, None, _) if found.is_empty() => Self::None,
            (None, None, _) => Self::OnlyOthers,
        }
    }
}
