//! Standard output, which may be closed or full.

use std::io::{self, ErrorKind, Write};

/// Standard output takes no more.
#[derive(Debug, thiserror::Error)]
#[error("standard output cannot be written: {0}")]
pub(crate) struct Unwritten(io::Error);

impl Unwritten {
    /// What an error of standard output means. None if whoever reads it has closed it, and so has read
    /// enough.
    pub(crate) fn of(error: io::Error) -> Option<Self> {
        (error.kind() != ErrorKind::BrokenPipe).then_some(Self(error))
    }
}

/// Prints a text and ends its last line.
///
/// # Errors
/// If standard output takes no more, but for a reader who has had enough.
pub(crate) fn say(text: &str) -> Result<(), Unwritten> {
    line(&mut io::stdout().lock(), text).or_else(|error| Unwritten::of(error).map_or(Ok(()), Err))
}

/// Prints a text to standard error and ends its last line. If nobody can read it, there is nowhere else to
/// say so: the exit code tells the rest.
pub(crate) fn complain(text: &str) {
    let _ = line(&mut io::stderr().lock(), text);
}

fn line(to: &mut impl Write, text: &str) -> io::Result<()> {
    to.write_all(text.as_bytes())?;
    to.write_all(b"\n")?;
    to.flush()
}
