//! Moments as Shopify writes them: `2026-11-21T12:00:00Z`.

use super::number::{each, word};

/// How long such a moment is.
pub(super) const LENGTH: usize = 20;

/// For each byte of a pattern, what has to be added so that its highest bit tells a mistake: a digit's
/// value may be up to 9, what stands between digits has to be exactly itself.
const fn limits(pattern: [u8; 8]) -> u64 {
    let mut limits = [0x7f; 8];
    let mut at = 0;
    while at < 8 {
        if pattern[at] == b'0' {
            limits[at] = 0x76;
        }
        at += 1;
    }
    u64::from_le_bytes(limits)
}

/// At each first digit of two, the number that they say; none if the bytes do not have the pattern.
#[inline]
fn pairs(word: u64, pattern: [u8; 8]) -> Option<[u8; 8]> {
    let values = word ^ u64::from_le_bytes(pattern);
    let mistakes = (values.wrapping_add(limits(pattern)) | values) & each(0x80);
    (mistakes == 0).then(|| values.wrapping_mul(10).wrapping_add(values >> 8).to_le_bytes())
}

/// Days before each month of a year that is not a leap year.
const BEFORE: [u32; 13] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];

/// The moment at this place in seconds since 1970. None for another form, for a moment that is none,
/// and for years before 1970 or after 2099.
#[inline]
pub(super) fn second(text: &[u8], at: usize) -> Option<i64> {
    let date = pairs(word(text, at)?, *b"0000-00-")?;
    let time = pairs(word(text, at + 8)?, *b"00T00:00")?;
    // Reads on behind the moment; what is there is masked out.
    let rest = word(text, at + 16)? & u64::from(u32::MAX) | u64::from_le_bytes(*b"\0\0\0\0----");
    let end = pairs(rest, *b":00Z----")?;
    let year = u32::from(date[0]) * 100 + u32::from(date[2]);
    let (month, day) = (usize::from(date[5]), u32::from(time[0]));
    let (hour, minute, second) = (u32::from(time[3]), u32::from(time[6]), u32::from(end[1]));
    if !(1970..2100).contains(&year) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Of these years, every fourth is a leap year.
    let leap_day = u32::from(year.is_multiple_of(4) && month > 2);
    let is_leap_month = u32::from(year.is_multiple_of(4) && month == 2);
    let (before, after) = (*BEFORE.get(month.checked_sub(1)?)?, *BEFORE.get(month)?);
    if day == 0 || day > after - before + is_leap_month {
        return None;
    }
    let leap_days = (year - 1969) / 4;
    let days = (year - 1970) * 365 + leap_days + before + leap_day + day - 1;
    Some(i64::from(days) * 86_400 + i64::from(hour * 3_600 + minute * 60 + second))
}
