//! What became of a book, one change a line.

use std::fmt;

use serde::Serialize;

use super::{Range, RuleBook, Segment};
use crate::{Currency, GroupName, SegmentName};

/// One thing that is otherwise in one book than in an earlier one. Prints as a line:
/// `segment "vip": 500.00 USD or more becomes 400.00 USD or more`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum BookChange {
    /// Every amount is in another currency.
    Currency {
        /// The earlier one.
        from: Currency,
        /// The later one.
        to: Currency,
    },
    /// A segment that the earlier book does not have.
    SegmentAdded {
        /// Its name.
        segment: SegmentName,
        /// At which place it is asked, counted from 1.
        place: usize,
        /// All of it.
        content: Segment,
    },
    /// A segment that the later book does not have.
    SegmentRemoved {
        /// Its name.
        segment: SegmentName,
        /// All of it.
        content: Segment,
    },
    /// The segments that both books have are asked in another order.
    Order {
        /// The earlier order.
        from: Vec<SegmentName>,
        /// The later one.
        to: Vec<SegmentName>,
    },
    /// What people call a segment.
    Label {
        /// The segment.
        segment: SegmentName,
        /// The earlier label.
        from: String,
        /// The later one.
        to: String,
    },
    /// The Okta group of a segment: everybody in the segment leaves the one and joins the other.
    Group {
        /// The segment.
        segment: SegmentName,
        /// The earlier group.
        from: GroupName,
        /// The later one.
        to: GroupName,
    },
    /// The name of a segment's persona.
    Persona {
        /// The segment.
        segment: SegmentName,
        /// The earlier name.
        from: String,
        /// The later one.
        to: String,
    },
    /// A range that takes the place of another one.
    Range {
        /// The segment.
        segment: SegmentName,
        /// The earlier range.
        from: Range,
        /// The later one.
        to: Range,
    },
    /// A range that a segment has besides.
    RangeAdded {
        /// The segment.
        segment: SegmentName,
        /// The range.
        range: Range,
    },
    /// A range that a segment no longer has.
    RangeRemoved {
        /// The segment.
        segment: SegmentName,
        /// The range.
        range: Range,
    },
    /// A segment has the same ranges in another order. Nobody is decided otherwise.
    RangeOrder {
        /// The segment.
        segment: SegmentName,
    },
}

impl RuleBook {
    /// Everything that is otherwise in this book than in an earlier one: the currency, then segments
    /// removed, added and changed, then the order. Empty for equal books, and for no others.
    pub fn changes_since(&self, earlier: &Self) -> Vec<BookChange> {
        let mut changes = Vec::new();
        if self.currency != earlier.currency {
            changes.push(BookChange::Currency { from: earlier.currency, to: self.currency });
        }
        let removed = earlier.segments.iter().filter(|it| self.segment(&it.name).is_none());
        changes.extend(removed.map(|gone| BookChange::SegmentRemoved {
            segment: gone.name.clone(),
            content: gone.clone(),
        }));
        for (segment, place) in self.segments.iter().zip(1..) {
            match earlier.segment(&segment.name) {
                Some(before) => segment.changes_since(before, &mut changes),
                None => changes.push(BookChange::SegmentAdded {
                    segment: segment.name.clone(),
                    place,
                    content: segment.clone(),
                }),
            }
        }
        let (from, to) = (earlier.common_with(self), self.common_with(earlier));
        if from != to {
            changes.push(BookChange::Order { from, to });
        }
        changes
    }

    /// The names of the segments that another book has, too, in the order of this one.
    fn common_with(&self, other: &Self) -> Vec<SegmentName> {
        let names = self.segments.iter().map(|segment| &segment.name);
        names.filter(|name| other.segment(name).is_some()).cloned().collect()
    }
}

impl Segment {
    fn changes_since(&self, before: &Self, changes: &mut Vec<BookChange>) {
        let name = || self.name.clone();
        if self.label != before.label {
            let (from, to) = (before.label.clone(), self.label.clone());
            changes.push(BookChange::Label { segment: name(), from, to });
        }
        if self.okta_group_name != before.okta_group_name {
            let (from, to) = (before.okta_group_name.clone(), self.okta_group_name.clone());
            changes.push(BookChange::Group { segment: name(), from, to });
        }
        if self.persona_name != before.persona_name {
            let (from, to) = (before.persona_name.clone(), self.persona_name.clone());
            changes.push(BookChange::Persona { segment: name(), from, to });
        }
        self.range_changes_since(before, changes);
    }

    /// Ranges that both have are left out, each as often as both have it. What is left is told in pairs,
    /// as far as there are pairs.
    fn range_changes_since(&self, before: &Self, changes: &mut Vec<BookChange>) {
        let segment = || self.name.clone();
        let mut removed = without(&before.when, &self.when).into_iter();
        let mut added = without(&self.when, &before.when).into_iter();
        let is_same = self.when.iter().zip(&before.when).all(|(now, before)| is_like(now, before));
        if removed.len() == 0 && added.len() == 0 && !is_same {
            changes.push(BookChange::RangeOrder { segment: segment() });
        }
        loop {
            changes.push(match (removed.next(), added.next()) {
                (Some(from), Some(to)) => BookChange::Range { segment: segment(), from, to },
                (Some(range), None) => BookChange::RangeRemoved { segment: segment(), range },
                (None, Some(range)) => BookChange::RangeAdded { segment: segment(), range },
                (None, None) => return,
            });
        }
    }
}

/// Whether ranges have the same bounds. A change of the currency is told once, and not of each amount.
fn is_like(one: &Range, other: &Range) -> bool {
    one.bounds() == other.bounds()
}

/// The ranges that are left when each of the others has taken its like.
fn without(ranges: &[Range], others: &[Range]) -> Vec<Range> {
    let mut others = others.to_vec();
    let is_left = |range: &&Range| match others.iter().position(|other| is_like(other, range)) {
        Some(place) => {
            others.swap_remove(place);
            false
        }
        None => true,
    };
    ranges.iter().filter(is_left).copied().collect()
}

impl fmt::Display for BookChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Currency { from, to } => {
                write!(f, "currency: {from} becomes {to}; no amount is converted")
            }
            Self::SegmentAdded { place, content, .. } => {
                write!(f, "segment \"{}\" is added, at place {place}: ", content.name)?;
                content.write_parts(f)
            }
            Self::SegmentRemoved { content, .. } => {
                write!(f, "segment \"{}\" is removed: ", content.name)?;
                content.write_parts(f)
            }
            Self::Order { from, to } => {
                write!(f, "order: {} becomes {}", listed(from), listed(to))
            }
            Self::Label { segment, from, to } => {
                write!(f, "segment \"{segment}\": label \"{from}\" becomes \"{to}\"")
            }
            Self::Group { segment, from, to } => {
                write!(f, "segment \"{segment}\": group \"{from}\" becomes \"{to}\"")
            }
            Self::Persona { segment, from, to } => {
                write!(f, "segment \"{segment}\": persona \"{from}\" becomes \"{to}\"")
            }
            Self::Range { segment, from, to } => {
                write!(f, "segment \"{segment}\": {from} becomes {to}")
            }
            Self::RangeAdded { segment, range } => {
                write!(f, "segment \"{segment}\": or {range} is added")
            }
            Self::RangeRemoved { segment, range } => {
                write!(f, "segment \"{segment}\": or {range} is removed")
            }
            Self::RangeOrder { segment } => {
                write!(f, "segment \"{segment}\": the same ranges in another order")
            }
        }
    }
}

impl Segment {
    /// "2 to 5 orders, group "Returning", persona "Shopify Returning"".
    fn write_parts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ranges: Vec<String> = self.when.iter().map(ToString::to_string).collect();
        let (group, persona) = (&self.okta_group_name, &self.persona_name);
        write!(f, "{}; group \"{group}\", persona \"{persona}\"", ranges.join(", or "))
    }
}

/// "vip, returning, new".
fn listed(names: &[SegmentName]) -> String {
    let names: Vec<&str> = names.iter().map(SegmentName::as_str).collect();
    names.join(", ")
}
