//! Why a book decides about a customer as it does, rule by rule.

use std::fmt;

use rust_decimal::Decimal;

use crate::{Currency, Decision, Money, Range, RuleBook, Segment, Totals};

/// What every rule of a book says about one customer, in the order in which they are asked. Its
/// [`decision`](Self::decision) is that of [`RuleBook::decide`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation<'book> {
    currency: Currency,
    found: Currency,
    segments: Vec<SegmentVerdict<'book>>,
}

/// What a segment's rule says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentVerdict<'book> {
    /// The segment.
    pub segment: &'book Segment,
    /// What this means for the customer.
    pub verdict: Verdict<'book>,
    /// What each range says, in order.
    pub ranges: Vec<RangeVerdict<'book>>,
}

/// What a segment's rule means for the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict<'book> {
    /// It is the first that matches: the customer belongs here.
    Wins,
    /// It matches, and so did one above it.
    Outranked {
        /// The one that wins.
        by: &'book Segment,
    },
    /// None of its ranges matches.
    NoMatch,
}

/// What a range says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RangeVerdict<'book> {
    /// The range.
    pub range: &'book Range,
    /// Every bound that does not hold; none if the range matches.
    pub misses: Vec<Miss>,
}

/// A bound that does not hold for a customer. Prints as a half-sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Miss {
    /// Too little was spent.
    SpentTooLittle {
        /// What counts as spent: an amount below zero counts as zero.
        spent: Money,
        /// The least that is asked for.
        at_least: Money,
    },
    /// Too much was spent.
    SpentTooMuch {
        /// What counts as spent.
        spent: Money,
        /// What the amount has to be below.
        below: Money,
    },
    /// Too few orders.
    TooFewOrders {
        /// How many there are.
        orders: u64,
        /// The fewest that are asked for.
        at_least: u64,
    },
    /// Too many orders.
    TooManyOrders {
        /// How many there are.
        orders: u64,
        /// The most that are let in.
        at_most: u64,
    },
    /// The money is in another currency than the book's: no bound is compared.
    OtherCurrency {
        /// What it is in.
        found: Currency,
        /// The book's.
        asked: Currency,
    },
}

impl RuleBook {
    /// Says of every rule, in order of priority, whether it matches a customer, and if not, why.
    pub fn explain(&self, totals: &Totals) -> Explanation<'_> {
        let mut winner = None;
        let mut segments = Vec::with_capacity(self.segments().len());
        for segment in self.segments() {
            let ranges: Vec<RangeVerdict<'_>> =
                segment.when().iter().map(|range| RangeVerdict::of(range, totals)).collect();
            let verdict = match (ranges.iter().any(RangeVerdict::matches), winner) {
                (false, _) => Verdict::NoMatch,
                (true, Some(by)) => Verdict::Outranked { by },
                (true, None) => {
                    winner = Some(segment);
                    Verdict::Wins
                }
            };
            segments.push(SegmentVerdict { segment, verdict, ranges });
        }
        Explanation { currency: self.currency(), found: totals.spent.currency, segments }
    }
}

impl<'book> Explanation<'book> {
    /// What each segment's rule says, the first to be asked first.
    pub fn segments(&self) -> &[SegmentVerdict<'book>] {
        &self.segments
    }

    /// What follows from the verdicts.
    pub fn decision(&self) -> Decision<'book> {
        if self.found != self.currency {
            return Decision::OtherCurrency { found: self.found };
        }
        let winner = self.segments.iter().find(|judged| judged.verdict == Verdict::Wins);
        let range =
            |judged: &SegmentVerdict<'_>| judged.ranges.iter().position(RangeVerdict::matches);
        winner
            .and_then(|judged| {
                Some(Decision::Segment { segment: judged.segment, range: range(judged)? })
            })
            .unwrap_or(Decision::NoSegment)
    }
}

impl<'book> RangeVerdict<'book> {
    fn of(range: &'book Range, totals: &Totals) -> Self {
        Self { range, misses: misses(range, totals) }
    }

    /// Whether all bounds hold.
    pub fn matches(&self) -> bool {
        self.misses.is_empty()
    }
}

fn misses(range: &Range, totals: &Totals) -> Vec<Miss> {
    let (found, asked) = (totals.spent.currency, range.currency());
    if found != asked {
        return vec![Miss::OtherCurrency { found, asked }];
    }
    let orders = totals.orders;
    let spent = Money::new(totals.spent.amount.max(Decimal::ZERO), found);
    let too_few = range.orders_at_least().filter(|least| orders < *least);
    let too_many = range.orders_at_most().filter(|most| orders > *most);
    let too_little = range.spend_at_least().filter(|least| spent.amount < least.amount);
    let too_much = range.spend_below().filter(|limit| spent.amount >= limit.amount);
    let misses = [
        too_few.map(|at_least| Miss::TooFewOrders { orders, at_least }),
        too_many.map(|at_most| Miss::TooManyOrders { orders, at_most }),
        too_little.map(|at_least| Miss::SpentTooLittle { spent, at_least }),
        too_much.map(|below| Miss::SpentTooMuch { spent, below }),
    ];
    misses.into_iter().flatten().collect()
}

/// "1 order, and 2 or more are asked for".
impl fmt::Display for Miss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |number: u64| if number == 1 { "" } else { "s" };
        match self {
            Self::SpentTooLittle { spent, at_least } => {
                write!(f, "{spent} spent, and {at_least} or more is asked for")
            }
            Self::SpentTooMuch { spent, below } => {
                write!(f, "{spent} spent, and it has to be below {below}")
            }
            Self::TooFewOrders { orders, at_least } => {
                write!(f, "{orders} order{}, and {at_least} or more are asked for", plural(*orders))
            }
            Self::TooManyOrders { orders, at_most } => {
                write!(f, "{orders} order{}, and {at_most} is the most", plural(*orders))
            }
            Self::OtherCurrency { found, asked } => {
                write!(f, "the money is in {found}, and the book is in {asked}")
            }
        }
    }
}
