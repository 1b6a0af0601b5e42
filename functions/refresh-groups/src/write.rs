//! Writes what changed, and nothing else.

use jiff::Timestamp;
use rules::GroupName;
use state::{ConfigTable, Error, GroupNames, GroupRow, WantedGroup};

use crate::resolve::Resolved;
use crate::summary::GroupReport;

/// Writes what resolving found, given what the table held.
pub(crate) struct Writer<'a> {
    pub(crate) config: &'a ConfigTable,
    pub(crate) names: &'a GroupNames,
    pub(crate) now: Timestamp,
}

impl Writer<'_> {
    /// Writes a group's row; false if another run has written it since it was read.
    pub(crate) async fn put(&self, name: &GroupName, row: &GroupRow) -> Result<bool, Error> {
        let seen = self.names.seen.get(name).cloned().unwrap_or_default();
        self.config.put_group(name, row, &seen, self.now).await
    }

    /// Writes a group's row if it differs, and its id into the rows of the segments that show
    /// another. A segment that names another group by now is left to the next run, and so is a group
    /// whose row another run has written: what that found may be newer.
    pub(crate) async fn write(
        &self,
        name: &GroupName,
        resolved: Resolved,
        problems: &mut Vec<String>,
    ) -> Result<GroupReport, Error> {
        let Resolved { row, okta_name, created, .. } = resolved;
        let differs = self.names.known.get(name) != Some(&row);
        let group_written = differs && self.put(name, &row).await?;
        let is_superseded = differs && !group_written;
        if is_superseded {
            problems.push(format!(
                "the row of group \"{name}\" was changed during the run; the next run sees to it"
            ));
        }
        let mut segments_written = Vec::new();
        let id = row.id.as_ref().filter(|_| row.status.is_usable());
        let is_outdated = |wanted: &&WantedGroup| {
            !is_superseded
                && wanted.group == *name
                && wanted.shown_id.as_deref() != id.map(rules::GroupId::as_str)
        };
        for WantedGroup { segment, .. } in self.names.wanted.iter().filter(is_outdated) {
            if self.config.put_segment_group_id(segment, name, id).await? {
                segments_written.push(segment.clone());
            } else {
                problems.push(format!(
                    "segment \"{segment}\" was given another group, or removed, during the run; \
                     the next run sees to it"
                ));
            }
        }
        Ok(GroupReport {
            name: name.clone(),
            status: row.status,
            id: row.id,
            okta_name,
            created,
            group_written,
            segments_written,
        })
    }
}
