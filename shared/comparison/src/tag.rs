//! What stands for an address or an Okta user in memory: short, equal for equals, and not personal.

use rules::EmailAddress;

/// Stands for an e-mail address: the first bytes of its salted hash. Addresses that differ in case
/// alone have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressTag([u8; 16]);

impl AddressTag {
    /// A tag of these bytes.
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn bytes(self) -> [u8; 16] {
        self.0
    }
}

/// Stands for an Okta user: a number made from a hash of the user's id. It serves to recognise a user
/// among those of the same shop; calls are made with the id itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserTag(u64);

impl UserTag {
    /// A tag of this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// Makes the tags of addresses. It is asked only when a comparison depends on it: a salted hash takes
/// longer than everything else that is done for a customer.
pub trait Tagger {
    /// The tag of an address.
    fn address(&self, address: &EmailAddress) -> AddressTag;
}

impl<F: Fn(&EmailAddress) -> AddressTag> Tagger for F {
    fn address(&self, address: &EmailAddress) -> AddressTag {
        self(address)
    }
}
