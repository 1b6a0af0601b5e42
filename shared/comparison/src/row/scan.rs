//! Looking for the end of a text, sixteen bytes at a time: most texts end within the first, so there is
//! little to guess for the processor.

/// How many bytes are looked at together.
const LENGTH: usize = 16;

#[inline]
fn block(text: &[u8], at: usize) -> Option<u128> {
    text.get(at..)?.first_chunk::<LENGTH>().copied().map(u128::from_le_bytes)
}

const fn each(byte: u8) -> u128 {
    u128::from_le_bytes([byte; LENGTH])
}

/// Marks the bytes that are zero. Exact up to the first of them; behind it there may be more marks.
#[inline]
const fn zeros(block: u128) -> u128 {
    below(block, 1)
}

/// Marks the bytes below a limit of at most 0x80, as [`zeros`] does.
#[inline]
const fn below(block: u128, limit: u8) -> u128 {
    block.wrapping_sub(each(limit)) & !block & each(0x80)
}

/// Marks what a text of JSON cannot hold as it is.
#[inline]
fn interruptions(block: u128) -> u128 {
    zeros(block ^ each(b'"')) | zeros(block ^ each(b'\\')) | below(block, 0x20)
}

/// The number of the first byte that is marked; of none, the number of bytes.
#[inline]
fn first(marks: u128) -> usize {
    marks.trailing_zeros() as usize / 8
}

/// Where the first byte is that ends or interrupts a text: a quote, a backslash or a control character.
/// Takes note of bytes beyond ASCII.
#[inline]
pub(super) fn interruption(text: &[u8], start: usize, beyond_ascii: &mut bool) -> Option<usize> {
    let mut at = start;
    loop {
        let block = block(text, at)?;
        let end = first(interruptions(block));
        *beyond_ascii |= first(block & each(0x80)) < end;
        if end < LENGTH {
            return Some(at + end);
        }
        at += LENGTH;
    }
}

/// The end of an address that can be taken as it is, at the closing quote: plain ASCII without space or
/// control characters, of a length and form that an address may have. None for any other.
#[inline]
pub(super) fn address_end(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    let mut sign = None;
    let end = loop {
        let block = block(text, at)?;
        let odd = (block.wrapping_add(each(1)) | block) & each(0x80);
        let end = first(interruptions(block) | below(block, b' ' + 1) | odd);
        let found = first(zeros(block ^ each(b'@')));
        if sign.is_none() && found < end {
            sign = Some(at + found);
        }
        if end < LENGTH {
            break at + end;
        }
        at += LENGTH;
    };
    let sign = sign?;
    let fits = (3..=254).contains(&(end - start)) && sign > start && sign + 1 < end;
    (*text.get(end)? == b'"' && fits).then_some(end)
}
