//! Money: a decimal amount in one currency.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A currency of ISO 4217, or one that Shopify knows besides.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(Code);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Code {
    Iso(iso_currency::Currency),
    Other(&'static str),
}

/// What Shopify may answer and ISO 4217 does not list, or no longer
/// ([`CurrencyCode`](https://shopify.dev/docs/api/admin-graphql/2026-10/enums/CurrencyCode)). A
/// customer counted in one of them is a customer in another currency, not an answer we cannot read.
const BESIDES_ISO: [&str; 9] = ["ANG", "BYR", "JEP", "KID", "LTL", "LVL", "STD", "USDC", "VEF"];

/// Not a currency code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a currency code of ISO 4217 (three capital letters, such as USD)")]
pub struct UnknownCurrency;

impl Currency {
    /// US dollars.
    pub const USD: Self = Self(Code::Iso(iso_currency::Currency::USD));

    /// The code, of three letters in ISO 4217.
    pub fn code(self) -> &'static str {
        match self.0 {
            Code::Iso(currency) => currency.code(),
            Code::Other(code) => code,
        }
    }

    /// How many decimals an amount in this currency has: 2 for USD, 0 for JPY, 3 for KWD. None for
    /// what is not counted in such units, gold among them, and for what ISO 4217 does not list.
    pub fn decimals(self) -> Option<u32> {
        match self.0 {
            Code::Iso(currency) => currency.exponent().map(u32::from),
            Code::Other(_) => None,
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(code: &str) -> Result<Self, UnknownCurrency> {
        let besides_iso = || BESIDES_ISO.into_iter().find(|known| *known == code).map(Code::Other);
        iso_currency::Currency::from_code(code)
            .map(Code::Iso)
            .or_else(besides_iso)
            .map(Self)
            .ok_or(UnknownCurrency)
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// An amount of money. Equal amounts are equal however many zeros they were written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// The amount, in whole units of the currency ("45.50" dollars, not cents). May be negative:
    /// whether Shopify nets refunds is undocumented.
    #[serde(with = "rust_decimal::serde::str")]
    pub amount: Decimal,
    /// What it is counted in.
    pub currency: Currency,
}

impl Money {
    /// An amount in a currency.
    pub const fn new(amount: Decimal, currency: Currency) -> Self {
        Self { amount, currency }
    }
}

/// "45.50 USD": padded to the currency's decimals, never rounded.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut amount = self.amount.normalize();
        let decimals = self.currency.decimals().unwrap_or(0);
        if amount.scale() < decimals {
            amount.rescale(decimals);
        }
        write!(f, "{amount} {}", self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(amount: &str) -> Money {
        Money::new(amount.parse().unwrap(), Currency::USD)
    }

    #[test]
    fn amounts_are_equal_whatever_their_scale() {
        assert_eq!(usd("231.1"), usd("231.10"));
        assert_eq!(usd("0.0"), usd("0"));
    }

    #[test]
    fn money_prints_with_the_decimals_of_its_currency() {
        assert_eq!(usd("45.5").to_string(), "45.50 USD");
        assert_eq!(usd("45.505").to_string(), "45.505 USD");
        let yen = Money::new("1200".parse().unwrap(), "JPY".parse().unwrap());
        assert_eq!(yen.to_string(), "1200 JPY");
    }

    #[test]
    fn an_unknown_currency_is_refused() {
        assert_eq!("usd".parse::<Currency>(), Err(UnknownCurrency));
    }

    #[test]
    fn a_currency_only_shopify_knows_can_be_read_and_told_apart() {
        let guilder: Currency = "ANG".parse().unwrap();
        assert_eq!((guilder.code(), guilder.decimals()), ("ANG", None));
        assert_ne!(guilder, Currency::USD);
        assert!(BESIDES_ISO.iter().all(|code| iso_currency::Currency::from_code(code).is_none()));
    }
}
