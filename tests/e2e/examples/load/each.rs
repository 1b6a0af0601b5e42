//! One webhook for each customer, of which none may be lost.
//!
//! In a flood several webhooks tell of every customer, so that one that is lost goes unseen behind the next. Here
//! each customer orders once and one webhook tells of it: whoever's is lost stays wrong.

use std::fmt;
use std::time::Duration;

use tokio::time::Instant;

use crate::flood::{Pace, flood};
use crate::{Arguments, Failure, Serving, Town};

/// What it came to, before anything of it was worked off.
pub(crate) struct Each {
    /// How many webhooks were posted.
    posted: usize,
    /// How many of them were not taken.
    refused: usize,
    /// How many of the first were taken, and how many messages were in the queue then; none if some may have
    /// been worked off by the time they were counted.
    counted: Option<(usize, u64)>,
}

/// Posts them. The first are as many as come in half of the time that a message waits, so that all of them can
/// be counted in the queue.
pub(crate) async fn each(
    arguments: &Arguments,
    town: &Town,
    serving: &Serving,
) -> Result<Each, Failure> {
    let (rate, began) = (arguments.rate, Instant::now());
    let all = u64::try_from(arguments.customers)?;
    let first = all.min(rate * arguments.settle / 2);
    let mut orders = town.one_each();
    let counted = flood(town, serving, Pace::in_all(first, rate, 2), &mut orders).await?;
    let waiting = town.waiting().await?;
    let in_time = began.elapsed() < Duration::from_secs(arguments.settle);
    let rest = flood(town, serving, Pace::in_all(all - first, rate, 3), &mut orders).await?;
    Ok(Each {
        posted: counted.sent + rest.sent,
        refused: counted.refused + rest.refused,
        counted: in_time.then_some((counted.sent - counted.refused, waiting)),
    })
}

impl Each {
    /// # Errors
    /// If one was not taken, or if not as many messages were queued as webhooks were taken.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if self.refused > 0 {
            return Err(format!("{} webhooks were not taken", self.refused).into());
        }
        match self.counted {
            Some((taken, waiting)) if u64::try_from(taken)? != waiting => {
                Err(format!("{taken} webhooks were taken and {waiting} messages queued").into())
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Each {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "one webhook for each of {} customers: ", self.posted)?;
        write!(f, "{} not taken; ", self.refused)?;
        match self.counted {
            Some((taken, waiting)) => {
                write!(f, "of the first {taken} taken, {waiting} messages were in the queue")
            }
            None => write!(f, "not counted in the queue, because that took too long"),
        }
    }
}
