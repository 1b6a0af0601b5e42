//! The wanted book as rows: reading it whole, and putting another one in its place.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem, Update};
use rules::{BookErrors, Currency, Raw, RuleBook, Segment};

use super::ConfigTable;
use super::rows::{self, BOOK, SEGMENT, SETTINGS, WANTED, key};
use super::write::NEW;
use crate::Error;
use crate::items::{Item, batch_get, number, text, transact, unbuilt};

const OPERATION: &str = "save the wanted book";
/// The most writes of a transaction
/// ([limits](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html)).
const MOST_WRITES: usize = 100;
/// What of a segment's row is the book's. The rest is somebody else's, and may change at any time.
const OF_THE_BOOK: [&str; 5] = ["priority", "label", "okta_group_name", "persona_name", "when"];

/// The wanted book as its rows were found at one time, valid or not.
#[derive(Debug, Clone)]
pub struct WantedRows {
    /// The rows of segments, by their names.
    rows: BTreeMap<String, Item>,
    /// The setting; none is the default.
    currency: Option<AttributeValue>,
    /// How often a book was written as a whole, so that of two who do so at one time only one does.
    revision: u64,
}

/// Whether a book took the place of the rows that had been read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Replaced {
    /// It did.
    Yes,
    /// Somebody changed the rows meanwhile, so nothing was written. A line says what: "segment vip was
    /// changed".
    No(Vec<String>),
}

impl ConfigTable {
    /// Reads the rows of the wanted book.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn wanted_rows(&self) -> Result<WantedRows, Error> {
        const OPERATION: &str = "load the wanted book";
        let keys = vec![key(SETTINGS, SETTINGS), key(BOOK, WANTED)];
        // Before the rows: whoever writes a book meanwhile is noticed.
        let mut items = batch_get(&self.client, &self.table, keys, OPERATION).await?;
        let settings = items.iter().position(|item| text(item, "kind") == Some(SETTINGS));
        let currency = settings.and_then(|place| items.swap_remove(place).remove("currency"));
        let revision = items.first().and_then(|item| number(item, "revision")).unwrap_or(0);
        let rows = self.query(SEGMENT, OPERATION).await?.into_iter();
        let named = rows.map(|row| (text(&row, "name").unwrap_or_default().to_owned(), row));
        Ok(WantedRows { rows: named.collect(), currency, revision })
    }

    /// Writes a book in place of the rows that were read: a row for each segment, none for any other, and
    /// its currency into the settings; all of it, or nothing if somebody changed a row meanwhile.
    /// Attributes of the rows that are not the book's are kept; the id of a group goes only with its
    /// name.
    ///
    /// Rows are looked at once more right before the write, since no condition can speak of a row whose
    /// name is not known. One that a person adds within those milliseconds stays beside the book.
    ///
    /// # Errors
    /// If the table does not answer; the book may then have been written.
    pub async fn replace_wanted(
        &self,
        seen: &WantedRows,
        book: &RuleBook,
    ) -> Result<Replaced, Error> {
        let now = self.wanted_rows().await?;
        let changed = now.changes_since(seen);
        if !changed.is_empty() {
            return Ok(Replaced::No(changed));
        }
        let writes = self.replacement(seen, book)?;
        if writes.len() > MOST_WRITES {
            let code = "more rows than one transaction takes: delete rows of kind segment".into();
            return Err(Error::Refused { operation: OPERATION, code, retryable: false });
        }
        if transact(&self.client, writes, OPERATION).await? {
            return Ok(Replaced::Yes);
        }
        let changed = self.wanted_rows().await?.changes_since(seen);
        let back = || vec!["a row was changed, and changed back".to_owned()];
        Ok(Replaced::No(if changed.is_empty() { back() } else { changed }))
    }

    /// Writes a book as the wanted one, whatever the rows say: see
    /// [`replace_wanted`](Self::replace_wanted).
    ///
    /// # Errors
    /// If the table does not answer, or somebody changes the rows at the same time.
    pub async fn put_wanted(&self, book: &RuleBook) -> Result<(), Error> {
        let seen = self.wanted_rows().await?;
        match self.replace_wanted(&seen, book).await? {
            Replaced::Yes => Ok(()),
            Replaced::No(changed) => Err(Error::Refused {
                operation: OPERATION,
                code: changed.join(", "),
                retryable: true,
            }),
        }
    }

    fn replacement(
        &self,
        seen: &WantedRows,
        book: &RuleBook,
    ) -> Result<Vec<TransactWriteItem>, Error> {
        let mut writes = vec![self.next_revision(seen)?, self.currency(seen, book.currency())?];
        for segment in book.segments() {
            writes.push(self.row(segment, seen.rows.get(segment.name().as_str()))?);
        }
        for (name, row) in seen.rows_beside(book) {
            writes.push(self.no_row(name, row)?);
        }
        Ok(writes)
    }

    fn next_revision(&self, seen: &WantedRows) -> Result<TransactWriteItem, Error> {
        let number = |revision: u64| AttributeValue::N(revision.to_string());
        let before = (seen.revision > 0).then(|| number(seen.revision));
        self.set(key(BOOK, WANTED), "revision", before, number(seen.revision + 1))
    }

    fn currency(&self, seen: &WantedRows, currency: Currency) -> Result<TransactWriteItem, Error> {
        let currency = AttributeValue::S(currency.to_string());
        self.set(key(SETTINGS, SETTINGS), "currency", seen.currency.clone(), currency)
    }

    /// The write of one attribute, on condition that it is what it was.
    fn set(
        &self,
        key: Item,
        attribute: &str,
        before: Option<AttributeValue>,
        value: AttributeValue,
    ) -> Result<TransactWriteItem, Error> {
        let condition =
            if before.is_some() { "#it = :before" } else { "attribute_not_exists(#it)" };
        let before = before.map(|before| (":before".to_owned(), before));
        let values = before.into_iter().chain([(":value".to_owned(), value)]);
        built(
            Update::builder()
                .table_name(&self.table)
                .set_key(Some(key))
                .update_expression("SET #it = :value")
                .condition_expression(condition)
                .expression_attribute_names("#it", attribute)
                .set_expression_attribute_values(Some(values.collect())),
        )
    }

    /// The write of a segment's row, on condition that it is the one that was seen.
    fn row(&self, segment: &Segment, seen: Option<&Item>) -> Result<TransactWriteItem, Error> {
        let mut expression =
            format!("SET {}", OF_THE_BOOK.map(|it| format!("#{it} = :{it}")).join(", "));
        let group = segment.okta_group_name().as_str();
        if seen.and_then(|row| text(row, "okta_group_name")).is_some_and(|seen| seen != group) {
            expression.push_str(" REMOVE okta_group_id");
        }
        let condition = seen.map_or_else(|| (NEW.to_owned(), Item::new()), unchanged);
        let (condition, mut values) = condition;
        values.extend(attributes(segment)?);
        built(
            Update::builder()
                .table_name(&self.table)
                .set_key(Some(key(SEGMENT, segment.name().as_str())))
                .update_expression(expression)
                .condition_expression(condition)
                .set_expression_attribute_names(Some(names()))
                .set_expression_attribute_values(Some(values)),
        )
    }

    /// The deletion of a segment's row, on condition that it is the one that was seen.
    fn no_row(&self, name: &str, seen: &Item) -> Result<TransactWriteItem, Error> {
        let (condition, values) = unchanged(seen);
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(key(SEGMENT, name)))
            .condition_expression(condition)
            .set_expression_attribute_names(Some(names()))
            .set_expression_attribute_values((!values.is_empty()).then_some(values));
        let delete = delete.build().map_err(|_| unbuilt(OPERATION))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }
}

impl WantedRows {
    /// Whether there is no row at all: nobody has written a book yet.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The names of the segments' rows.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.rows.keys().map(String::as_str)
    }

    /// The book that the rows make up.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn book(&self) -> Result<RuleBook, BookErrors> {
        let usd = || Raw::Text(Currency::USD.code().to_owned());
        let currency = self.currency.clone().map_or_else(usd, rows::raw);
        rows::book_in(self.rows.values().cloned(), currency)
    }

    /// The rows of segments that a book does not have.
    fn rows_beside(&self, book: &RuleBook) -> impl Iterator<Item = (&str, &Item)> {
        let names: BTreeSet<&str> = book.segments().iter().map(|it| it.name().as_str()).collect();
        let rows = self.rows.iter().map(|(name, row)| (name.as_str(), row));
        rows.filter(move |(name, _)| !names.contains(name))
    }

    /// What of the book is otherwise than it was, a line each.
    fn changes_since(&self, seen: &Self) -> Vec<String> {
        let mut changes = Vec::new();
        for (name, row) in &self.rows {
            match seen.rows.get(name) {
                None => changes.push(format!("segment {name} was added")),
                Some(before) if !is_like(row, before) => {
                    changes.push(format!("segment {name} was changed"));
                }
                Some(_) => {}
            }
        }
        let gone = seen.rows.keys().filter(|name| !self.rows.contains_key(*name));
        changes.extend(gone.map(|name| format!("segment {name} was removed")));
        if self.currency != seen.currency {
            changes.push("the currency was changed".to_owned());
        }
        if changes.is_empty() && self.revision != seen.revision {
            changes.push("the same book was written by somebody else".to_owned());
        }
        changes
    }
}

/// Whether rows say the same of the book.
fn is_like(one: &Item, other: &Item) -> bool {
    OF_THE_BOOK.iter().all(|name| one.get(*name) == other.get(*name))
}

/// The condition that a row still says the same of the book, and its values.
fn unchanged(seen: &Item) -> (String, Item) {
    let mut condition = "attribute_exists(kind)".to_owned();
    let mut values = Item::new();
    for name in OF_THE_BOOK {
        match seen.get(name) {
            Some(value) => {
                // Writing to a `String` cannot fail.
                let _ = write!(condition, " AND #{name} = :seen_{name}");
                values.insert(format!(":seen_{name}"), value.clone());
            }
            None => {
                let _ = write!(condition, " AND attribute_not_exists(#{name})");
            }
        }
    }
    (condition, values)
}

/// What expressions call the attributes that are the book's.
fn names() -> HashMap<String, String> {
    OF_THE_BOOK.iter().map(|name| (format!("#{name}"), (*name).to_owned())).collect()
}

/// The attributes of a segment's row that are the book's, as expressions call them.
fn attributes(segment: &Segment) -> Result<Item, Error> {
    let when = serde_dynamo::to_attribute_value(segment.when()).map_err(|error| {
        let item = format!("segment/{}", segment.name());
        Error::Unreadable { item, detail: error.to_string() }
    })?;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let values = [
        AttributeValue::N(segment.priority().to_string()),
        text(segment.label()),
        text(segment.okta_group_name().as_str()),
        text(segment.persona_name()),
        when,
    ];
    Ok(OF_THE_BOOK.iter().map(|name| format!(":{name}")).zip(values).collect())
}

fn built(update: UpdateBuilder) -> Result<TransactWriteItem, Error> {
    let update = update.build().map_err(|_| unbuilt(OPERATION))?;
    Ok(TransactWriteItem::builder().update(update).build())
}
