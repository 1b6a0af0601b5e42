//! Who differs, as bytes: a few for each, in chunks that fit into an item of a table.

use rules::{CustomerId, UserId};

use crate::{Differing, Why};

/// The most bytes of a chunk.
pub const MAX_CHUNK: usize = 300_000;

/// The version of the form, a chunk's first byte. Behind it: how many customers there are, as four
/// bytes, the least first; then each customer.
const VERSION: u8 = 1;
const HEADER: usize = 5;
/// The most bytes of a customer: an id of ten bytes, what is in [`flag`], and a user id of 64 with its
/// length.
const LONGEST: usize = 10 + 1 + 1 + 64;

/// One byte: the reason and two flags.
mod flag {
    pub(super) const WHY: u8 = 0x3f;
    pub(super) const RECHECK: u8 = 0x40;
    pub(super) const USER: u8 = 0x80;
}

/// Bytes that are no chunk, or one that was cut or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidChunk {
    /// The first byte names a form that is not known here.
    #[error("a chunk of customers in a form that this version does not know")]
    Version,
    /// Bytes are missing, or there are more than were counted.
    #[error("a chunk of customers that is cut, or longer than it says")]
    Length,
    /// An id is out of order or too large, a reason is unknown, or a user id is none.
    #[error("a chunk of customers that holds something else than was written")]
    Content,
}

/// Packs customers, who have to be in ascending order of id, into chunks of at most [`MAX_CHUNK`]
/// bytes. Each can be read by itself.
pub fn chunks(differing: impl IntoIterator<Item = Differing>) -> impl Iterator<Item = Vec<u8>> {
    let mut differing = differing.into_iter().peekable();
    std::iter::from_fn(move || {
        let mut writer = Writer::new();
        while let Some(customer) = differing.next_if(|customer| writer.takes(customer)) {
            writer.write(&customer);
        }
        writer.finish()
    })
}

struct Writer {
    bytes: Vec<u8>,
    count: u32,
    last: Option<u64>,
}

impl Writer {
    fn new() -> Self {
        Self { bytes: vec![VERSION, 0, 0, 0, 0], count: 0, last: None }
    }

    fn takes(&self, customer: &Differing) -> bool {
        let follows = self.last.is_none_or(|last| last < customer.id.get());
        follows && self.bytes.len() + LONGEST <= MAX_CHUNK
    }

    fn write(&mut self, customer: &Differing) {
        let id = customer.id.get();
        self.number(self.last.map_or(id, |last| id - last));
        let recheck = if customer.recheck { flag::RECHECK } else { 0 };
        let user = if customer.user.is_some() { flag::USER } else { 0 };
        self.bytes.push(customer.why as u8 | recheck | user);
        if let Some(user) = &customer.user {
            // An id has at most 64 letters and digits.
            self.bytes.push(u8::try_from(user.as_str().len()).unwrap_or(0));
            self.bytes.extend(user.as_str().bytes());
        }
        self.last = Some(id);
        self.count += 1;
    }

    /// Seven bits a byte, the least first; all but the last byte have the highest bit set.
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number.to_le_bytes()[0] | 0x80);
            number >>= 7;
        }
        self.bytes.push(number.to_le_bytes()[0]);
    }

    fn finish(mut self) -> Option<Vec<u8>> {
        self.bytes[1..HEADER].copy_from_slice(&self.count.to_le_bytes());
        (self.count > 0).then_some(self.bytes)
    }
}

/// Reads a chunk.
///
/// # Errors
/// If it is none, or was cut or changed so that it shows.
pub fn read_chunk(bytes: &[u8]) -> Result<Vec<Differing>, InvalidChunk> {
    let (version, rest) = bytes.split_first().ok_or(InvalidChunk::Length)?;
    if *version != VERSION {
        return Err(InvalidChunk::Version);
    }
    let (count, rest) = rest.split_first_chunk::<4>().ok_or(InvalidChunk::Length)?;
    let mut reader = Reader { rest, last: None };
    let customers = (0..u32::from_le_bytes(*count)).map(|_| reader.customer());
    let customers = customers.collect::<Result<Vec<_>, _>>()?;
    reader.rest.is_empty().then_some(customers).ok_or(InvalidChunk::Length)
}

struct Reader<'bytes> {
    rest: &'bytes [u8],
    last: Option<u64>,
}

impl<'bytes> Reader<'bytes> {
    fn customer(&mut self) -> Result<Differing, InvalidChunk> {
        let step = self.number()?;
        let id = match self.last {
            None => step,
            Some(_) if step == 0 => return Err(InvalidChunk::Content),
            Some(last) => last.checked_add(step).ok_or(InvalidChunk::Content)?,
        };
        self.last = Some(id);
        let [flags] = *self.take(1)? else { return Err(InvalidChunk::Length) };
        let known = |why: &Why| *why as u8 == flags & flag::WHY;
        let why = Why::ALL.into_iter().find(known).ok_or(InvalidChunk::Content)?;
        let user = if flags & flag::USER == 0 { None } else { Some(self.user()?) };
        let recheck = flags & flag::RECHECK != 0;
        Ok(Differing { id: CustomerId::new(id), why, recheck, user })
    }

    fn number(&mut self) -> Result<u64, InvalidChunk> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let [byte] = *self.take(1)? else { return Err(InvalidChunk::Length) };
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                return Err(InvalidChunk::Content);
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(InvalidChunk::Content)
    }

    fn user(&mut self) -> Result<UserId, InvalidChunk> {
        let [length] = *self.take(1)? else { return Err(InvalidChunk::Length) };
        let text = std::str::from_utf8(self.take(usize::from(length))?);
        text.ok().and_then(|text| text.parse().ok()).ok_or(InvalidChunk::Content)
    }

    fn take(&mut self, count: usize) -> Result<&'bytes [u8], InvalidChunk> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(InvalidChunk::Length)?;
        self.rest = rest;
        Ok(taken)
    }
}
