//! What a customer is by the export, beside what is known of them.

mod matched;
mod okta;

use rules::CustomerId;

use crate::amount::Bought;
use crate::comparison::Comparison;
use crate::figures::Place;
use crate::known::{InBook, Kind, KnownPin, SegmentRef, View};
use crate::moment::Moment;
use crate::okta_read::{Group, Groups, UserPlace};
use crate::row::Row;
use crate::{PassedOver, Why};
use matched::Matched;

/// Why a customer differs, and what goes with it.
#[derive(Debug, Clone, Copy)]
struct Difference {
    why: Why,
    recheck: bool,
    user: Option<UserPlace>,
}

impl Difference {
    fn new(why: Why) -> Self {
        Self { why, recheck: false, user: None }
    }
}

/// What a person decided for a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pin {
    /// Nothing: the rules decide.
    None,
    /// Where the customer belongs, by the place of a segment in the book; none for no segment.
    To(Option<usize>),
    /// For a segment that the book does not have: the rules decide.
    Unknown,
}

/// What is known of a customer for whom nobody was found.
#[derive(Debug, Clone, Copy)]
struct Unmatched {
    /// In what is known.
    place: usize,
    retry: bool,
    /// Whether what is known was read after the export.
    is_trusted: bool,
    pin: Pin,
}

/// Figures in another currency than the book's: comparing would be a guess.
#[derive(Debug, Clone, Copy)]
struct OtherCurrency;

/// Where a customer stands now, and where they belong.
#[derive(Debug, Clone, Copy)]
struct Way {
    from: Place,
    to: Place,
}

impl Way {
    /// By the segment applied and the groups found: a group other than the target tells more than the
    /// target's own, since it would have to be left.
    fn new(applied: Option<usize>, found: Groups, target: Option<usize>) -> Self {
        let segment = |place: usize| Place::Segment(place);
        let group = |group: Group| match group {
            Group::OfSegment(place) => Place::Segment(place),
            Group::Former => Place::FormerGroup,
        };
        let applied_elsewhere = applied.filter(|_| applied != target).map(segment);
        let from = applied_elsewhere
            .or_else(|| found.without(Groups::of(target)).first().map(group))
            .or_else(|| applied.map(segment))
            .or_else(|| found.first().map(group));
        Self { from: from.unwrap_or(Place::Outside), to: target.map_or(Place::Outside, segment) }
    }
}

impl Comparison<'_> {
    /// Takes a customer of the export.
    #[inline]
    pub(crate) fn take(&mut self, row: &Row<'_>) {
        let place = self.known.find(row.id, &mut self.cursor);
        let is_first = match place {
            Some(place) => self.seen.insert(place),
            None => self.others.insert(row.id),
        };
        if !is_first {
            self.tally.duplicates.add(CustomerId::new(row.id));
            return;
        }
        self.tally.customers += 1;
        let view = place.and_then(|place| self.known.view(place, self.book.currency()));
        match (place, view) {
            (Some(place), Some(view)) => self.judge_known(row, place, &view),
            _ => self.judge_unlooked(row, Why::New, row.bought, Pin::None),
        }
    }

    #[inline]
    fn judge_known(&mut self, row: &Row<'_>, place: usize, view: &View) {
        let is_covered = |moment: Moment| row.updated.is_some_and(|updated| moment >= updated);
        let trusted = view.read.filter(|(moment, _)| is_covered(*moment));
        // Figures may catch up with orders without another mark. At equal marks the later read counts.
        let is_later =
            |moment: Moment| !view.before || row.updated.is_none_or(|updated| moment > updated);
        let newer = trusted.filter(|(moment, _)| is_later(*moment));
        let bought = newer.map_or(row.bought, |(_, bought)| bought);
        let is_trusted = trusted.is_some();
        let pin = if view.pinned { self.pin(row.id) } else { Pin::None };
        match view.kind {
            Kind::Matched { segment, in_place, shown } => {
                let segment = self.place_of_name(segment);
                let matched = Matched { place, segment, in_place, shown, is_trusted, pin };
                self.judge_matched(row, bought, &matched);
            }
            Kind::Unmatched { looked: true, retry } => {
                let unmatched = Unmatched { place, retry, is_trusted, pin };
                self.judge_unmatched(row, bought, &unmatched);
            }
            Kind::Unmatched { looked: false, .. } => {
                self.judge_unlooked(row, Why::New, bought, pin);
            }
            Kind::Tombstone { seen } if is_covered(seen) => {
                self.tally.tombstones += 1;
                self.tally.unchanged += 1;
                self.meet_line(row, false);
            }
            Kind::Tombstone { .. } => {
                self.judge_unlooked(row, Why::Returned, row.bought, Pin::None);
            }
        }
    }

    fn place_of_name(&self, segment: Option<u16>) -> Option<usize> {
        segment.and_then(|number| self.places.get(usize::from(number)).copied())
    }

    /// A customer for whom nobody has been looked for, or not since they came back.
    fn judge_unlooked(&mut self, row: &Row<'_>, why: Why, bought: InBook, pin: Pin) {
        if row.email.is_none() {
            self.tally.no_email.add(CustomerId::new(row.id));
        }
        let target = self.count(row.id, bought, pin);
        let differs = matches!(target, Ok(Some(_))) && !self.holds_back(row.email.is_none());
        let met = self.meet_line(row, differs);
        let Ok(target) = target else { return };
        if differs {
            // Several who bear the address: the worker has to look for itself.
            let recheck = met.is_borne && met.user.is_none();
            let difference = Difference { why, recheck, user: met.user };
            self.conclude(row.id, Way::new(None, met.groups, target), bought, Some(difference));
        } else {
            self.tally.unmatched += u64::from(target.is_some());
            self.tally.unchanged += 1;
        }
    }

    /// A customer for whom nobody was found.
    fn judge_unmatched(
        &mut self,
        row: &Row<'_>,
        bought: InBook,
        &Unmatched { place, retry, is_trusted, pin }: &Unmatched,
    ) {
        let sought = self.known.address(place);
        let has_none = if is_trusted { sought.is_none() } else { row.email.is_none() };
        if has_none {
            self.tally.no_email.add(CustomerId::new(row.id));
        }
        let target = self.count(row.id, bought, pin);
        let is_asked = matches!(target, Ok(Some(_))) && !self.holds_back(has_none);
        let is_sought_theirs = is_trusted && sought.is_some() || self.options.tagger.is_none();
        let tag = if is_sought_theirs { sought } else { self.tag(row, is_asked) };
        let met = self.meet(tag);
        let Ok(target) = target else { return self.pass_over(row.id, met.is_borne) };
        let why = if !is_asked {
            None
        } else if !is_trusted && tag != sought {
            Some(Why::Address)
        } else if retry {
            Some(Why::Retry)
        } else {
            met.is_borne.then_some(Why::Found)
        };
        self.tally.unmatched += u64::from(why.is_none() && target.is_some());
        let difference = why.map(|why| Difference { user: met.user, ..Difference::new(why) });
        let found = difference.map_or(Groups::NONE, |_| met.groups);
        let target = target.filter(|_| difference.is_some());
        self.conclude(row.id, Way::new(None, found, target), bought, difference);
    }

    /// Whether nobody can be looked for. Where addresses are not compared, nobody minds.
    fn holds_back(&self, has_no_address: bool) -> bool {
        has_no_address && self.options.tagger.is_some()
    }

    /// Counts a customer's figures and says which segment they belong to, if any.
    #[inline]
    fn count(&mut self, id: u64, bought: InBook, pin: Pin) -> Result<Option<usize>, OtherCurrency> {
        let target = match pin {
            Pin::None => self.target(id, bought)?,
            Pin::To(target) => {
                self.tally.pinned += 1;
                target
            }
            Pin::Unknown => {
                self.tally.pins_unknown.add(CustomerId::new(id));
                self.target(id, bought)?
            }
        };
        let Some(bought) = bought else { return Ok(target) };
        let outside = self.book.segments().len();
        if let Some(sum) = self.tally.sums.get_mut(target.unwrap_or(outside))
            && !sum.add(bought)
        {
            self.tally.unsummed += 1;
        }
        self.tally.histogram.add(bought);
        Ok(target)
    }

    /// The segment that the rules put a customer into, if any.
    #[inline]
    fn target(&mut self, id: u64, bought: InBook) -> Result<Option<usize>, OtherCurrency> {
        let Some(bought) = bought else {
            self.tally.other_currency.add(CustomerId::new(id));
            return Err(OtherCurrency);
        };
        Ok(self.decide(bought))
    }

    /// What a person decided for a customer, by this book.
    #[cold]
    fn pin(&self, id: u64) -> Pin {
        let segments = self.book.segments().len();
        match self.known.pin(id) {
            None => Pin::None,
            Some(KnownPin::Outside) => Pin::To(None),
            Some(KnownPin::Segment(SegmentRef(number))) => {
                match self.place_of_name(Some(number)).filter(|place| *place < segments) {
                    None => Pin::Unknown,
                    place => Pin::To(place),
                }
            }
        }
    }

    /// Writes down how a customer of the export was judged.
    #[inline]
    fn conclude(&mut self, id: u64, way: Way, bought: InBook, difference: Option<Difference>) {
        if way.from != Place::Outside {
            self.tally.placed += 1;
        }
        match difference {
            None => self.tally.unchanged += 1,
            Some(difference) => self.differ(id, way, bought, difference),
        }
    }

    fn differ(&mut self, id: u64, way: Way, bought: InBook, difference: Difference) {
        let Difference { why, recheck, user } = difference;
        self.tally.differences.push(id, why, recheck, user);
        if way.from == way.to {
            return;
        }
        self.tally.movements.add(id, way.from, way.to, bought);
        if way.from != Place::Outside {
            self.tally.moved += 1;
        }
    }

    /// A known customer without a line that could be read. Who may have come after the export, or has a
    /// bad line, is not gone.
    pub(crate) fn judge_absent(&mut self, place: usize, is_spared: bool) {
        let Some(view) = self.known.view(place, self.book.currency()) else { return };
        let id = self.known.id(place).map_or(0, CustomerId::get);
        let (applied, found, is_news) = match view.kind {
            Kind::Tombstone { .. } => return,
            Kind::Matched { segment, in_place, shown } => {
                let segment = self.place_of_name(segment);
                let found = self.groups_of_match(place);
                let pin = Pin::None;
                let matched = Matched { place, segment, in_place, shown, is_trusted: false, pin };
                (segment, found, matched.is_news(self, found))
            }
            Kind::Unmatched { looked, .. } => {
                (None, Groups::NONE, looked && self.is_borne(self.known.address(place)))
            }
        };
        let way = Way { to: Place::Gone, ..Way::new(applied, found, None) };
        if way.from != Place::Outside {
            self.tally.placed += 1;
        }
        if view.before && !is_spared {
            let bought = view.read.and_then(|(_, bought)| bought);
            self.differ(id, way, bought, Difference::new(Why::Gone));
        } else {
            self.pass_over(id, is_news);
        }
    }

    /// Takes note of a known customer whom the export does not show so that they could be judged.
    fn pass_over(&mut self, id: u64, is_news: bool) {
        self.tally.passed_over.push(PassedOver { id: CustomerId::new(id), is_news });
    }

    /// The place in the book of the segment that these figures belong to.
    #[inline]
    fn decide(&self, bought: Bought) -> Option<usize> {
        match bought.spent {
            crate::amount::Amount::Small(spent) => self.table.segment(bought.orders, spent),
            crate::amount::Amount::Large(spent) => self.decide_large(bought.orders, spent),
        }
    }

    #[cold]
    fn decide_large(&self, orders: u64, spent: rust_decimal::Decimal) -> Option<usize> {
        let spent = rules::Money::new(spent, self.book.currency());
        match self.book.decide(&rules::Totals { orders, spent }) {
            rules::Decision::Segment { segment, .. } => {
                self.book.segments().iter().position(|other| other == segment)
            }
            _ => None,
        }
    }
}
