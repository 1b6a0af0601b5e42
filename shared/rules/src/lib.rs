//! Who belongs to which segment, and what must change.
//!
//! Pure: no clock, no environment, no I/O, no async. Everything here is a function of its arguments,
//! so that a decision can be explained, tried on another rule book, and tested by the million.
//!
//! - [`RuleBook`] says which segment a customer's [`Totals`] belong to. However it was written, it
//!   has passed one validation.
//! - [`Analysis`] says what a valid book leaves out, and which of its rules can never win.
//! - [`Plan`] says what must change for one customer, and in which order.

mod analysis;
mod book;
mod contact;
mod customer;
mod id;
mod money;
mod plan;

pub use analysis::{Analysis, Finding, Severity};
pub use book::{
    BookDraft, BookError, BookErrors, Decision, MAX_AMOUNT, MAX_ORDERS, MAX_RANGES, MAX_SEGMENTS,
    Range, Raw, RuleBook, Segment, SegmentDraft,
};
pub use contact::{EmailAddress, ShopDomain};
pub use customer::Totals;
pub use id::{CustomerId, GroupId, GroupName, InvalidId, OrderId, SegmentName, UserId};
pub use money::{Currency, Money, UnknownCurrency};
pub use plan::{Applied, Attributes, Change, Desired, Group, Membership, Noted, Plan};
