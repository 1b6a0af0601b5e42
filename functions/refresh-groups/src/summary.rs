//! What a run found and did.

use std::collections::BTreeMap;

use outbound::Error;
use rules::{GroupId, GroupName, SegmentName};
use runtime::{Measured, Measures, Metric};
use serde::Serialize;
use state::GroupStatus;

/// What is counted for a group that could not be looked up.
const UNCHECKED: &str = "unchecked";

/// What a run found and did; the function's answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// How many groups were found in which state, by [`GroupStatus::as_str`]; those that could not be
    /// looked up are `unchecked`.
    pub counts: BTreeMap<&'static str, u64>,
    /// The groups that were looked up, by name.
    pub groups: Vec<GroupReport>,
    /// How many rows were written.
    pub writes: u64,
    /// What is wrong with the wanted book or a row, and what could not be done. Each says where.
    pub problems: Vec<String>,
}

/// What was found and done for one group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GroupReport {
    /// The name in the rule book.
    pub name: GroupName,
    /// What was found.
    pub status: GroupStatus,
    /// Its id in Okta; none if no one group can be meant. Customers are put into it only if the status
    /// [is usable](GroupStatus::is_usable).
    pub id: Option<GroupId>,
    /// What Okta calls it, if it was renamed there.
    pub okta_name: Option<GroupName>,
    /// Whether this run made it.
    pub created: bool,
    /// Whether its own row was written.
    pub group_written: bool,
    /// The segments whose rows were written.
    pub segments_written: Vec<SegmentName>,
}

/// A group that customers cannot be put into counts, as does everything else that is wrong.
impl Measured for Summary {
    fn measure(&self, measures: &mut Measures) {
        let problems = u64::try_from(self.problems.len() + self.unusable()).unwrap_or(u64::MAX);
        measures.add(Metric::GroupProblems, "", problems);
    }
}

impl Summary {
    pub(crate) fn add(&mut self, report: GroupReport) {
        *self.counts.entry(report.status.as_str()).or_default() += 1;
        let rows = usize::from(report.group_written) + report.segments_written.len();
        self.writes += u64::try_from(rows).unwrap_or(u64::MAX);
        self.groups.push(report);
    }

    /// What is known of the group stays as it is.
    pub(crate) fn leave_unchecked(&mut self, name: &GroupName, error: &Error) {
        *self.counts.entry(UNCHECKED).or_default() += 1;
        self.problems.push(format!("group \"{name}\" was not looked up: {error}"));
    }

    /// How many groups were found in this state.
    pub fn count(&self, status: GroupStatus) -> u64 {
        self.counts.get(status.as_str()).copied().unwrap_or(0)
    }

    fn unusable(&self) -> usize {
        self.groups.iter().filter(|report| !report.status.is_usable()).count()
    }

    pub(crate) fn log(&self) {
        for report in &self.groups {
            let (name, status) = (report.name.as_str(), report.status.as_str());
            if report.status != GroupStatus::Found {
                let okta_name = report.okta_name.as_ref().map(GroupName::as_str);
                tracing::warn!(
                    group = name,
                    status,
                    okta_name,
                    "group not as the rule book has it"
                );
            }
            if report.created {
                tracing::info!(group = name, "group made");
            }
        }
        for problem in &self.problems {
            tracing::error!(problem, "not all could be resolved");
        }
        let (groups, problems, unusable) =
            (self.groups.len(), self.problems.len(), self.unusable());
        let outcome = if problems + unusable == 0 { "refreshed" } else { "problems" };
        let writes = self.writes;
        tracing::info!(outcome, groups, problems, unusable, writes, "groups refreshed");
    }
}
