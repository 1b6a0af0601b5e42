//! Accepting a book: from then on workers decide by it.

use std::sync::Arc;

use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use jiff::Timestamp;
use rules::{Currency, RuleBook};

use super::rows::{ACCEPTED, ACCEPTED_AT, BOOK, BY_RUN, book_name, key};
use super::write::NEW;
use super::{AcceptedBook, ConfigError, ConfigTable};
use crate::items::{Item, text, transact, unbuilt};
use crate::{Error, RunId};

const OPERATION: &str = "accept a book";

impl ConfigTable {
    /// Accepts the wanted book when none is accepted. If another worker did so first, that one counts.
    ///
    /// Somebody may have deleted the pointer to have the wanted book accepted anew. Its version is then
    /// a new one: workers that hold an older book see that it is not this one.
    pub(super) async fn accept_first(
        &self,
        currency: Currency,
        now: Timestamp,
    ) -> Result<AcceptedBook, ConfigError> {
        let wanted = Arc::new(self.wanted(currency).await?);
        if let Some(book) = self.accept(wanted, None, None, now).await? {
            return Ok(book);
        }
        let pointer = self.head().await?.accepted.ok_or_else(|| Error::Refused {
            operation: OPERATION,
            code: "another write came first".into(),
            retryable: true,
        })?;
        self.accepted(&pointer, None).await
    }

    /// Accepts a book in place of the version that is accepted now (none: if none is). Its version is
    /// higher than any before. If the very same book was accepted meanwhile, be it by an earlier attempt
    /// whose answer was lost, that is what comes back; if another was, none. `by` is the run that accepts
    /// it; the history tells.
    ///
    /// # Errors
    /// If the table does not answer; the book may then have been accepted.
    pub async fn accept(
        &self,
        book: Arc<RuleBook>,
        instead_of: Option<u64>,
        by: Option<&RunId>,
        now: Timestamp,
    ) -> Result<Option<AcceptedBook>, ConfigError> {
        let newest = self.newest_book().await?.max(instead_of.unwrap_or(0));
        let book = AcceptedBook { version: newest + 1, book };
        let writes = self.acceptance(&book, instead_of, by, now)?;
        let made = transact(&self.client, writes, OPERATION).await;
        if made == Ok(true) {
            return Ok(Some(book));
        }
        if let Some(pointer) = self.head().await?.accepted {
            let found = self.accepted(&pointer, None).await?;
            if Some(found.version) != instead_of && found.book == book.book {
                return Ok(Some(found));
            }
        }
        made.map(|_| None).map_err(ConfigError::from)
    }

    /// The writes that accept a book: its immutable item, and the pointer.
    fn acceptance(
        &self,
        book: &AcceptedBook,
        instead_of: Option<u64>,
        by: Option<&RunId>,
        now: Timestamp,
    ) -> Result<Vec<TransactWriteItem>, Error> {
        let content = serde_dynamo::to_attribute_value(&*book.book).map_err(|error| {
            Error::Unreadable { item: "the wanted book".into(), detail: error.to_string() }
        })?;
        let at = AttributeValue::S(now.to_string());
        let mut immutable = key(BOOK, &book_name(book.version));
        immutable.extend([("content".into(), content), (ACCEPTED_AT.into(), at.clone())]);
        immutable.extend(by.map(|run| (BY_RUN.into(), AttributeValue::S(run.to_string()))));
        let immutable = self.put(immutable).condition_expression(NEW);
        let mut pointer = key(BOOK, ACCEPTED);
        let version = AttributeValue::N(book.version.to_string());
        pointer.extend([("version".into(), version), (ACCEPTED_AT.into(), at)]);
        let pointer = match instead_of {
            None => self.put(pointer).condition_expression(NEW),
            Some(version) => self
                .put(pointer)
                .condition_expression("version = :version")
                .expression_attribute_values(":version", AttributeValue::N(version.to_string())),
        };
        [immutable, pointer]
            .into_iter()
            .map(|put| put.build().map(|put| TransactWriteItem::builder().put(put).build()))
            .collect::<Result<_, _>>()
            .map_err(|_| unbuilt(OPERATION))
    }

    fn put(&self, item: Item) -> PutBuilder {
        Put::builder().table_name(&self.table).set_item(Some(item))
    }

    /// The highest version any book ever had; 0 if there never was one.
    async fn newest_book(&self) -> Result<u64, Error> {
        let books = self.query(BOOK, "load books").await?;
        let names = books.iter().filter_map(|book| text(book, "name"));
        Ok(names.filter_map(|name| name.parse().ok()).max().unwrap_or(0))
    }
}
