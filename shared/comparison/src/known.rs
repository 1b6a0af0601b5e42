//! What is known of each customer: the applied state, packed to be held in memory whole.

mod find;
mod pack;
mod view;

use std::collections::HashMap;

use jiff::Timestamp;
use rules::{Currency, CustomerId, SegmentName, Totals};

use crate::{AddressTag, UserTag};
use find::Buckets;
use pack::{Cold, Hot};
pub(crate) use view::{InBook, Kind, View};

/// What is known of a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownCustomer {
    /// Who.
    pub id: CustomerId,
    /// The last read of the truth that was worked off; none if there was none. Of a tombstone it says
    /// nothing.
    pub read: Option<KnownRead>,
    /// What came of it.
    pub state: KnownState,
    /// Where a person wants the customer to be. Of a tombstone it says nothing.
    pub pin: Option<KnownPin>,
}

/// A read of the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownRead {
    /// When, by our clock.
    pub at: Timestamp,
    /// Shopify's own mark of the customer's last change.
    pub updated_at: Timestamp,
    /// What it showed.
    pub totals: Totals,
}

/// What is kept for a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownState {
    /// Gone or redacted.
    Tombstone {
        /// Shopify's mark of the last change up to which it was looked whether the tombstone stands;
        /// its own moment, if nobody has looked.
        seen: Timestamp,
    },
    /// An Okta user stands for the customer.
    Matched {
        /// The user.
        user: UserTag,
        /// The address they were matched by; none if what is stored cannot be read. Then any address
        /// of the customer counts as another one.
        address: Option<AddressTag>,
        /// The totals in the user's profile; none if that is not known for certain.
        shown: Option<Totals>,
        /// The segment the customer was last put into; none if they belong to none.
        segment: Option<SegmentRef>,
        /// Whether the noted groups are exactly the group that this segment has now, or none if there
        /// is no segment, each for certain.
        in_place: bool,
    },
    /// No Okta user stands for the customer.
    Unmatched {
        /// The address by which nobody was found; none if there was none to look by.
        address: Option<AddressTag>,
        /// Whether anybody was looked for. A customer who belonged to no segment was not.
        looked: bool,
        /// Whether it is worth looking again with nothing changed in Shopify: what stood in the way
        /// is gone, or nobody knows how the last look ended.
        retry: bool,
    },
}

/// Where a person wants a customer to be, whatever the rules say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownPin {
    /// In this segment. It may no longer exist; then it is as if nobody had decided.
    Segment(SegmentRef),
    /// In no segment.
    Outside,
}

/// The name of a segment, as a number of one [`KnownBuilder`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SegmentRef(pub(crate) u16);

/// Too many names of segments: more than 65,000 never stood in one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the applied state names more than {} segments", pack::NO_SEGMENT)]
pub struct TooManySegments;

/// Collects what is known of each customer, in any order.
#[derive(Debug)]
pub struct KnownBuilder {
    export_started: Timestamp,
    names: HashMap<SegmentName, u16>,
    known: Known,
}

/// What is known of each customer: 32 bytes for each, 24 more for whom an address or a user is known.
/// Only what no shop has takes more: figures beyond 10^14 or with more than four decimals, a second
/// currency, moments with fractions of a second, or a profile that is known to show other totals than
/// were last read; and a customer who is pinned.
#[derive(Debug, Default)]
pub struct Known {
    /// In ascending order of id.
    hot: Vec<Hot>,
    cold: Vec<Cold>,
    unusual: Vec<KnownCustomer>,
    /// The few for whom a person decided, by id.
    pins: HashMap<u64, KnownPin>,
    names: Vec<SegmentName>,
    /// The currency of all figures that are not in `unusual`.
    currency: Option<Currency>,
    buckets: Buckets,
}

impl KnownBuilder {
    /// Begins with nothing. `export_started` is the moment the export began, by our clock: who was read
    /// at or after it and is not in the export may have been created since, and is not taken for gone.
    pub fn new(export_started: Timestamp) -> Self {
        Self { export_started, names: HashMap::new(), known: Known::default() }
    }

    /// The number of a segment's name. The segment may no longer exist.
    ///
    /// # Errors
    /// If there are too many names.
    pub fn segment(&mut self, name: &SegmentName) -> Result<SegmentRef, TooManySegments> {
        if let Some(number) = self.names.get(name) {
            return Ok(SegmentRef(*number));
        }
        let number = u16::try_from(self.names.len()).map_err(|_| TooManySegments)?;
        if number == pack::NO_SEGMENT {
            return Err(TooManySegments);
        }
        self.names.insert(name.clone(), number);
        self.known.names.push(name.clone());
        Ok(SegmentRef(number))
    }

    /// Takes note of a customer. Of one who is pushed twice, what was read last of Shopify stays.
    pub fn push(&mut self, customer: &KnownCustomer) {
        self.known.pack(customer, self.export_started);
    }

    /// Everything that was pushed, ready to be looked up.
    pub fn finish(mut self) -> Known {
        self.known.arrange();
        self.known
    }
}

impl Known {
    /// How many customers are known, tombstones included.
    pub fn len(&self) -> usize {
        self.hot.len()
    }

    /// Whether nobody is known.
    pub fn is_empty(&self) -> bool {
        self.hot.is_empty()
    }

    /// The names that segments were given by, each at the place of its number.
    pub(crate) fn names(&self) -> &[SegmentName] {
        &self.names
    }

    /// Where a person wants a customer to be.
    #[cold]
    pub(crate) fn pin(&self, id: u64) -> Option<KnownPin> {
        self.pins.get(&id).copied()
    }

    pub(crate) fn id(&self, place: usize) -> Option<CustomerId> {
        self.hot.get(place).map(|hot| CustomerId::new(hot.id))
    }
}
