//! Working messages off.

use std::time::Duration;

use jiff::Timestamp;
use state::{Depth, Receive};
use tokio::sync::{Notify, watch};

use super::{System, stopped};
use crate::words;

/// The longest the queue is left alone: other processes put messages into the store, too.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How long to wait after the store did not answer.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Works messages off until it is time to stop, and then those that are due. What comes in here is told of,
/// so that it need not wait for the end of a pause.
pub(super) async fn work(system: &System, arrivals: &Notify, mut stopping: watch::Receiver<bool>) {
    loop {
        let pause = match system.work_once().await {
            Ok(Some(_)) => continue,
            Ok(None) if *stopping.borrow() => return,
            Ok(None) => pause(system).await,
            Err(error) => {
                tracing::error!(%error, "the queue does not answer");
                if *stopping.borrow() {
                    return;
                }
                AFTER_FAILURE
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = arrivals.notified() => {}
            () = stopped(&mut stopping) => {}
        }
    }
}

async fn pause(system: &System) -> Duration {
    let Ok(Some(due)) = system.queue().next_due().await else { return LONGEST_PAUSE };
    let left = Duration::try_from(due.duration_since(Timestamp::now())).unwrap_or_default();
    left.min(LONGEST_PAUSE)
}

/// What is left for the next time, in words.
pub(super) async fn left(system: &System) -> String {
    match system.queue().depth().await {
        Ok(0) => "Nothing waits.".to_owned(),
        Ok(1) => "1 message waits in the store.".to_owned(),
        Ok(count) => format!("{} messages wait in the store.", words::count(count)),
        Err(error) => format!("How many messages wait in the store is not known ({error})."),
    }
}
