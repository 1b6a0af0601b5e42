//! One thing to say about a book.

use std::fmt;

use crate::{Range, SegmentName};

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The book cannot mean what it says.
    Warning,
    /// Worth knowing, and maybe intended.
    Note,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Warning => "warning",
            Self::Note => "note",
        })
    }
}

/// One thing to say about a book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// No customer can ever be in the segment.
    ShadowedSegment {
        /// The segment.
        segment: SegmentName,
        /// The segments above that take its customers, by priority.
        by: Vec<SegmentName>,
    },
    /// A range of a segment, which is not shadowed as a whole, can never match.
    UnreachableRange {
        /// The segment.
        segment: SegmentName,
        /// The place of the range in `when`, counted from 0.
        index: usize,
        /// The range.
        range: Range,
        /// The segments above that take its customers, by priority.
        by: Vec<SegmentName>,
    },
    /// A range adds nothing to the other ranges of its segment and to the segments above. Without
    /// all redundant ranges, the book decides the same.
    RedundantRange {
        /// The segment.
        segment: SegmentName,
        /// The place of the range in `when`, counted from 0.
        index: usize,
        /// The range.
        range: Range,
    },
    /// Customers in this range, and no others of it, have no segment. Gaps do not overlap.
    Gap(Range),
}

impl Finding {
    /// How much it matters.
    pub fn severity(&self) -> Severity {
        match self {
            Self::ShadowedSegment { .. } | Self::UnreachableRange { .. } => Severity::Warning,
            Self::RedundantRange { .. } | Self::Gap(_) => Severity::Note,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ShadowedSegment { segment, by } => {
                write!(f, "segment \"{segment}\" can never win: {}", taken(by))
            }
            Self::UnreachableRange { segment, index, range, by } => write!(
                f,
                "segment \"{segment}\": when[{index}] ({range}) can never match: {}",
                taken(by)
            ),
            Self::RedundantRange { segment, index, range } => write!(
                f,
                "segment \"{segment}\": when[{index}] ({range}) is redundant: without it, every \
                 customer has the same segment"
            ),
            Self::Gap(range) => {
                let orders = range.orders_in_words();
                let spend = range.spend_in_words();
                let orders = orders.as_deref().unwrap_or("any number of orders");
                let spend = spend.as_deref().unwrap_or("any spend");
                write!(f, "no segment: {orders}, {spend}")
            }
        }
    }
}

/// `"a", "b" and "c" take every customer`.
fn taken(by: &[SegmentName]) -> String {
    let names: Vec<String> = by.iter().map(|name| format!("\"{name}\"")).collect();
    match names.split_last() {
        Some((last, most)) if !most.is_empty() => {
            format!("{} and {last} take every customer of it", most.join(", "))
        }
        _ => format!("{} takes every customer of it", names.concat()),
    }
}
