//! Where a run's record and chunks are kept: in the table, or, for a dry run, in memory alone.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use state::{Chunk, Hold, Kept, RunId, Runs};

use crate::record::{Chunks, End, Memory, Record};
use crate::trouble::Trouble;

/// How long a step that is not heard of keeps a run from being gone on with.
const LEASE: Duration = Duration::from_mins(2);
/// With less of the lease than this it is renewed.
const RENEWED_BEFORE: Duration = Duration::from_secs(90);

/// The notes of one run.
pub(crate) enum Notes<'a> {
    /// In the table, under a lease.
    Kept { runs: &'a Runs, hold: Hold },
    /// In memory: nothing is written.
    InMemory(BTreeMap<(&'static str, u32), Vec<u8>>),
}

/// When the lease of a step ends that was heard of at `now`.
pub(crate) fn lease_end(now: Timestamp) -> Timestamp {
    now + LEASE
}

impl Notes<'_> {
    pub(crate) fn is_dry(&self) -> bool {
        matches!(self, Self::InMemory(_))
    }

    /// The number that sets this step's chunks apart from an earlier one's.
    pub(crate) fn fence(&self) -> u64 {
        match self {
            Self::Kept { hold, .. } => hold.fence,
            Self::InMemory(_) => 0,
        }
    }

    /// Writes the record and renews the lease.
    pub(crate) async fn save(&mut self, record: &Record, now: Timestamp) -> Result<(), Trouble> {
        self.save_until(record, now, lease_end(now)).await
    }

    /// Writes the record and gives the lease back, so that the next step need not wait.
    pub(crate) async fn close(&mut self, record: &Record, now: Timestamp) -> Result<(), Trouble> {
        self.save_until(record, now, now).await
    }

    async fn save_until(
        &mut self,
        record: &Record,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<(), Trouble> {
        match self {
            Self::Kept { runs, hold } => kept(runs.save(hold, record, now, until).await?),
            Self::InMemory(_) => Ok(()),
        }
    }

    /// Renews the lease if that is due; for steps that take long and save nothing.
    pub(crate) async fn renew(&mut self, record: &Record, now: Timestamp) -> Result<(), Trouble> {
        match self {
            Self::Kept { hold, .. } if hold.until <= now + RENEWED_BEFORE => {
                self.save(record, now).await
            }
            _ => Ok(()),
        }
    }

    /// Ends the run.
    pub(crate) async fn end(
        &mut self,
        record: &Record,
        end: End,
        memory: Option<&Memory>,
    ) -> Result<(), Trouble> {
        match self {
            Self::Kept { runs, hold } => {
                kept(runs.end(hold, record, &record.summary(end), memory, end.at).await?)
            }
            Self::InMemory(_) => Ok(()),
        }
    }

    /// Writes a chunk.
    pub(crate) async fn put(
        &mut self,
        of: &'static str,
        chunks: Chunks,
        content: Vec<u8>,
        now: Timestamp,
    ) -> Result<(), Trouble> {
        let Chunks { fence, count: number } = chunks;
        match self {
            Self::Kept { runs, hold } => {
                kept(runs.put_chunk(hold, Chunk { of, fence, number }, content, now).await?)
            }
            Self::InMemory(chunks) => {
                chunks.insert((of, number), content);
                Ok(())
            }
        }
    }

    /// Reads a chunk.
    pub(crate) async fn get(
        &self,
        of: &'static str,
        run: &RunId,
        fence: u64,
        number: u32,
    ) -> Result<Vec<u8>, Trouble> {
        match self {
            Self::Kept { runs, .. } => Ok(runs.chunk(run, Chunk { of, fence, number }).await?),
            Self::InMemory(chunks) => Ok(chunks.get(&(of, number)).cloned().unwrap_or_default()),
        }
    }
}

fn kept(kept: Kept) -> Result<(), Trouble> {
    match kept {
        Kept::Yes => Ok(()),
        Kept::No => Err(Trouble::Lost),
    }
}
