//! What is known of one customer, as the comparison reads it.

use rules::{Currency, Totals};

use super::pack::{Hot, NO_SEGMENT, flag};
use super::{Known, KnownState};
use crate::amount::Bought;
use crate::moment::Moment;
use crate::{AddressTag, UserTag};

/// What is known of one customer. Figures that are not in the book's currency are left out, and said to
/// be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    pub(crate) kind: Kind,
    /// Shopify's mark at the last read, and what that showed.
    pub(crate) read: Option<(Moment, InBook)>,
    /// Read before the export, or never.
    pub(crate) before: bool,
    /// A person has decided for the customer.
    pub(crate) pinned: bool,
}

/// Figures in the book's currency; none for those in another.
pub(crate) type InBook = Option<Bought>;

/// What is kept for the customer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Tombstone {
        seen: Moment,
    },
    Matched {
        /// The number of the segment's name.
        segment: Option<u16>,
        in_place: bool,
        /// None if it is not known what the profile shows.
        shown: Option<InBook>,
    },
    Unmatched {
        looked: bool,
        retry: bool,
    },
}

impl Known {
    /// What is known of the customer at this place, for a book in this currency.
    #[inline]
    pub(crate) fn view(&self, place: usize, currency: Currency) -> Option<View> {
        let hot = self.hot.get(place)?;
        if hot.flags & flag::UNUSUAL != 0 {
            return self.unusual_view(hot, currency);
        }
        let bought = Bought { orders: u64::from(hot.orders), spent: hot.small() };
        let figures = (self.currency == Some(currency)).then_some(bought);
        let moment = Moment::of_second(hot.moment);
        let kind = if hot.has(flag::MATCHED) {
            Kind::Matched {
                segment: (hot.segment != NO_SEGMENT).then_some(hot.segment),
                in_place: hot.has(flag::IN_PLACE),
                shown: hot.has(flag::SHOWN).then_some(figures),
            }
        } else if hot.has(flag::TOMBSTONE) {
            Kind::Tombstone { seen: moment }
        } else {
            Kind::Unmatched { looked: hot.has(flag::LOOKED), retry: hot.has(flag::RETRY) }
        };
        let read = hot.has(flag::READ).then_some((moment, figures));
        Some(hot.view(kind, read))
    }

    #[cold]
    fn unusual_view(&self, hot: &Hot, currency: Currency) -> Option<View> {
        let customer = self.unusual.get(usize::try_from(hot.spent).ok()?)?;
        let figures =
            |totals: &Totals| (totals.spent.currency == currency).then(|| Bought::from(totals));
        let read = customer.read.map(|read| (read.updated_at.into(), figures(&read.totals)));
        let kind = match customer.state {
            KnownState::Tombstone { seen } => Kind::Tombstone { seen: seen.into() },
            KnownState::Matched { shown, segment, in_place, .. } => Kind::Matched {
                segment: segment.map(|segment| segment.0),
                in_place,
                shown: shown.as_ref().map(figures),
            },
            KnownState::Unmatched { looked, retry, .. } => Kind::Unmatched { looked, retry },
        };
        Some(hot.view(kind, read))
    }

    /// The Okta user who stands for the customer at this place.
    pub(crate) fn user(&self, place: usize) -> Option<UserTag> {
        let hot = self.hot.get(place)?;
        if !hot.has(flag::UNUSUAL) {
            let zero = UserTag::new(0);
            return hot.has(flag::MATCHED).then(|| self.cold(hot).map_or(zero, |cold| cold.user));
        }
        match self.unusual.get(usize::try_from(hot.spent).ok()?)?.state {
            KnownState::Matched { user, .. } => Some(user),
            _ => None,
        }
    }

    /// The address the customer at this place was matched or sought by.
    pub(crate) fn address(&self, place: usize) -> Option<AddressTag> {
        let hot = self.hot.get(place)?;
        if !hot.has(flag::UNUSUAL) {
            return self.cold(hot).and_then(|cold| cold.address);
        }
        match self.unusual.get(usize::try_from(hot.spent).ok()?)?.state {
            KnownState::Matched { address, .. } | KnownState::Unmatched { address, .. } => address,
            KnownState::Tombstone { .. } => None,
        }
    }
}

impl Hot {
    fn view(&self, kind: Kind, read: Option<(Moment, InBook)>) -> View {
        View { kind, read, before: self.has(flag::BEFORE), pinned: self.has(flag::PINNED) }
    }

    pub(super) fn has(&self, flag: u16) -> bool {
        self.flags & flag != 0
    }

    fn small(&self) -> crate::amount::Amount {
        crate::amount::Amount::Small(self.spent)
    }
}
