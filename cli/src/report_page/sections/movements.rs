//! Who went from where to where in the last run.

use comparison::{Movement, Standing};
use maud::{Markup, html};
use resegment::Record;
use rules::Currency;

use super::{nothing, section};
use crate::report_page::read::Told;
use crate::report_page::show::{Key, amount, behind, colour, count, key, keys, moment, scroll};
use crate::words;

/// With more columns than this, the cells are narrow, and on paper the matrix lies on its side.
const NARROW: usize = 7;
/// From each of these counts on a cell is one shade darker.
const SHADES: [u64; 4] = [1, 10, 100, 1_000];

/// The movement matrix of the last run.
pub(in crate::report_page) fn movements(told: &Told) -> Markup {
    let content = match (told.last.as_ref(), told.runs.last()) {
        (Some(record), Some(_)) => of_run(told, record),
        (None, Some(run)) => nothing(&format!(
            "The last run, of {}, is so long ago that its movements are no longer kept.",
            moment(run.summary.ended_at)
        )),
        (_, None) => nothing("No full run is done yet. To make one: segments run."),
    };
    section("movements", "Movements of the last run", &content)
}

fn of_run(told: &Told, record: &Record) -> Markup {
    let all = record.report.iter().flat_map(|report| &report.figures.movements);
    let mut all: Vec<&Movement> = all.filter(|it| it.from != it.to).collect();
    all.sort_by_key(|movement| std::cmp::Reverse(movement.customers));
    let ended = record.end().map_or(record.started_at, |end| end.at);
    if all.is_empty() {
        return nothing(&format!("In the run of {} nobody moved.", moment(ended)));
    }
    let customers: u64 = all.iter().map(|movement| movement.customers).sum();
    let keys = record.book.as_ref().map(|book| keys(&book.content)).unwrap_or_default();
    let keys = told.book.as_ref().map_or(keys, |accepted| self::keys(&accepted.book));
    let currency = record.book.as_ref().map(|book| book.content.currency());
    html! {
        p {
            "In the run of " (moment(ended)) ", " (count(customers)) " customers were not where they \
             belong. Rows are where they were, columns where they went"
            @if all.len() > 1 { "; the stronger the colour, the more" } "."
        }
        (matrix(&all, &keys, currency))
        (behind("Movements, the largest first", &list(&all, &keys, currency)))
    }
}

/// Each standing once: the segments in the book's order, then those it no longer has, then the others.
fn in_order<'m>(all: impl Iterator<Item = &'m Standing>, keys: &[Key]) -> Vec<&'m Standing> {
    let place = |standing: &Standing| match standing {
        Standing::Segment(name) => keys.iter().position(|key| key.name == *name),
        _ => None,
    };
    let mut all: Vec<&Standing> = all.collect();
    all.sort_by_key(|standing| (place(standing).unwrap_or(usize::MAX), *standing));
    all.dedup();
    all
}

fn name(standing: &Standing, keys: &[Key]) -> Markup {
    match standing {
        Standing::Segment(name) => html! { (key(keys, name)) },
        Standing::FormerGroup => html! { "a former group" },
        Standing::Outside => html! { "no segment" },
        Standing::Gone => html! { "gone from the shop" },
    }
}

/// The same above a column. Where columns are narrow it is the segment's number alone; rows and the list
/// say which that is.
fn column(standing: &Standing, keys: &[Key], is_narrow: bool) -> Markup {
    let number = match standing {
        Standing::Segment(name) if is_narrow => key(keys, name).number,
        _ => None,
    };
    match number {
        Some(number) => html! { span class={ "key " (colour(number - 1)) } { b { (number) } } },
        None => name(standing, keys),
    }
}

fn matrix(all: &[&Movement], keys: &[Key], currency: Option<Currency>) -> Markup {
    let from = in_order(all.iter().map(|movement| &movement.from), keys);
    let to = in_order(all.iter().map(|movement| &movement.to), keys);
    let is_narrow = to.len() > NARROW;
    let class = if is_narrow { "matrix narrow" } else { "matrix" };
    let found = |from: &Standing, to: &Standing| {
        all.iter().find(|movement| movement.from == *from && movement.to == *to)
    };
    let currency = currency.map(|it| format!(" {it}")).unwrap_or_default();
    let table = html! {
        table class=(class) id="movements-table" {
            thead {
                tr {
                    td {}
                    @for to in &to { th scope="col" { span class="soft" { "to " } (column(to, keys, is_narrow)) } }
                }
            }
            tbody {
                @for from in from {
                    tr {
                        th scope="row" { span class="soft" { "from " } (name(from, keys)) }
                        @for to in &to {
                            @match found(from, to) {
                                Some(movement) => td class=(shade(movement.customers)) data-from=(from)
                                    data-to=(to) {
                                    b { (count(movement.customers)) }
                                    @if !is_narrow { br; small { (words::amount(movement.spent)) (currency) } }
                                },
                                None => td class="none" { "·" },
                            }
                        }
                    }
                }
            }
        }
    };
    html! { div class=(if is_narrow { "wide" } else { "" }) { (scroll("Movements", &table)) } }
}

fn shade(customers: u64) -> String {
    format!("h{}", SHADES.iter().filter(|from| **from <= customers).count())
}

fn list(all: &[&Movement], keys: &[Key], currency: Option<Currency>) -> Markup {
    let currency = currency.map(|it| format!(" ({it})")).unwrap_or_default();
    html! {
        table id="movements-list" {
            thead {
                tr {
                    th scope="col" { "From" }
                    th scope="col" class="words" { "To" }
                    th scope="col" { "Customers" }
                    th scope="col" { "What they spent" (currency) }
                }
            }
            tbody {
                @for movement in all {
                    tr {
                        td class="words" { (name(&movement.from, keys)) }
                        td class="words" { (name(&movement.to, keys)) }
                        td { (count(movement.customers)) }
                        td { (amount(movement.spent)) }
                    }
                }
            }
        }
    }
}
