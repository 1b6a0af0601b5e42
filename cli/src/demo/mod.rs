//! `segments demo`: the whole system against the simulators, played through.

mod keep;
mod people;
mod play;
mod scene;
mod stage;
mod view;
mod whole_shop;

use std::error::Error;

use crate::args::DemoOptions;
use crate::output::say;
use crate::report::Report;
use crate::style::Style;
use scene::Scene;
use stage::Stage;
use whole_shop::Chapter;

/// What keeps the demo from going on. It is shown, and nothing else is done with it.
type DemoError = Box<dyn Error>;

/// The exit code if a scenario ended otherwise than it must.
const WRONG: u8 = 1;

/// Plays both acts, shows what happened, and says whether all was as it must be.
pub(crate) async fn run(options: &DemoOptions) -> Report {
    match play(options).await {
        Ok(report) => report,
        Err(error) => Report::failed(format!("the demo cannot go on: {error}")),
    }
}

async fn play(options: &DemoOptions) -> Result<Report, DemoError> {
    let style = Style::of_stdout();
    say(&view::introduction(style))?;
    let stage = Stage::set().await?;
    let scenes = play::all(&stage).await?;
    say(&view::table(&scenes, style))?;
    say(&view::second_act(style))?;
    let (mut number, mut said) = (scenes.len(), Ok(()));
    let show = |chapter: &Chapter| {
        number += 1;
        let told = view::chapter(chapter, number, style);
        if said.is_ok() {
            said = say(&told);
        }
    };
    let chapters = whole_shop::all(&stage, show).await?;
    said?;
    let scenes: Vec<Scene> =
        scenes.into_iter().chain(chapters.into_iter().map(|chapter| chapter.scene)).collect();
    let wrong = view::wrong(&scenes);
    if !wrong.is_empty() {
        return Ok(Report { text: String::new(), complaint: style.bad(&wrong), code: WRONG });
    }
    say(&style.good(&format!("\nAll {} scenarios ended as they must.", scenes.len())))?;
    if options.keep {
        keep::serve(stage, options.port).await?;
        return Ok(Report::good("Stopped."));
    }
    Ok(Report::good(view::NEXT))
}

#[cfg(test)]
mod tests;
