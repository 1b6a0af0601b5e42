//! A line of the export becomes a customer.

#[cfg(test)]
mod agreement;
mod exact;
mod fast;
mod heads;
mod number;
mod scan;
mod time;
mod value;

use rules::{CustomerId, EmailAddress};

use crate::amount::Bought;
use crate::figures::Bad;
use crate::moment::Moment;
pub(crate) use exact::{read, readable_id};
pub(crate) use fast::{Fast, PADDING};

/// What a line says of a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row<'line> {
    pub(crate) id: u64,
    pub(crate) email: Email<'line>,
    /// Figures in the book's currency; none for those in another.
    pub(crate) bought: Option<Bought>,
    /// None only if lines may leave it out.
    pub(crate) updated: Option<Moment>,
}

/// What a line says of a customer's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Email<'line> {
    /// Nothing, and lines may leave it out.
    Missing,
    /// There is none, or none that anybody could be matched by.
    None,
    /// An address of plain ASCII. Not parsed, since it is rarely needed.
    Plain(&'line [u8]),
    /// An address.
    Address(EmailAddress),
}

impl Email<'_> {
    /// The address, if there is one that somebody can be matched by.
    pub(crate) fn address(&self) -> Option<EmailAddress> {
        match self {
            Self::Missing | Self::None => None,
            Self::Plain(bytes) => std::str::from_utf8(bytes).ok()?.parse().ok(),
            Self::Address(address) => Some(address.clone()),
        }
    }

    pub(crate) fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

/// A line that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) bad: Bad,
    /// Whose line it is, if that can be read.
    pub(crate) id: Option<CustomerId>,
}
