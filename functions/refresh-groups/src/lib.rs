//! Resolves the rule book's group names to Okta group ids.
//!
//! People name groups; calls need ids. A run looks every name up, once, and writes what it found where
//! workers read it (`group/<name>`) and where people look for it (the segment's row). What has not
//! changed is not written. The segment's row shows an id only while customers can be put into the group.

mod resolve;
mod summary;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use okta::{FoundGroup, Okta, Session};
use outbound::{Clock, ErrorKind, Traffic};
use rules::{GroupId, GroupName, Segment};
use state::{ConfigError, ConfigTable, GroupNames, GroupRow, GroupStatus};

use resolve::Resolver;
pub use summary::{GroupReport, Summary};
use write::Writer;

/// Resolves group names.
pub struct RefreshGroups {
    /// Where the names are, and the ids go.
    pub config: ConfigTable,
    /// Where the groups are.
    pub okta: Okta,
    /// When a name was looked up.
    pub clock: Arc<dyn Clock>,
}

/// A run that could not do its work. What it had written is right, and the next run does the rest.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// The configuration table did not answer, or the settings are wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Okta did not tell its groups, or which of them rules fill. Nothing is written without both.
    #[error(transparent)]
    Okta(outbound::Error),
    /// Okta refused to tell them.
    #[error("{0}: give Okta's credentials the rights to read groups and group rules")]
    Rights(outbound::Error),
}

impl From<outbound::Error> for RefreshError {
    fn from(error: outbound::Error) -> Self {
        match error.kind {
            ErrorKind::Forbidden { .. } => Self::Rights(error),
            _ => Self::Okta(error),
        }
    }
}

impl From<state::Error> for RefreshError {
    fn from(error: state::Error) -> Self {
        Self::Config(error.into())
    }
}

impl RefreshGroups {
    /// What the client has sent, by service.
    pub fn traffic(&self) -> Vec<(&'static str, Traffic)> {
        vec![("okta", self.okta.traffic())]
    }

    /// Resolves the names of all groups that a wanted segment or the accepted book names, and sees whether rules
    /// fill those that were named once. Okta's calls begin and end before `deadline`.
    ///
    /// # Errors
    /// If the table or Okta fails as a whole. What fails for one group, and what is wrong with the
    /// wanted book, is told in the summary, and the rest is done.
    pub async fn run(&self, deadline: Timestamp) -> Result<Summary, RefreshError> {
        self.refresh(deadline, false).await
    }

    /// As [`run`](Self::run), and makes the groups that Okta does not have, whatever the settings say.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn run_and_make(&self, deadline: Timestamp) -> Result<Summary, RefreshError> {
        self.refresh(deadline, true).await
    }

    /// What these names stand for in Okta now. Nothing is made and nothing written.
    ///
    /// # Errors
    /// If the table or Okta fails.
    pub async fn look(
        &self,
        wanted: &BTreeSet<&GroupName>,
        deadline: Timestamp,
    ) -> Result<BTreeMap<GroupName, Seen>, RefreshError> {
        let names = self.config.group_names().await?;
        let session = self.okta.before(deadline, names.settings.okta_rate_share);
        let resolver = Resolver {
            session,
            found: by_name(session, wanted).await?,
            in_use: wanted,
            rule_targets: session.active_rule_targets().await?,
            create: false,
        };
        let mut seen = BTreeMap::new();
        for name in wanted {
            let known = names.known.get(*name);
            let found = resolver.resolve(name, known.and_then(|row| row.id.as_ref())).await?;
            let is_known = known == Some(&found.row) && is_shown(&names, name, &found.row);
            let okta_name = found.okta_name;
            seen.insert((*name).clone(), Seen { row: found.row, okta_name, is_known });
        }
        Ok(seen)
    }

    async fn refresh(&self, deadline: Timestamp, make: bool) -> Result<Summary, RefreshError> {
        let names = self.config.group_names().await?;
        let mut summary = Summary::default();
        summary.problems.extend(names.problems.iter().map(ToString::to_string));
        let in_use = names_in_use(&names);
        if !in_use.is_empty() {
            let session = self.okta.before(deadline, names.settings.okta_rate_share);
            let resolver = Resolver {
                session,
                found: by_name(session, &in_use).await?,
                in_use: &in_use,
                rule_targets: session.active_rule_targets().await?,
                create: make || names.settings.create_missing_groups,
            };
            let writer = Writer { config: &self.config, names: &names, now: self.clock.now() };
            for name in &in_use {
                refresh(&resolver, &writer, name, &mut summary).await?;
            }
            let former = names.known.iter().filter(|(name, _)| !in_use.contains(name));
            for (name, row) in former {
                if let Some(row) = followed(row, &resolver.rule_targets) {
                    summary.writes += u64::from(writer.put(name, &row).await?);
                }
            }
        }
        summary.log();
        Ok(summary)
    }
}

/// What a name stands for in Okta.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// What a run would write.
    pub row: GroupRow,
    /// What Okta calls the group, if it has another name there.
    pub okta_name: Option<GroupName>,
    /// Whether the table says the same.
    pub is_known: bool,
}

/// Resolves one name and writes what changed. Another name does not suffer from what goes wrong.
async fn refresh(
    resolver: &Resolver<'_>,
    writer: &Writer<'_>,
    name: &GroupName,
    summary: &mut Summary,
) -> Result<(), RefreshError> {
    let known = writer.names.known.get(name).and_then(|row| row.id.as_ref());
    match resolver.resolve(name, known).await {
        Ok(outcome) => {
            let problem = outcome.creation_failed.as_ref();
            summary.problems.extend(problem.map(|error| format!("group \"{name}\": {error}")));
            let report = writer.write(name, outcome, &mut summary.problems).await?;
            summary.add(report);
        }
        Err(error) => summary.leave_unchecked(name, &error),
    }
    Ok(())
}

/// The row of a group that no segment goes with any more, if what it says of rules has changed. Customers may be
/// in it still, whom nobody would have leave it while a rule is thought to fill it.
fn followed(row: &GroupRow, rule_targets: &BTreeSet<GroupId>) -> Option<GroupRow> {
    let is_filled = rule_targets.contains(row.id.as_ref()?);
    let status = match row.status {
        GroupStatus::RuleManaged if !is_filled => GroupStatus::Found,
        status if status.is_usable() && is_filled => GroupStatus::RuleManaged,
        _ => return None,
    };
    Some(GroupRow { status, ..row.clone() })
}

/// Whether the segments' rows show the id of their group.
fn is_shown(names: &GroupNames, name: &GroupName, row: &GroupRow) -> bool {
    let id = row.id.as_ref().filter(|_| row.status.is_usable()).map(GroupId::as_str);
    let mut of_group = names.wanted.iter().filter(|wanted| wanted.group == *name);
    of_group.all(|wanted| wanted.shown_id.as_deref() == id)
}

/// The names of the groups that a wanted segment or the accepted book names.
fn names_in_use(names: &GroupNames) -> BTreeSet<&GroupName> {
    let wanted = names.wanted.iter().map(|wanted| &wanted.group);
    let accepted = names.accepted.iter().flat_map(|accepted| accepted.book.segments());
    wanted.chain(accepted.map(Segment::okta_group_name)).collect()
}

/// What one search finds for all the names.
async fn by_name(
    session: Session<'_>,
    names: &BTreeSet<&GroupName>,
) -> Result<BTreeMap<GroupName, Vec<FoundGroup>>, outbound::Error> {
    let mut found: BTreeMap<GroupName, Vec<FoundGroup>> = BTreeMap::new();
    for group in session.groups_by_names(names.iter().copied()).await? {
        found.entry(group.group.name.clone()).or_default().push(group);
    }
    Ok(found)
}
