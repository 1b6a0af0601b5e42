//! `segments demo`: the whole system against the simulators, played through.

mod keep;
mod play;
mod scene;
mod stage;
mod view;

use std::error::Error;

use crate::args::DemoOptions;
use crate::report::Report;
use crate::style::Style;
use scene::Scene;
use stage::Stage;

/// What keeps the demo from going on. It is shown, and nothing else is done with it.
type DemoError = Box<dyn Error>;

/// The exit code if a scenario ended otherwise than it must.
const WRONG: u8 = 1;

/// Plays every scenario, shows what happened, and says whether all was as it must be.
pub(crate) async fn run(options: &DemoOptions) -> Report {
    match play(options).await {
        Ok(report) => report,
        Err(error) => Report::failed(format!("the demo cannot go on: {error}")),
    }
}

async fn play(options: &DemoOptions) -> Result<Report, DemoError> {
    let style = Style::of_stdout();
    println!("{}", view::introduction(style));
    let stage = Stage::set().await?;
    let scenes = play::all(&stage).await?;
    println!("{}", view::table(&scenes, style));
    let wrong = view::wrong(&scenes);
    if !wrong.is_empty() {
        return Ok(Report { text: String::new(), complaint: style.bad(&wrong), code: WRONG });
    }
    println!("{}", style.good(&format!("All {} scenarios ended as they must.", scenes.len())));
    if options.keep {
        keep::serve(stage, options.port).await?;
        return Ok(Report::good("Stopped."));
    }
    Ok(Report::good(view::NEXT))
}

#[cfg(test)]
mod tests;
