//! What a valid book leaves out, and which of its rules can never win.

mod finding;
mod grid;

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range as Span;

pub use finding::{Finding, Severity};
use grid::Grid;
use rust_decimal::Decimal;

use crate::{Range, RuleBook, Segment, SegmentName};

/// Everything there is to say about a book: exact for every customer in the book's currency, not
/// sampled. Prints as one line for each finding, warnings first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Analysis {
    findings: Vec<Finding>,
}

impl Analysis {
    /// Analyses a book.
    ///
    /// The bounds of all ranges cut spend × orders into cells within which every customer is decided
    /// alike. Segments take their cells in order of priority; what a segment finds taken, or nobody
    /// takes, is a finding.
    pub fn of(book: &RuleBook) -> Self {
        let mut cover = Cover::of(book);
        let mut findings = Vec::new();
        for (segment, number) in book.segments().iter().zip(0..) {
            findings.extend(cover.judge(segment));
            cover.take(segment, number);
        }
        findings.extend(cover.gaps());
        findings.sort_by_key(Finding::severity);
        Self { findings }
    }

    /// All findings: warnings first, then in the order of the book, then the gaps by orders and spend.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Whether there is no warning. Gaps and redundant ranges are no reason for one.
    pub fn is_clean(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity() == Severity::Note)
    }
}

impl fmt::Display for Analysis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.findings.is_empty() {
            return f.write_str("every customer has a segment, and every range can match");
        }
        for (index, finding) in self.findings.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{}: {finding}", finding.severity())?;
        }
        Ok(())
    }
}

/// The lower edges of all cells in orders and in spend, and the number of the segment that has each
/// cell, row by row of orders.
pub(crate) fn owners(book: &RuleBook) -> (Vec<u64>, Vec<Decimal>, Vec<Option<u8>>) {
    let mut cover = Cover::of(book);
    for (segment, number) in book.segments().iter().zip(0..) {
        cover.take(segment, number);
    }
    let (orders, spend) = cover.grid.into_edges();
    (orders, spend, cover.owners)
}

/// Which segment has taken which cell, as far as the book has been gone through.
struct Cover<'book> {
    book: &'book RuleBook,
    grid: Grid,
    /// For each cell, the number of its segment.
    owners: Vec<Option<u8>>,
}

impl<'book> Cover<'book> {
    fn of(book: &'book RuleBook) -> Self {
        let grid = Grid::of(book);
        let owners = vec![None; grid.len()];
        Self { book, grid, owners }
    }

    fn take(&mut self, segment: &Segment, number: u8) {
        for cells in segment.when().iter().flat_map(|range| self.grid.cells(range)) {
            for owner in &mut self.owners[cells] {
                owner.get_or_insert(number);
            }
        }
    }

    fn is_taken(&self, range: &Range) -> bool {
        self.grid.cells(range).all(|cells| self.owners[cells].iter().all(Option::is_some))
    }

    /// What is wrong with a segment, given what those above it have taken.
    fn judge(&self, segment: &Segment) -> Vec<Finding> {
        let name = segment.name();
        if segment.when().iter().all(|range| self.is_taken(range)) {
            let by = self.takers(segment.when());
            return vec![Finding::ShadowedSegment { segment: name.clone(), by }];
        }
        let redundant = self.redundant(segment);
        let findings = segment.when().iter().enumerate().map(|(index, range)| {
            let (segment, range) = (name.clone(), *range);
            if self.is_taken(&range) {
                let by = self.takers(&[range]);
                Some(Finding::UnreachableRange { segment, index, range, by })
            } else if redundant.contains(&index) {
                Some(Finding::RedundantRange { segment, index, range })
            } else {
                None
            }
        });
        findings.flatten().collect()
    }

    /// The ranges that the segments above and the other ranges of the segment leave nothing to.
    /// Asked from the last, so that of two equal ranges the later one is named.
    fn redundant(&self, segment: &Segment) -> BTreeSet<usize> {
        let mut ranges_on = vec![0_u8; self.grid.len()];
        for cells in segment.when().iter().flat_map(|range| self.grid.cells(range)) {
            ranges_on[cells].iter_mut().for_each(|count| *count += 1);
        }
        let mut redundant = BTreeSet::new();
        for (index, range) in segment.when().iter().enumerate().rev() {
            let is_covered = |cells: Span<usize>| {
                let mut owners = self.owners[cells.clone()].iter().zip(&ranges_on[cells]);
                owners.all(|(owner, count)| owner.is_some() || *count > 1)
            };
            if self.grid.cells(range).all(is_covered) {
                for cells in self.grid.cells(range) {
                    ranges_on[cells].iter_mut().for_each(|count| *count -= 1);
                }
                redundant.insert(index);
            }
        }
        redundant
    }

    /// Who has taken what the ranges ask for, by priority.
    fn takers(&self, ranges: &[Range]) -> Vec<SegmentName> {
        let segments = self.book.segments();
        let mut has_taken = vec![false; segments.len()];
        for cells in ranges.iter().flat_map(|range| self.grid.cells(range)) {
            for owner in self.owners[cells].iter().flatten() {
                has_taken[usize::from(*owner)] = true;
            }
        }
        let takers = segments.iter().zip(has_taken).filter(|(_, has_taken)| *has_taken);
        takers.map(|(segment, _)| segment.name().clone()).collect()
    }

    fn gaps(&self) -> impl Iterator<Item = Finding> {
        let free = self.grid.merged(|cell| self.owners[cell].is_none());
        free.into_iter().map(|gap| Finding::Gap(self.grid.range(&gap, self.book.currency())))
    }
}
