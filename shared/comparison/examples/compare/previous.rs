//! What was known before, from a table of text.

use std::error::Error;

use comparison::{Known, KnownBuilder, KnownCustomer, KnownState, SegmentRef, UserTag};
use jiff::Timestamp;
use rules::{Currency, CustomerId, Money, RuleBook, SegmentName, Totals};
use rust_decimal::Decimal;

use crate::blocks;

/// What stands for no segment, besides nothing at all.
const NO_SEGMENT: [&str; 2] = ["-", "none"];

/// Reads the table.
pub(crate) fn read(path: &str, book: &RuleBook) -> Result<Known, Box<dyn Error>> {
    let mut table = Table {
        // Whoever is not in the export any more is gone.
        known: KnownBuilder::new(Timestamp::MAX),
        currency: book.currency(),
        segments: Vec::new(),
        line: 0,
    };
    let mut pending = Vec::new();
    blocks(path, |block| {
        let mut rest = block;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            if pending.is_empty() {
                table.take(&rest[..end])?;
            } else {
                pending.extend(&rest[..end]);
                table.take(&pending)?;
                pending.clear();
            }
            rest = &rest[end + 1..];
        }
        pending.extend(rest);
        Ok(())
    })?;
    if !pending.is_empty() {
        table.take(&pending)?;
    }
    Ok(table.known.finish())
}

/// Not the name of a segment.
struct Unreadable;

struct Table {
    known: KnownBuilder,
    currency: Currency,
    /// Segments by the text they are written as; few, so they are searched one by one.
    segments: Vec<(Vec<u8>, Option<SegmentRef>)>,
    line: u64,
}

impl Table {
    fn take(&mut self, line: &[u8]) -> Result<(), Box<dyn Error>> {
        self.line += 1;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let Some(customer) = self.customer(line) else {
            let is_title = self.line == 1 && !line.iter().any(u8::is_ascii_digit);
            if is_title || line.is_empty() {
                return Ok(());
            }
            return Err(format!(
                "line {} of what was known: not id, segment, spend, orders",
                self.line
            )
            .into());
        };
        self.known.push(&customer);
        Ok(())
    }

    fn customer(&mut self, line: &[u8]) -> Option<KnownCustomer> {
        let mut columns = line.split(|byte| *byte == b'\t');
        let id = columns.next()?;
        let segment = self.segment(columns.next()?).ok()?;
        let spent = Money::new(amount(columns.next()?)?, self.currency);
        let orders = whole(columns.next()?)?;
        let state = KnownState::Matched {
            user: UserTag::new(0),
            address: None,
            shown: Some(Totals { orders, spent }),
            segment,
            in_place: true,
        };
        Some(KnownCustomer { id: identity(id)?, read: None, state, pin: None })
    }

    fn segment(&mut self, text: &[u8]) -> Result<Option<SegmentRef>, Unreadable> {
        // The first letter tells most of them apart.
        let is_same = |known: &[u8]| known.first() == text.first() && known == text;
        if let Some((_, segment)) = self.segments.iter().find(|(known, _)| is_same(known)) {
            return Ok(*segment);
        }
        let name = std::str::from_utf8(text).map_err(|_| Unreadable)?;
        let segment = if name.is_empty() || NO_SEGMENT.contains(&name) {
            None
        } else {
            let name: SegmentName = name.parse().map_err(|_| Unreadable)?;
            Some(self.known.segment(&name).map_err(|_| Unreadable)?)
        };
        self.segments.push((text.to_owned(), segment));
        Ok(segment)
    }
}

fn identity(text: &[u8]) -> Option<CustomerId> {
    let gid = || CustomerId::from_gid(std::str::from_utf8(text).ok()?).ok();
    whole(text).map(CustomerId::new).or_else(gid)
}

fn whole(text: &[u8]) -> Option<u64> {
    let add = |number: u64, byte: &u8| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    };
    if text.is_empty() { None } else { text.iter().try_fold(0, add) }
}

/// Reads an amount. The usual form is quicker to add up than to hand on.
fn amount(text: &[u8]) -> Option<Decimal> {
    let mut units = 0_i64;
    let mut decimals = None;
    for byte in text {
        match byte {
            b'0'..=b'9' => units = units.checked_mul(10)? + i64::from(byte - b'0'),
            b'.' if decimals.is_none() => decimals = Some(0),
            _ => return Decimal::from_str_exact(std::str::from_utf8(text).ok()?).ok(),
        }
        if *byte != b'.' {
            decimals = decimals.map(|decimals| decimals + 1);
        }
    }
    Decimal::try_new(units, decimals.unwrap_or(0)).ok()
}
