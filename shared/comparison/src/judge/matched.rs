//! A customer for whom an Okta user stands.

use rules::CustomerId;

use super::{Difference, Pin, Way};
use crate::comparison::Comparison;
use crate::figures::Place;
use crate::known::InBook;
use crate::okta_read::Groups;
use crate::row::{Email, Row};
use crate::{AddressTag, Why};

/// What is known of a customer for whom an Okta user stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Matched {
    /// In what is known.
    pub(super) place: usize,
    /// Among all names; those of the book's segments come first.
    pub(super) segment: Option<usize>,
    pub(super) in_place: bool,
    pub(super) shown: Option<InBook>,
    /// Whether what is known was read after the export.
    pub(super) is_trusted: bool,
    pub(super) pin: Pin,
}

impl Comparison<'_> {
    #[inline]
    pub(super) fn judge_matched(&mut self, row: &Row<'_>, bought: InBook, known: &Matched) {
        if row.email.is_none() && !known.is_trusted {
            self.tally.no_email.add(CustomerId::new(row.id));
        }
        let found = self.groups_of_match(known.place);
        // Of whom we read later, the address known counts as theirs.
        let is_known = known.is_trusted && self.known.address(known.place).is_some();
        let tag = if is_known { None } else { self.tag(row, false) };
        self.meet(tag);
        let Ok(target) = self.count(row.id, bought, known.pin) else {
            let is_placed = known.segment.is_some() || found.first().is_some();
            self.tally.placed += u64::from(is_placed);
            return;
        };
        let why = self.why(row, bought, known, target, tag);
        let recheck = self.is_unexpected(found, known.expected(self.book.segments().len(), target));
        let why = why.or(recheck.then_some(Why::Drift));
        let difference = why.map(|why| Difference { recheck, ..Difference::new(why) });
        let mut way = Way::new(known.segment, found, target);
        if why == Some(Why::Remapped) && way.from == way.to {
            // The segment is the same, and its group is another: they leave the one they are in.
            way.from = Place::FormerGroup;
        }
        if row.email.is_none() && !known.is_trusted && self.options.tagger.is_some() {
            // Nobody can stand for them any more, so they lose what they have.
            way.to = Place::Outside;
        }
        self.conclude(row.id, way, bought, difference);
    }

    /// Why the customer differs from what was applied, if they do.
    #[inline]
    fn why(
        &self,
        row: &Row<'_>,
        bought: InBook,
        known: &Matched,
        target: Option<usize>,
        tag: Option<AddressTag>,
    ) -> Option<Why> {
        if known.segment != target {
            return Some(match (known.segment, target) {
                (None, _) => Why::Entered,
                (_, None) => Why::Left,
                _ => Why::Moved,
            });
        }
        if !known.in_place {
            return Some(Why::Remapped);
        }
        if known.shown != Some(bought) {
            return Some(Why::Totals);
        }
        let is_compared = !known.is_trusted && self.options.tagger.is_some();
        (is_compared && self.has_other_address(row, known.place, tag)).then_some(Why::Address)
    }

    fn has_other_address(&self, row: &Row<'_>, place: usize, tag: Option<AddressTag>) -> bool {
        match row.email {
            Email::Missing => false,
            Email::None => true,
            Email::Plain(_) | Email::Address(_) => {
                let tag = tag.or_else(|| self.tag(row, true));
                tag.is_some() && tag != self.known.address(place)
            }
        }
    }
}

impl Matched {
    /// The groups that the user should be found in, by what was applied. If other groups are noted than
    /// the segment's, or not for certain, only the target says what is right.
    fn expected(&self, segments: usize, target: Option<usize>) -> Groups {
        match self.segment {
            _ if !self.in_place => Groups::of(target),
            Some(place) if place >= segments => Groups::FORMER,
            place => Groups::of(place),
        }
    }
}
