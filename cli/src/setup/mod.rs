//! `segments setup`: everything that a system needs, in one command.
//!
//! It looks first and shows what it would make. What was made is found again by looking, so it can be
//! stopped anywhere, and run once more.

mod answer;
mod args;
mod look;
mod make;
mod parts;
mod plan;
#[cfg(test)]
#[cfg(feature = "demo")]
mod tests;

use std::fmt::Write as _;
use std::io::{BufRead, IsTerminal, Write as _};

pub(crate) use args::{HELP, SetupOptions};
pub(crate) use look::{Heard, Webhooks, attributes};
pub(crate) use parts::Parts;
pub(crate) use plan::{wrong_attribute, wrong_group};

use crate::report::Report;
use answer::Answer;
use parts::Place;
use plan::{Mark, Step};

/// The exit code if something is left to be seen to.
const LEFT: u8 = 1;

/// `setup`.
pub(crate) async fn run(options: &SetupOptions) -> Report {
    match set_up(options).await {
        Ok(report) => report,
        Err(complaint) => Report::failed(complaint),
    }
}

async fn set_up(options: &SetupOptions) -> Result<Report, String> {
    let told = |error: &dyn std::error::Error| error.to_string();
    let place = Place::find(&options.target).await.map_err(|error| told(&error))?;
    let parts = place.parts(options.webhook_url.as_ref()).map_err(|error| told(&error))?;
    let rules = options.rules.as_deref();
    let mut found = parts.look(rules).await.map_err(|error| told(&error))?;
    if let Place::Unmade(_) = place {
        found.unmade = Some(options.target.store.store.clone());
    }
    let steps = found.steps();
    let text = lines(&steps);
    let to_make = count(&steps, Mark::Make);
    let as_asked = |words: Report, answer: Answer<'_>| {
        if options.json { answer.in_place_of(words) } else { words }
    };
    let nothing = Answer { things: &steps, made: 0, problems: &[] };
    if to_make == 0 {
        return Ok(as_asked(nothing_to_make(&steps, &text), nothing));
    }
    if options.dry_run {
        let text = format!("{text}\nNothing was made: it was a dry run.");
        return Ok(as_asked(left_or_good(&steps, text), nothing));
    }
    if !options.yes && !ask(&text, to_make)? {
        let text = "Nothing was made.".to_owned();
        return Ok(as_asked(Report { text, complaint: String::new(), code: LEFT }, nothing));
    }
    let shown = if options.yes { text } else { String::new() };
    let target = options.target.find_or_make().await.map_err(|error| told(&error))?;
    let parts = Parts::of(&target, options.webhook_url.as_ref()).map_err(|error| told(&error))?;
    let problems = parts.make(&found).await;
    let mut now = parts.look(rules).await.map_err(|error| told(&error))?;
    now.is_first = found.is_first;
    let now = now.steps();
    let words = made(&now, to_make, &problems, &shown, target.again());
    let made = to_make.saturating_sub(count(&now, Mark::Make));
    Ok(as_asked(words, Answer { things: &now, made, problems: &problems }))
}

fn lines(steps: &[Step]) -> String {
    steps.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn count(steps: &[Step], mark: Mark) -> usize {
    steps.iter().filter(|step| step.mark == mark).count()
}

/// The report of a look after which nothing is made.
fn left_or_good(steps: &[Step], text: String) -> Report {
    let code = if count(steps, Mark::Wrong) == 0 { 0 } else { LEFT };
    Report { text, complaint: String::new(), code }
}

fn nothing_to_make(steps: &[Step], text: &str) -> Report {
    let end = match count(steps, Mark::Wrong) {
        0 => "Nothing to do.",
        _ => "Nothing to make; what is wrong, a person has to see to.",
    };
    left_or_good(steps, format!("{text}\n{end}"))
}

/// Shows a person what would be made, and asks. If nobody is there, nothing is made.
fn ask(plan: &str, count: usize) -> Result<bool, String> {
    let show = |text: String| {
        let mut to = std::io::stderr().lock();
        let shown = to.write_all(text.as_bytes()).and_then(|()| to.flush());
        shown.map_err(|error| format!("nothing was made, since nobody can be asked: {error}"))
    };
    show(format!("{plan}\n"))?;
    let input = std::io::stdin();
    if !input.is_terminal() {
        return Err(
            "Nobody is here to be asked, so nothing was made: say --yes to have it made, or \
                    --dry-run to only look."
                .to_owned(),
        );
    }
    let things = if count == 1 { "this" } else { "these" };
    show(format!("Make {things}? [y/N] "))?;
    says_yes(&mut input.lock())
}

/// Whether the next line says yes. Anything else is a no.
fn says_yes(input: &mut impl BufRead) -> Result<bool, String> {
    let mut answer = String::new();
    input.read_line(&mut answer).map_err(|error| format!("no answer: {error}"))?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// What there is to say once everything was tried.
fn made(steps: &[Step], to_make: usize, problems: &[String], shown: &str, again: &str) -> Report {
    let left = count(steps, Mark::Make);
    let wrong = count(steps, Mark::Wrong);
    let mut text = if shown.is_empty() { String::new() } else { format!("{shown}\n") };
    let is_whole = left == 0 && wrong == 0;
    if is_whole {
        // Writing to a `String` cannot fail.
        let _ = write!(
            text,
            "Made; everything is there. Next: `segments doctor{again}` looks whether it works."
        );
        return Report::good(text);
    }
    let _ = write!(text, "Made {} of {to_make}. What is left:", to_make.saturating_sub(left));
    for step in steps.iter().filter(|step| matches!(step.mark, Mark::Make | Mark::Wrong)) {
        let _ = write!(text, "\n{step}");
    }
    let mut complaint = problems.join("\n");
    if left > 0 {
        let separator = if complaint.is_empty() { "" } else { "\n" };
        let _ =
            write!(complaint, "{separator}Once that is mended, run `segments setup{again}` again.");
    }
    Report { text, complaint, code: LEFT }
}
