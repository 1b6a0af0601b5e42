//! Decimal text becomes a number, exactly.

use rust_decimal::Decimal;

use super::{MAX_AMOUNT, MAX_ORDERS};
use crate::Currency;

const AMOUNT: &str = "an amount";
const WHOLE: &str = "a whole number";
/// No currency of ISO 4217 has more.
const MOST_DECIMALS: usize = 4;

/// Why a value is not the number asked for, as it reads after the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Flaw {
    /// Not digits, with or without a point between them. NaN, infinities, exponents, separators of
    /// thousands and currency signs end here.
    #[error("is not {0}")]
    IsNot(&'static str),
    #[error("is negative")]
    Negative,
    #[error("is more than {0}")]
    TooMuch(u64),
    #[error("has more decimals than {0}, which has {1}")]
    TooManyDecimals(Currency, u32),
}

/// Reads an amount; none for what is not text at all. The result has no zeros at the end. Without a
/// currency, which is refused elsewhere then, decimals cannot be judged.
pub(super) fn amount(text: Option<&str>, currency: Option<Currency>) -> Result<Decimal, Flaw> {
    let (whole, fraction) = digits(text, AMOUNT)?;
    if let Some(currency) = currency
        && let Some(decimals) = currency.decimals()
        && fraction.len() > decimals as usize
    {
        return Err(Flaw::TooManyDecimals(currency, decimals));
    }
    let fraction = fraction.get(..MOST_DECIMALS).unwrap_or(fraction);
    Decimal::from_str_exact(&format!("0{whole}.{fraction}0"))
        .ok()
        .filter(|amount| *amount <= Decimal::from(MAX_AMOUNT))
        .map(|amount| amount.normalize())
        .ok_or(Flaw::TooMuch(MAX_AMOUNT))
}

/// Reads a whole number; none for what is not text at all.
pub(super) fn whole(text: Option<&str>) -> Result<u64, Flaw> {
    let (whole, fraction) = digits(text, WHOLE)?;
    if !fraction.is_empty() {
        return Err(Flaw::IsNot(WHOLE));
    }
    format!("0{whole}")
        .parse()
        .ok()
        .filter(|number| *number <= MAX_ORDERS)
        .ok_or(Flaw::TooMuch(MAX_ORDERS))
}

/// The digits before and after the point, without zeros at the outer ends.
fn digits<'text>(
    text: Option<&'text str>,
    expected: &'static str,
) -> Result<(&'text str, &'text str), Flaw> {
    let text = text.ok_or(Flaw::IsNot(expected))?;
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    if !are_digits(whole) || !are_digits(fraction) {
        return Err(Flaw::IsNot(expected));
    }
    let whole = whole.trim_start_matches('0');
    let fraction = fraction.trim_end_matches('0');
    if negative && !(whole.is_empty() && fraction.is_empty()) {
        return Err(Flaw::Negative);
    }
    Ok((whole, fraction))
}

fn are_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
