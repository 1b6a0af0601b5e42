//! Reading what Okta holds, where what was applied is not to be believed.

use std::collections::BTreeSet;

use outbound::{Error, ErrorKind};
use rules::{Applied, Attributes, Desired, GroupId, Membership, UserId};
use state::Config;

use crate::write::{Trouble, Writer};

/// The groups that the accepted book's segments stand for.
pub fn managed(config: &Config) -> BTreeSet<GroupId> {
    let segments = config.book.book.segments().iter();
    let rows = segments.filter_map(|segment| config.groups.get(segment.okta_group_name()));
    rows.filter(|row| row.status.is_usable()).filter_map(|row| row.id.clone()).collect()
}

impl Writer<'_> {
    /// If asked for, once: reads the user and their groups, and takes what is found for what was applied.
    /// A group that was noted and is managed no more is still ours to leave. Attributes that do not show
    /// what is desired count as unknown: whatever they show, they are written.
    pub(crate) async fn read_back(
        &mut self,
        user: &UserId,
        desired: &Desired,
    ) -> Result<(), Trouble> {
        if !std::mem::take(&mut self.recheck) {
            return Ok(());
        }
        let names = &self.config.settings.attributes;
        let found = self.okta.user_with_attributes(user, names).await;
        let found = match found.map_err(Trouble::of_call)? {
            None => return Err(Trouble::UserGone),
            Some(found) if !found.can_be_written() => return Err(Trouble::UserInactive),
            Some(found) => found,
        };
        let groups = match self.okta.groups_of(user).await {
            Ok(groups) => groups,
            Err(Error { kind: ErrorKind::NotFound, .. }) => return Err(Trouble::UserGone),
            Err(error) => return Err(Trouble::of_call(error)),
        };
        let managed = managed(self.config);
        let mut held = Applied::default();
        for group in groups {
            if managed.contains(&group.id) || self.record.applied.groups.contains_key(&group.id) {
                held.note(group, Membership::Member);
            }
        }
        if found.attributes.show(desired.totals) {
            held.attributes = desired.totals.map_or(Attributes::Cleared, Attributes::Set);
        }
        self.record.applied = held;
        Ok(())
    }
}
