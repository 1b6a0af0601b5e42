//! Two thousand customers who were there before anybody listened: the same ones in every demo.

use rust_decimal::Decimal;

/// How many there are.
pub(super) const PEOPLE: u64 = 2_000;

/// The figures of one of them, by number: orders, and what they came to. Two in five have not ordered
/// yet, as in many a shop; a few spend much at once.
pub(super) fn figures(number: u64) -> (u64, Decimal) {
    // Each number below 1,000 as often as any other.
    let roll = number * 7_919 % 1_000;
    let orders = match roll {
        0..400 => 0,
        400..780 => 1,
        780..950 => 2 + roll % 4,
        _ => 6 + roll % 7,
    };
    let cents = 1_200 + number * 104_729 % 8_800;
    let cents = if roll % 40 == 7 { 6 * cents } else { cents };
    (orders, Decimal::from(orders * cents) / Decimal::ONE_HUNDRED)
}

/// Nine in ten have an Okta user.
pub(super) fn has_user(number: u64) -> bool {
    number % 10 != 9
}

pub(super) fn email(number: u64) -> String {
    format!("person-{number}@example.com")
}

/// The segment of these figures, if so much spent makes a VIP: the default book, in other words.
pub(super) fn segment((orders, spent): (u64, Decimal), vip_from: u32) -> Option<&'static str> {
    match orders {
        6.. => Some("vip"),
        _ if spent >= Decimal::from(vip_from) => Some("vip"),
        2..6 => Some("returning"),
        1 => Some("new"),
        0 => None,
    }
}
