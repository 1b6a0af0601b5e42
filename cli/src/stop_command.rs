//! `segments pause`, `segments resume` and `segments runs cancel`: how an operator holds things up.

use aws_sdk_dynamodb::types::AttributeValue;
use resegment::Record;
use state::{Depth, Error, RunId};

use crate::report::Report;
use crate::stack::{Stack, StackName};
use crate::words;

/// The setting.
const PAUSED: &str = "paused";

/// `pause`.
pub(crate) async fn pause(name: &StackName) -> Report {
    report(set_paused(name, true).await.map(|(waiting, active)| {
        format!(
            "Paused. Workers and full runs hold within a minute; webhooks are still taken and queued.\n\
             {waiting} {active}\nTo go on: segments resume --stack {name}"
        )
    }))
}

/// `resume`.
pub(crate) async fn resume(name: &StackName) -> Report {
    report(set_paused(name, false).await.map(|(waiting, active)| {
        format!("Resumed. Workers and full runs go on within a minute.\n{waiting} {active}")
    }))
}

/// Writes the setting, and tells what waits and what is active.
async fn set_paused(name: &StackName, paused: bool) -> Result<(String, String), String> {
    let stack = Stack::find(name).await.map_err(|error| error.to_string())?;
    let value = AttributeValue::Bool(paused);
    stack.config.put_setting(PAUSED, value).await.map_err(|error| table_error(&error))?;
    let waiting = match stack.queue.depth().await {
        Ok(1) => "1 message is in the queue.".to_owned(),
        Ok(count) => format!("{} messages are in the queue.", words::count(count)),
        Err(error) => format!("How many messages are in the queue is not known ({error})."),
    };
    let active = match stack.runs.active().await {
        Ok(Some(run)) => format!("Run {run} is active."),
        Ok(None) => "No run is active.".to_owned(),
        Err(error) => format!("Whether a run is active is not known ({error})."),
    };
    Ok((waiting, active))
}

/// `runs cancel`.
pub(crate) async fn cancel(id: &RunId, name: &StackName) -> Report {
    report(cancel_in(id, name).await)
}

async fn cancel_in(id: &RunId, name: &StackName) -> Result<String, String> {
    let stack = Stack::find(name).await.map_err(|error| error.to_string())?;
    let found = stack.runs.record::<Record>(id).await.map_err(|error| table_error(&error))?;
    let Some(record) = found else {
        return Err(format!("there is no run {id} in {name}: check its id"));
    };
    if let Some(end) = record.end() {
        let how = words::ended_as(end.how);
        return Err(format!("run {id} ended at {:.0} ({how}): there is nothing to cancel", end.at));
    }
    stack.config.cancel_run(id).await.map_err(|error| table_error(&error))?;
    Ok(format!(
        "Run {id} is cancelled, in phase {}. It ends with its next step, and workers drop its messages \
         within a minute.\nWhat was already done is not taken back: {} of {} messages were sent.",
        record.phase.name().as_str(),
        words::count(record.progress().dispatched),
        words::count(record.progress().differing),
    ))
}

fn table_error(error: &Error) -> String {
    format!("{error}; check the AWS credentials in use")
}

fn report(outcome: Result<String, String>) -> Report {
    match outcome {
        Ok(text) => Report::good(text),
        Err(complaint) => Report::failed(complaint),
    }
}
