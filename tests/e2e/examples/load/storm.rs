//! One event, many times at once.

use std::fmt;

use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::town::Calls;
use crate::{Failure, Serving, Town};

/// A first look, one more for whoever had read at the same time, and the second look.
pub(crate) const MOST_READS: usize = 3;

/// What a storm came to.
pub(crate) struct Storm {
    copies: usize,
    taken: usize,
    calls: Calls,
}

/// Posts one event so many times at once, and waits until all is worked off.
pub(crate) async fn storm(town: &Town, serving: &Serving, copies: usize) -> Result<Storm, Failure> {
    let webhook = town.change()?;
    town.forget_calls();
    let mut answers: FuturesUnordered<_> =
        (0..copies).map(|_| serving.post(webhook.clone())).collect();
    let mut taken = 0;
    while let Some(answer) = answers.next().await {
        taken += usize::from(answer);
    }
    town.drained().await?;
    let calls = town.calls();
    town.check().await?;
    Ok(Storm { copies, taken, calls })
}

impl Storm {
    /// # Errors
    /// If a copy was not taken, or a call was made too many.
    pub(crate) fn check(&self, most_reads: usize) -> Result<(), Failure> {
        let Calls { shopify, okta_writes, .. } = self.calls;
        if self.taken == self.copies && okta_writes == 1 && shopify <= most_reads {
            return Ok(());
        }
        let bound = "a storm of one event is one write to Okta and few reads from Shopify, at most";
        Err(format!("{bound} {most_reads}").into())
    }
}

impl fmt::Display for Storm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Calls { shopify, okta_reads, okta_writes } = self.calls;
        write!(
            f,
            "one event {} times at once: {} taken; {okta_writes} writes to Okta and {okta_reads} reads, \
             {shopify} reads from Shopify",
            self.copies, self.taken
        )
    }
}
