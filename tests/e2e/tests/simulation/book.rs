//! Rule books, and what they say about figures: written anew, so that the product's own decisions are held
//! against another's.

use std::fmt;

use rules::RuleBook;

use crate::chance::Chance;

/// The groups that segments may go with.
pub(crate) const GROUPS: [&str; 5] = ["Gold", "Silver", "Bronze", "Copper", "Tin"];
/// What segments may be called.
pub(crate) const NAMES: [&str; 4] = ["first", "second", "third", "fourth"];
/// Where bounds on the amount spent may be, in cents.
const AMOUNTS: [i64; 6] = [0, 2_000, 4_550, 10_000, 25_000, 60_000];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Book(pub(crate) Vec<Segment>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) name: &'static str,
    pub(crate) group: &'static str,
    when: Vec<Range>,
}

/// Bounds that must all hold: at least, below; at least, at most.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Range {
    cents: (Option<i64>, Option<i64>),
    orders: (Option<u64>, Option<u64>),
}

impl Book {
    pub(crate) fn random(chance: &Chance) -> Self {
        let (mut names, mut groups) = (NAMES.to_vec(), GROUPS.to_vec());
        let draw = |from: &mut Vec<&'static str>| {
            let place = chance.small::<usize>(u64::try_from(from.len()).unwrap());
            from.remove(place)
        };
        let segments = 1 + chance.below(4);
        let segment = |_| {
            let when = (0..=chance.below(2)).map(|_| Range::random(chance)).collect();
            Segment { name: draw(&mut names), group: draw(&mut groups), when }
        };
        Self((0..segments).map(segment).collect())
    }

    /// Where these figures belong; none for nowhere. What is less than nothing counts as nothing.
    pub(crate) fn segment(&self, cents: i64, orders: u64) -> Option<&Segment> {
        let cents = cents.max(0);
        self.0.iter().find(|segment| segment.when.iter().any(|range| range.holds(cents, orders)))
    }

    pub(crate) fn named(&self, name: &str) -> Option<&Segment> {
        self.0.iter().find(|segment| segment.name == name)
    }

    pub(crate) fn parsed(&self) -> RuleBook {
        RuleBook::from_toml(&self.to_string()).unwrap()
    }
}

impl Range {
    fn random(chance: &Chance) -> Self {
        let mut range = Self::default();
        while range == Self::default() {
            if chance.percent(60) {
                let (low, high) = (chance.small::<usize>(5), chance.small::<usize>(6));
                range.cents.0 = Some(AMOUNTS[low]);
                range.cents.1 = (high > low).then(|| AMOUNTS[high]);
            }
            if chance.percent(60) {
                let low = chance.below(5);
                range.orders.0 = Some(low);
                range.orders.1 = chance.percent(40).then(|| low + chance.below(4));
            }
        }
        range
    }

    fn holds(&self, cents: i64, orders: u64) -> bool {
        self.cents.0.is_none_or(|least| cents >= least)
            && self.cents.1.is_none_or(|above| cents < above)
            && self.orders.0.is_none_or(|least| orders >= least)
            && self.orders.1.is_none_or(|most| orders <= most)
    }
}

/// As the file of a book has it.
impl fmt::Display for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "currency = \"USD\"")?;
        for Segment { name, group, when } in &self.0 {
            writeln!(f, "[[segment]]\nname = \"{name}\"\nlabel = \"Label {name}\"")?;
            writeln!(f, "okta_group_name = \"{group}\"")?;
            let when: Vec<_> = when.iter().map(ToString::to_string).collect();
            writeln!(f, "when = [{}]", when.join(", "))?;
        }
        Ok(())
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let amount = |cents: i64| format!("\"{}.{:02}\"", cents / 100, cents % 100);
        let bounds = [
            self.cents.0.map(|least| format!("spend_at_least = {}", amount(least))),
            self.cents.1.map(|above| format!("spend_below = {}", amount(above))),
            self.orders.0.map(|least| format!("orders_at_least = {least}")),
            self.orders.1.map(|most| format!("orders_at_most = {most}")),
        ];
        let bounds: Vec<_> = bounds.into_iter().flatten().collect();
        write!(f, "{{ {} }}", bounds.join(", "))
    }
}

/// The book in one line.
pub(crate) fn in_a_line(book: &Book) -> String {
    let segment = |segment: &Segment| {
        let when: Vec<_> = segment.when.iter().map(ToString::to_string).collect();
        format!("{} in {} if {}", segment.name, segment.group, when.join(" or "))
    };
    book.0.iter().map(segment).collect::<Vec<_>>().join("; ")
}
