//! `segments run`: a full run, watched to its end.

mod drive;
mod movements;
mod site;
mod summary;
mod view;

use resegment::{Answer, Start, Status};
use rules::Currency;
use serde_json::{Value, json};
use state::RunId;

use crate::args::RunOptions;
use crate::report::Report;
use crate::rules_command;
use crate::target::Target;

pub use drive::Seen;
pub use site::RunError;

pub(crate) use drive::{Driven, drive};
pub(crate) use movements::{Shares, movements};
pub(crate) use site::Site;
pub(crate) use summary::{Fact, found, of_dry_run, of_run, segments};
pub(crate) use view::View;

/// The exit code of a run that failed.
pub(crate) const RUN_FAILED: u8 = 1;
/// The exit code of a run that was refused.
pub(crate) const REFUSED: u8 = 3;
/// The exit code of a run that was not begun, because another one is active.
const SKIPPED: u8 = 4;
/// The exit code of a command that was interrupted: 128, and the number of the signal.
pub(crate) const INTERRUPTED: u8 = 130;

/// Makes a run and watches it.
pub(crate) async fn run(options: &RunOptions) -> Report {
    let start = match start(options) {
        Ok(start) => start,
        Err(report) => return *report,
    };
    match options.target.find().await {
        Ok(target) => watch(&target, &start, options.json).await,
        Err(error) => Report::failed(error.to_string()),
    }
}

fn start(options: &RunOptions) -> Result<Start, Box<Report>> {
    let read =
        |file| rules_command::read(file).map_err(|none| Box::new(none.report(file, options.json)));
    Ok(Start {
        dry_run: options.dry_run,
        verify: options.verify,
        rules: options.rules.as_deref().map(read).transpose()?,
        accept: options.accept.clone(),
        reason: options.reason.clone(),
        export: None,
    })
}

async fn watch(target: &Target, start: &Start, as_json: bool) -> Report {
    match watched(target, start, if start.dry_run { "dry run" } else { "start" }).await {
        Ok(driven) => {
            let currency = start.rules.as_ref().map(rules::RuleBook::currency);
            report(&driven, target, currency, as_json)
        }
        Err(report) => *report,
    }
}

/// Watches a run to its end, or until Ctrl-C; says otherwise why it is no longer watched.
pub(crate) async fn watched(
    target: &Target,
    start: &Start,
    what: &'static str,
) -> Result<Driven, Box<Report>> {
    let mut view = View::of_stderr();
    view.begin(what);
    let mut run = None;
    let mut look = |seen: &Seen<'_>| {
        run = seen.run.cloned().or(run.take());
        view.show(seen);
    };
    let ended = tokio::select! {
        ended = drive(target.site(), start, &mut look) => Some(ended),
        _ = tokio::signal::ctrl_c() => None,
    };
    drop(view);
    Err(Box::new(match ended {
        Some(Ok(driven)) => return Ok(driven),
        Some(Err(error)) => Report::failed(lost(&error, run.as_ref(), target)),
        None => Report { code: INTERRUPTED, ..Report::failed(left(run.as_ref(), start, target)) },
    }))
}

/// What there is to say of a run that cannot be watched any more.
fn lost(error: &RunError, run: Option<&RunId>, target: &Target) -> String {
    match run {
        Some(run) => format!("{error}\n{}", goes_on(run, target)),
        None => error.to_string(),
    }
}

/// What there is to say of a run that nobody wants to watch any more.
fn left(run: Option<&RunId>, start: &Start, target: &Target) -> String {
    match run {
        _ if start.dry_run => "No longer watched. A dry run leaves nothing behind.".to_owned(),
        Some(run) => format!("No longer watched. {}", goes_on(run, target)),
        None => "No longer watched. The run may have begun; `segments runs` tells.".to_owned(),
    }
}

fn goes_on(run: &RunId, target: &Target) -> String {
    let how = match target.site() {
        Site::Stack(_) => "by itself",
        Site::Local(_) => "as soon as `segments serve` is running",
    };
    format!("Run {run} goes on {how}. To end it: segments runs cancel {run}{}", target.again())
}

/// What there is to say of a run that has ended.
fn report(driven: &Driven, target: &Target, currency: Option<Currency>, as_json: bool) -> Report {
    let Driven { answer, record } = driven;
    let text = match record {
        _ if as_json => format!("{:#}", in_json(driven)),
        Some(record) => of_run(record),
        None => of_dry_run(answer, currency),
    };
    let (code, complaint) = match answer.status {
        Status::Refused => (REFUSED, refused(driven, target)),
        Status::Failed => (RUN_FAILED, message(answer)),
        Status::Skipped => (SKIPPED, message(answer)),
        Status::Done | Status::Idle | Status::Continue | Status::Wait => (0, String::new()),
    };
    Report { text, complaint, code }
}

fn message(answer: &Answer) -> String {
    answer.message.clone().unwrap_or_else(|| "there is no message; look into the log".to_owned())
}

/// A refusal says how it is accepted, if it can be. The function does not know where it is deployed.
fn refused(driven: &Driven, target: &Target) -> String {
    let message = message(&driven.answer);
    let record = driven.record.as_ref().filter(|record| record.accept.is_none());
    let refusal = record.and_then(|record| Some((&record.run_id, record.refusal.as_ref()?)));
    match refusal {
        Some((run, refusal)) if refusal.can_be_accepted() => {
            format!("{message}\nIn full: segments run --accept {run}{}", target.again())
        }
        _ => message,
    }
}

/// The last answer, with the record of the run.
fn in_json(driven: &Driven) -> Value {
    let mut answer = json!(driven.answer);
    if let (Some(record), Value::Object(answer)) = (&driven.record, &mut answer) {
        answer.insert("record".to_owned(), json!(record));
    }
    answer
}
