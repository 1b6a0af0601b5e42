//! A rectangle in spend × orders, and how it reads.

use std::fmt;

use rust_decimal::Decimal;
use serde::Serialize;

use crate::{Currency, Money, Totals};

/// Bounds on money spent and on the number of orders; all of them must hold. At least one is set,
/// and some customer can meet them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Range {
    bounds: Bounds,
    #[serde(skip)]
    currency: Currency,
}

/// A range before its currency is known. Amounts carry no trailing zeros, so that equal bounds are
/// written alike.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Bounds {
    #[serde(with = "rust_decimal::serde::str_option", skip_serializing_if = "Option::is_none")]
    pub(crate) spend_at_least: Option<Decimal>,
    #[serde(with = "rust_decimal::serde::str_option", skip_serializing_if = "Option::is_none")]
    pub(crate) spend_below: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) orders_at_least: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) orders_at_most: Option<u64>,
}

impl Bounds {
    pub(crate) fn in_currency(self, currency: Currency) -> Range {
        Range { bounds: self, currency }
    }
}

impl Range {
    /// The least amount spent, inclusive.
    pub fn spend_at_least(&self) -> Option<Money> {
        self.money(self.bounds.spend_at_least)
    }

    /// The amount spent must be below this.
    pub fn spend_below(&self) -> Option<Money> {
        self.money(self.bounds.spend_below)
    }

    /// The fewest orders, inclusive.
    pub fn orders_at_least(&self) -> Option<u64> {
        self.bounds.orders_at_least
    }

    /// The most orders, inclusive.
    pub fn orders_at_most(&self) -> Option<u64> {
        self.bounds.orders_at_most
    }

    /// Whether a customer with these totals meets every bound. Never for totals in another currency;
    /// an amount below zero counts as zero.
    pub fn matches(&self, totals: &Totals) -> bool {
        let Bounds { spend_at_least, spend_below, orders_at_least, orders_at_most } = self.bounds;
        let spent = totals.spent.amount.max(Decimal::ZERO);
        totals.spent.currency == self.currency
            && spend_at_least.is_none_or(|least| spent >= least)
            && spend_below.is_none_or(|limit| spent < limit)
            && orders_at_least.is_none_or(|least| totals.orders >= least)
            && orders_at_most.is_none_or(|most| totals.orders <= most)
    }

    pub(crate) fn bounds(&self) -> Bounds {
        self.bounds
    }

    pub(crate) fn currency(&self) -> Currency {
        self.currency
    }

    /// "2 to 5 orders"; none if any number will do.
    pub(crate) fn orders_in_words(&self) -> Option<String> {
        let least = self.bounds.orders_at_least.unwrap_or(0);
        let plural = |number: u64| if number == 1 { "" } else { "s" };
        match self.bounds.orders_at_most {
            Some(most) if least == most => Some(format!("{most} order{}", plural(most))),
            Some(most) => Some(format!("{least} to {most} orders")),
            None if least > 0 => Some(format!("{least} order{} or more", plural(least))),
            None => None,
        }
    }

    /// "100.00 USD or more and below 500.00 USD"; none if any amount will do.
    pub(crate) fn spend_in_words(&self) -> Option<String> {
        let least = self.spend_at_least().filter(|least| !least.amount.is_zero());
        match (least, self.spend_below()) {
            (Some(least), Some(limit)) => Some(format!("{least} or more and below {limit}")),
            (Some(least), None) => Some(format!("{least} or more")),
            (None, Some(limit)) => Some(format!("below {limit}")),
            (None, None) => None,
        }
    }

    fn money(&self, amount: Option<Decimal>) -> Option<Money> {
        amount.map(|amount| Money::new(amount, self.currency))
    }
}

/// "6 orders or more", "2 to 5 orders and below 500.00 USD", "any customer".
impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.orders_in_words(), self.spend_in_words()) {
            (Some(orders), Some(spend)) => write!(f, "{orders} and {spend}"),
            (Some(one), None) | (None, Some(one)) => f.write_str(&one),
            (None, None) => f.write_str("any customer"),
        }
    }
}
