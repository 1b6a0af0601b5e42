//! Digits become numbers, eight at a time.

/// The next eight bytes as a number whose lowest byte comes first; none near the end of the text.
#[inline]
pub(super) fn word(text: &[u8], at: usize) -> Option<u64> {
    text.get(at..)?.first_chunk().copied().map(u64::from_le_bytes)
}

pub(super) const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// How many of the eight bytes are digits, counted from the first, and the number that they say.
#[inline]
fn digits(word: u64) -> (u32, u64) {
    let values = word ^ each(b'0');
    // The highest bit of a byte is set for what is no digit. A carry reaches only bytes behind it.
    let others = (values.wrapping_add(each(0x76)) | values) & each(0x80);
    let count = others.trailing_zeros() / 8;
    if count == 0 {
        return (0, 0);
    }
    // Zeros in front stand for what is missing.
    let values = values << (64 - 8 * count);
    let pairs = values.wrapping_mul(10).wrapping_add(values >> 8);
    let lower = (pairs & 0x0000_00ff_0000_00ff).wrapping_mul(0x000f_4240_0000_0064);
    let upper = ((pairs >> 16) & 0x0000_00ff_0000_00ff).wrapping_mul(0x0000_2710_0000_0001);
    (count, lower.wrapping_add(upper) >> 32)
}

const POWERS: [u64; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/// The number of up to 19 digits at this place, and where it ends. None if there are none or more.
#[inline]
pub(super) fn number(text: &[u8], start: usize) -> Option<(u64, usize)> {
    let (count, mut value) = digits(word(text, start)?);
    let mut at = start + count as usize;
    let mut last = count;
    while last == 8 {
        let (count, part) = digits(word(text, at)?);
        at += count as usize;
        if at - start > 19 {
            return None;
        }
        value = value * POWERS[count as usize] + part;
        last = count;
    }
    (at > start).then_some((value, at))
}

/// The amount at this place in ten-thousandths, and where it ends. None for another form than up to
/// 14 digits, or those, a point and up to four digits.
#[inline]
pub(super) fn amount(text: &[u8], start: usize) -> Option<(i64, usize)> {
    let (whole, end) = number(text, start)?;
    if end - start > 14 {
        return None;
    }
    let units = whole * POWERS[4];
    if *text.get(end)? != b'.' {
        return Some((i64::try_from(units).ok()?, end));
    }
    let (count, part) = digits(word(text, end + 1)?);
    let missing = 4_usize.checked_sub(count as usize)?;
    let units = units + part * POWERS[missing];
    (count > 0).then_some((i64::try_from(units).ok()?, end + 1 + count as usize))
}
