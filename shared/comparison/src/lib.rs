//! The whole shop's export against the applied state, in one stream: who differs and why, and the
//! shop's figures.
//!
//! Pure: no clock, no environment, no I/O, no async. What is known of the customers is held in memory,
//! packed ([`Known`]); the export is read once, in chunks as they arrive, and is never held.
//!
//! ```
//! use comparison::{Comparison, KnownBuilder, Options, read_chunk};
//! use jiff::Timestamp;
//! # use rules::RuleBook;
//! # let book = RuleBook::from_toml(r#"
//! #     currency = "USD"
//! #     [[segment]]
//! #     name = "new"
//! #     label = "New"
//! #     okta_group_name = "New"
//! #     when = [{ orders_at_least = 1 }]
//! # "#).unwrap();
//! # let export_started = Timestamp::UNIX_EPOCH;
//!
//! let known = KnownBuilder::new(export_started).finish();
//! let mut comparison = Comparison::new(&book, &known, Options::default());
//! comparison.feed(br#"{"id":"gid:\/\/shopify\/Customer\/1","defaultEmailAddress":{"emailAdd"#);
//! comparison.feed(br#"ress":"ann@example.com"},"numberOfOrders":"1","amountSpent":{"amount":"#);
//! comparison.feed(br#""9.5","currencyCode":"USD"},"updatedAt":"2026-11-21T12:00:00Z"}"#);
//! let findings = comparison.finish();
//!
//! assert_eq!(findings.figures.segments[0].cohort.customers(), 1);
//! for chunk in findings.differences.chunks() {
//!     println!("{:?}", read_chunk(&chunk));
//! }
//! ```
//!
//! A line in the form that Shopify gives is read straight through, a word at a time; any other line of
//! JSON is read by `serde_json`, with the same result.

mod amount;
mod bits;
mod chunk;
mod comparison;
mod differing;
mod figures;
mod judge;
mod known;
mod moment;
mod okta_read;
mod row;
mod tag;

pub use amount::EXAMPLES;
pub use chunk::{InvalidChunk, MAX_CHUNK, chunks, read_chunk};
pub use comparison::{Comparison, Fields, Findings, MAX_LINE, Options, PassedOver};
pub use differing::{Differences, Differing, Why};
pub use figures::{
    Bad, BadLine, Counted, Figures, Histogram, MOVED_EXAMPLES, Movement, ORDERS_EDGES, SPEND_EDGES,
    SegmentFigures, Standing,
};
pub use known::{
    Known, KnownBuilder, KnownCustomer, KnownPin, KnownRead, KnownState, SegmentRef,
    TooManySegments,
};
pub use okta_read::{Groups, OktaRead, OktaReadBuilder};
pub use tag::{AddressTag, Tagger, UserTag};
