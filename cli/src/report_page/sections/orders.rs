//! The plane of spend × orders: who is where, and which segment has which part of it.

use maud::{Markup, html};
use rules::RuleBook;

use super::now::MANY;
use super::{nothing, section};
use crate::report_page::read::Told;
use crate::report_page::show::{
    Along, behind, brief, chart, colour, count, edge, keys, orders as in_words, span,
};
use crate::report_page::spread::Spread;
use crate::words;

/// Where the cells begin, in per cent of the chart.
const LEFT: u64 = 16;
/// The height of a row of cells.
const ROW: usize = 30;
/// Above the cells.
const TOP: usize = 4;
/// Below them, for the amounts.
const BELOW: usize = 74;
/// With more columns than this, numbers are small on small screens.
const ROOMY: usize = 12;
/// The counts from which circles are larger: about half a decimal power each.
const STEPS: [u64; 12] = [1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000];
/// The radii of circles, in pixels: of one customer, and the largest.
const RADII: (usize, usize) = (2, 13);

/// Customers by spend and orders, with the areas of the rules.
pub(in crate::report_page) fn orders(told: &Told, spread: Option<&Spread>) -> Markup {
    let content = match spread.zip(told.book.as_ref()) {
        Some((spread, accepted)) => shown(spread, &accepted.book),
        None => nothing("There is no rule book in use yet, so there are no areas to show."),
    };
    section("plane", "Spend and orders", &content)
}

fn shown(spread: &Spread, book: &RuleBook) -> Markup {
    html! {
        p {
            "Each circle stands for the customers with so many orders who spent so much; the larger, the \
             more. "
            @if spread.axes.are_marked {
                "Each area belongs to the segment with its number: the first whose rule matches. An area \
                 without colour belongs to none."
            } @else {
                "The rule book has more thresholds than can be told apart here, so no areas are shown."
            }
        }
        (legend(spread, book))
        (plane(spread, book))
        (behind("Customers by spend and orders", &table(spread, book)))
    }
}

/// What the numbers and the circles stand for. Of many segments it is there to be opened.
fn legend(spread: &Spread, book: &RuleBook) -> Markup {
    let keys = if spread.axes.are_marked { keys(book) } else { Vec::new() };
    let names = html! { ul class="legend" { @for key in &keys { li { (key) } } } };
    let most = largest(spread);
    let shown: Vec<u64> = STEPS.into_iter().step_by(2).filter(|step| *step <= most).collect();
    html! {
        @if keys.len() > MANY { (behind("The segments by number", &names)) } @else { (names) }
        ul class="legend" {
            @for customers in shown {
                li {
                    svg class="dot" width="28" height="28" aria-hidden="true" {
                        circle cx="14" cy="14" r=(radius(customers, most)) {}
                    }
                    (count(customers)) " or more"
                }
            }
        }
    }
}

fn largest(spread: &Spread) -> u64 {
    let cells = (0..spread.axes.orders.len())
        .flat_map(|orders| (0..spread.axes.spend.len()).map(move |spend| (orders, spend)));
    cells.map(|(orders, spend)| spread.cell(orders, spend).customers).max().unwrap_or(0)
}

/// How many of the steps a count has reached; more only for more than a million.
fn step(customers: u64) -> usize {
    STEPS.iter().filter(|step| **step <= customers).count()
}

/// Evenly from the smallest to the largest by the steps, in pixels.
fn radius(customers: u64, most: u64) -> usize {
    let (least, largest) = RADII;
    let steps = step(most).saturating_sub(1).max(1);
    let above = step(customers).saturating_sub(1) * (largest - least) / steps.max(4);
    (least + above).min(largest)
}

/// Where things are on the chart.
struct Plane<'s> {
    spread: &'s Spread,
    columns: usize,
    rows: usize,
}

impl Plane<'_> {
    /// The left edge of a column.
    fn x(&self, column: usize) -> Along {
        Along::percent(LEFT).plus(part(column, self.columns).of(100 - LEFT))
    }

    /// The middle of a column.
    fn middle(&self, column: usize) -> Along {
        Along::percent(LEFT).plus(part(2 * column + 1, 2 * self.columns).of(100 - LEFT))
    }

    /// The upper edge of a row: the more orders, the higher.
    fn y(&self, row: usize) -> usize {
        TOP + (self.rows - 1 - row) * ROW
    }

    fn width(&self, from: usize, to: usize) -> Along {
        self.x(to).minus(self.x(from))
    }

    /// The columns of a row that belong together: from, to, and to whom.
    fn stretches(&self, row: usize) -> Vec<(usize, usize, Option<usize>)> {
        let mut stretches: Vec<(usize, usize, Option<usize>)> = Vec::new();
        for column in 0..self.columns {
            let owner = self.spread.owner(row, column);
            match stretches.last_mut() {
                Some((_, to, last)) if *last == owner => *to = column + 1,
                _ => stretches.push((column, column + 1, owner)),
            }
        }
        stretches
    }
}

fn part(of: usize, whole: usize) -> Along {
    let wide = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    Along::part(wide(of), wide(whole))
}

fn plane(spread: &Spread, book: &RuleBook) -> Markup {
    let (columns, rows) = (spread.axes.spend.len(), spread.axes.orders.len());
    let plane = Plane { spread, columns, rows };
    let content = html! {
        (areas(&plane))
        (borders(&plane))
        (circles(&plane))
        (numbers(&plane, book))
        (axes(&plane, book))
    };
    let title = format!("Customers by spend in {} and by number of orders", book.currency());
    let all = spread.all().customers;
    let told = format!(
        "{} customers in {columns} steps of spend and {rows} of orders; the table below has each figure",
        words::count(all)
    );
    chart("plane-chart", TOP + rows * ROW + BELOW, &title, &told, &content)
}

fn areas(plane: &Plane<'_>) -> Markup {
    html! {
        @for row in 0..plane.rows {
            @for (from, to, owner) in plane.stretches(row) {
                @if let Some(owner) = owner {
                    rect class={ "area " (colour(owner)) } x=(plane.x(from)) y=(plane.y(row))
                        width=(plane.width(from, to)) height=(ROW) {}
                }
            }
        }
    }
}

/// A line wherever one segment's area ends.
fn borders(plane: &Plane<'_>) -> Markup {
    let upright = |row: usize| {
        let ends = plane.stretches(row).into_iter().map(|(_, to, _)| to);
        ends.filter(|to| *to < plane.columns).collect::<Vec<_>>()
    };
    let level = |row: usize| {
        let differs = |column: &usize| {
            plane.spread.owner(row, *column) != plane.spread.owner(row + 1, *column)
        };
        let mut lines: Vec<(usize, usize)> = Vec::new();
        for column in (0..plane.columns).filter(differs) {
            match lines.last_mut() {
                Some((_, to)) if *to == column => *to = column + 1,
                _ => lines.push((column, column + 1)),
            }
        }
        lines
    };
    html! {
        rect class="frame" x=(plane.x(0)) y=(TOP) width=(plane.width(0, plane.columns))
            height=(plane.rows * ROW) {}
        g class="border" {
            @for row in 0..plane.rows {
                @for to in upright(row) {
                    line x1=(plane.x(to)) x2=(plane.x(to)) y1=(plane.y(row)) y2=(plane.y(row) + ROW) {}
                }
            }
            @for row in 0..plane.rows.saturating_sub(1) {
                @for (from, to) in level(row) {
                    line x1=(plane.x(from)) x2=(plane.x(to)) y1=(plane.y(row)) y2=(plane.y(row)) {}
                }
            }
        }
    }
}

fn circles(plane: &Plane<'_>) -> Markup {
    let most = largest(plane.spread);
    let class = |owner: Option<usize>| owner.map_or_else(|| "c0".to_owned(), colour);
    html! {
        @for row in 0..plane.rows {
            @for column in 0..plane.columns {
                @let customers = plane.spread.cell(row, column).customers;
                @if customers > 0 {
                    circle class={ "mark " (class(plane.spread.owner(row, column))) }
                        cx=(plane.middle(column)) cy=(plane.y(row) + ROW / 2)
                        r=(radius(customers, most)) {}
                }
            }
        }
    }
}

/// Each segment's number, in the widest stretch of its area, the topmost of several.
fn numbers(plane: &Plane<'_>, book: &RuleBook) -> Markup {
    let home = |owner: usize| {
        let rows = (0..plane.rows).flat_map(|row| {
            plane.stretches(row).into_iter().map(move |(from, to, whose)| (row, from, to, whose))
        });
        let own = rows.filter(|(.., whose)| *whose == Some(owner));
        own.max_by_key(|(row, from, to, _)| (to - from, *row))
    };
    let class = if plane.columns > ROOMY { "strong number tight" } else { "strong number" };
    html! {
        @for (owner, number) in (0..book.segments().len()).zip(1_u32..) {
            @if let Some((row, from, ..)) = home(owner) {
                text class=(class) x=(plane.x(from)) dx="4" y=(plane.y(row) + 14) { (number) }
            }
        }
    }
}

fn axes(plane: &Plane<'_>, book: &RuleBook) -> Markup {
    let axes = &plane.spread.axes;
    let bottom = TOP + plane.rows * ROW;
    let row = |row: usize| {
        let from = axes.orders.get(row).map_or(0, |edge| edge.from);
        match axes.orders.get(row + 1).map(|next| next.from) {
            Some(next) if next == from + 1 => words::count(from),
            Some(next) => format!("{}–{}", words::count(from), words::count(next - 1)),
            None => format!("{}+", words::count(from)),
        }
    };
    html! {
        @for number in 0..plane.rows {
            text class="end" x=(Along::percent(LEFT)) dx="-7" y=(plane.y(number) + ROW / 2 + 4) {
                (row(number))
            }
        }
        @for (column, edge) in axes.spend.iter().enumerate() {
            svg x=(plane.x(column)) y=(bottom) width="1" height="1" overflow="visible" {
                line class="axis" x1="0" x2="0" y1="0" y2="5" {}
                text class=(if edge.is_threshold { "strong end" } else { "end" })
                    transform="translate(4 13) rotate(-55)" { (brief(edge.from)) }
            }
        }
        text class="soft" x="0" y=(bottom + BELOW - 8) { "↑ orders" }
        text class="soft end" x="100%" y=(bottom + BELOW - 8) {
            "spent at least, in " (book.currency()) " →"
        }
    }
}

fn table(spread: &Spread, book: &RuleBook) -> Markup {
    let axes = &spread.axes;
    let column = |number: usize| {
        let to = axes.spend.get(number + 1).map(|next| edge(next.from));
        axes.spend.get(number).map(|it| span(&edge(it.from), to.as_deref())).unwrap_or_default()
    };
    let row = |number: usize| {
        let next = axes.orders.get(number + 1).map(|next| next.from);
        axes.orders.get(number).map(|edge| in_words(edge.from, next)).unwrap_or_default()
    };
    html! {
        table id="plane-table" {
            thead {
                tr {
                    th scope="col" { "Orders, and spent (" (book.currency()) ")" }
                    @for number in 0..axes.spend.len() { th scope="col" { (column(number)) } }
                }
            }
            tbody {
                @for (number, edge) in axes.orders.iter().enumerate().rev() {
                    tr data-from=(edge.from) {
                        th scope="row" { (row(number)) }
                        @for (place, edge) in axes.spend.iter().enumerate() {
                            td data-from=(edge.from.normalize()) {
                                (count(spread.cell(number, place).customers))
                            }
                        }
                    }
                }
            }
        }
    }
}
