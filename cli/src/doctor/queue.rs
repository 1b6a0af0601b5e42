//! What waits, and what nobody works off any more.

use jiff::{SignedDuration, Timestamp};
use state::GroupNames;

use super::check::{Check, State};
use super::tables::no_table;
use crate::target::{Target, TargetError};
use crate::words;

const QUEUE: &str = "queue";
const DEAD_LETTERS: &str = "dead_letters";
/// A message of the local store that has been due for so long is not going to be worked off by itself.
const OVERDUE: SignedDuration = SignedDuration::from_mins(5);
/// No delay asks a message of a stack to wait for so long: the alarm `queue-age` goes off.
const OLD: SignedDuration = SignedDuration::from_mins(30);
/// How deep the queue may be if the settings do not say.
const SHALLOW: u64 = 500;

/// Looks at what waits, and at what nobody works off any more.
pub(super) async fn look(target: &Target, names: Option<&GroupNames>, checks: &mut Vec<Check>) {
    let limit = names.map_or(SHALLOW, |names| u64::from(names.settings.queue_shallow));
    checks.push(match target.queue().depth().await {
        Ok(depth) => waiting(target, depth, limit).await,
        Err(error) => no_table(QUEUE, target, &error),
    });
    let count = match target.dead_letters().await {
        Ok(letters) => letters.count().await,
        Err(error) => Err(error),
    };
    checks.push(match count {
        Ok(0) => Check::ok(DEAD_LETTERS, "there are none"),
        Ok(count) => {
            let again = target.again();
            let mend = format!("`segments dead-letters{again}` shows them, and queues them again");
            Check::wrong(DEAD_LETTERS, format!("there are {}", words::count(count)), mend)
        }
        Err(error) => no_table(DEAD_LETTERS, target, &error),
    });
}

async fn waiting(target: &Target, depth: u64, limit: u64) -> Check {
    let finding = match depth {
        1 => "1 message waits".to_owned(),
        depth => format!("{} messages wait", words::count(depth)),
    };
    match target.longest_wait(Timestamp::now()).await {
        // What is told of a queue's age is minutes old: those messages may be worked off.
        Ok(Some(wait)) if depth > 0 && wait > patience(target) => {
            let finding = format!("{finding}, one for {}", words::duration(wait));
            Check::wrong(QUEUE, finding, mend_of_old(target))
        }
        Ok(_) if depth > limit => {
            let limit = words::count(limit);
            let finding = format!("{finding}, more than the {limit} of queue_shallow");
            let mend =
                "unless a full run or a sale goes on: see in the worker's log what it waits for";
            Check::warning(QUEUE, finding, mend)
        }
        Ok(_) => Check::ok(QUEUE, finding),
        Err(error) => not_known(target, &finding, &error),
    }
}

fn patience(target: &Target) -> SignedDuration {
    if target.is_stack() { OLD } else { OVERDUE }
}

fn mend_of_old(target: &Target) -> &'static str {
    if target.is_stack() {
        "nobody works them off, or not fast enough: see whether sync-customer fails (docs/operations.md, \
         \"The queue grows old\")"
    } else {
        "nobody works them off: start `segments serve`"
    }
}

fn not_known(target: &Target, finding: &str, error: &TargetError) -> Check {
    let mend = match error {
        TargetError::Stack(crate::stack::StackError::Denied { right, .. }) => {
            format!("allow {right} to whoever runs this (docs/operations.md, \"Who may do what\")")
        }
        _ => target.table_hint().to_owned(),
    };
    let finding = format!("{finding}, for how long is not known: {error}");
    Check { name: QUEUE, state: State::Unknown, finding, mend: Some(mend) }
}
