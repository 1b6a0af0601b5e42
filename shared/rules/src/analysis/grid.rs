//! Spend × orders, cut into cells by every bound of a book.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range as Span;

use rust_decimal::Decimal;

use crate::book::Bounds;
use crate::{Currency, Range, RuleBook, Segment};

/// The lower edges of the cells on both axes. Each cell reaches to the next edge, the last without
/// end. Cells are numbered row by row; a row is a span of orders.
pub(super) struct Grid {
    orders: Vec<u64>,
    spend: Vec<Decimal>,
}

/// Cells next to each other, as spans of rows and columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rectangle {
    rows: Span<usize>,
    columns: Span<usize>,
}

impl Grid {
    pub(super) fn of(book: &RuleBook) -> Self {
        let mut orders = vec![0];
        let mut spend = vec![Decimal::ZERO];
        for range in book.segments().iter().flat_map(Segment::when) {
            let bounds = range.bounds();
            orders.extend(bounds.orders_at_least);
            orders.extend(bounds.orders_at_most.map(|most| most + 1));
            spend.extend(bounds.spend_at_least);
            spend.extend(bounds.spend_below);
        }
        orders.sort_unstable();
        orders.dedup();
        spend.sort_unstable();
        spend.dedup();
        Self { orders, spend }
    }

    /// How many cells there are.
    pub(super) fn len(&self) -> usize {
        self.orders.len() * self.spend.len()
    }

    /// The lower edges of the cells, in orders and in spend.
    pub(super) fn into_edges(self) -> (Vec<u64>, Vec<Decimal>) {
        (self.orders, self.spend)
    }

    /// The numbers of the cells of a range of the book, one span for each row.
    pub(super) fn cells(&self, range: &Range) -> impl Iterator<Item = Span<usize>> + use<> {
        let bounds = range.bounds();
        let after = bounds.orders_at_most.map(|most| most + 1);
        let rows = span(&self.orders, bounds.orders_at_least, after);
        let columns = span(&self.spend, bounds.spend_at_least, bounds.spend_below);
        let width = self.spend.len();
        rows.map(move |row| row * width + columns.start..row * width + columns.end)
    }

    /// A rectangle as a range. Bounds that say nothing are left out.
    pub(super) fn range(&self, rectangle: &Rectangle, currency: Currency) -> Range {
        let Rectangle { rows, columns } = rectangle;
        Bounds {
            orders_at_least: Some(self.orders[rows.start]).filter(|least| *least > 0),
            orders_at_most: self.orders.get(rows.end).map(|after| after - 1),
            spend_at_least: Some(self.spend[columns.start]).filter(|least| !least.is_zero()),
            spend_below: self.spend.get(columns.end).copied(),
        }
        .in_currency(currency)
    }

    /// The cells that are wanted, as rectangles that do not overlap. Made of whole rows or of whole
    /// columns, whichever takes fewer.
    pub(super) fn merged(&self, wanted: impl Fn(usize) -> bool) -> Vec<Rectangle> {
        let (height, width) = (self.orders.len(), self.spend.len());
        let by_rows = blocks(height, width, |row, column| wanted(row * width + column));
        let by_columns = blocks(width, height, |column, row| wanted(row * width + column));
        let mut rectangles: Vec<Rectangle> = if by_columns.len() < by_rows.len() {
            by_columns.into_iter().map(|(columns, rows)| Rectangle { rows, columns }).collect()
        } else {
            by_rows.into_iter().map(|(rows, columns)| Rectangle { rows, columns }).collect()
        };
        rectangles.sort_by_key(|rectangle| (rectangle.rows.start, rectangle.columns.start));
        rectangles
    }
}

/// From the edge that is the lower bound to the edge that is the upper one. Every bound of the book
/// is an edge.
fn span<T: Ord>(edges: &[T], from: Option<T>, to: Option<T>) -> Span<usize> {
    let place = |bound: T| edges.partition_point(|edge| *edge < bound);
    from.map_or(0, place)..to.map_or(edges.len(), place)
}

/// A span of lines, and within each of them a span of places.
type Block = (Span<usize>, Span<usize>);

/// Joins what is wanted along each line, then equal spans of lines that follow each other.
fn blocks(lines: usize, length: usize, wanted: impl Fn(usize, usize) -> bool) -> Vec<Block> {
    let mut done = Vec::new();
    // Spans that reach the line before, with the line they began on.
    let mut open: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    // One line beyond the last, where nothing is wanted, ends them all.
    for line in 0..=lines {
        let spans = spans(length, |place| line < lines && wanted(line, place));
        open.retain(|span, first| {
            let goes_on = spans.contains(span);
            if !goes_on {
                done.push((*first..line, span.0..span.1));
            }
            goes_on
        });
        for span in spans {
            open.entry(span).or_insert(line);
        }
    }
    done
}

/// The longest spans of wanted places, as their first place and the one after their last.
fn spans(length: usize, wanted: impl Fn(usize) -> bool) -> BTreeSet<(usize, usize)> {
    let mut spans = BTreeSet::new();
    let mut first = None;
    // One place beyond the last, which nobody wants, ends a span that reaches it.
    for place in 0..=length {
        if place < length && wanted(place) {
            first.get_or_insert(place);
        } else if let Some(first) = first.take() {
            spans.insert((first, place));
        }
    }
    spans
}
