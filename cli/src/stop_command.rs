//! `segments pause`, `segments resume` and `segments runs cancel`: how an operator holds things up.

use aws_sdk_dynamodb::types::AttributeValue;
use resegment::Record;
use serde_json::json;
use state::Error;

use crate::args::{CancelOptions, HoldOptions};
use crate::report::Report;
use crate::rules_command::pretty;
use crate::target::Target;
use crate::words;

pub(crate) const PAUSE_HELP: &str = "\
Exit codes:
  0  everything is paused, or was already
  2  the command line or the settings are wrong, or the tables cannot be reached

Examples:
  segments pause
  segments pause --stack segments --json";

pub(crate) const RESUME_HELP: &str = "\
Exit codes:
  0  nothing is paused any more, or was
  2  the command line or the settings are wrong, or the tables cannot be reached

Examples:
  segments resume
  segments resume --stack segments";

pub(crate) const CANCEL_HELP: &str = "\
Exit codes:
  0  the run is cancelled
  2  there is no such run, or it has ended, or the tables cannot be reached

Example:
  segments runs cancel 20261121T030000Z-4f21aa --stack segments";

/// The setting.
const PAUSED: &str = "paused";

/// `pause`.
pub(crate) async fn pause(options: &HoldOptions) -> Report {
    report(hold(options, true).await)
}

/// `resume`.
pub(crate) async fn resume(options: &HoldOptions) -> Report {
    report(hold(options, false).await)
}

/// Writes the setting, and tells what waits and what is active.
async fn hold(options: &HoldOptions, paused: bool) -> Result<String, String> {
    let target = options.target.find().await.map_err(|error| error.to_string())?;
    let value = AttributeValue::Bool(paused);
    let written = target.config().put_setting(PAUSED, value).await;
    written.map_err(|error| table_error(&target, &error))?;
    let (waiting, active) = (target.queue().depth().await, target.runs().active().await);
    if options.json {
        let (queue, active) = (waiting.ok(), active.ok().flatten());
        return Ok(pretty(&json!({ "paused": paused, "queue": queue, "active_run": active })));
    }
    let waiting = match waiting {
        Ok(1) => "1 message is in the queue.".to_owned(),
        Ok(count) => format!("{} messages are in the queue.", words::count(count)),
        Err(error) => format!("How many messages are in the queue is not known ({error})."),
    };
    let active = match active {
        Ok(Some(run)) => format!("Run {run} is active."),
        Ok(None) => "No run is active.".to_owned(),
        Err(error) => format!("Whether a run is active is not known ({error})."),
    };
    let again = target.again();
    Ok(if paused {
        format!(
            "Paused. Workers and full runs hold within a minute; webhooks are still taken and queued.\n\
             {waiting} {active}\nTo go on: segments resume{again}"
        )
    } else {
        format!("Resumed. Workers and full runs go on within a minute.\n{waiting} {active}")
    })
}

/// `runs cancel`.
pub(crate) async fn cancel(options: &CancelOptions) -> Report {
    report(cancel_in(options).await)
}

async fn cancel_in(CancelOptions { id, json, at }: &CancelOptions) -> Result<String, String> {
    let target = at.find().await.map_err(|error| error.to_string())?;
    let failed = |error: Error| table_error(&target, &error);
    let found = target.runs().record::<Record>(id).await.map_err(failed)?;
    let Some(record) = found else {
        return Err(format!("there is no run {id} in {target}: check its id"));
    };
    if let Some(end) = record.end() {
        let how = words::ended_as(end.how);
        return Err(format!("run {id} ended at {:.0} ({how}): there is nothing to cancel", end.at));
    }
    target.config().cancel_run(id).await.map_err(failed)?;
    let (phase, progress) = (record.phase.name(), record.progress());
    if *json {
        return Ok(pretty(&json!({ "run_id": id, "phase": phase, "progress": progress })));
    }
    Ok(format!(
        "Run {id} is cancelled, in phase {}. It ends with its next step, and workers drop its messages \
         within a minute.\nWhat was already done is not taken back: {} of {} messages were sent.",
        phase.as_str(),
        words::count(progress.dispatched),
        words::count(progress.differing),
    ))
}

fn table_error(target: &Target, error: &Error) -> String {
    format!("{error}; {}", target.table_hint())
}

fn report(outcome: Result<String, String>) -> Report {
    match outcome {
        Ok(text) => Report::good(text),
        Err(complaint) => Report::failed(complaint),
    }
}
