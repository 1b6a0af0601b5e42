//! What a person decided for one customer, and what that makes of the rules.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::is_plain_text;
use crate::{Currency, Decision, InvalidId, RuleBook, Segment, SegmentName, Totals};

/// The longest reason of a pin, in characters.
const LONGEST_REASON: usize = 200;

/// Where a person wants one customer to be, whatever the rules say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PinnedTo {
    /// In this segment. It may no longer be in the book.
    Segment(SegmentName),
    /// In no segment.
    Outside,
}

/// Why a person decided for one customer: a line of 1 to 200 characters. People write what they like, so
/// it may be personal data: it is kept and shown to operators, and `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PinReason(String);

/// Where a customer belongs, and who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruling<'book> {
    /// The rules: nobody decided for this customer.
    ByRules(Decision<'book>),
    /// A person: into this segment, or into none. Nothing is compared, so the currency does not matter.
    Pinned(Option<&'book Segment>),
    /// The rules, since the segment that a person decided for is not in the book.
    PinUnknown(Decision<'book>),
}

impl RuleBook {
    /// Decides for one customer for whom a person may have decided. A pin wins over every rule. One to a
    /// segment that the book does not have counts as none, and is said to.
    pub fn rule(&self, totals: &Totals, pin: Option<&PinnedTo>) -> Ruling<'_> {
        match pin {
            None => Ruling::ByRules(self.decide(totals)),
            Some(PinnedTo::Outside) => Ruling::Pinned(None),
            Some(PinnedTo::Segment(name)) => match self.segment(name) {
                Some(segment) => Ruling::Pinned(Some(segment)),
                None => Ruling::PinUnknown(self.decide(totals)),
            },
        }
    }

    /// Whether a pin can be followed: it is to none, or to a segment of this book.
    pub fn can_follow(&self, pin: &PinnedTo) -> bool {
        match pin {
            PinnedTo::Outside => true,
            PinnedTo::Segment(name) => self.segment(name).is_some(),
        }
    }
}

impl<'book> Ruling<'book> {
    /// The segment the customer belongs to, if to any.
    ///
    /// # Errors
    /// If nobody can say: the customer's money is in this currency, which is not the book's.
    pub fn segment(self) -> Result<Option<&'book Segment>, Currency> {
        match self {
            Self::Pinned(segment) => Ok(segment),
            Self::ByRules(decision) | Self::PinUnknown(decision) => match decision {
                Decision::Segment { segment, .. } => Ok(Some(segment)),
                Decision::NoSegment => Ok(None),
                Decision::OtherCurrency { found } => Err(found),
            },
        }
    }

    /// Which of the segment's ranges matched, counted from 0, if a rule decided.
    pub fn range(self) -> Option<usize> {
        match self {
            Self::ByRules(Decision::Segment { range, .. })
            | Self::PinUnknown(Decision::Segment { range, .. }) => Some(range),
            _ => None,
        }
    }
}

impl PinnedTo {
    /// The segment; none for no segment.
    pub fn segment(&self) -> Option<&SegmentName> {
        match self {
            Self::Segment(name) => Some(name),
            Self::Outside => None,
        }
    }
}

/// The segment's name, or "no segment".
impl fmt::Display for PinnedTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.segment().map_or("no segment", SegmentName::as_str))
    }
}

impl PinReason {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Hides the text.
impl fmt::Debug for PinReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PinReason(…)")
    }
}

impl TryFrom<String> for PinReason {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        let is_plain = is_plain_text(&text, LONGEST_REASON);
        let is_reason =
            is_plain && !text.chars().any(|letter| is_break(letter) || is_direction(letter));
        is_reason
            .then_some(Self(text))
            .ok_or(InvalidId { expected: "a reason (one line of 1 to 200 characters)" })
    }
}

/// Takes a text with space around it, too.
impl FromStr for PinReason {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        text.trim().to_owned().try_into()
    }
}

impl From<PinReason> for String {
    fn from(reason: PinReason) -> Self {
        reason.0
    }
}

/// Whether a character ends a line, though it is no control character
/// ([line breaking](https://www.unicode.org/reports/tr14/#BK)).
fn is_break(letter: char) -> bool {
    matches!(letter, '\u{2028}' | '\u{2029}')
}

/// Whether a character changes the direction of what is shown around it, so that a line would read as
/// something else ([bidirectional formatting](https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters)).
fn is_direction(letter: char) -> bool {
    matches!(letter, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
