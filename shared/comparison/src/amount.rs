//! What a customer has bought, small enough to keep for millions.

use rules::{CustomerId, TABLE_DECIMALS};
use rust_decimal::Decimal;

/// 10 to the power of [`TABLE_DECIMALS`].
pub(crate) const UNIT: i64 = 10_000;

/// An amount of money in a currency known from elsewhere. Equal amounts are equal: what fits the small
/// form always takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Amount {
    /// In ten-thousandths of the currency.
    Small(i64),
    /// With more decimals, or further from zero.
    Large(Decimal),
}

/// In ten-thousandths; none for more decimals, even if they are zeros, and for large amounts.
fn small(amount: Decimal) -> Option<i64> {
    let missing = TABLE_DECIMALS.checked_sub(amount.scale())?;
    i64::try_from(amount.mantissa()).ok()?.checked_mul(10_i64.pow(missing))
}

impl Amount {
    pub(crate) fn decimal(self) -> Decimal {
        match self {
            Self::Small(units) => Decimal::from_i128_with_scale(i128::from(units), TABLE_DECIMALS),
            Self::Large(amount) => amount,
        }
    }
}

impl From<Decimal> for Amount {
    fn from(amount: Decimal) -> Self {
        small(amount)
            .or_else(|| small(amount.normalize()))
            .map_or_else(|| Self::Large(amount.normalize()), Self::Small)
    }
}

/// Orders and money spent, the money in a currency known from elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bought {
    pub(crate) orders: u64,
    pub(crate) spent: Amount,
}

impl Bought {
    /// As small numbers; none for figures that no shop has.
    pub(crate) fn small(self) -> Option<(u32, i64)> {
        match self.spent {
            Amount::Small(units) => Some((u32::try_from(self.orders).ok()?, units)),
            Amount::Large(_) => None,
        }
    }
}

impl From<&rules::Totals> for Bought {
    fn from(totals: &rules::Totals) -> Self {
        Self { orders: totals.orders, spent: totals.spent.amount.into() }
    }
}

/// Up to so many examples are kept of what is counted.
pub const EXAMPLES: usize = 20;

/// The digits of an id that begin a text, if there are any.
pub(crate) fn leading_id(digits: &[u8]) -> Option<CustomerId> {
    let end = digits.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(digits.len());
    std::str::from_utf8(digits.get(..end)?).ok()?.parse().ok()
}
