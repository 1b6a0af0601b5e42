//! `segments report`: how the segments stand and how they came to, as a page for people to read.

mod axis;
mod page;
mod read;
mod sections;
mod show;
mod spread;
mod write;

use std::path::{Path, PathBuf};

use clap::Args;

use crate::look::{unreadable_note, unreadable_runs};
use crate::report::Report;
use crate::target::TargetOptions;
use crate::words::count;
use read::Told;

pub(crate) const REPORT_HELP: &str = "\
Exit codes:
  0  the page is written
  2  the tables cannot be read, or the file cannot be written

Examples:
  segments report
  segments report --stack segments --out report.html
  segments report --runs 30 --out - | gzip > report.html.gz";

#[derive(Debug, Args)]
pub(crate) struct ReportOptions {
    /// Where to write the page; - is standard output. An earlier report there is replaced, any other file
    /// stays
    #[arg(long, value_name = "FILE", default_value = "report.html")]
    out: PathBuf,
    /// How many of the newest full runs to show
    #[arg(long, value_name = "NUMBER", default_value_t = 14, value_parser = clap::value_parser!(u8).range(1..=60))]
    runs: u8,
    #[command(flatten)]
    target: TargetOptions,
}

/// `report`.
pub(crate) async fn report(options: &ReportOptions) -> Report {
    made(options).await.unwrap_or_else(|report| report)
}

async fn made(options: &ReportOptions) -> Result<Report, Report> {
    let target = options.target.find().await;
    let target = target.map_err(|error| Report::failed(error.to_string()))?;
    let told = Told::read(&target, options.runs.into()).await?;
    let page = page::page(&told).into_string();
    let mut notes =
        vec![unreadable_note(told.now.unreadable), unreadable_runs(told.unreadable_runs)];
    notes.retain(|note| !note.is_empty());
    let complaint = notes.join("\n");
    if options.out == Path::new("-") {
        return Ok(Report { complaint, ..Report::good(page) });
    }
    write::write(&options.out, &page).map_err(Report::failed)?;
    let size = u64::try_from(page.len().div_ceil(1024)).unwrap_or(u64::MAX);
    let text = format!(
        "{}: {} customers, {} full runs, {} KiB",
        options.out.display(),
        count(told.now.customers),
        told.runs.len(),
        count(size)
    );
    Ok(Report { complaint, ..Report::good(text) })
}
