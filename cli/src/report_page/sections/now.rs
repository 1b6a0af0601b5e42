//! Who is in which segment now.

use maud::{Markup, Render, html};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::{nothing, section};
use crate::report_page::read::Told;
use crate::report_page::show::{
    Along, Key, SHORT, amount, behind, chart, count, key, keys, moment, short,
};
use crate::report_page::spread::Tally;
use crate::words;

/// How much of a chart's width stands for everybody; the rest is for words.
const FULL: u64 = 44;
/// The height of a segment in the chart.
const ROW: usize = 64;
/// With more segments than this, those that nobody is in are in the table alone.
pub(super) const MANY: usize = 8;

/// The figures that come first.
pub(in crate::report_page) fn headline(told: &Told) -> Markup {
    let placed = told.now.placed();
    let standing: u64 = told.now.standing.values().sum();
    let currency = told.currency().map(|it| format!(" {it}")).unwrap_or_default();
    html! {
        dl class="headline" {
            div { dt { "In a segment" } dd id="placed" { (count(placed.customers)) } }
            div { dt { "Their revenue" } dd id="revenue" { (amount(placed.cohort.spent())) small { (currency) } } }
            div {
                dt { "Each spent" }
                dd {
                    @if let Some(average) = placed.cohort.average_spent() {
                        (amount(average)) small { (currency) }
                    } @else { "–" }
                }
            }
            div { dt { "To look at" } dd id="standing-all" { (count(standing)) } }
            div {
                dt { "Last full run" }
                dd class="words" {
                    @match told.runs.last() {
                        Some(run) => (moment(run.summary.ended_at)),
                        None => "none yet",
                    }
                }
            }
        }
    }
}

/// The segments of the book, and those that somebody is still in.
fn members(told: &Told) -> Vec<(Key, Tally)> {
    let keys = told.book.as_ref().map(|accepted| keys(&accepted.book)).unwrap_or_default();
    let segments = &told.now.segments;
    let former = segments.keys().filter(|name| keys.iter().all(|key| key.name != **name));
    let former: Vec<Key> = former.map(|name| key(&keys, name)).collect();
    let all = keys.into_iter().chain(former);
    all.map(|key| (segments.get(&key.name).copied().unwrap_or_default(), key))
        .map(|(tally, key)| (key, tally))
        .collect()
}

/// Customers and revenue by segment.
pub(in crate::report_page) fn now(told: &Told) -> Markup {
    let placed = told.now.placed();
    let content = if placed.customers == 0 {
        nothing(
            "Nobody is in a segment yet. The first full run puts everybody where they belong: \
             segments run.",
        )
    } else {
        let members = members(told);
        html! {
            p {
                "By the applied state: what was last written to Okta. Filled bars are customers, outlined \
                 ones the revenue they have brought so far."
            }
            @let shown = charted(&members);
            @if shown.len() < members.len() {
                p { "Nobody is in the other " (members.len() - shown.len()) " segments." }
            }
            (bars(&shown, &placed))
            (behind("Figures by segment", &table(told, &members, &placed)))
        }
    };
    section("now", "Segments now", &content)
}

/// Those that a chart has room for.
fn charted(members: &[(Key, Tally)]) -> Vec<(Key, Tally)> {
    let is_shown = |(_, tally): &&(Key, Tally)| members.len() <= MANY || tally.customers > 0;
    members.iter().filter(is_shown).cloned().collect()
}

fn bars(members: &[(Key, Tally)], placed: &Tally) -> Markup {
    let rows = members.iter().zip(0..);
    let content = html! { @for ((key, tally), row) in rows { (bar(key, tally, placed, row)) } };
    let told = |(key, tally): &(Key, Tally)| {
        let customers = words::share(tally.customers, placed.customers);
        format!("{}: {customers} of customers, {} of revenue", key.label, revenue(tally, placed))
    };
    let words: Vec<String> = members.iter().map(told).collect();
    let title = "Share of customers and of revenue, by segment";
    chart("now-chart", members.len() * ROW, title, &words.join("; "), &content)
}

fn bar(key: &Key, tally: &Tally, placed: &Tally, row: usize) -> Markup {
    let top = row * ROW;
    let customers = Along::part(tally.customers, placed.customers).of(FULL);
    let spent = money(tally.cohort.spent(), placed.cohort.spent()).of(FULL);
    let told = format!(
        "{} customers, {}",
        words::count(tally.customers),
        words::share(tally.customers, placed.customers)
    );
    let of_revenue = format!("{} of revenue", revenue(tally, placed));
    html! {
        g class=(key.class()) {
            text class="strong" x="0" y=(top + 16) { (short(&key.title(), SHORT)) }
            rect class="mark" x="0" y=(top + 23) height="14" width=(customers) {}
            rect class="hollow" x="0" y=(top + 41) height="12" width=(spent) {}
            text x=(customers) dx="6" y=(top + 34) { (told) }
            text class="soft" x=(spent) dx="6" y=(top + 51) { (of_revenue) }
        }
    }
}

/// A part of a sum of money, along a chart; nothing of what is below zero.
fn money(part: Decimal, whole: Decimal) -> Along {
    // Twelve digits are more than a chart can show.
    let scale = |amount: Decimal| amount.max(Decimal::ZERO).trunc().to_u128().unwrap_or(0);
    let (mut part, mut whole) = (scale(part), scale(whole));
    while whole > 1_000_000_000_000 {
        (part, whole) = (part / 10, whole / 10);
    }
    let fit = |amount: u128| u64::try_from(amount).unwrap_or(u64::MAX);
    Along::part(fit(part), fit(whole))
}

/// "41.2 %" of everybody's revenue.
fn revenue(tally: &Tally, placed: &Tally) -> String {
    let whole = placed.cohort.spent();
    let share = tally.cohort.spent().checked_mul(Decimal::ONE_HUNDRED);
    let share = share.and_then(|share| share.checked_div(whole)).filter(|_| whole > Decimal::ZERO);
    share.map_or_else(|| "–".to_owned(), |share| format!("{:.1} %", share.round_dp(1)))
}

fn table(told: &Told, members: &[(Key, Tally)], placed: &Tally) -> Markup {
    let currency = told.currency().map(|it| format!(" ({it})")).unwrap_or_default();
    let not_summed = placed.not_summed();
    html! {
        table id="now-table" {
            thead {
                tr {
                    th scope="col" { "Segment" }
                    th scope="col" { "Customers" }
                    th scope="col" { "Share" }
                    th scope="col" { "Orders each" }
                    th scope="col" { "Spent each" (currency) }
                    th scope="col" { "Revenue" (currency) }
                    th scope="col" { "Of revenue" }
                }
            }
            tbody {
                @for (key, tally) in members {
                    tr data-segment=(key.name) { (cells(&key.render(), tally, placed)) }
                }
            }
            tfoot { tr { (cells(&html! { "All" }, placed, placed)) } }
        }
        @if not_summed > 0 {
            p {
                (count(not_summed)) " of them are in no sum: their figures are not known yet, or not in \
                 the currency of the book."
            }
        }
    }
}

fn cells(name: &Markup, tally: &Tally, placed: &Tally) -> Markup {
    html! {
        th scope="row" { (name) }
        td { (count(tally.customers)) }
        td { (words::share(tally.customers, placed.customers)) }
        td { @match tally.cohort.average_orders() { Some(orders) => (orders), None => "–" } }
        td { @match tally.cohort.average_spent() { Some(spent) => (amount(spent)), None => "–" } }
        td { (amount(tally.cohort.spent())) }
        td { (revenue(tally, placed)) }
    }
}
