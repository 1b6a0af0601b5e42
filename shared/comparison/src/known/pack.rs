//! The packed form of what is known.

use jiff::Timestamp;

use super::{Known, KnownCustomer, KnownRead, KnownState};
use crate::amount::Bought;
use crate::moment::Moment;
use crate::{AddressTag, UserTag};

/// Stands for "no segment" among the numbers of names.
pub(crate) const NO_SEGMENT: u16 = u16::MAX;
/// Stands for "nothing" among places in `cold`.
const NO_COLD: u32 = u32::MAX;

/// What every comparison needs of a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hot {
    pub(super) id: u64,
    /// Shopify's mark of the last change, or a tombstone's moment, in seconds since 1970.
    pub(super) moment: u32,
    pub(super) orders: u32,
    /// In ten-thousandths of the currency; of an unusual customer, the place in `unusual`.
    pub(super) spent: i64,
    /// The place in `cold`.
    pub(super) cold: u32,
    pub(super) segment: u16,
    pub(super) flags: u16,
}

/// What only some comparisons need.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cold {
    pub(super) user: UserTag,
    pub(super) address: Option<AddressTag>,
}

/// Everything about a customer that is yes or no.
pub(super) mod flag {
    pub(in super::super) const TOMBSTONE: u16 = 1;
    pub(in super::super) const MATCHED: u16 = 1 << 1;
    pub(in super::super) const IN_PLACE: u16 = 1 << 2;
    pub(in super::super) const LOOKED: u16 = 1 << 3;
    pub(in super::super) const RETRY: u16 = 1 << 4;
    /// There was a read, and the figures are what it showed.
    pub(in super::super) const READ: u16 = 1 << 5;
    /// The figures are what the profile shows.
    pub(in super::super) const SHOWN: u16 = 1 << 6;
    /// Read before the export, or never: who is not in the export then is gone.
    pub(in super::super) const BEFORE: u16 = 1 << 7;
    pub(in super::super) const UNUSUAL: u16 = 1 << 8;
    /// A person has decided for the customer.
    pub(in super::super) const PINNED: u16 = 1 << 9;
}

impl Known {
    pub(super) fn pack(&mut self, customer: &KnownCustomer, export_started: Timestamp) {
        let before = customer.read.is_none_or(|read| read.at < export_started);
        let hot = self.usual(customer).unwrap_or_else(|| self.unusual(customer));
        let before = if before { flag::BEFORE } else { 0 };
        let pinned = customer.pin.map_or(0, |pin| {
            self.pins.insert(customer.id.get(), pin);
            flag::PINNED
        });
        self.hot.push(Hot { flags: hot.flags | before | pinned, ..hot });
    }

    /// The packed form; none for what does not fit it.
    fn usual(&mut self, customer: &KnownCustomer) -> Option<Hot> {
        let blank = Hot {
            id: customer.id.get(),
            moment: 0,
            orders: 0,
            spent: 0,
            cold: NO_COLD,
            segment: NO_SEGMENT,
            flags: 0,
        };
        if let KnownState::Tombstone { seen } = customer.state {
            let moment = Moment::from(seen).whole()?;
            return Some(Hot { moment, flags: flag::TOMBSTONE, ..blank });
        }
        let shown = match customer.state {
            KnownState::Matched { shown, .. } => shown,
            _ => None,
        };
        let totals = match (customer.read.map(|read| read.totals), shown) {
            (Some(read), Some(shown)) if read != shown => return None,
            (read, shown) => read.or(shown),
        };
        let mut hot = blank;
        if let Some(totals) = totals {
            if *self.currency.get_or_insert(totals.spent.currency) != totals.spent.currency {
                return None;
            }
            (hot.orders, hot.spent) = Bought::from(&totals).small()?;
        }
        if let Some(KnownRead { updated_at, .. }) = customer.read {
            hot.moment = Moment::from(updated_at).whole()?;
            hot.flags |= flag::READ;
        }
        if shown.is_some() {
            hot.flags |= flag::SHOWN;
        }
        self.state(customer.state, &mut hot)?;
        Some(hot)
    }

    /// Packs the state. Last, since it may take a place in `cold`.
    fn state(&mut self, state: KnownState, hot: &mut Hot) -> Option<()> {
        let set = |flag: u16, is_set: bool| if is_set { flag } else { 0 };
        let cold = match state {
            KnownState::Tombstone { .. } => return None,
            KnownState::Matched { user, address, segment, in_place, .. } => {
                hot.flags |= flag::MATCHED | set(flag::IN_PLACE, in_place);
                hot.segment = segment.map_or(NO_SEGMENT, |segment| segment.0);
                Cold { user, address }
            }
            KnownState::Unmatched { address, looked, retry } => {
                hot.flags |= set(flag::LOOKED, looked) | set(flag::RETRY, retry);
                Cold { user: UserTag::new(0), address }
            }
        };
        if cold.address.is_some() || cold.user.get() != 0 {
            hot.cold = u32::try_from(self.cold.len()).ok().filter(|place| *place != NO_COLD)?;
            self.cold.push(cold);
        }
        Some(())
    }

    fn unusual(&mut self, customer: &KnownCustomer) -> Hot {
        let place = i64::try_from(self.unusual.len()).unwrap_or(i64::MAX);
        self.unusual.push(customer.clone());
        let moment = match (customer.state, customer.read) {
            (KnownState::Tombstone { seen }, _) => Some(seen),
            (_, read) => read.map(|read| read.updated_at),
        };
        // Only serves to tell the later of two from the earlier.
        let second = moment.map_or(0, Timestamp::as_second).clamp(0, i64::from(u32::MAX));
        Hot {
            id: customer.id.get(),
            moment: u32::try_from(second).unwrap_or(0),
            orders: 0,
            spent: place,
            cold: NO_COLD,
            segment: NO_SEGMENT,
            flags: flag::UNUSUAL,
        }
    }

    /// What is kept beside; nothing if nothing is.
    pub(super) fn cold(&self, hot: &Hot) -> Option<&Cold> {
        usize::try_from(hot.cold).ok().and_then(|place| self.cold.get(place))
    }
}
