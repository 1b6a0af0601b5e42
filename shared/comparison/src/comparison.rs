//! The comparison: chunks go in, findings come out.

use std::collections::BTreeMap;

use memchr::memchr;
use rules::{Cohort, CustomerId, DecisionTable, RuleBook, SegmentName, UserId};

use crate::bits::{Bits, Ids};
use crate::differing::Differences;
use crate::figures::{Bad, BadLine, Counted, Figures, Histogram, Movements, SegmentFigures, Sum};
use crate::row::{Fast, PADDING, Refused, read, readable_id};
use crate::{Known, OktaRead, Tagger};

/// The longest line, in bytes without the newline. A longer one is bad.
pub const MAX_LINE: usize = 1 << 20;

/// How much of a line that is too long is kept, to see whose it is.
const KEPT: usize = 4096;

/// What a comparison takes into account besides the book and what is known.
#[derive(Clone, Copy, Default)]
pub struct Options<'a> {
    /// What was read of Okta, by the same book.
    pub okta: Option<&'a OktaRead>,
    /// Makes the tags of addresses. Without one, addresses are not compared, and whoever has none
    /// differs like everybody else.
    pub tagger: Option<&'a dyn Tagger>,
    /// Which fields every line has to have.
    pub fields: Fields,
}

/// Which fields every line has to have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Fields {
    /// All that a full run exports: `id`, `defaultEmailAddress`, `numberOfOrders`, `amountSpent`,
    /// `updatedAt`. Only the address may be null.
    #[default]
    All,
    /// `id`, `numberOfOrders` and `amountSpent`. What else is there counts; without a moment of the
    /// last change a line is taken for later than what is known.
    Totals,
}

/// Compares an export with what is known, line by line.
pub struct Comparison<'a> {
    pub(crate) book: &'a RuleBook,
    pub(crate) table: DecisionTable,
    pub(crate) known: &'a Known,
    pub(crate) options: Options<'a>,
    /// The names of the book's segments, then other names that are known.
    pub(crate) names: Vec<SegmentName>,
    /// For each number of a name in `known`, its place in `names`.
    pub(crate) places: Vec<usize>,
    fast: Fast,
    /// The beginning of a line whose end has not come yet.
    pending: Vec<u8>,
    /// How long the pending line is, as far as it has come.
    pending_length: usize,
    /// Newlines so far.
    newlines: u64,
    pub(crate) cursor: usize,
    /// Places in `known` of those with a line.
    pub(crate) seen: Bits,
    /// Places in `known` of those with a bad line.
    spared: Bits,
    /// Those with a line of whom nothing is known.
    pub(crate) others: Ids,
    /// Places in the read of Okta of users who belong to customers.
    pub(crate) owned: Bits,
    /// Whether anybody was found in a managed group.
    pub(crate) has_members: bool,
    pub(crate) tally: Tally<'a>,
}

/// What was counted so far.
pub(crate) struct Tally<'a> {
    pub(crate) lines: u64,
    pub(crate) customers: u64,
    pub(crate) unchanged: u64,
    pub(crate) tombstones: u64,
    pub(crate) bad: BTreeMap<Bad, Counted<BadLine>>,
    pub(crate) duplicates: Counted<CustomerId>,
    pub(crate) other_currency: Counted<CustomerId>,
    pub(crate) no_email: Counted<CustomerId>,
    pub(crate) unmatched: u64,
    pub(crate) pinned: u64,
    pub(crate) pins_unknown: Counted<CustomerId>,
    /// One for each segment of the book, and the last for those outside.
    pub(crate) sums: Vec<Sum>,
    pub(crate) unsummed: u64,
    pub(crate) histogram: Histogram,
    pub(crate) movements: Movements,
    pub(crate) placed: u64,
    pub(crate) moved: u64,
    pub(crate) differences: Differences<'a>,
    pub(crate) passed_over: Vec<PassedOver>,
}

/// What a comparison found.
#[derive(Debug)]
pub struct Findings<'okta> {
    /// The figures.
    pub figures: Figures,
    /// Who differs.
    pub differences: Differences<'okta>,
    /// Known customers who could not be judged: their line cannot be read, their money is in another
    /// currency, or they are not in the export and may have come after it.
    pub passed_over: Vec<PassedOver>,
}

/// A known customer who could not be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PassedOver {
    /// Who.
    pub id: CustomerId,
    /// Whether Okta was found to hold other groups than were applied, or a user who bears the address by
    /// which nobody had been found: if they could be judged, they would differ.
    pub is_news: bool,
}

impl<'a> Comparison<'a> {
    /// Begins a comparison by this book.
    pub fn new(book: &'a RuleBook, known: &'a Known, options: Options<'a>) -> Self {
        let mut names: Vec<_> = book.segments().iter().map(|s| s.name().clone()).collect();
        let place = |name: &SegmentName| {
            names.iter().position(|other| other == name).unwrap_or_else(|| {
                names.push(name.clone());
                names.len() - 1
            })
        };
        let places = known.names().iter().map(place).collect();
        Self {
            book,
            table: book.table(),
            known,
            options,
            names,
            places,
            fast: Fast::new(book.currency(), options.fields),
            pending: Vec::new(),
            pending_length: 0,
            newlines: 0,
            cursor: 0,
            seen: Bits::with_room(known.len()),
            spared: Bits::with_room(known.len()),
            others: Ids::default(),
            owned: Bits::with_room(options.okta.map_or(0, OktaRead::len)),
            has_members: options.okta.is_some_and(|okta| okta.members().next().is_some()),
            tally: Tally::new(book.segments().len(), options.okta),
        }
    }

    /// Takes the next bytes of the export, however it was cut.
    pub fn feed(&mut self, chunk: &[u8]) {
        let mut rest = chunk;
        if self.pending_length > 0 {
            let Some(end) = memchr(b'\n', rest) else { return self.suspend(rest) };
            self.suspend(&rest[..end]);
            self.resume();
            rest = &rest[end + 1..];
        }
        loop {
            if let Some((row, used)) = self.fast.row(rest)
                && used <= MAX_LINE
            {
                self.newlines += 1;
                self.tally.lines += 1;
                self.take(&row);
                rest = &rest[used..];
                continue;
            }
            let Some(end) = memchr(b'\n', rest) else { return self.suspend(rest) };
            self.line(&rest[..end]);
            rest = &rest[end + 1..];
        }
    }

    /// Keeps the bytes of a line whose end has not come yet.
    fn suspend(&mut self, bytes: &[u8]) {
        self.pending_length = self.pending_length.saturating_add(bytes.len());
        let room = if self.pending_length > MAX_LINE { KEPT } else { MAX_LINE };
        let room = room.saturating_sub(self.pending.len());
        self.pending.extend(&bytes[..bytes.len().min(room)]);
    }

    /// The pending line is whole.
    fn resume(&mut self) {
        let mut line = std::mem::take(&mut self.pending);
        let length = std::mem::take(&mut self.pending_length);
        if length > MAX_LINE {
            self.too_long(&line);
        } else {
            self.line(&line);
        }
        line.clear();
        self.pending = line;
    }

    /// Takes a line that is too long, of which the beginning is enough.
    fn too_long(&mut self, line: &[u8]) {
        self.newlines += 1;
        self.tally.lines += 1;
        self.refuse(&line[..line.len().min(KEPT)], Bad::TooLong, None);
    }

    /// Takes a whole line, without its newline.
    fn line(&mut self, line: &[u8]) {
        if line.len() > MAX_LINE {
            return self.too_long(line);
        }
        self.newlines += 1;
        if line.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        self.tally.lines += 1;
        let mut padded = Vec::with_capacity(line.len() + 1 + PADDING);
        padded.extend(line);
        padded.push(b'\n');
        padded.resize(line.len() + 1 + PADDING, 0);
        if let Some((row, _)) = self.fast.row(&padded) {
            return self.take(&row);
        }
        match read(line, self.book.currency(), self.options.fields) {
            Ok(row) => self.take(&row),
            Err(Refused { bad, id }) => self.refuse(line, bad, id),
        }
    }

    /// Counts a bad line. Its customer is not gone, whatever the line was meant to say.
    fn refuse(&mut self, line: &[u8], bad: Bad, id: Option<CustomerId>) {
        let id = id.or_else(|| readable_id(line));
        if let Some(place) = id.and_then(|id| self.known.find(id.get(), &mut self.cursor)) {
            self.spared.insert(place);
        }
        let example = id.map_or(BadLine::Line(self.newlines), BadLine::Customer);
        self.tally.bad.entry(bad).or_default().add(example);
    }

    /// The export has ended: says what was found.
    pub fn finish(mut self) -> Findings<'a> {
        if self.pending_length > 0 {
            self.resume();
        }
        for place in 0..self.known.len() {
            if !self.seen.contains(place) {
                self.judge_absent(place, self.spared.contains(place));
            }
        }
        let strangers = self.strangers();
        self.tally.finish(&self.names, strangers)
    }

    /// Members of managed groups who are nobody's user.
    fn strangers(&self) -> Counted<UserId> {
        let mut strangers = Counted::default();
        let Some(okta) = self.options.okta else { return strangers };
        for member in okta.members() {
            let place = usize::try_from(member.0);
            if !place.is_ok_and(|place| self.owned.contains(place))
                && let Some(id) = okta.id(member)
            {
                strangers.add(id);
            }
        }
        strangers
    }
}

impl<'a> Tally<'a> {
    fn new(segments: usize, okta: Option<&'a OktaRead>) -> Self {
        Self {
            lines: 0,
            customers: 0,
            unchanged: 0,
            tombstones: 0,
            bad: BTreeMap::new(),
            duplicates: Counted::default(),
            other_currency: Counted::default(),
            no_email: Counted::default(),
            unmatched: 0,
            pinned: 0,
            pins_unknown: Counted::default(),
            sums: vec![Sum::default(); segments + 1],
            unsummed: 0,
            histogram: Histogram::default(),
            movements: Movements::default(),
            placed: 0,
            moved: 0,
            differences: Differences::new(okta),
            passed_over: Vec::new(),
        }
    }

    fn finish(mut self, names: &[SegmentName], strangers: Counted<UserId>) -> Findings<'a> {
        self.differences.arrange();
        let mut cohorts: Vec<Cohort> = Vec::with_capacity(self.sums.len());
        for sum in &self.sums {
            let (cohort, left_out) = sum.cohort();
            self.unsummed += left_out;
            cohorts.push(cohort);
        }
        let outside = cohorts.pop().unwrap_or_default();
        let segments = names.iter().zip(cohorts);
        let segments =
            segments.map(|(segment, cohort)| SegmentFigures { segment: segment.clone(), cohort });
        let figures = Figures {
            lines: self.lines,
            customers: self.customers,
            unchanged: self.unchanged,
            differing: self.differences.by_reason(),
            users_found: self.differences.users_found(),
            bad: self.bad,
            duplicates: self.duplicates,
            other_currency: self.other_currency,
            no_email: self.no_email,
            unmatched: self.unmatched,
            tombstones: self.tombstones,
            strangers,
            pinned: self.pinned,
            pins_unknown: self.pins_unknown,
            unsummed: self.unsummed,
            segments: segments.collect(),
            outside,
            histogram: self.histogram,
            movements: self.movements.into_list(names),
            placed: self.placed,
            moved: self.moved,
        };
        Findings { figures, differences: self.differences, passed_over: self.passed_over }
    }
}
