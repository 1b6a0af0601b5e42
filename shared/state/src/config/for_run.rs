//! The configuration as a full run needs it.

use std::collections::{BTreeMap, BTreeSet};

use outbound::Randomness;
use rules::{BookErrors, GroupName, RuleBook};

use super::rows::{self, SEGMENT};
use super::{AcceptedBook, ConfigError, ConfigTable, GroupRow, Settings};
use crate::{RunId, Salt};

/// Everything a full run decides by, read at one time. Nothing is accepted by reading it.
#[derive(Debug, Clone)]
pub struct RunConfig {
    /// The settings.
    pub settings: Settings,
    /// The book that workers use; none if none is accepted yet.
    pub accepted: Option<AcceptedBook>,
    /// The book that people have written.
    pub wanted: Result<RuleBook, BookErrors>,
    /// The groups that segments name or named, by their configured names.
    pub groups: BTreeMap<GroupName, GroupRow>,
    /// What addresses are hashed with.
    pub salt: Salt,
    /// Runs that are to end, and whose messages are to be dropped.
    pub cancelled: BTreeSet<RunId>,
}

impl ConfigTable {
    /// Reads what a full run needs: three calls, and one more if a book is accepted. A salt that nobody
    /// has made yet is kept only if `may_write`.
    ///
    /// # Errors
    /// If the table does not answer, or a setting or row other than a segment's cannot be used.
    pub async fn for_run(
        &self,
        random: &dyn Randomness,
        may_write: bool,
    ) -> Result<RunConfig, ConfigError> {
        let head = self.head().await?;
        let settings = Settings::read(&head.settings)?;
        let accepted = match &head.accepted {
            Some(pointer) => Some(self.accepted(pointer, None).await?),
            None => None,
        };
        let segments = self.query(SEGMENT, "load segments").await?;
        Ok(RunConfig {
            accepted,
            wanted: rows::book(segments, settings.currency),
            groups: self.groups().await?,
            salt: match head.salt {
                None if !may_write => Salt::random(random),
                salt => self.salt(salt, random).await?,
            },
            cancelled: head.cancelled,
            settings,
        })
    }

    /// Reads anew what an operator changes to hold or to end a run under way: the settings, and which
    /// runs are cancelled. One call; the books and the groups stay as they were read.
    ///
    /// # Errors
    /// If the table does not answer, or a setting cannot be used.
    pub async fn refresh(&self, config: &mut RunConfig) -> Result<(), ConfigError> {
        let head = self.head().await?;
        config.settings = Settings::read(&head.settings)?;
        config.cancelled = head.cancelled;
        Ok(())
    }
}
