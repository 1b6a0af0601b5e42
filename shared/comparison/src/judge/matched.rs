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

/// The address of a matched customer, beside the one they were matched by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Address {
    /// The same, or nothing is said of it, or what is known is newer.
    Same,
    /// Another.
    Other(AddressTag),
    /// There is none any more.
    None,
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
            self.pass_over(row.id, known.is_news(self, found));
            let is_placed = known.segment.is_some() || found.first().is_some();
            self.tally.placed += u64::from(is_placed);
            return;
        };
        let address = self.address_of_match(row, known, tag);
        let why = known.why(bought, target, address);
        let recheck = self.is_unexpected(found, known.expected(self.book.segments().len(), target));
        let why = why.or(recheck.then_some(Why::Drift));
        let difference = why.map(|why| Difference { recheck, ..Difference::new(why) });
        let mut way = Way::new(known.segment, found, target);
        if why == Some(Why::Remapped) && way.from == way.to {
            // The segment is the same, and its group is another: they leave the one they are in.
            way.from = Place::FormerGroup;
        }
        let is_let_go = match address {
            Address::Same => false,
            Address::Other(tag) => !self.is_borne_by_match(known.place, tag),
            Address::None => true,
        };
        if is_let_go {
            // Their user does not stand for them any more, and loses what it has.
            way.to = Place::Outside;
        }
        self.conclude(row.id, way, bought, difference);
    }

    /// What the line says of the address the customer was matched by.
    #[inline]
    fn address_of_match(&self, row: &Row<'_>, known: &Matched, tag: Option<AddressTag>) -> Address {
        if known.is_trusted || self.options.tagger.is_none() {
            return Address::Same;
        }
        match row.email {
            Email::Missing => Address::Same,
            Email::None => Address::None,
            Email::Plain(_) | Email::Address(_) => {
                let tag = tag.or_else(|| self.tag(row, true));
                let other = tag.filter(|_| tag != self.known.address(known.place));
                other.map_or(Address::Same, Address::Other)
            }
        }
    }
}

impl Matched {
    /// Why the customer differs from what was applied, if they do.
    #[inline]
    fn why(&self, bought: InBook, target: Option<usize>, address: Address) -> Option<Why> {
        if self.segment != target {
            return Some(match (self.segment, target) {
                (None, _) => Why::Entered,
                (_, None) => Why::Left,
                _ => Why::Moved,
            });
        }
        if !self.in_place {
            return Some(Why::Remapped);
        }
        // Figures in another currency are not compared, and may be others than those that are shown.
        if self.shown != Some(bought) || bought.is_none() {
            return Some(Why::Totals);
        }
        (address != Address::Same).then_some(Why::Address)
    }

    /// Whether the user was found in other groups than the segment's, while nobody can say which they
    /// should be in now.
    pub(super) fn is_news(&self, comparison: &Comparison<'_>, found: Groups) -> bool {
        let segments = comparison.book.segments().len();
        self.in_place && comparison.is_unexpected(found, self.expected(segments, None))
    }

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
