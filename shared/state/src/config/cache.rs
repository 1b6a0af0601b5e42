//! Keeps the configuration for a minute.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use outbound::{Clock, Randomness};
use tokio::sync::Mutex;

use super::{Config, ConfigError, ConfigTable};

/// How long a configuration is used before it is read again.
const FRESH: Duration = Duration::from_mins(1);

/// The configuration, read at most once a minute.
pub struct ConfigCache {
    table: ConfigTable,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Randomness>,
    held: Mutex<Option<(Timestamp, Arc<Config>)>>,
}

impl ConfigCache {
    /// A cache over the table.
    pub fn new(table: ConfigTable, clock: Arc<dyn Clock>, random: Arc<dyn Randomness>) -> Self {
        Self { table, clock, random, held: Mutex::default() }
    }

    /// The configuration as it was within the last minute.
    ///
    /// # Errors
    /// If it has to be read and cannot be. What was read before is not used then: an operator who
    /// broke a row should see it, and every message waits meanwhile.
    pub async fn current(&self) -> Result<Arc<Config>, ConfigError> {
        self.at_least(0).await
    }

    /// The configuration as it was within the last minute, or as it is now if the book of that time is
    /// older than this version. The book may still be older then: the caller has to look.
    ///
    /// # Errors
    /// As [`current`](Self::current).
    pub async fn at_least(&self, book: u64) -> Result<Arc<Config>, ConfigError> {
        let mut held = self.held.lock().await;
        let now = self.clock.now();
        if let Some((read, config)) = held.as_ref()
            && now < *read + FRESH
            && config.book.version >= book
        {
            return Ok(Arc::clone(config));
        }
        let known = held.as_ref().map(|(_, config)| &config.book);
        let config = Arc::new(self.table.load(known, now, &*self.random).await?);
        *held = Some((now, Arc::clone(&config)));
        Ok(config)
    }
}
