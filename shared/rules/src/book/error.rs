//! Why a book was refused.

use std::fmt;

use rust_decimal::Decimal;

use super::number::Flaw;
use crate::Currency;

/// Everything that is wrong with a book, one line each. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookErrors(Vec<BookError>);

impl BookErrors {
    pub(super) fn new(errors: Vec<BookError>) -> Self {
        Self(errors)
    }
}

impl fmt::Display for BookErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for BookErrors {}

impl IntoIterator for BookErrors {
    type Item = BookError;
    type IntoIter = std::vec::IntoIter<BookError>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// One thing that is wrong with a book: the segment, the field, the value, and why it is refused.
/// `segment "vip": when[1].spend_at_least: "NaN" is not an amount`. Ranges, and segments without a
/// name, are counted from 0. Values are cut short, and control characters escaped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}{problem}")]
pub struct BookError {
    place: Place,
    problem: Problem,
}

impl BookError {
    pub(super) fn new(place: Place, problem: Problem) -> Self {
        Self { place, problem }
    }
}

/// Where in a book something is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// As it reads: `segment "vip"`.
    segment: Option<String>,
    field: Option<String>,
}

impl Place {
    /// The book as a whole.
    pub(super) const BOOK: Self = Self { segment: None, field: None };

    pub(super) fn segment(in_words: &str) -> Self {
        Self { segment: Some(in_words.to_owned()), field: None }
    }

    pub(super) fn field(&self, field: impl Into<String>) -> Self {
        Self { segment: self.segment.clone(), field: Some(field.into()) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.segment.iter().chain(&self.field).try_for_each(|part| write!(f, "{part}: "))
    }
}

/// What is wrong. Values are held as they are shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Problem {
    #[error("line {line}, column {column}: {message}")]
    NotToml { line: usize, column: usize, message: String },
    #[error("{key} is not known; known are {known}")]
    UnknownKey { key: String, known: &'static str },
    #[error("the order of the segments is their priority; remove this line")]
    PriorityInToml,
    #[error("is missing")]
    Missing,
    #[error("{value} is not {expected}")]
    IsNot { value: String, expected: &'static str },
    #[error("{value} {flaw}")]
    Number { value: String, flaw: Flaw },
    #[error("{0} is no currency that shops count in today")]
    NotCountedInDecimals(Currency),
    #[error("a book needs at least one segment")]
    NoSegments,
    #[error("{found} segments are too many; the most are {limit}")]
    TooManySegments { found: usize, limit: usize },
    #[error("a segment needs at least one range; for everyone, write orders_at_least = 0")]
    NoRanges,
    #[error("{found} ranges are too many; the most are {limit}")]
    TooManyRanges { found: usize, limit: usize },
    #[error("a range needs at least one bound; for everyone, write orders_at_least = 0")]
    NoBounds,
    #[error("no amount spent is below 0, so nobody can match")]
    BelowZero,
    #[error("spend_at_least {least} is not less than spend_below {limit}, so nobody can match")]
    InvertedSpend { least: Decimal, limit: Decimal },
    #[error("orders_at_least {least} is more than orders_at_most {most}, so nobody can match")]
    InvertedOrders { least: u64, most: u64 },
    #[error("{value} is already used by {other}")]
    UsedTwice { value: String, other: String },
}
