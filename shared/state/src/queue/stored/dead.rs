//! The dead letters of a queue in a table.

use outbound::BoxFuture;

use super::{Part, StoredQueue, due_of};
use crate::Error;
use crate::items::text;
use crate::queue::{DeadLetter, DeadLetters, Receipt};

impl StoredQueue {
    /// The dead letters, the latest first.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn dead_letters(&self) -> Result<Vec<DeadLetter>, Error> {
        let query = self.query(Part::Dead).scan_index_forward(false);
        let mut pages = query.into_paginator().items().send();
        let mut letters = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item.map_err(|error| Error::sdk("read dead letters", &error))?;
            let Some(sk) = text(&item, "sk") else { continue };
            letters.push(DeadLetter {
                id: Receipt(format!("{} {sk}", Part::Dead.key())),
                body: text(&item, "body").unwrap_or_default().to_owned(),
                at: due_of(sk),
            });
        }
        Ok(letters)
    }
}

impl DeadLetters for StoredQueue {
    fn count(&self) -> BoxFuture<'_, Result<u64, Error>> {
        Box::pin(self.count_of(&[Part::Dead]))
    }

    fn letters(&self, most: usize) -> BoxFuture<'_, Result<Vec<DeadLetter>, Error>> {
        Box::pin(async move {
            let mut letters = self.dead_letters().await?;
            letters.truncate(most);
            Ok(letters)
        })
    }

    fn discard<'a>(&'a self, letters: &'a [DeadLetter]) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let receipts: Vec<_> = letters.iter().map(|letter| letter.id.clone()).collect();
            self.remove(&receipts).await
        })
    }

    /// They never were out of sight.
    fn give_back<'a>(&'a self, _: &'a [DeadLetter]) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async { Ok(()) })
    }
}
