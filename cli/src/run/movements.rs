//! Who goes from where to where, as a table.

use comparison::{Movement, Standing};
use resegment::Report;
use rules::Currency;

use crate::style;
use crate::words::{amount, count, share};

/// What the customers of a movement are told as a share of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shares {
    /// Of the shop's customers.
    OfShop,
    /// Of those with a segment, as the guard has it. Who comes from none is no share of them.
    OfPlaced,
}

/// The movements as a table of from × to: customers, their share, and the revenue behind them; none if
/// nobody moves.
pub(crate) fn movements(
    report: &Report,
    currency: Option<Currency>,
    shares: Shares,
) -> Option<String> {
    let movements = &report.figures.movements;
    let ways = movements.iter().filter(|movement| movement.from != movement.to);
    let ways: Vec<&Movement> = ways.collect();
    if ways.is_empty() {
        return None;
    }
    let from = in_order(report, ways.iter().map(|movement| &movement.from));
    let to = in_order(report, ways.iter().map(|movement| &movement.to));
    let names = to.iter().map(|standing| format!("to {standing}"));
    let header: Vec<String> = ["Moves".to_owned()].into_iter().chain(names).collect();
    let mut table = style::figures(&header.iter().map(String::as_str).collect::<Vec<_>>());
    for from in from {
        let cell = |to: &&Standing| {
            let mut ways = ways.iter();
            let way = ways.find(|way| way.from == *from && way.to == **to);
            way.map(|way| shown(way, shares.whole(way, report), currency)).unwrap_or_default()
        };
        table.add_row([format!("from {from}")].into_iter().chain(to.iter().map(cell)));
    }
    Some(table.trim_fmt())
}

impl Shares {
    fn whole(self, movement: &Movement, report: &Report) -> Option<u64> {
        match self {
            Self::OfShop => Some(report.shift.customers),
            Self::OfPlaced => (movement.from != Standing::Outside).then_some(report.shift.placed),
        }
    }
}

/// "37 (2.1 %), 16,900 USD".
fn shown(movement: &Movement, whole: Option<u64>, currency: Option<Currency>) -> String {
    let customers = movement.customers;
    let share = whole.map(|whole| format!(" ({})", share(customers, whole))).unwrap_or_default();
    let currency = currency.map(|currency| format!(" {currency}")).unwrap_or_default();
    let spent = amount(movement.spent);
    format!("{}{share}, {spent}{currency}", count(customers))
}

/// Each standing once: the segments in the book's order, then those it no longer has, then the others.
fn in_order<'r>(
    report: &Report,
    standings: impl Iterator<Item = &'r Standing>,
) -> Vec<&'r Standing> {
    let place = |standing: &Standing| match standing {
        Standing::Segment(name) => {
            let mut segments = report.figures.segments.iter();
            segments.position(|figures| figures.segment == *name).unwrap_or(usize::MAX)
        }
        Standing::FormerGroup | Standing::Outside | Standing::Gone => usize::MAX,
    };
    let mut standings: Vec<&Standing> = standings.collect();
    standings.sort_by_key(|standing| (place(standing), *standing));
    standings.dedup();
    standings
}
