//! `segments runs`: the full runs there were, one of them in full, and the active one as it comes on.

use std::time::Duration;

use clap::Args;
use comparison::SegmentFigures;
use jiff::Timestamp;
use resegment::{End, EndedAs, PhaseName, Progress, Record, Summary};
use serde::Serialize;
use serde_json::json;
use state::{Depth, Newest, RunId};

use super::{Complaint, in_json, table_error};
use crate::args::CancelOptions;
use crate::report::Report;
use crate::run::{INTERRUPTED, REFUSED, RUN_FAILED, Seen, View, of_run};
use crate::stop_command::CANCEL_HELP;
use crate::style;
use crate::target::{Target, TargetOptions};
use crate::words::{count, duration, ended_as};

pub(crate) const RUNS_HELP: &str = "\
Exit codes:
  0    told; of a run that was watched, it is done
  1    the run that was watched failed, or was cancelled
  2    there is no such run, or the tables cannot be read
  3    the run that was watched was refused: nothing was written
  130  no longer watched (Ctrl-C); the run goes on

Examples:
  segments runs
  segments runs 20261121T030000Z-4f21aa --stack segments
  segments runs --watch --stack segments
  segments runs --json | jq '.runs[0].outcomes'
  segments runs cancel 20261121T030000Z-4f21aa --stack segments";

/// How often a run that is watched is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How often in a row a look may fail: about a minute.
const MOST_FAILURES: u32 = 30;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct RunsOptions {
    /// The run to show in full; if none is named, the newest runs are listed
    id: Option<RunId>,
    /// Watch the active run, or the run named, to its end
    #[arg(long)]
    watch: bool,
    /// How many runs to list
    #[arg(long, value_name = "NUMBER", default_value_t = 20, value_parser = clap::value_parser!(i32).range(1..=1000))]
    last: i32,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: TargetOptions,
    #[command(subcommand)]
    pub(crate) command: Option<RunsCommand>,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum RunsCommand {
    /// End a run that is active
    ///
    /// Workers drop its messages within a minute. What was already done is not taken back.
    #[command(after_help = CANCEL_HELP)]
    Cancel(CancelOptions),
}

/// The list of runs.
#[derive(Debug, Serialize)]
struct Listed {
    /// The run that goes on now.
    active: Option<Active>,
    /// The newest runs that have ended, the newest first.
    runs: Vec<Summary>,
}

/// A run that goes on.
#[derive(Debug, Serialize)]
pub(super) struct Active {
    /// Which.
    pub(super) run_id: RunId,
    /// When it was begun; none if its record cannot be found.
    pub(super) started_at: Option<Timestamp>,
    /// What it is at.
    pub(super) phase: Option<PhaseName>,
    /// What it waits for.
    pub(super) message: Option<String>,
    /// How far it has come.
    pub(super) progress: Option<Progress>,
}

impl Active {
    /// The active run, if there is one. A record that cannot be read hides no more than itself.
    pub(super) async fn of(target: &Target) -> Result<Option<Self>, state::Error> {
        let Some(run_id) = target.runs().active().await? else { return Ok(None) };
        let record = match target.runs().record::<Record>(&run_id).await {
            Ok(record) => record,
            Err(error) if error.is_retryable() => return Err(error),
            Err(_) => None,
        };
        let record = record.as_ref();
        Ok(Some(Self {
            run_id,
            started_at: record.map(|record| record.started_at),
            phase: record.map(|record| record.phase.name()),
            message: record.and_then(|record| record.message.clone()),
            progress: record.map(Record::progress),
        }))
    }

    /// "run 20261121T120000Z-4f21aa, at dispatch since …".
    pub(super) fn in_words(&self) -> String {
        let phase = self.phase.map_or("in a state that cannot be read", PhaseName::as_str);
        let begun = self.started_at.map(|at| format!(", begun {at:.0}")).unwrap_or_default();
        let message = self.message.as_ref().map(|told| format!(": {told}")).unwrap_or_default();
        format!("{} at {phase}{begun}{message}", self.run_id)
    }
}

/// `runs`.
pub(crate) async fn runs(options: &RunsOptions) -> Report {
    if let Some(RunsCommand::Cancel(cancel)) = &options.command {
        return crate::stop_command::cancel(cancel).await;
    }
    let target = match options.target.find().await {
        Ok(target) => target,
        Err(error) => return Report::failed(error.to_string()),
    };
    let told = match &options.id {
        _ if options.watch => watch(&target, options).await,
        Some(id) => one(&target, id, options.json).await,
        None => list(&target, options).await,
    };
    told.unwrap_or_else(Report::failed)
}

async fn list(target: &Target, options: &RunsOptions) -> Result<Report, Complaint> {
    let failed = |error: state::Error| table_error(target, &error);
    let active = Active::of(target).await.map_err(failed)?;
    let Newest { summaries, unreadable } =
        target.runs().newest(options.last).await.map_err(failed)?;
    let listed = Listed { active, runs: summaries };
    let text = if options.json { in_json(&listed) } else { listed.in_words(target) };
    Ok(Report { complaint: unreadable_runs(unreadable), ..Report::good(text) })
}

/// What there is to say of runs that cannot be read.
pub(crate) fn unreadable_runs(unreadable: u64) -> Complaint {
    match unreadable {
        0 => Complaint::new(),
        1 => "1 run of the runs table cannot be read and is left out".to_owned(),
        many => format!("{} runs of the runs table cannot be read and are left out", count(many)),
    }
}

async fn record(target: &Target, id: &RunId) -> Result<Record, Complaint> {
    let found = target.runs().record(id).await;
    let found = found.map_err(|error| table_error(target, &error))?;
    found.ok_or_else(|| {
        format!("there is no run {id} in {target}, or it was over 90 days ago; `segments runs` lists them")
    })
}

async fn one(target: &Target, id: &RunId, as_json: bool) -> Result<Report, Complaint> {
    Ok(Report::good(shown(&record(target, id).await?, as_json)))
}

fn shown(record: &Record, as_json: bool) -> String {
    if as_json {
        return in_json(record);
    }
    let message = record.message.as_ref().map(|told| format!("\n\n{told}")).unwrap_or_default();
    let phase =
        record.end().is_none().then(|| format!("\n\nIt is at {}.", record.phase.name().as_str()));
    format!("{}{}{message}", of_run(record), phase.unwrap_or_default())
}

/// Follows a run until it ends, or until Ctrl-C.
async fn watch(target: &Target, options: &RunsOptions) -> Result<Report, Complaint> {
    let run = match options.id.clone() {
        Some(id) => Ok(Some(id)),
        None => target.runs().active().await,
    };
    let run = run.map_err(|error| table_error(target, &error))?;
    let Some(run) = run else {
        let text = if options.json {
            json!({ "active": null }).to_string()
        } else {
            "No run is active.".to_owned()
        };
        return Ok(Report::good(text));
    };
    let ended = tokio::select! {
        ended = follow(target, &run) => ended?,
        _ = tokio::signal::ctrl_c() => {
            let left = format!("No longer watched. Run {run} goes on.");
            return Ok(Report { code: INTERRUPTED, ..Report::failed(left) });
        }
    };
    let text = shown(&ended, options.json);
    let code = match ended.end().map(|End { how, .. }| how) {
        Some(EndedAs::Refused) => REFUSED,
        Some(EndedAs::Failed | EndedAs::Cancelled) => RUN_FAILED,
        Some(EndedAs::Done) | None => 0,
    };
    Ok(Report { code, ..Report::good(text) })
}

async fn follow(target: &Target, run: &RunId) -> Result<Record, Complaint> {
    let mut view = View::of_stderr();
    view.begin("watch");
    let mut failures = 0;
    loop {
        match record(target, run).await {
            Ok(record) => {
                failures = 0;
                show(&mut view, target, &record).await;
                if record.end().is_some() {
                    return Ok(record);
                }
            }
            Err(complaint) if failures >= MOST_FAILURES => return Err(complaint),
            // Of a run that never was there is nothing to wait for.
            Err(complaint)
                if target.runs().active().await.is_ok_and(|it| it.as_ref() != Some(run)) =>
            {
                return Err(complaint);
            }
            Err(_) => failures += 1,
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn show(view: &mut View, target: &Target, record: &Record) {
    let queue: &dyn Depth = target.queue();
    view.show(&Seen {
        run: Some(&record.run_id),
        phase: Some(record.phase.name()),
        progress: Some(record.progress()),
        waiting: queue.depth().await.ok(),
        message: record.message.as_deref(),
    });
}

impl Listed {
    fn in_words(&self, target: &Target) -> String {
        let active = self.active.as_ref().map(|active| {
            let again = target.again();
            format!("Active: run {}\nTo watch it: segments runs --watch{again}", active.in_words())
        });
        let mut table =
            style::table(&["Run", "Ended", "Took", "As", "Book", "Customers", "Dispatched"]);
        for run in &self.runs {
            table.add_row(row(run));
        }
        let runs = if self.runs.is_empty() {
            format!("No run has ended yet. To make one: segments run{}", target.again())
        } else {
            table.to_string()
        };
        let stopped = self.runs.iter().filter_map(stopped);
        active.into_iter().chain([runs]).chain(stopped).collect::<Vec<_>>().join("\n\n")
    }
}

/// Why a run ended as it did: "20261121T030000Z-4f21aa was refused: …". Below the table, because it may be long.
fn stopped(run: &Summary) -> Option<String> {
    let how = match run.ended_as {
        EndedAs::Refused => "was refused",
        EndedAs::Failed => "failed",
        EndedAs::Cancelled | EndedAs::Done => return None,
    };
    Some(format!("{} {how}: {}", run.run_id, run.message.as_ref()?))
}

fn row(run: &Summary) -> [String; 7] {
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let reason = run.reason.clone().map(String::from).filter(|reason| !reason.is_empty());
    let lost = (run.unanswered > 0).then(|| format!(" ({} lost)", count(run.unanswered)));
    [
        reason.map_or_else(|| run.run_id.to_string(), |reason| format!("{}\n{reason}", run.run_id)),
        format!("{:.0}", run.ended_at),
        duration(run.ended_at.duration_since(run.started_at)),
        ended_as(run.ended_as).to_owned(),
        or_none(run.book.map(|version| version.to_string())),
        or_none(customers(&run.segments, run)),
        format!("{}{}", count(run.dispatched), lost.unwrap_or_default()),
    ]
}

fn customers(segments: &[SegmentFigures], run: &Summary) -> Option<String> {
    let of_segments = segments.iter().map(|figures| figures.cohort.customers()).sum::<u64>();
    let all = run.shift.map_or(of_segments, |shift| shift.customers);
    (all > 0).then(|| count(all))
}
