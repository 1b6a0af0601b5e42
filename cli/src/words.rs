//! Figures and names as people read them.

use comparison::Why;
use indicatif::HumanCount;
use jiff::SignedDuration;
use resegment::EndedAs;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// What is said of customers for whom a person decided, in front of which goes how many. They may still be on
/// their way there.
pub(crate) const PINNED: &str = "pinned by a person (to a segment, or to none)";

/// "2,000".
pub(crate) fn count(count: u64) -> String {
    HumanCount(count).to_string()
}

/// An amount in whole units of its currency, rounded half to even: "12,346".
pub(crate) fn amount(amount: Decimal) -> String {
    let units = amount.round();
    let sign = if units < Decimal::ZERO { "-" } else { "" };
    // A sum beyond 64 bits is shown as it is.
    units
        .abs()
        .to_u64()
        .map_or_else(|| units.to_string(), |units| format!("{sign}{}", count(units)))
}

/// A part of a whole, rounded half up: "2.1 %".
pub(crate) fn share(part: u64, whole: u64) -> String {
    let (part, whole) = (u128::from(part), u128::from(whole));
    match (part * 2_000 + whole).checked_div(2 * whole) {
        None => "-".to_owned(),
        Some(0) if part > 0 => "< 0.1 %".to_owned(),
        Some(tenths) => format!("{}.{} %", tenths / 10, tenths % 10),
    }
}

/// "1h 12m 5s".
pub(crate) fn duration(duration: SignedDuration) -> String {
    format!("{:#}", SignedDuration::from_secs(duration.as_secs()))
}

/// How a run ended.
pub(crate) fn ended_as(how: EndedAs) -> &'static str {
    match how {
        EndedAs::Done => "done",
        EndedAs::Refused => "refused",
        EndedAs::Failed => "failed",
        EndedAs::Cancelled => "cancelled",
    }
}

/// Why a customer is looked at.
pub(crate) fn why(why: Why) -> &'static str {
    match why {
        Why::New => "never looked up",
        Why::Returned => "back after having been forgotten",
        Why::Moved => "in another segment now",
        Why::Left => "in no segment any more",
        Why::Entered => "in a segment again",
        Why::Remapped => "segment with another group now",
        Why::Totals => "other totals",
        Why::Address => "another address",
        Why::Drift => "Okta holds something else",
        Why::Retry => "what stood in the way is gone",
        Why::Found => "an Okta user has appeared",
        Why::Gone => "gone from the shop",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_to_tenths_and_never_to_nothing() {
        assert_eq!(share(1, 3), "33.3 %");
        assert_eq!(share(2, 3), "66.7 %");
        assert_eq!(share(1, 10_000), "< 0.1 %");
        assert_eq!(share(0, 5), "0.0 %");
        assert_eq!(share(u64::MAX, u64::MAX), "100.0 %");
        assert_eq!(share(0, 0), "-");
    }

    #[test]
    fn amounts_are_whole_units_in_groups_of_three() {
        let shown = |text: &str| amount(text.parse().unwrap());
        assert_eq!(shown("1234567.5"), "1,234,568");
        assert_eq!(shown("-1234.2"), "-1,234");
        assert_eq!(shown("-0.4"), "0");
        assert_eq!(shown("79228162514264337593543950335"), "79228162514264337593543950335");
    }

    #[test]
    fn durations_are_whole_seconds() {
        assert_eq!(duration(SignedDuration::from_millis(3_725_900)), "1h 2m 5s");
        assert_eq!(duration(SignedDuration::ZERO), "0s");
    }
}
