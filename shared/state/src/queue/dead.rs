//! Messages that were received too often.

use std::fmt;

use jiff::Timestamp;
use outbound::BoxFuture;

use super::Receipt;
use crate::Error;

/// A message that was received too often, so that no worker is given it any more.
#[derive(Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// What to delete it by.
    pub id: Receipt,
    /// The body. Whoever may write to the queue may have put anything there.
    pub body: String,
    /// When it became one, if it is kept in a table; when it was first sent, if SQS keeps it, and has
    /// told.
    pub at: Option<Timestamp>,
}

/// Hides the body.
impl fmt::Debug for DeadLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id: _, body, at } = self;
        f.debug_struct("DeadLetter").field("bytes", &body.len()).field("at", at).finish()
    }
}

/// Where the dead letters of a queue are.
pub trait DeadLetters: Send + Sync {
    /// How many there are, in sight or not. An estimate.
    fn count(&self) -> BoxFuture<'_, Result<u64, Error>>;

    /// Reads up to about `most`. On SQS nobody else sees them for two minutes, or until they are
    /// [given back](Self::give_back).
    fn letters(&self, most: usize) -> BoxFuture<'_, Result<Vec<DeadLetter>, Error>>;

    /// Removes letters for good. On an error some may have been removed.
    fn discard<'a>(&'a self, letters: &'a [DeadLetter]) -> BoxFuture<'a, Result<(), Error>>;

    /// Puts letters that were read back into sight at once. On an error some may stay out of sight until they
    /// come back by themselves.
    fn give_back<'a>(&'a self, letters: &'a [DeadLetter]) -> BoxFuture<'a, Result<(), Error>>;
}
