//! `segments pause`, `segments resume` and `segments runs cancel`: how an operator holds things up.

use aws_sdk_dynamodb::types::AttributeValue;
use resegment::Record;
use state::{Error, RunId};

use crate::report::Report;
use crate::target::{Target, TargetOptions};
use crate::words;

pub(crate) const PAUSE_HELP: &str = "\
Exit codes:
  0  everything is paused, or was already
  2  the command line or the settings are wrong, or the tables cannot be reached

Examples:
  segments pause
  segments pause --stack segments";

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
pub(crate) async fn pause(options: &TargetOptions) -> Report {
    report(set_paused(options, true).await.map(|Now { waiting, active, again }| {
        format!(
            "Paused. Workers and full runs hold within a minute; webhooks are still taken and queued.\n\
             {waiting} {active}\nTo go on: segments resume{again}"
        )
    }))
}

/// `resume`.
pub(crate) async fn resume(options: &TargetOptions) -> Report {
    report(set_paused(options, false).await.map(|Now { waiting, active, .. }| {
        format!("Resumed. Workers and full runs go on within a minute.\n{waiting} {active}")
    }))
}

/// What there is to hold.
struct Now {
    waiting: String,
    active: String,
    /// See [`Target::again`].
    again: String,
}

/// Writes the setting, and tells what waits and what is active.
async fn set_paused(options: &TargetOptions, paused: bool) -> Result<Now, String> {
    let target = options.find().await.map_err(|error| error.to_string())?;
    let value = AttributeValue::Bool(paused);
    let written = target.config().put_setting(PAUSED, value).await;
    written.map_err(|error| table_error(&target, &error))?;
    let waiting = match target.queue().depth().await {
        Ok(1) => "1 message is in the queue.".to_owned(),
        Ok(count) => format!("{} messages are in the queue.", words::count(count)),
        Err(error) => format!("How many messages are in the queue is not known ({error})."),
    };
    let active = match target.runs().active().await {
        Ok(Some(run)) => format!("Run {run} is active."),
        Ok(None) => "No run is active.".to_owned(),
        Err(error) => format!("Whether a run is active is not known ({error})."),
    };
    Ok(Now { waiting, active, again: target.again().to_owned() })
}

/// `runs cancel`.
pub(crate) async fn cancel(id: &RunId, options: &TargetOptions) -> Report {
    report(cancel_in(id, options).await)
}

async fn cancel_in(id: &RunId, options: &TargetOptions) -> Result<String, String> {
    let target = options.find().await.map_err(|error| error.to_string())?;
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
    Ok(format!(
        "Run {id} is cancelled, in phase {}. It ends with its next step, and workers drop its messages \
         within a minute.\nWhat was already done is not taken back: {} of {} messages were sent.",
        record.phase.name().as_str(),
        words::count(record.progress().dispatched),
        words::count(record.progress().differing),
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
