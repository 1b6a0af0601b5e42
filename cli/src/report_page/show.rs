//! The small parts of the page: figures, names, swatches, the frame of a chart.

use jiff::Timestamp;
use maud::{Markup, PreEscaped, Render, html};
use rules::{RuleBook, Segment, SegmentName};
use rust_decimal::Decimal;

use crate::words;

/// How many colours there are. Segments beyond them begin again; their numbers tell them apart.
const COLOURS: usize = 8;
/// How long a name may be within a chart, in characters.
pub(super) const SHORT: usize = 44;

/// A place along a chart: hundredths of a per cent of its width, so that a chart fits any page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Along(u64);

impl Along {
    /// So many parts of a whole; nothing of nothing.
    pub(super) fn part(part: u64, whole: u64) -> Self {
        let scaled = u128::from(part) * 10_000;
        let along = scaled.checked_div(u128::from(whole)).unwrap_or(0).min(10_000);
        Self(u64::try_from(along).unwrap_or(0))
    }

    pub(super) const fn percent(percent: u64) -> Self {
        Self(percent * 100)
    }

    /// The same part of a stretch that is so many per cent of the chart.
    pub(super) fn of(self, percent: u64) -> Self {
        Self(self.0 * percent / 100)
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }

    pub(super) fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

/// "12.5%", as attributes have it.
impl Render for Along {
    fn render(&self) -> Markup {
        PreEscaped(format!("{}.{:02}%", self.0 / 100, self.0 % 100))
    }
}

/// A count, with the number itself for machines.
pub(super) fn count(number: u64) -> Markup {
    html! { data value=(number) { (words::count(number)) } }
}

/// An amount in whole units, with the exact one for machines.
pub(super) fn amount(exact: Decimal) -> Markup {
    html! { data value=(exact.normalize()) { (words::amount(exact)) } }
}

/// An amount at which a bin begins, in full: "1,499.50".
pub(super) fn edge(amount: Decimal) -> String {
    let text = amount.normalize().to_string();
    match text.split_once('.') {
        Some((_, decimals)) => format!("{}.{decimals}", words::amount(amount.trunc())),
        None => words::amount(amount),
    }
}

/// The same where there is little room, and no less exact: "1.5k", "20M".
pub(super) fn brief(amount: Decimal) -> String {
    let units = [(1_000_000_000_u64, 3, "G"), (1_000_000, 3, "M"), (1_000, 1, "k")];
    let fitting = units.into_iter().find_map(|(unit, decimals, letter)| {
        let units = (amount / Decimal::from(unit)).normalize();
        let fits = units >= Decimal::ONE && units.scale() <= decimals;
        fits.then(|| format!("{units}{letter}"))
    });
    fitting.unwrap_or_else(|| edge(amount))
}

/// From an edge to the next: "500 – 1,000", "below 1", "20,000 or more".
pub(super) fn span(from: &str, to: Option<&str>) -> String {
    match to {
        Some(to) if from == "0" => format!("below {to}"),
        Some(to) => format!("{from} – {to}"),
        None if from == "0" => "any".to_owned(),
        None => format!("{from} or more"),
    }
}

/// From a number of orders to the one before the next edge: "3", "6 – 7", "20 or more".
pub(super) fn orders(from: u64, next: Option<u64>) -> String {
    match next.map(|next| next.saturating_sub(1)) {
        Some(last) if last == from => words::count(from),
        Some(last) => format!("{} – {}", words::count(from), words::count(last)),
        None if from == 0 => "any".to_owned(),
        None => format!("{} or more", words::count(from)),
    }
}

/// "22 Nov 2026, 07:42 UTC".
pub(super) fn moment(at: Timestamp) -> String {
    at.strftime("%-d %b %Y, %H:%M UTC").to_string()
}

/// "22 Nov".
pub(super) fn day(at: Timestamp) -> String {
    at.strftime("%-d %b").to_string()
}

/// A name that fits into a chart.
pub(super) fn short(name: &str, most: usize) -> String {
    if name.chars().count() <= most {
        return name.to_owned();
    }
    name.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// How a segment is told from others, everywhere on the page.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) name: SegmentName,
    /// Its place in the book, counted from 1; none if it is no longer there.
    pub(super) number: Option<usize>,
    pub(super) label: String,
}

impl Key {
    fn of(segment: &Segment, place: usize) -> Self {
        let (name, label) = (segment.name().clone(), segment.label().to_owned());
        Self { name, number: Some(place + 1), label }
    }

    /// The class that has its colour.
    pub(super) fn class(&self) -> String {
        self.number.map_or_else(|| "c0".to_owned(), |number| colour(number - 1))
    }

    /// "1 VIP Customer".
    pub(super) fn title(&self) -> String {
        match self.number {
            Some(number) => format!("{number} {}", self.label),
            None => format!("{} (no longer in the book)", self.label),
        }
    }
}

/// Its colour, its number and its label.
impl Render for Key {
    fn render(&self) -> Markup {
        html! {
            span class={ "key " (self.class()) } {
                @if let Some(number) = self.number { b { (number) } " " }
                (self.label)
                @if self.number.is_none() { small { " (no longer in the book)" } }
            }
        }
    }
}

/// The class with the colour of the segment at this place of the book.
pub(super) fn colour(place: usize) -> String {
    format!("c{}", place % COLOURS + 1)
}

/// The segments of a book, in its order.
pub(super) fn keys(book: &RuleBook) -> Vec<Key> {
    let segments = book.segments().iter().zip(0..);
    segments.map(|(segment, place)| Key::of(segment, place)).collect()
}

/// A segment by its name, also if the book does not have it.
pub(super) fn key(keys: &[Key], name: &SegmentName) -> Key {
    let known = keys.iter().find(|key| key.name == *name).cloned();
    known.unwrap_or_else(|| Key { name: name.clone(), number: None, label: name.to_string() })
}

/// A chart of this height, in pixels; as wide as the page lets it be. What it shows is said in words, for
/// those who do not see it.
pub(super) fn chart(id: &str, height: usize, title: &str, told: &str, content: &Markup) -> Markup {
    html! {
        svg role="img" width="100%" height=(height) aria-labelledby={ (id) "-t " (id) "-d" } {
            title id={ (id) "-t" } { (title) }
            desc id={ (id) "-d" } { (told) }
            (content)
        }
    }
}

/// The figures behind a chart, to be opened.
pub(super) fn behind(summary: &str, table: &Markup) -> Markup {
    html! {
        details {
            summary { (summary) }
            (scroll(summary, table))
        }
    }
}

/// Something that may be wider than the page, to be moved by keys, too.
pub(super) fn scroll(name: &str, content: &Markup) -> Markup {
    html! { div class="scroll" role="region" tabindex="0" aria-label=(name) { (content) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn edges_are_shown_in_full_and_briefly() {
        let shown = |text: &str| (edge(decimal(text)), brief(decimal(text)));
        assert_eq!(shown("500.00"), ("500".to_owned(), "500".to_owned()));
        assert_eq!(shown("1499.50"), ("1,499.5".to_owned(), "1,499.5".to_owned()));
        assert_eq!(shown("1500"), ("1,500".to_owned(), "1.5k".to_owned()));
        assert_eq!(shown("20000000"), ("20,000,000".to_owned(), "20M".to_owned()));
        assert_eq!(shown("1125000").1, "1.125M");
        assert_eq!(shown("1234"), ("1,234".to_owned(), "1,234".to_owned()));
        assert_eq!(shown("0.125"), ("0.125".to_owned(), "0.125".to_owned()));
    }

    #[test]
    fn a_part_of_a_chart_is_never_more_than_the_whole() {
        let text = |along: Along| along.render().into_string();
        assert_eq!(text(Along::part(1, 3)), "33.33%");
        assert_eq!(text(Along::part(5, 3)), "100.00%");
        assert_eq!(text(Along::part(5, 0)), "0.00%");
        assert_eq!(text(Along::part(u64::MAX, u64::MAX)), "100.00%");
        assert_eq!(text(Along::part(1, 2).of(60).plus(Along::percent(3))), "33.00%");
    }

    #[test]
    fn long_names_are_cut_where_there_is_little_room() {
        assert_eq!(short("VIP", SHORT), "VIP");
        let cut = short(&"ü".repeat(100), SHORT);
        assert_eq!(cut.chars().count(), SHORT);
        assert!(cut.ends_with('…'));
    }

    #[test]
    fn spans_of_orders_name_their_last_number() {
        assert_eq!(orders(3, Some(4)), "3");
        assert_eq!(orders(6, Some(8)), "6 – 7");
        assert_eq!(orders(500, None), "500 or more");
    }
}
