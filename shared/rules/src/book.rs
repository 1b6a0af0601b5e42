//! The rule book: which segment a customer belongs to.

mod check;
mod difference;
mod draft;
mod error;
mod number;
mod range;
mod toml;
mod when;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use difference::BookChange;
pub use draft::{BookDraft, Raw, SegmentDraft};
pub use error::{BookError, BookErrors};
pub(crate) use range::Bounds;
pub use range::Range;

use crate::{Currency, GroupName, SegmentName, Totals};

/// The most segments of a book. Each is a group and a persona that people tell apart.
pub const MAX_SEGMENTS: usize = 50;
/// The most ranges of a segment.
pub const MAX_RANGES: usize = 20;
/// The highest amount a bound may name, in whole units of the currency. What is above is a slip.
pub const MAX_AMOUNT: u64 = 1_000_000_000_000;
/// The highest number of orders a bound may name. What is above is a slip.
pub const MAX_ORDERS: u64 = 1_000_000_000;

/// Segments in order of priority, and the one currency their amounts are in.
///
/// A book exists only if it passed the one validation: it is built from a [`BookDraft`], and TOML,
/// configuration rows and the stored form all go through one. Two books that decide alike because
/// they were written alike are equal, and serialise to the same text, whatever zeros their amounts
/// were written with and whatever numbers stood for the same order.
///
/// The stored form is a map of `currency` and `segments`; each segment has the names that
/// configuration rows have, and amounts are text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BookDraft")]
pub struct RuleBook {
    currency: Currency,
    segments: Vec<Segment>,
}

/// Who belongs together, and which group and persona stand for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Segment {
    name: SegmentName,
    priority: u32,
    label: String,
    okta_group_name: GroupName,
    persona_name: String,
    when: Vec<Range>,
}

/// What a book says about a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision<'book> {
    /// The first segment that matches.
    Segment {
        /// The segment.
        segment: &'book Segment,
        /// Which of its ranges matched first, counted from 0.
        range: usize,
    },
    /// No segment matches.
    NoSegment,
    /// The customer's money is not in the book's currency: comparing would be a guess.
    OtherCurrency {
        /// What it is in.
        found: Currency,
    },
}

impl RuleBook {
    /// The currency of every amount in the book.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// The segments, the first to be asked first. Never empty.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The segment of this name.
    pub fn segment(&self, name: &SegmentName) -> Option<&Segment> {
        self.segments.iter().find(|segment| segment.name == *name)
    }

    /// Decides for one customer: the first segment, in order of priority, with a range that matches.
    ///
    /// Money spent may be negative, since it is undocumented whether Shopify nets refunds; it is
    /// compared as zero, so that a refund never takes a customer out of every range.
    pub fn decide(&self, totals: &Totals) -> Decision<'_> {
        if totals.spent.currency != self.currency {
            return Decision::OtherCurrency { found: totals.spent.currency };
        }
        self.segments
            .iter()
            .find_map(|segment| {
                let range = segment.when.iter().position(|range| range.matches(totals))?;
                Some(Decision::Segment { segment, range })
            })
            .unwrap_or(Decision::NoSegment)
    }
}

impl Segment {
    /// The short name, unique in the book.
    pub fn name(&self) -> &SegmentName {
        &self.name
    }

    /// The place in the book: 10 for the first segment, 20 for the second. Configuration rows may
    /// hold any ascending numbers; a book keeps their order and not the numbers.
    pub fn priority(&self) -> u32 {
        self.priority
    }

    /// What people call it.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The Okta group its customers are in. No two segments share one.
    pub fn okta_group_name(&self) -> &GroupName {
        &self.okta_group_name
    }

    /// The Mavera persona that stands for it. No two segments share one.
    pub fn persona_name(&self) -> &str {
        &self.persona_name
    }

    /// The ranges; a customer in any of them matches. Never empty.
    pub fn when(&self) -> &[Range] {
        &self.when
    }
}

/// "vip: 6 orders or more, or 500.00 USD or more".
impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.name)?;
        for (index, range) in self.when.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", or " };
            write!(f, "{separator}{range}")?;
        }
        Ok(())
    }
}
