//! The books that were accepted, which is the history of the rules: their items never expire.

use jiff::Timestamp;
use rules::RuleBook;

use super::ConfigTable;
use super::rows::{self, ACCEPTED, ACCEPTED_AT, BOOK, BY_RUN, key};
use crate::items::{self, Item, batch_get, number, text};
use crate::{Error, RunId};

/// The books that were ever accepted.
#[derive(Debug, Clone)]
pub struct BookHistory {
    /// The version that workers use; none if none is accepted yet.
    pub in_use: Option<u64>,
    /// The books, the newest first.
    pub books: Vec<Acceptance>,
}

/// A book that was accepted at some time.
#[derive(Debug, Clone)]
pub struct Acceptance {
    /// Its version.
    pub version: u64,
    /// When it was accepted; none if the item does not say.
    pub accepted_at: Option<Timestamp>,
    /// The run that accepted it; none for a book that was accepted at once, because none was in use.
    pub by: Option<RunId>,
    /// The book, if the item can be read.
    pub book: Result<RuleBook, Error>,
}

impl ConfigTable {
    /// Reads every book that was ever accepted: two calls.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn history(&self) -> Result<BookHistory, Error> {
        const OPERATION: &str = "load the history";
        // Before the books: the one in use is among them.
        let pointer = vec![key(BOOK, ACCEPTED)];
        let pointer = batch_get(&self.client, &self.table, pointer, OPERATION).await?.pop();
        let in_use = pointer.map(|pointer| {
            number(&pointer, "version")
                .ok_or_else(|| rows::unreadable(&pointer, "version is missing or no number"))
        });
        let items = self.query(BOOK, OPERATION).await?.into_iter();
        let mut books: Vec<_> = items.filter_map(acceptance).collect();
        books.sort_by_key(|book| std::cmp::Reverse(book.version));
        Ok(BookHistory { in_use: in_use.transpose()?, books })
    }
}

impl BookHistory {
    /// The book of a version.
    pub fn version(&self, version: u64) -> Option<&Acceptance> {
        self.books.iter().find(|book| book.version == version)
    }

    /// The newest version before this one.
    pub fn before(&self, version: u64) -> Option<&Acceptance> {
        self.books.iter().find(|book| book.version < version)
    }
}

/// None for the other items of this kind, which are no books.
fn acceptance(mut item: Item) -> Option<Acceptance> {
    let version = text(&item, "name")?.parse().ok()?;
    let content = item.remove("content").map(items::read);
    let read = |name| text(&item, name);
    Some(Acceptance {
        version,
        accepted_at: read(ACCEPTED_AT).and_then(|at| at.parse().ok()),
        by: read(BY_RUN).and_then(|run| run.parse().ok()),
        book: match content {
            Some(book) => book.map_err(|error| rows::unreadable(&item, error.to_string())),
            None => Err(rows::unreadable(&item, "content is missing")),
        },
    })
}
