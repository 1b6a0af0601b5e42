//! Spend × orders, cut into cells by every bound of a book.

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
    let mut open: Vec<Block> = Vec::new();
    for line in 0..lines {
        let spans = spans(length, |place| wanted(line, place));
        let (continued, ended): (Vec<Block>, Vec<Block>) =
            open.into_iter().partition(|(_, span)| spans.contains(span));
        done.extend(ended);
        let begun = spans
            .iter()
            .filter(|span| continued.iter().all(|(_, open)| open != *span))
            .map(|span| (line..line, span.clone()));
        open = continued.iter().cloned().chain(begun).collect();
        for (lines, _) in &mut open {
            lines.end = line + 1;
        }
    }
    done.extend(open);
    done
}

/// The longest spans of wanted places.
fn spans(length: usize, wanted: impl Fn(usize) -> bool) -> Vec<Span<usize>> {
    let mut spans: Vec<Span<usize>> = Vec::new();
    for place in (0..length).filter(|place| wanted(*place)) {
        match spans.last_mut() {
            Some(last) if last.end == place => last.end += 1,
            _ => spans.push(place..place + 1),
        }
    }
    spans
}
