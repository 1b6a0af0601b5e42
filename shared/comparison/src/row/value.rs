//! Passing over values that nobody asked for, without taking what is no JSON for JSON.

use super::scan::interruption;

/// How deep values may be nested here. Deeper ones are read the exact way.
const DEEPEST: u32 = 64;

/// Where the value ends that begins at this place. None for what is no JSON, and for some that is.
pub(super) fn end(text: &[u8], start: usize, beyond_ascii: &mut bool) -> Option<usize> {
    match text.get(start)? {
        b'"' => string_end(text, start + 1, beyond_ascii),
        b'{' | b'[' => nested_end(text, start, beyond_ascii),
        _ => scalar_end(text, start),
    }
}

/// Behind the closing quote of the text that begins at this place.
#[inline]
pub(super) fn string_end(text: &[u8], start: usize, beyond_ascii: &mut bool) -> Option<usize> {
    let mut at = start;
    loop {
        at = interruption(text, at, beyond_ascii)?;
        match text.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at = escape_end(text, at + 1)?,
            _ => return None,
        }
    }
}

fn escape_end(text: &[u8], at: usize) -> Option<usize> {
    match text.get(at)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(at + 1),
        b'u' => {
            let digits = text.get(at + 1..at + 5)?;
            digits.iter().all(u8::is_ascii_hexdigit).then_some(at + 5)
        }
        _ => None,
    }
}

fn scalar_end(text: &[u8], start: usize) -> Option<usize> {
    let rest = text.get(start..)?;
    match rest.first()? {
        b't' if rest.starts_with(b"true") => Some(start + 4),
        b'n' if rest.starts_with(b"null") => Some(start + 4),
        b'f' if rest.starts_with(b"false") => Some(start + 5),
        b'-' | b'0'..=b'9' => number_end(text, start),
        _ => None,
    }
}

fn number_end(text: &[u8], start: usize) -> Option<usize> {
    let digits_end = |from: usize| {
        let digits = text.get(from..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
        (digits > 0).then_some(from + digits)
    };
    let first = if text.get(start)? == &b'-' { start + 1 } else { start };
    let mut at = digits_end(first)?;
    if text.get(first)? == &b'0' && at > first + 1 {
        return None;
    }
    if text.get(at)? == &b'.' {
        at = digits_end(at + 1)?;
    }
    if matches!(text.get(at)?, b'e' | b'E') {
        let sign = matches!(text.get(at + 1)?, b'+' | b'-');
        at = digits_end(at + 1 + usize::from(sign))?;
    }
    Some(at)
}

/// Behind the bytes of white space at this place. A line holds no newline.
#[inline]
pub(super) fn space_end(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    while matches!(text.get(at)?, b' ' | b'\t' | b'\r') {
        at += 1;
    }
    Some(at)
}

/// What is open: one bit for each level, set for an object.
#[derive(Clone, Copy)]
struct Open {
    bits: u64,
    depth: u32,
}

fn nested_end(text: &[u8], start: usize, beyond_ascii: &mut bool) -> Option<usize> {
    let mut open = Open { bits: 0, depth: 0 };
    let mut at = start;
    loop {
        // At the beginning of a value.
        let byte = *text.get(at)?;
        if matches!(byte, b'{' | b'[') {
            let is_object = byte == b'{';
            open = open.down(is_object)?;
            at = space_end(text, at + 1)?;
            if *text.get(at)? == if is_object { b'}' } else { b']' } {
                at += 1;
                open = open.up();
            } else {
                if is_object {
                    at = key_end(text, at, beyond_ascii)?;
                }
                continue;
            }
        } else {
            at = end_of_leaf(text, at, beyond_ascii)?;
        }
        // Behind a value.
        loop {
            if open.depth == 0 {
                return Some(at);
            }
            at = space_end(text, at)?;
            match (text.get(at)?, open.is_object()) {
                (b',', true) => {
                    let key = space_end(text, at + 1)?;
                    at = key_end(text, key, beyond_ascii)?;
                    break;
                }
                (b',', false) => {
                    at = space_end(text, at + 1)?;
                    break;
                }
                (b'}', true) | (b']', false) => {
                    at += 1;
                    open = open.up();
                }
                _ => return None,
            }
        }
    }
}

fn end_of_leaf(text: &[u8], at: usize, beyond_ascii: &mut bool) -> Option<usize> {
    if *text.get(at)? == b'"' {
        string_end(text, at + 1, beyond_ascii)
    } else {
        scalar_end(text, at)
    }
}

/// From a key's opening quote to the value.
fn key_end(text: &[u8], at: usize, beyond_ascii: &mut bool) -> Option<usize> {
    if *text.get(at)? != b'"' {
        return None;
    }
    let end = string_end(text, at + 1, beyond_ascii)?;
    let colon = space_end(text, end)?;
    if *text.get(colon)? != b':' {
        return None;
    }
    space_end(text, colon + 1)
}

impl Open {
    fn down(self, is_object: bool) -> Option<Self> {
        let bits = self.bits << 1 | u64::from(is_object);
        (self.depth < DEEPEST).then_some(Self { bits, depth: self.depth + 1 })
    }

    fn up(self) -> Self {
        Self { bits: self.bits >> 1, depth: self.depth - 1 }
    }

    fn is_object(self) -> bool {
        self.bits & 1 == 1
    }
}
