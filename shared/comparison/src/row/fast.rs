//! Lines in the form that Shopify gives them, or nearly.
//!
//! Reads straight through a line and never goes back. It expects the fields in the order and with the
//! white space of the lines before, which is learnt; everything it cannot be sure of is left to the
//! exact way. What it does read it has checked: a line it takes is JSON, and the exact way says the
//! same of it.

use rules::Currency;

use super::heads::{Field, Heads};
use super::number::{amount, number, word};
use super::scan::address_end;
use super::time;
use super::value::{self, space_end};
use super::{Email, Row};
use crate::Fields;
use crate::amount::{Amount, Bought};
use crate::moment::Moment;

/// Bytes that have to follow a line so that the end of a chunk does not get in the way.
pub(crate) const PADDING: usize = 64;

/// A currency's code and the quote behind it, as the first bytes of a word.
#[derive(Debug, Clone, Copy)]
struct Code {
    word: u64,
    mask: u64,
    length: usize,
}

/// Reads lines fast, and learns from each how the next will look.
#[derive(Debug)]
pub(crate) struct Fast {
    currency: Code,
    fields: Fields,
    heads: Heads,
}

/// What was read of a line so far.
#[derive(Default)]
struct Parts<'line> {
    id: Option<u64>,
    email: Option<Email<'line>>,
    orders: Option<u64>,
    spent: Option<i64>,
    updated: Option<i64>,
}

impl Fast {
    pub(crate) fn new(currency: Currency, fields: Fields) -> Self {
        Self { currency: Code::of(currency), fields, heads: Heads::default() }
    }

    /// Reads the line that the text begins with, and says how long it is with its newline. None if the
    /// line has to be read the exact way, or is not there whole, or less than [`PADDING`] bytes follow.
    #[inline]
    pub(crate) fn row<'line>(&mut self, text: &'line [u8]) -> Option<(Row<'line>, usize)> {
        let mut parts = Parts::default();
        let mut beyond_ascii = false;
        let mut at = 0;
        let mut expected = 0;
        loop {
            let field;
            (field, at) = self.heads.field(text, at, &mut expected)?;
            at = match field {
                Field::Id => parts.id(text, at)?,
                Field::Email => parts.email(text, at)?,
                Field::Orders => parts.orders(text, at)?,
                Field::Spent => parts.spent(text, at, self.currency)?,
                Field::Updated => parts.updated(text, at)?,
                Field::Other => value::end(text, at, &mut beyond_ascii)?,
            };
            match *text.get(at)? {
                b',' => {}
                b'}' => break,
                _ => {
                    at = space_end(text, at)?;
                    match *text.get(at)? {
                        b',' => {}
                        b'}' => break,
                        _ => return None,
                    }
                }
            }
        }
        at += 1;
        if *text.get(at)? != b'\n' {
            at = space_end(text, at)?;
            if *text.get(at)? != b'\n' {
                return None;
            }
        }
        if beyond_ascii && std::str::from_utf8(text.get(..at)?).is_err() {
            return None;
        }
        Some((parts.row(self.fields)?, at + 1))
    }
}

impl Code {
    fn of(currency: Currency) -> Self {
        let code = currency.code().bytes().chain([b'"']);
        let (mut word, mut mask, mut length) = ([0; 8], [0; 8], 0);
        for ((word, mask), byte) in word.iter_mut().zip(&mut mask).zip(code) {
            (*word, *mask) = (byte, 0xff);
            length += 1;
        }
        Self { word: u64::from_le_bytes(word), mask: u64::from_le_bytes(mask), length }
    }

    /// Behind the code and its quote, if they are at this place.
    #[inline]
    fn behind(self, text: &[u8], at: usize) -> Option<usize> {
        ((word(text, at)? ^ self.word) & self.mask == 0).then_some(at + self.length)
    }
}

/// Behind a given text, if it is at this place.
#[inline]
fn behind<const N: usize>(text: &[u8], at: usize, given: &[u8; N]) -> Option<usize> {
    let found: &[u8; N] = text.get(at..)?.first_chunk()?;
    (found == given).then_some(at + N)
}

/// Each reads one value, and is none for a form or a second time that the exact way has to judge.
impl<'line> Parts<'line> {
    #[inline]
    fn id(&mut self, text: &[u8], at: usize) -> Option<usize> {
        let digits = behind(text, at, br#""gid:\/\/shopify\/Customer\/"#)
            .or_else(|| behind(text, at, br#""gid://shopify/Customer/"#))?;
        let (id, end) = number(text, digits)?;
        once(&mut self.id, id)?;
        behind(text, end, b"\"")
    }

    #[inline]
    fn email(&mut self, text: &'line [u8], at: usize) -> Option<usize> {
        if *text.get(at)? == b'n' {
            once(&mut self.email, Email::None)?;
            return behind(text, at, b"null");
        }
        let usual = behind(text, at, br#"{"emailAddress":""#);
        let start = usual.or_else(|| Self::email_start(text, at))?;
        let end = address_end(text, start)?;
        once(&mut self.email, Email::Plain(text.get(start..end)?))?;
        let end = space_end(text, end + 1)?;
        behind(text, end, b"}")
    }

    /// The address in an object written with other white space.
    fn email_start(text: &[u8], at: usize) -> Option<usize> {
        let key = space_end(text, behind(text, at, b"{")?)?;
        let quote = value_start(text, behind(text, key, br#""emailAddress""#)?)?;
        behind(text, quote, b"\"")
    }

    #[inline]
    fn orders(&mut self, text: &[u8], at: usize) -> Option<usize> {
        if *text.get(at)? == b'"' {
            let (orders, end) = number(text, at + 1)?;
            once(&mut self.orders, orders)?;
            return behind(text, end, b"\"");
        }
        let (orders, end) = number(text, at)?;
        once(&mut self.orders, orders)?;
        let is_whole = matches!(*text.get(end)?, b',' | b'}' | b' ');
        let is_plain = *text.get(at)? != b'0' || end == at + 1;
        (is_whole && is_plain).then_some(end)
    }

    #[inline]
    fn spent(&mut self, text: &[u8], at: usize, currency: Code) -> Option<usize> {
        let mut at = behind(text, at, b"{")?;
        let mut has_currency = false;
        loop {
            at = space_end(text, at)?;
            if let Some(key) = behind(text, at, br#""amount""#) {
                let quote = value_start(text, key)?;
                let (spent, end) = amount(text, behind(text, quote, b"\"")?)?;
                once(&mut self.spent, spent)?;
                at = behind(text, end, b"\"")?;
            } else {
                let key = behind(text, at, br#""currencyCode""#)?;
                let quote = value_start(text, key)?;
                at = currency.behind(text, behind(text, quote, b"\"")?)?;
                if has_currency {
                    return None;
                }
                has_currency = true;
            }
            at = space_end(text, at)?;
            match *text.get(at)? {
                b',' => at += 1,
                b'}' if has_currency && self.spent.is_some() => return Some(at + 1),
                _ => return None,
            }
        }
    }

    #[inline]
    fn updated(&mut self, text: &[u8], at: usize) -> Option<usize> {
        let start = behind(text, at, b"\"")?;
        once(&mut self.updated, time::second(text, start)?)?;
        behind(text, start + time::LENGTH, b"\"")
    }

    #[inline]
    fn row(self, fields: Fields) -> Option<Row<'line>> {
        let email = match self.email {
            None if fields == Fields::All => return None,
            None => Email::Missing,
            Some(email) => email,
        };
        if self.updated.is_none() && fields == Fields::All {
            return None;
        }
        let updated = self.updated.map(|second| Moment { second, nanosecond: 0 });
        let spent = Amount::Small(self.spent?);
        let bought = Some(Bought { orders: self.orders?, spent });
        Some(Row { id: self.id?, email, bought, updated })
    }
}

/// From behind a key to its value.
#[inline]
fn value_start(text: &[u8], key_end: usize) -> Option<usize> {
    let colon = space_end(text, key_end)?;
    space_end(text, behind(text, colon, b":")?)
}

/// Sets what is not set yet.
#[inline]
fn once<T>(slot: &mut Option<T>, value: T) -> Option<()> {
    slot.replace(value).is_none().then_some(())
}
