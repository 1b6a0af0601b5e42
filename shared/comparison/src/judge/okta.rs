//! What the read of Okta adds.

use crate::AddressTag;
use crate::comparison::Comparison;
use crate::okta_read::{Bearer, Groups, OktaRead, UserPlace};
use crate::row::Row;

/// Whom an address finds, as far as was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Met {
    /// Whether anybody bears it.
    pub(super) is_borne: bool,
    /// The user, if only one does.
    pub(super) user: Option<UserPlace>,
    /// The groups that one was found in.
    pub(super) groups: Groups,
}

const NOBODY: Met = Met { is_borne: false, user: None, groups: Groups::NONE };

impl Comparison<'_> {
    /// The tag of the address in a line, if it is asked for, or needed to know whose user a member of a
    /// group is.
    pub(super) fn tag(&self, row: &Row<'_>, is_asked: bool) -> Option<AddressTag> {
        if !is_asked && !self.has_members {
            return None;
        }
        let tagger = self.options.tagger?;
        row.email.address().map(|address| tagger.address(&address))
    }

    /// Whom the address in a line finds.
    #[inline]
    pub(super) fn meet_line(&mut self, row: &Row<'_>, is_asked: bool) -> Met {
        if self.options.okta.is_none() {
            return NOBODY;
        }
        self.meet(self.tag(row, is_asked))
    }

    /// Whom an address finds. They belong to a customer then.
    #[inline]
    pub(super) fn meet(&mut self, tag: Option<AddressTag>) -> Met {
        match (self.options.okta, tag) {
            (Some(okta), Some(tag)) => self.meet_in(okta, tag),
            _ => NOBODY,
        }
    }

    fn meet_in(&mut self, okta: &OktaRead, tag: AddressTag) -> Met {
        okta.bearers(tag).for_each(|user| self.own(user));
        match okta.bearer(tag) {
            Bearer::Nobody => NOBODY,
            Bearer::One(user) => {
                Met { is_borne: true, user: Some(user), groups: okta.groups(user) }
            }
            Bearer::Several => Met { is_borne: true, ..NOBODY },
        }
    }

    /// The groups in which the user of a matched customer was found.
    #[inline]
    pub(super) fn groups_of_match(&mut self, place: usize) -> Groups {
        let Some(okta) = self.options.okta else { return Groups::NONE };
        if let Some(tag) = self.known.address(place) {
            okta.bearers(tag).for_each(|user| self.own(user));
        }
        let user = self.known.user(place).and_then(|tag| okta.user(tag));
        let Some(user) = user else { return Groups::NONE };
        self.own(user);
        okta.groups(user)
    }

    /// Whether the user of a matched customer was read to bear this address.
    pub(super) fn is_borne_by_match(&self, place: usize, address: AddressTag) -> bool {
        let Some(okta) = self.options.okta else { return false };
        let user = self.known.user(place).and_then(|tag| okta.user(tag));
        user.is_some_and(|user| okta.bearers(address).any(|bearer| bearer == user))
    }

    /// Whether anybody was read to bear this address.
    pub(super) fn is_borne(&self, address: Option<AddressTag>) -> bool {
        let read = self.options.okta.zip(address);
        read.is_some_and(|(okta, address)| okta.bearer(address) != Bearer::Nobody)
    }

    /// Whether groups were found that were not expected, or not found though all members were read.
    #[inline]
    pub(super) fn is_unexpected(&self, found: Groups, expected: Groups) -> bool {
        let Some(okta) = self.options.okta else { return false };
        let missing = expected.within(okta.whole()).without(found);
        !missing.is_empty() || !found.without(expected).is_empty()
    }

    fn own(&mut self, user: UserPlace) {
        if let Ok(place) = usize::try_from(user.0) {
            self.owned.insert(place);
        }
    }
}
