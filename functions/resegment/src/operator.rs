//! What an operator changes while a run is under way: the settings, and whether it is to go on.

use std::time::Duration;

use jiff::Timestamp;
use state::RunConfig;

use crate::run::{Next, Run};
use crate::trouble::Trouble;

/// How long a copy of the configuration is used before it is read again.
const FRESH: Duration = Duration::from_mins(1);
/// How long a paused run waits before it looks again.
const PAUSED: Duration = Duration::from_mins(1);

impl Run<'_> {
    /// The configuration. Books and groups are as this call, or a step that writes, read them first;
    /// settings and cancellations are at most a minute old.
    pub(crate) async fn config(&mut self) -> Result<&RunConfig, Trouble> {
        let now = self.now();
        let table = &self.me.config;
        let (read_at, config) = match self.config.take() {
            Some((read_at, config)) if now < read_at + FRESH => (read_at, config),
            Some((_, mut config)) => {
                table.refresh(&mut config).await?;
                (now, config)
            }
            None => (now, table.for_run(&*self.me.random, !self.notes.is_dry()).await?),
        };
        Ok(&self.config.insert((read_at, config)).1)
    }

    /// Whether an operator has paused the run, or cancelled it, as of the last minute. A pause holds what
    /// writes: a dry run does not, and tells what would follow once the pause is over.
    pub(crate) async fn held_by_operator(&mut self) -> Result<Option<Next>, Trouble> {
        let run = self.record.run_id.clone();
        let (now, is_dry) = (self.now(), self.notes.is_dry());
        let config = self.config().await?;
        if config.cancelled.contains(&run) {
            return Err(Trouble::Cancelled);
        }
        let paused = config.settings.paused && !is_dry;
        let why = "the settings say paused: `segments resume` goes on (of a deployed stack: with \
                   --stack NAME)"
            .to_owned();
        Ok(paused.then(|| Next::Wait { until: now + PAUSED, why }))
    }

    /// For work that takes long: keeps the run ours, and gives up if an operator has said so.
    pub(crate) async fn keep_up(&mut self) -> Result<(), Trouble> {
        let now = self.now();
        self.notes.renew(&self.record, now).await?;
        match self.held_by_operator().await? {
            Some(Next::Wait { until, why }) => Err(Trouble::Later { at: Some(until), why }),
            _ => Ok(()),
        }
    }

    /// As [`keep_up`](Self::keep_up), by what the operator has said up to now: before what cannot be
    /// undone.
    pub(crate) async fn keep_up_at_once(&mut self) -> Result<(), Trouble> {
        if let Some((read_at, _)) = &mut self.config {
            *read_at = Timestamp::MIN;
        }
        self.keep_up().await
    }
}
