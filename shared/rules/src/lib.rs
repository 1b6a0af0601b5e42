//! Who belongs to which segment, and what must change.
//!
//! Pure: no clock, no environment, no I/O, no async. Everything here is a function of its arguments,
//! so that a decision can be explained, tried on another rule book, and tested by the million.
//!
//! - [`RuleBook`] says which segment a customer's [`Totals`] belong to. However it was written, it
//!   has passed one validation. A [`DecisionTable`] says the same by the million, and an [`Explanation`]
//!   says why.
//! - A person may decide for one customer ([`PinnedTo`]); a [`Ruling`] says where the customer belongs then.
//! - [`BookChange`] says what is otherwise in one book than in another.
//! - [`Analysis`] says what a valid book leaves out, and which of its rules can never win.
//! - [`Plan`] says what must change for one customer, and in which order.
//! - [`Guard`] says whether a full run may go on to write.
//! - [`Cohort`] sums up a segment's customers, and [`PersonaContent`] says so in words.

mod analysis;
mod book;
mod cohort;
mod contact;
mod customer;
mod explain;
mod guard;
mod id;
mod money;
mod pin;
mod plan;
mod table;

pub use analysis::{Analysis, Finding, Severity};
pub use book::{
    BookChange, BookDraft, BookError, BookErrors, Decision, MAX_AMOUNT, MAX_ORDERS, MAX_RANGES,
    MAX_SEGMENTS, Range, Raw, RuleBook, Segment, SegmentDraft,
};
pub use cohort::{Cohort, InvalidCohort, PersonaContent};
pub use contact::{EmailAddress, ShopDomain};
pub use customer::Totals;
pub use explain::{Explanation, Miss, RangeVerdict, SegmentVerdict, Verdict};
pub use guard::{Guard, Refusal, Shift};
pub use id::{CustomerId, GroupId, GroupName, InvalidId, OrderId, PersonaId, SegmentName, UserId};
pub use money::{Currency, Money, UnknownCurrency};
pub use pin::{PinReason, PinnedTo, Ruling};
pub use plan::{Applied, Attributes, Change, Desired, Group, Membership, Noted, Plan};
pub use table::{DecisionTable, TABLE_DECIMALS};
