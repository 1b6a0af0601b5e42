//! Everything in the table that names a group, for whoever resolves the names.
//!
//! Read row by row: a book that is wrong as a whole still names groups, and what is right of it is of
//! use.

use std::collections::BTreeMap;

use rules::{BookErrors, GroupName, SegmentName};

use super::rows::{self, GROUP, SEGMENT};
use super::{AcceptedBook, ConfigError, ConfigTable, GroupRow, SeenGroup, Settings};
use crate::items::{Item, text};

/// The names of groups, and what is known of them.
#[derive(Debug)]
pub struct GroupNames {
    /// The settings.
    pub settings: Settings,
    /// The wanted segments that name a group, whether or not the book they are in is valid.
    pub wanted: Vec<WantedGroup>,
    /// The book that workers use; none if none is accepted yet, or it cannot be read.
    pub accepted: Option<AcceptedBook>,
    /// What is known of groups, by their configured names. Rows that cannot be read are left out.
    pub known: BTreeMap<GroupName, GroupRow>,
    /// The rows of groups, whether or not they can be read.
    pub seen: BTreeMap<GroupName, SeenGroup>,
    /// What could not be read, or is wrong with the wanted book.
    pub problems: Vec<ConfigError>,
}

/// A wanted segment's group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedGroup {
    /// The segment.
    pub segment: SegmentName,
    /// The name of its group.
    pub group: GroupName,
    /// What the row holds as the group's id, whatever that is.
    pub shown_id: Option<String>,
}

impl ConfigTable {
    /// Reads the names of groups: three calls, and one more if a book is accepted.
    ///
    /// # Errors
    /// If the table does not answer, or a setting is wrong. What else is wrong is among the
    /// [`problems`](GroupNames::problems).
    pub async fn group_names(&self) -> Result<GroupNames, ConfigError> {
        let head = self.head().await?;
        let settings = Settings::read(&head.settings)?;
        let mut problems = Vec::new();
        let accepted = match &head.accepted {
            Some(pointer) => kept(self.accepted(pointer, None).await, &mut problems)?,
            None => None,
        };
        let segments = self.query(SEGMENT, "load segments").await?;
        let wanted = segments.iter().filter_map(wanted_group).collect();
        let book: Result<_, BookErrors> = rows::book(segments, settings.currency);
        problems.extend(book.err().map(ConfigError::Book));
        let (mut known, mut seen) = (BTreeMap::new(), BTreeMap::new());
        for row in self.query(GROUP, "load groups").await? {
            if let Some(name) = text(&row, "name").and_then(|name| name.parse().ok()) {
                seen.insert(name, SeenGroup::of(&row));
            }
            match rows::read_group(&row) {
                Ok((name, group)) => {
                    known.insert(name, group);
                }
                Err(error) => problems.push(error.into()),
            }
        }
        Ok(GroupNames { settings, wanted, accepted, known, seen, problems })
    }
}

/// Keeps what cannot be read as a problem; an answer that did not come is an error still.
fn kept<T>(
    read: Result<T, ConfigError>,
    problems: &mut Vec<ConfigError>,
) -> Result<Option<T>, ConfigError> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(ConfigError::Table(error)) if error.is_retryable() => Err(error.into()),
        Err(problem) => {
            problems.push(problem);
            Ok(None)
        }
    }
}

fn wanted_group(row: &Item) -> Option<WantedGroup> {
    let parsed = |name| text(row, name);
    Some(WantedGroup {
        segment: parsed("name")?.parse().ok()?,
        group: parsed("okta_group_name")?.parse().ok()?,
        shown_id: row.get("okta_group_id").map(|id| id.as_s().cloned().unwrap_or_default()),
    })
}
