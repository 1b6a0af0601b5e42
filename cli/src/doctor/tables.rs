//! The tables, the rule book, the last run.

use jiff::Timestamp;
use resegment::{EndedAs, Summary};
use state::{ConfigError, Error, GroupNames, Newest};

use super::check::{Check, State};
use crate::look::{OVERDUE, SEARCHED, unreadable_runs};
use crate::target::Target;
use crate::words;

const CONFIG: &str = "config_table";
const CUSTOMERS: &str = "customers_table";
const RUNS: &str = "runs_table";
const BOOK: &str = "rule_book";
const PAUSED: &str = "paused";
const LAST_RUN: &str = "last_run";

/// Looks at the configuration; tells what it names.
pub(super) async fn configuration(target: &Target, checks: &mut Vec<Check>) -> Option<GroupNames> {
    let names = match target.config().group_names().await {
        Ok(names) => names,
        Err(ConfigError::Table(error)) => {
            checks.push(no_table(CONFIG, target, &error));
            return None;
        }
        Err(error) => {
            let mend = "correct the item settings/settings of the configuration table";
            checks.push(Check::wrong(CONFIG, error.to_string(), mend));
            return None;
        }
    };
    checks.push(Check::ok(CONFIG, "it answers, and its settings can be used"));
    checks.push(book(&names, target.again()));
    if names.settings.paused {
        let mend = format!("`segments resume{}`, once what it was for is over", target.again());
        checks.push(Check::warning(
            PAUSED,
            "workers and full runs hold until they are resumed",
            mend,
        ));
    }
    Some(names)
}

pub(super) fn no_table(name: &'static str, target: &Target, error: &Error) -> Check {
    // Rights and tables are mended by people; the rest may pass.
    let passes = matches!(error, Error::Refused { code, .. }
        if code == "no connection" || code == "no answer in time");
    let state = if passes { State::Unknown } else { State::Wrong };
    let mend = Some(target.table_hint().to_owned());
    Check { name, state, finding: error.to_string(), mend }
}

fn book(names: &GroupNames, again: &str) -> Check {
    if !names.problems.is_empty() && !names.wanted.is_empty() {
        let problems: Vec<String> = names.problems.iter().map(ToString::to_string).collect();
        let mend = format!("write a valid one with `segments rules apply FILE{again}`");
        return Check::wrong(BOOK, problems.join("; "), mend);
    }
    if names.wanted.is_empty() {
        let mend = format!("`segments setup{again}` writes that of segments.toml");
        return Check::wrong(BOOK, "there is no rule book", mend);
    }
    let segments = names.wanted.len();
    match &names.accepted {
        Some(accepted) => Check::ok(
            BOOK,
            format!("{segments} segments; version {} is accepted", accepted.version),
        ),
        None => {
            Check::ok(BOOK, format!("{segments} segments; it is accepted when it is first used"))
        }
    }
}

/// Looks whether the other tables answer.
pub(super) async fn tables(target: &Target, checks: &mut Vec<Check>) {
    checks.push(match target.customers().scan(0, 1, None).await {
        Ok(_) => Check::ok(CUSTOMERS, "it answers"),
        Err(error) => no_table(CUSTOMERS, target, &error),
    });
    match target.runs().newest::<Summary>(SEARCHED).await {
        Ok(Newest { summaries, unreadable }) => {
            let unreadable = unreadable_runs(unreadable);
            let separator = if unreadable.is_empty() { "" } else { "; " };
            checks.push(Check::ok(RUNS, format!("it answers{separator}{unreadable}")));
            checks.push(last_run(&summaries, target.again(), Timestamp::now()));
        }
        Err(error) => checks.push(no_table(RUNS, target, &error)),
    }
}

/// How the newest run ended, and when one was done last.
fn last_run(newest: &[Summary], again: &str, now: Timestamp) -> Check {
    let Some(last) = newest.first() else {
        let finding = "no full run has ended yet";
        return Check::warning(LAST_RUN, finding, format!("`segments run{again}` makes one"));
    };
    let (run, at) = (&last.run_id, last.ended_at);
    let how = words::ended_as(last.ended_as);
    let finding = format!("run {run} ended at {at:.0}: {how}");
    let message = last.message.as_deref().unwrap_or("its record says more");
    let done = newest.iter().find(|run| run.ended_as == EndedAs::Done);
    let age = done.map(|done| now.duration_since(done.ended_at));
    match last.ended_as {
        EndedAs::Failed | EndedAs::Refused => {
            let mend = format!("{message}; then `segments run{again}`");
            Check::wrong(LAST_RUN, finding, mend)
        }
        _ if last.unanswered > 0 => {
            let finding =
                format!("{finding}, and {} looks were lost", words::count(last.unanswered));
            let mend = format!("see `segments dead-letters{again}`");
            Check::warning(LAST_RUN, finding, mend)
        }
        _ if age.is_none_or(|age| age > OVERDUE) => {
            let age =
                age.map_or_else(|| "yet".to_owned(), |age| format!("for {}", words::duration(age)));
            let finding = format!("{finding}; no run was done {age}");
            let mend =
                format!("see that the schedule begins one every day, or `segments run{again}`");
            Check::warning(LAST_RUN, finding, mend)
        }
        _ => Check::ok(LAST_RUN, finding),
    }
}
