//! What is kept for one customer: the applied state, or a tombstone.

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use rules::{Applied, CustomerId, EmailAddress, GroupName, OrderId, SegmentName, Totals, UserId};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::{Announcement, Cause, Grounds, Outcome, Pin, RunId};

/// How many transitions an entry remembers.
const HISTORY: usize = 20;

/// Counts the writes of one entry. A write states which version it was made from and fails if another
/// came first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(pub(crate) u64);

/// An entry as it was read, with the version a write has to be made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned {
    /// The version read.
    pub version: Version,
    /// What was read.
    pub entry: Entry,
}

/// What is kept for one customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Entry {
    /// A customer who is looked after.
    Customer(Box<Record>),
    /// A customer who is gone or was redacted. Beside the id, only what the tombstone says is left.
    Tombstone(Tombstone),
}

/// The mark left by a customer who is gone or was redacted: why, since when, up to which change that was
/// looked at, and the mark of the last full run. Only an order placed later lifts it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    /// The moment it stands for: when the redaction reached us, or the end was read.
    pub at: Timestamp,
    /// Why.
    pub why: End,
    /// Shopify's mark of the customer's last change when it was last looked whether the tombstone
    /// still stands: an older change asks for no further look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Timestamp>,
    /// The last full run that this customer was dispatched in, and how that ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<Answered>,
    /// How many changes of segment there were: if the customer comes back, the next one's number follows.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub sequence: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// How a full run's look at a customer ended. A run counts each customer by this mark, so a message
/// that is delivered twice counts once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// The run.
    pub run: RunId,
    /// How the look ended.
    pub outcome: Outcome,
}

/// How a customer came to an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Shopify no longer has the customer.
    Gone,
    /// The customer asked to be forgotten.
    Redacted,
}

/// The applied state of one customer: what Okta holds as far as we know, and how it came about. Holds
/// no name and no address.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Record {
    /// Who is writing to Okta for this customer, if somebody is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
    /// The last read of the truth that was worked off to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<Read>,
    /// When the last second look that was queued is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_look: Option<Timestamp>,
    /// The Okta user the customer was matched with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matched: Option<Match>,
    /// The address that no usable user was found by, while there is no match. A full run looks again
    /// only if the address changes or a user who bears it appears.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sought: Option<AddressHash>,
    /// What the matched user holds in Okta.
    #[serde(default)]
    pub applied: Applied,
    /// The segment the customer was last put into; none if they belong to none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<SegmentName>,
    /// What a person decided for the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<Pin>,
    /// The book that was in use when a person last decided for the customer, until a look has been worked
    /// off since: no older one may decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least_book: Option<u64>,
    /// How the last look ended; none also if a person has decided since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Last>,
    /// The last full run that this customer was dispatched in, and how that ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<Answered>,
    /// The latest changes of segment, or of the segment's group, the newest last.
    #[serde(default)]
    pub transitions: Vec<Transition>,
    /// How many changes of segment there were, whether others were told of them or not. Only grows.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub sequence: u64,
    /// The changes of segment that others are being told of, the newest last: they are about to hear of
    /// them, or may have heard already. Not in `segment` and `transitions` yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub announcing: Vec<Announcement>,
}

/// A person of Okta whom a customer was matched with, and by what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Match {
    /// The user.
    pub user: UserId,
    /// The address they were matched by.
    pub address: AddressHash,
}

/// The right to write to Okta for one customer. It outlasts the function that took it, so a dead
/// worker's last call cannot arrive while another one writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Until when nobody else may write.
    pub until: Timestamp,
}

/// A read of the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    /// When it was begun, by our clock.
    pub at: Timestamp,
    /// Shopify's own mark of the customer's last change.
    pub updated_at: Timestamp,
    /// What it showed.
    pub totals: Totals,
    /// The customer's last order it showed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_order: Option<OrderId>,
}

/// How the last look at a customer ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Last {
    /// The outcome.
    pub outcome: Outcome,
    /// When.
    pub at: Timestamp,
    /// The accepted book it was decided by.
    pub book: u64,
}

/// A change of segment, or of the group that goes with the same segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// When.
    pub at: Timestamp,
    /// The segment before; none if there was none.
    pub from: Option<SegmentName>,
    /// The segment after; none if there is none.
    pub to: Option<SegmentName>,
    /// The group that goes with the segment after.
    pub group: Option<GroupName>,
    /// What made us look.
    pub cause: Cause,
    /// What it rests on; none if no rule matches, or nobody stands for the customer at Okta.
    #[serde(flatten)]
    pub grounds: Option<Grounds>,
    /// The figures it was decided by.
    pub totals: Totals,
    /// The accepted book it was decided by.
    pub book: u64,
}

impl Record {
    /// Whether somebody holds the lease at this moment.
    pub fn is_leased(&self, now: Timestamp) -> bool {
        self.lease.is_some_and(|lease| lease.until > now)
    }

    /// The newest book that decided about the customer, or that a person decided by; 0 if there is none.
    /// No older one may decide.
    pub fn newest_book(&self) -> u64 {
        let last = self.last.as_ref().map(|last| last.book);
        last.max(self.least_book).unwrap_or(0)
    }

    /// How the last look at the customer ended; none if there was none.
    pub fn last_outcome(&self) -> Option<Outcome> {
        self.last.as_ref().map(|last| last.outcome)
    }

    /// Since when the customer has been in their segment, or in none. None if no change of segment is
    /// remembered: they never had one, or the group that goes with it changed so often since that the
    /// change is forgotten.
    pub fn in_segment_since(&self) -> Option<Timestamp> {
        let mut changes = self.transitions.iter().rev();
        changes.find(|change| change.from != change.to).map(|change| change.at)
    }

    /// Remembers a change and forgets the oldest beyond twenty.
    pub fn remember(&mut self, transition: Transition) {
        self.transitions.push(transition);
        let surplus = self.transitions.len().saturating_sub(HISTORY);
        self.transitions.drain(..surplus);
    }
}

/// The secret that address hashes are made with, one a stack. Without it an address cannot be tried
/// against the table.
#[derive(Clone)]
pub struct Salt(pub(crate) [u8; 64]);

/// A customer's address, so that a change of it is seen without keeping it: HMAC-SHA256 under the
/// stack's salt, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AddressHash(String);

impl Salt {
    /// A new salt.
    pub fn random(random: &dyn outbound::Randomness) -> Self {
        let mut bytes = [0; 64];
        random.fill(&mut bytes);
        Self(bytes)
    }

    /// A salt of these bytes, which have to be random.
    pub const fn new(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// The first 16 bytes of an address's hash, without the hash: see [`AddressHash::tag`].
    pub fn address_tag(&self, address: &EmailAddress) -> [u8; 16] {
        first(self.mac(address.folded().as_bytes()))
    }

    /// A number that stands for an Okta user in memory.
    pub fn user_tag(&self, user: &UserId) -> u64 {
        u64::from_le_bytes(first(self.mac(user.as_str().as_bytes())))
    }

    fn mac(&self, bytes: &[u8]) -> [u8; 32] {
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&self.0.into());
        mac.update(bytes);
        mac.finalize().into_bytes().into()
    }

    /// The hash of an address; addresses that differ in case alone have the same.
    pub fn hash(&self, address: &EmailAddress) -> AddressHash {
        use std::fmt::Write as _;

        let bytes = self.mac(address.folded().as_bytes());
        AddressHash(bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a `String` cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        }))
    }
}

/// Hides the bytes.
impl std::fmt::Debug for Salt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Salt(…)")
    }
}

fn first<const N: usize>(bytes: [u8; 32]) -> [u8; N] {
    std::array::from_fn(|index| bytes[index])
}

impl AddressHash {
    /// The first 16 bytes of the hash: enough to tell the addresses of millions apart, and small enough
    /// to keep them all in memory. None if the stored text is no hash.
    pub fn tag(&self) -> Option<[u8; 16]> {
        let digits: &[u8; 64] = self.0.as_bytes().try_into().ok()?;
        let mut tag = [0; 16];
        for (byte, pair) in tag.iter_mut().zip(digits.chunks(2)) {
            // `from_str_radix` alone would take a plus sign.
            let pair = std::str::from_utf8(pair).ok().filter(|pair| !pair.starts_with('+'))?;
            *byte = u8::from_str_radix(pair, 16).ok()?;
        }
        Some(tag)
    }
}

/// The key an entry is stored under.
pub(crate) fn key(customer: CustomerId) -> String {
    format!("customer#{customer}")
}
