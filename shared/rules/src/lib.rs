//! Who belongs to which segment, and what must change.
//!
//! Pure: no clock, no environment, no I/O, no async. Everything here is a function of its arguments,
//! so that a decision can be explained, tried on another rule book, and tested by the million.

mod contact;
mod customer;
mod id;
mod money;
mod plan;

pub use contact::{EmailAddress, ShopDomain};
pub use customer::Totals;
pub use id::{CustomerId, GroupId, GroupName, InvalidId, OrderId, SegmentName, UserId};
pub use money::{Currency, Money, UnknownCurrency};
pub use plan::{Applied, Attributes, Change, Desired, Group, Membership, Noted, Plan};
