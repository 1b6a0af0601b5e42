//! How spend is spread, with the thresholds of the rule book.

use maud::{Markup, html};
use rules::{Money, Range, RuleBook};
use rust_decimal::Decimal;

use super::{nothing, section};
use crate::report_page::read::Told;
use crate::report_page::show::{
    Along, Key, SHORT, amount, behind, brief, chart, colour, count, edge, keys, short, span,
};
use crate::report_page::spread::{Spread, Tally};
use crate::words;

/// Where the bars begin, in per cent of the chart.
const LEFT: u64 = 27;
/// How much of the chart the longest bar takes.
const FULL: u64 = 45;
/// The height of a bin.
const ROW: usize = 24;
/// What a threshold takes besides.
const GAP: usize = 26;

/// How many customers spent how much.
pub(in crate::report_page) fn spend(told: &Told, spread: Option<&Spread>) -> Markup {
    let drawn = spread.filter(|spread| spread.all().customers > 0).zip(told.book.as_ref());
    let content = match drawn {
        Some((spread, accepted)) => shown(told, spread, &accepted.book),
        None => nothing("There are no figures of customers yet."),
    };
    section("spend", "What customers spend", &content)
}

fn shown(told: &Told, spread: &Spread, book: &RuleBook) -> Markup {
    let all = spread.all();
    let left_out = told.now.customers - all.customers;
    html! {
        p {
            "All " (count(all.customers)) " customers whose figures are known in " (book.currency())
            ", by what they had spent at the last look at them. "
            @if spread.axes.are_marked {
                "Colours are the segments that the rule book gives them; dashed lines are its thresholds."
            } @else {
                "The rule book has more thresholds than can be told apart here, so none is marked."
            }
            @if left_out > 0 {
                " Left out: " (count(left_out)) " without figures, or with figures in another currency."
            }
        }
        p class="soft" {
            "Customers who never had a segment have no entry in the applied state and are not among them."
        }
        (bars(spread, book))
        (behind("Customers by spend", &table(spread, book)))
    }
}

fn bars(spread: &Spread, book: &RuleBook) -> Markup {
    let edges = &spread.axes.spend;
    let longest = (0..edges.len()).map(|bin| spread.column(bin).customers).max().unwrap_or(0);
    let all = spread.all();
    let mut top = 0;
    let mut content = Vec::new();
    for (bin, edge) in edges.iter().enumerate() {
        if edge.is_threshold {
            content.push(threshold(book, edge.from, top));
            top += GAP;
        }
        let column = spread.column(bin);
        let label = names(spread, bin, brief);
        let told = format!(
            "{} ({})",
            words::count(column.customers),
            words::share(column.customers, all.customers)
        );
        let length = Along::part(column.customers, longest).of(FULL);
        content.push(html! {
            text class="end" x=(Along::percent(LEFT)) dx="-8" y=(top + 16) { (label) }
            (stack(spread, book, bin, longest, top))
            @if column.customers > 0 {
                text x=(Along::percent(LEFT).plus(length)) dx="6" y=(top + 16) { (told) }
            }
        });
        top += ROW;
    }
    let content = html! {
        line class="axis" x1=(Along::percent(LEFT)) x2=(Along::percent(LEFT)) y1="0" y2=(top) {}
        @for part in content { (part) }
    };
    let words: Vec<String> = (0..edges.len())
        .map(|bin| (bin, spread.column(bin).customers))
        .filter(|(_, customers)| *customers > 0)
        .map(|(bin, customers)| {
            format!("{}: {}", names(spread, bin, edge), words::count(customers))
        })
        .collect();
    let title = format!("Customers by what they have spent, in {}", book.currency());
    chart("spend-chart", top, &title, &words.join("; "), &content)
}

/// The bar of a bin: a part for each segment that takes customers of it, then one for those of none.
fn stack(spread: &Spread, book: &RuleBook, bin: usize, longest: u64, top: usize) -> Markup {
    let mut parts = vec![0_u64; book.segments().len()];
    let mut outside = 0;
    for orders in 0..spread.axes.orders.len() {
        let customers = spread.cell(orders, bin).customers;
        let part = spread.owner(orders, bin).and_then(|owner| parts.get_mut(owner));
        *part.unwrap_or(&mut outside) += customers;
    }
    let classes = (0..parts.len()).map(colour).chain(["c0".to_owned()]);
    let parts = classes.zip(parts.iter().copied().chain([outside])).filter(|(_, part)| *part > 0);
    let mut before = 0;
    let parts: Vec<_> = parts.collect();
    let kind = if parts.len() > 1 { "part" } else { "whole" };
    let parts: Vec<Markup> = parts
        .into_iter()
        .map(|(class, part)| {
            let along = |customers| Along::part(customers, longest).of(FULL);
            let (from, to) = (along(before), along(before + part));
            before += part;
            html! {
                rect class={ "mark " (kind) " " (class) } x=(Along::percent(LEFT).plus(from)) y=(top + 3)
                    width=(to.minus(from)) height=(ROW - 6) {}
            }
        })
        .collect();
    html! { @for part in parts { (part) } }
}

fn threshold(book: &RuleBook, amount: Decimal, top: usize) -> Markup {
    let told = format!("{} {}: {}", edge(amount), book.currency(), at(book, amount));
    html! {
        line class="threshold" x1="0" x2="100%" y1=(top + 20) y2=(top + 20) {}
        text class="strong end" x="100%" y=(top + 15) { (short(&told, SHORT)) }
    }
}

/// Which segments begin or end at an amount: "1 VIP from here", "1, 2 from here; 3 up to here".
fn at(book: &RuleBook, amount: Decimal) -> String {
    let is_at = |bound: Option<Money>| bound.is_some_and(|bound| bound.amount == amount);
    let keys = keys(book);
    let those = |is_meant: &dyn Fn(&Range) -> bool| -> Vec<&Key> {
        let segments = book.segments().iter().zip(&keys);
        let meant = segments.filter(|(segment, _)| segment.when().iter().any(is_meant));
        meant.map(|(_, key)| key).collect()
    };
    let begin = those(&|range| is_at(range.spend_at_least()));
    let mut end = those(&|range| is_at(range.spend_below()));
    end.retain(|key| begin.iter().all(|begun| begun.number != key.number));
    let is_one = begin.len() + end.len() == 1;
    let named = |keys: &[&Key], how: &str| {
        let name = |key: &&Key| match key.number {
            Some(number) if !is_one => number.to_string(),
            _ => key.title(),
        };
        let names: Vec<String> = keys.iter().map(name).collect();
        (!names.is_empty()).then(|| format!("{} {how}", names.join(", ")))
    };
    let told = [named(&begin, "from here"), named(&end, "up to here")];
    told.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// "500 – 1,000", with each amount in full or briefly.
fn names(spread: &Spread, bin: usize, shown: fn(Decimal) -> String) -> String {
    let edges = &spread.axes.spend;
    let to = edges.get(bin + 1).map(|next| shown(next.from));
    edges.get(bin).map(|it| span(&shown(it.from), to.as_deref())).unwrap_or_default()
}

fn table(spread: &Spread, book: &RuleBook) -> Markup {
    let all = spread.all();
    let row = |name: &Markup, Tally { customers, cohort }: Tally| {
        html! {
            th scope="row" { (name) }
            td { (count(customers)) }
            td { (words::share(customers, all.customers)) }
            td { (amount(cohort.spent())) }
        }
    };
    html! {
        table id="spend-table" {
            thead {
                tr {
                    th scope="col" { "Spent (" (book.currency()) "), up to below the second figure" }
                    th scope="col" { "Customers" }
                    th scope="col" { "Share" }
                    th scope="col" { "Revenue (" (book.currency()) ")" }
                }
            }
            tbody {
                @for (bin, it) in spread.axes.spend.iter().enumerate() {
                    tr data-from=(it.from.normalize()) data-threshold=(it.is_threshold) {
                        (row(&html! { (names(spread, bin, edge)) }, spread.column(bin)))
                    }
                }
            }
            tfoot { tr { (row(&html! { "All" }, all)) } }
        }
    }
}
