//! How fields begin: learnt from the lines before, so that a field is known by its bytes.

use super::scan::interruption;
use super::value::space_end;

/// The longest beginning of a field that is learnt.
const HEAD: usize = 32;
/// The most beginnings that are learnt.
const HEADS: usize = 64;

/// What a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Id,
    Email,
    Orders,
    Spent,
    Updated,
    /// Nobody asked for it.
    Other,
}

/// How a field begins: everything from behind the value before to its own value, such as
/// `,"numberOfOrders":`.
#[derive(Debug, Clone, Copy)]
struct Head {
    bytes: [u128; 2],
    masks: [u128; 2],
    length: usize,
    field: Field,
}

/// The beginnings of fields, in the order they came in.
#[derive(Debug, Default)]
pub(super) struct Heads(Vec<Head>);

impl Heads {
    /// Which field begins here, and where its value does.
    #[inline]
    pub(super) fn field(
        &mut self,
        text: &[u8],
        at: usize,
        expected: &mut usize,
    ) -> Option<(Field, usize)> {
        if let Some(head) = self.0.get(*expected)
            && head.is_at(text, at)
        {
            *expected += 1;
            return Some((head.field, at + head.length));
        }
        self.learn(text, at, expected)
    }

    /// Reads how a field begins, and expects it here in the lines to come.
    #[cold]
    fn learn(&mut self, text: &[u8], start: usize, expected: &mut usize) -> Option<(Field, usize)> {
        let mut at = start;
        if start == 0 {
            at = space_end(text, at)?;
        }
        if *text.get(at)? != if start == 0 { b'{' } else { b',' } {
            return None;
        }
        at = space_end(text, at + 1)?;
        if *text.get(at)? != b'"' {
            return None;
        }
        let key_start = at + 1;
        let mut beyond_ascii = false;
        let key_end = interruption(text, key_start, &mut beyond_ascii)?;
        if *text.get(key_end)? != b'"' || beyond_ascii {
            return None;
        }
        at = space_end(text, key_end + 1)?;
        if *text.get(at)? != b':' {
            return None;
        }
        at = space_end(text, at + 1)?;
        let field = Field::of(text.get(key_start..key_end)?);
        self.expect(Head::of(text.get(start..at)?, field), expected);
        Some((field, at))
    }

    /// A field that comes later in the list was not left out for good; one that is not in the list
    /// takes its place here.
    fn expect(&mut self, head: Option<Head>, expected: &mut usize) {
        let Some(head) = head else { return };
        let ahead = self.0.get(*expected..).unwrap_or_default();
        if let Some(ahead) = ahead.iter().position(|other| other.is_same(&head)) {
            *expected += ahead + 1;
            return;
        }
        if self.0.len() >= HEADS {
            self.0.truncate(*expected);
        }
        if self.0.len() < HEADS && *expected <= self.0.len() {
            self.0.insert(*expected, head);
            *expected += 1;
        }
    }
}

impl Field {
    fn of(key: &[u8]) -> Self {
        match key {
            b"id" => Self::Id,
            b"defaultEmailAddress" => Self::Email,
            b"numberOfOrders" => Self::Orders,
            b"amountSpent" => Self::Spent,
            b"updatedAt" => Self::Updated,
            _ => Self::Other,
        }
    }
}

impl Head {
    /// None if it is too long.
    fn of(bytes: &[u8], field: Field) -> Option<Self> {
        let mut padded = [0_u8; HEAD];
        let mut mask = [0_u8; HEAD];
        padded.get_mut(..bytes.len())?.copy_from_slice(bytes);
        mask.get_mut(..bytes.len())?.fill(0xff);
        let length = bytes.len();
        Some(Self { bytes: halves(&padded), masks: halves(&mask), length, field })
    }

    #[inline]
    fn is_at(&self, text: &[u8], at: usize) -> bool {
        let Some(bytes) = text.get(at..).and_then(<[u8]>::first_chunk::<HEAD>) else {
            return false;
        };
        let [first, second] = halves(bytes);
        let first = (first ^ self.bytes[0]) & self.masks[0];
        let second = (second ^ self.bytes[1]) & self.masks[1];
        first | second == 0
    }

    fn is_same(&self, other: &Self) -> bool {
        self.length == other.length && self.bytes == other.bytes
    }
}

#[inline]
fn halves(bytes: &[u8; HEAD]) -> [u128; 2] {
    let mut halves = [0; 2];
    for (half, bytes) in halves.iter_mut().zip(bytes.as_chunks::<16>().0) {
        *half = u128::from_le_bytes(*bytes);
    }
    halves
}
