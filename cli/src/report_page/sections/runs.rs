//! How segments grew and shrank over the last runs.

use std::collections::BTreeSet;

use maud::{Markup, html};
use rules::{Cohort, SegmentName};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::now::MANY;
use super::{nothing, section};
use crate::report_page::read::{Run, Told};
use crate::report_page::show::{Along, Key, amount, behind, chart, count, day, key, keys, moment};
use crate::words;

/// The height of a chart of columns.
const HEIGHT: u64 = 56;

/// Counts and revenue of each segment over the last runs.
pub(in crate::report_page) fn runs(told: &Told) -> Markup {
    let content = match (told.runs.first(), told.runs.last()) {
        (Some(first), Some(last)) => shown(told, first, last),
        _ => nothing("No full run is done yet. To make one: segments run."),
    };
    section("runs", "Over the last runs", &content)
}

fn shown(told: &Told, first: &Run, last: &Run) -> Markup {
    let keys = all_keys(told);
    let between = match told.runs.len() {
        1 => format!("One full run is done, on {}.", moment(first.summary.ended_at)),
        runs => format!(
            "The last {runs} full runs that are done, from {} to {}. A column is a run; each chart is on \
             a scale of its own, from zero.",
            moment(first.summary.ended_at),
            moment(last.summary.ended_at)
        ),
    };
    let currency = told.currency().map(|it| format!(" ({it})")).unwrap_or_default();
    let others = told.runs.iter().any(|run| run.currency != told.currency());
    let revenue = |key: &Key, run: &Run| {
        let known = run.currency.is_some() && run.currency == told.currency();
        of(run, key).filter(|_| known).map(|cohort| cohort.spent())
    };
    html! {
        p { (between) }
        p class="soft" {
            "A run counts everybody whom the rules put into a segment: also those who are unmatched, and \
             so not among the figures above."
        }
        @if others {
            p {
                "Runs by a book in another currency, or by one that cannot be read any more, show no \
                 revenue."
            }
        }
        div class="panels" {
            @for (key, number) in charted(told, &keys).into_iter().zip(0_u32..) {
                (panel(told, key, number, revenue))
            }
        }
        (behind("Customers by run", &table("runs-customers", told, &keys, |key, run| {
            of(run, key).map(|cohort| count(cohort.customers()))
        })))
        (behind(&format!("Revenue by run{currency}"), &table("runs-revenue", told, &keys, |key, run| {
            revenue(key, run).map(amount)
        })))
    }
}

/// The segments of the book, and those that runs counted and that are no longer there.
fn all_keys(told: &Told) -> Vec<Key> {
    let mut keys = told.book.as_ref().map(|accepted| keys(&accepted.book)).unwrap_or_default();
    let counted = told.runs.iter().flat_map(|run| &run.summary.segments);
    let names: BTreeSet<&SegmentName> = counted.map(|figures| &figures.segment).collect();
    for name in names {
        if keys.iter().all(|key| key.name != *name) {
            keys.push(key(&keys, name));
        }
    }
    keys
}

/// Those that there is room for: of many, those that somebody was in.
fn charted<'k>(told: &Told, keys: &'k [Key]) -> Vec<&'k Key> {
    let has_some = |key: &Key| {
        let cohorts = told.runs.iter().filter_map(|run| of(run, key));
        keys.len() <= MANY || cohorts.into_iter().any(|cohort| cohort.customers() > 0)
    };
    keys.iter().filter(|key| has_some(key)).collect()
}

fn of(run: &Run, key: &Key) -> Option<Cohort> {
    let found = run.summary.segments.iter().find(|figures| figures.segment == key.name);
    found.map(|figures| figures.cohort)
}

fn panel(
    told: &Told,
    key: &Key,
    number: u32,
    revenue: impl Fn(&Key, &Run) -> Option<Decimal>,
) -> Markup {
    let customers: Vec<Option<Decimal>> = told
        .runs
        .iter()
        .map(|run| of(run, key).map(|cohort| Decimal::from(cohort.customers())))
        .collect();
    let spent: Vec<Option<Decimal>> = told.runs.iter().map(|run| revenue(key, run)).collect();
    let currency = told.currency().map(rules::Currency::code).unwrap_or_default();
    html! {
        article class={ "panel " (key.class()) } {
            h3 { (key) }
            div class="pair" {
                (columns(told, &format!("runs-{number}-c"), &key.label, "customers", &customers))
                (columns(told, &format!("runs-{number}-r"), &key.label,
                    &format!("{currency} revenue"), &spent))
            }
        }
    }
}

/// A column for each run, and in words where it stands and where it began.
fn columns(told: &Told, id: &str, label: &str, what: &str, values: &[Option<Decimal>]) -> Markup {
    let most = values.iter().flatten().copied().max().unwrap_or_default();
    let runs = u64::try_from(values.len()).unwrap_or(u64::MAX);
    let width = Along::part(1, runs);
    let column = |(value, place): (&Option<Decimal>, u64)| {
        let height = height((*value)?, most);
        let (x, y) = (Along::part(place, runs), HEIGHT - height);
        Some(html! { rect class="mark" x=(x) y=(y) width=(width.of(78)) height=(height) {} })
    };
    let content = html! {
        line class="axis" x1="0" x2="100%" y1=(HEIGHT) y2=(HEIGHT) {}
        @for column in values.iter().zip(0..).filter_map(column) { (column) }
    };
    let last = values.last().copied().flatten();
    let change = change(values, told);
    let shown = last.map_or_else(|| "–".to_owned(), words::amount);
    let told = format!(
        "{shown} {what}{}",
        change.as_ref().map(|it| format!(", {it}")).unwrap_or_default()
    );
    let height = usize::try_from(HEIGHT + 1).unwrap_or_default();
    html! {
        figure {
            (chart(id, height, &format!("{label}: {what} by run"), &told, &content))
            figcaption {
                b { (shown) } " " (what)
                @if let Some(change) = change { br; span class="soft" { (change) } }
            }
        }
    }
}

/// Pixels: at least one for whatever is more than nothing.
fn height(value: Decimal, most: Decimal) -> u64 {
    let scaled = value.checked_div(most).unwrap_or_default().max(Decimal::ZERO);
    let pixels = (scaled * Decimal::from(HEIGHT)).round().to_u64().unwrap_or(0).min(HEIGHT);
    if value > Decimal::ZERO { pixels.max(1) } else { 0 }
}

/// "+12 since 1 Nov"; none if there is nothing to compare.
fn change(values: &[Option<Decimal>], told: &Told) -> Option<String> {
    let last = values.last().copied().flatten()?;
    let (first, run) = values.iter().zip(&told.runs).find_map(|(it, run)| Some(((*it)?, run)))?;
    if values.iter().flatten().count() < 2 {
        return None;
    }
    let (change, since) = (last - first, day(run.summary.ended_at));
    let sign = if change > Decimal::ZERO { "+" } else { "−" };
    Some(if change.round().is_zero() {
        format!("unchanged since {since}")
    } else {
        format!("{sign}{} since {since}", words::amount(change.abs()))
    })
}

fn table(
    id: &str,
    told: &Told,
    keys: &[Key],
    cell: impl Fn(&Key, &Run) -> Option<Markup>,
) -> Markup {
    html! {
        table id=(id) {
            thead {
                tr {
                    th scope="col" { "Run ended" }
                    @for key in keys { th scope="col" { (key) } }
                }
            }
            tbody {
                @for run in told.runs.iter().rev() {
                    tr data-run=(run.summary.run_id) {
                        th scope="row" { (moment(run.summary.ended_at)) }
                        @for key in keys {
                            td data-segment=(key.name) {
                                @match cell(key, run) { Some(figure) => (figure), None => "–" }
                            }
                        }
                    }
                }
            }
        }
    }
}
