//! The configuration table: the wanted book, the accepted book, settings and group ids.
//!
//! The rows that people edit are the *wanted* book. Workers use the *accepted* one, which is one
//! immutable item, so a half-edited book is never used. The first valid wanted book is accepted at
//! once.

mod accept;
mod cache;
mod for_run;
mod history;
mod names;
mod personas;
mod rows;
mod settings;
mod wanted;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use outbound::Randomness;
use rules::{Currency, GroupName, InvalidId, RuleBook};

use crate::items::{self, Item, batch_get, number, text};
use crate::{Error, RunId, Salt};
use rows::{
    ACCEPTED, ADDRESS, BOOK, CANCELLED, GROUP, RUN, SALT, SEGMENT, SETTINGS, book_name, key,
};

pub use cache::ConfigCache;
pub use for_run::RunConfig;
pub use history::{Acceptance, BookHistory};
pub use names::{GroupNames, WantedGroup};
pub use personas::PersonaRow;
pub use rows::{GroupRow, GroupStatus};
pub use settings::{Settings, SettingsError};
pub use wanted::{Replaced, WantedRows};
pub use write::SeenGroup;

/// The configuration table.
#[derive(Debug, Clone)]
pub struct ConfigTable {
    client: Client,
    table: String,
}

/// Everything a worker decides by, read at one time.
#[derive(Debug, Clone)]
pub struct Config {
    /// The settings.
    pub settings: Settings,
    /// The accepted book.
    pub book: AcceptedBook,
    /// The groups that segments name or named, by their configured names.
    pub groups: BTreeMap<GroupName, GroupRow>,
    /// What addresses are hashed with.
    pub salt: Salt,
    /// Runs whose messages are to be dropped.
    pub cancelled: BTreeSet<RunId>,
}

/// A book that workers use. Its item is written once and never changed.
#[derive(Debug, Clone)]
pub struct AcceptedBook {
    /// Counts accepted books, from 1.
    pub version: u64,
    /// The book.
    pub book: Arc<RuleBook>,
}

/// The configuration cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ConfigError {
    /// The table did not answer, or holds a row that this product did not write.
    #[error("configuration table: {0}")]
    Table(#[from] Error),
    /// A setting is wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The wanted book is wrong, and there is no accepted one to go on with.
    #[error("the rule book in the configuration table: {0}")]
    Book(#[from] rules::BookErrors),
}

/// The rows that are read together, as they were found.
struct Head {
    settings: Item,
    accepted: Option<Item>,
    salt: Option<Item>,
    cancelled: BTreeSet<RunId>,
}

impl ConfigTable {
    /// The table with this name.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// Reads everything a worker needs: two calls, and one more when the accepted book is not the
    /// one `known`. Accepts the wanted book if none is accepted yet.
    ///
    /// # Errors
    /// If the table does not answer, or the configuration cannot be used; the error names the row.
    pub async fn load(
        &self,
        known: Option<&AcceptedBook>,
        now: Timestamp,
        random: &dyn Randomness,
    ) -> Result<Config, ConfigError> {
        let head = self.head().await?;
        let settings = Settings::read(&head.settings)?;
        let book = match &head.accepted {
            Some(pointer) => self.accepted(pointer, known).await?,
            None => self.accept_first(settings.currency, now).await?,
        };
        let groups = self.groups().await?;
        let salt = self.salt(head.salt, random).await?;
        Ok(Config { settings, book, groups, salt, cancelled: head.cancelled })
    }

    async fn salt(&self, found: Option<Item>, random: &dyn Randomness) -> Result<Salt, Error> {
        match found {
            Some(item) => read_salt(&item),
            None => self.make_salt(random).await,
        }
    }

    /// The book that people have written, whether accepted or not.
    ///
    /// # Errors
    /// If the table does not answer, or the book is wrong.
    pub async fn wanted(&self, currency: Currency) -> Result<RuleBook, ConfigError> {
        Ok(rows::book(self.query(SEGMENT, "load segments").await?, currency)?)
    }

    /// The groups that segments name or named.
    ///
    /// # Errors
    /// If the table does not answer, or a row cannot be read.
    pub async fn groups(&self) -> Result<BTreeMap<GroupName, GroupRow>, Error> {
        self.query(GROUP, "load groups").await?.iter().map(rows::read_group).collect()
    }

    async fn head(&self) -> Result<Head, Error> {
        let keys = vec![
            key(SETTINGS, SETTINGS),
            key(BOOK, ACCEPTED),
            key(SALT, ADDRESS),
            key(RUN, CANCELLED),
        ];
        let mut items = batch_get(&self.client, &self.table, keys, "load configuration").await?;
        let mut take = |kind: &str| {
            let place = items.iter().position(|item| text(item, "kind") == Some(kind))?;
            Some(items.swap_remove(place))
        };
        Ok(Head {
            settings: take(SETTINGS).unwrap_or_default(),
            accepted: take(BOOK),
            salt: take(SALT),
            cancelled: take(RUN).map_or_else(|| Ok(BTreeSet::new()), |item| cancelled(&item))?,
        })
    }

    /// The book that the row `book/accepted` points to.
    async fn accepted(
        &self,
        pointer: &Item,
        known: Option<&AcceptedBook>,
    ) -> Result<AcceptedBook, ConfigError> {
        let version = number(pointer, "version")
            .ok_or_else(|| rows::unreadable(pointer, "version is missing or no number"))?;
        match known.filter(|known| known.version == version) {
            Some(known) => Ok(known.clone()),
            None => self.book(version).await,
        }
    }

    /// An accepted book, by its version.
    ///
    /// # Errors
    /// If the table does not answer, or has no such book.
    pub async fn book(&self, version: u64) -> Result<AcceptedBook, ConfigError> {
        const OPERATION: &str = "load book";
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key(BOOK, &book_name(version))))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| Error::sdk(OPERATION, &error))?;
        let missing = || Error::Unreadable {
            item: format!("book/{}", book_name(version)),
            detail: "book/accepted names it, but it is missing or holds no book".into(),
        };
        let mut item = answer.item.ok_or_else(missing)?;
        let content = item.remove("content").ok_or_else(missing)?;
        let book: RuleBook =
            items::read(content).map_err(|error| rows::unreadable(&item, error.to_string()))?;
        Ok(AcceptedBook { version, book: Arc::new(book) })
    }

    async fn query(&self, kind: &str, operation: &'static str) -> Result<Vec<Item>, Error> {
        let mut rows = Vec::new();
        let mut from = None;
        loop {
            let page = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("kind = :kind")
                .expression_attribute_values(":kind", AttributeValue::S(kind.to_owned()))
                .consistent_read(true)
                .set_exclusive_start_key(from)
                .send()
                .await
                .map_err(|error| Error::sdk(operation, &error))?;
            rows.extend(page.items.unwrap_or_default());
            from = page.last_evaluated_key;
            if from.is_none() {
                return Ok(rows);
            }
        }
    }

    /// Makes the salt; if another worker made one first, that one is used.
    async fn make_salt(&self, random: &dyn Randomness) -> Result<Salt, Error> {
        let salt = Salt::random(random);
        let mut item = key(SALT, ADDRESS);
        item.insert("value".into(), AttributeValue::B(Blob::new(salt.0)));
        if self.put_new(item, "make the salt").await? {
            return Ok(salt);
        }
        let made = self.head().await?.salt.unwrap_or_default();
        read_salt(&made)
    }
}

fn cancelled(item: &Item) -> Result<BTreeSet<RunId>, Error> {
    let ids = match item.get("ids") {
        None => return Ok(BTreeSet::new()),
        Some(AttributeValue::Ss(ids)) => ids.iter().map(|id| id.parse()).collect(),
        Some(_) => Err(InvalidId { expected: "a set of texts" }),
    };
    ids.map_err(|error| rows::unreadable(item, format!("ids: {error}")))
}

fn read_salt(item: &Item) -> Result<Salt, Error> {
    item.get("value")
        .and_then(|value| value.as_b().ok())
        .and_then(|bytes| bytes.as_ref().try_into().ok())
        .map(Salt::new)
        .ok_or_else(|| Error::Unreadable {
            item: "salt/address".into(),
            detail: "value is not 64 bytes; addresses cannot be compared without it".into(),
        })
}
