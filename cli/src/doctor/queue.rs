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
    let finding = messages_wait(depth);
    let wait = match target.longest_wait(Timestamp::now()).await {
        Ok(wait) => wait,
        Err(error) => return not_known(target, &finding, &error),
    };
    if let Some(LongWait { finding, mend }) = LongWait::of(target, depth, wait) {
        return Check::wrong(QUEUE, finding, mend);
    }
    if depth > limit {
        let limit = words::count(limit);
        let finding = format!("{finding}, more than the {limit} of queue_shallow");
        let mend = "unless a full run or a sale goes on: see in the worker's log what it waits for";
        return Check::warning(QUEUE, finding, mend);
    }
    Check::ok(QUEUE, finding)
}

fn messages_wait(depth: u64) -> String {
    match depth {
        1 => "1 message waits".to_owned(),
        depth => format!("{} messages wait", words::count(depth)),
    }
}

/// A queue in which a message has waited for too long, and what to do.
pub(crate) struct LongWait {
    pub(crate) finding: String,
    pub(crate) mend: &'static str,
}

impl LongWait {
    /// None if no message has waited for longer than delays explain. What is told of the age of a stack's queue
    /// is minutes old: those messages may be worked off.
    pub(crate) fn of(target: &Target, depth: u64, wait: Option<SignedDuration>) -> Option<Self> {
        let (patience, mend) = if target.is_stack() {
            let mend = "nobody works them off, or not fast enough: see whether sync-customer fails \
                        (docs/operations.md, \"The queue grows old\")";
            (OLD, mend)
        } else {
            (OVERDUE, "nobody works them off: start `segments serve`")
        };
        let wait = wait.filter(|wait| depth > 0 && *wait > patience)?;
        let finding = format!("{}, one for {}", messages_wait(depth), words::duration(wait));
        Some(Self { finding, mend })
    }
}

fn not_known(target: &Target, finding: &str, error: &TargetError) -> Check {
    let finding = format!("{finding}, for how long is not known: {error}");
    let mend = Some(mend_of_unknown_wait(target, error));
    Check { name: QUEUE, state: State::Unknown, finding, mend }
}

/// What to do if nobody can tell for how long messages have waited.
pub(crate) fn mend_of_unknown_wait(target: &Target, error: &TargetError) -> String {
    match error {
        TargetError::Stack(crate::stack::StackError::Denied { right, .. }) => {
            format!("allow {right} to whoever runs this (docs/operations.md, \"Who may do what\")")
        }
        _ => target.table_hint().to_owned(),
    }
}
