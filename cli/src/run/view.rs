//! Showing a run while it goes on: a bar on a terminal, a few lines elsewhere.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use resegment::{PhaseName, Progress};

use super::drive::Seen;
use crate::words::count;

/// How often the time on a bar is moved on.
const TICK: Duration = Duration::from_millis(200);
/// How often it is told how far a run has come, where there is no bar.
const TELL_EVERY: Duration = Duration::from_mins(1);
/// Before anybody is dispatched.
const SPINNER: &str = "{spinner} {prefix}  {elapsed}  {wide_msg}";
/// From then on.
const BAR: &str = "{prefix}  [{bar:24}] {human_pos}/{human_len} applied  {rate}{wide_msg}";

/// Shows a run while it goes on.
pub(crate) enum View {
    /// A bar on standard error, gone when the run has ended.
    Bar(Bar),
    /// A line for each phase, and one a minute.
    Lines(Lines),
}

impl View {
    /// A bar if standard error is a terminal, or else lines.
    pub(crate) fn of_stderr() -> Self {
        if std::io::stderr().is_terminal() {
            Self::Bar(Bar::drawn_to(ProgressDrawTarget::stderr()))
        } else {
            Self::Lines(Lines::written_to(Box::new(std::io::stderr())))
        }
    }

    /// A bar, if standard error is a terminal.
    #[cfg(feature = "demo")]
    pub(crate) fn bar() -> Option<Self> {
        std::io::stderr().is_terminal().then(Self::of_stderr)
    }

    /// Shows what is being asked for.
    pub(crate) fn begin(&mut self, what: &'static str) {
        match self {
            Self::Bar(bar) => bar.bar.set_prefix(what),
            Self::Lines(lines) => lines.write(what),
        }
    }

    /// Shows how far the run has come.
    pub(crate) fn show(&mut self, seen: &Seen<'_>) {
        match self {
            Self::Bar(bar) => bar.show(seen),
            Self::Lines(lines) => lines.show(seen),
        }
    }
}

/// How many looks have ended: counted ones, and more if the queue is emptier than it would be without
/// them. Orders are in the queue too, so there may be more still.
fn applied(progress: &Progress, waiting: Option<u64>) -> u64 {
    let taken = waiting.map_or(0, |waiting| progress.dispatched.saturating_sub(waiting));
    progress.settled.max(taken).min(progress.differing)
}

/// Whether messages are sent, or were: a run that is refused has ended before.
fn is_dispatching(seen: &Seen<'_>, progress: &Progress) -> bool {
    match seen.phase {
        Some(PhaseName::Ended) => progress.dispatched > 0,
        phase => phase.is_some_and(|phase| phase >= PhaseName::Dispatch),
    }
}

/// A bar.
pub(crate) struct Bar {
    bar: ProgressBar,
    has_length: bool,
}

impl Bar {
    fn drawn_to(target: ProgressDrawTarget) -> Self {
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_style(style(SPINNER));
        bar.enable_steady_tick(TICK);
        Self { bar, has_length: false }
    }

    fn show(&mut self, seen: &Seen<'_>) {
        if let Some(phase) = seen.phase {
            self.bar.set_prefix(phase.as_str());
        }
        self.bar.set_message(told(seen));
        let differing = seen.progress.filter(|progress| progress.differing > 0);
        let Some(progress) = differing.filter(|progress| is_dispatching(seen, progress)) else {
            return;
        };
        if !self.has_length {
            // The rate is that of applying, not of all that came before.
            self.bar.reset_eta();
            self.bar.set_length(progress.differing);
            self.bar.set_style(style(BAR));
            self.has_length = true;
        }
        self.bar.set_position(applied(&progress, seen.waiting));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    let rate = |state: &ProgressState, text: &mut dyn std::fmt::Write| {
        if state.pos() > 0 && state.per_sec() > 0.0 {
            // Writing to the bar's own text cannot fail.
            let _ = write!(text, "{:.0}/s  {} left  ", state.per_sec(), HumanDuration(state.eta()));
        }
    };
    // The templates are constants, and a test has them read.
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key("rate", rate)
        .progress_chars("=> ")
}

/// Lines.
pub(crate) struct Lines {
    to: Box<dyn Write>,
    phase: Option<PhaseName>,
    told: Instant,
}

impl Lines {
    fn written_to(to: Box<dyn Write>) -> Self {
        Self { to, phase: None, told: Instant::now() }
    }

    fn show(&mut self, seen: &Seen<'_>) {
        let Some(phase) = seen.phase.or(self.phase) else { return };
        if self.phase == Some(phase) && self.told.elapsed() < TELL_EVERY {
            return;
        }
        self.phase = Some(phase);
        self.told = Instant::now();
        let mut line = phase.as_str().to_owned();
        let progress = seen.progress.filter(|progress| is_dispatching(seen, progress));
        if let Some(progress) = progress {
            let (applied, all) = (applied(&progress, seen.waiting), progress.differing);
            // Writing to a `String` cannot fail.
            let _ = write!(line, ": {} of {} applied", count(applied), count(all));
        }
        let told = told(seen);
        if !told.is_empty() {
            let _ = write!(line, ": {told}");
        }
        self.write(&line);
    }

    fn write(&mut self, line: &str) {
        // If nobody can read it, there is nobody to tell.
        let _ = writeln!(self.to, "{line}");
    }
}

/// The figures and the message.
fn told(seen: &Seen<'_>) -> String {
    let progress = seen.progress.unwrap_or_default();
    let rows = (progress.customers > 0).then(|| format!("{} rows", count(progress.customers)));
    let dispatched = is_dispatching(seen, &progress) && seen.progress.is_some();
    let dispatched = dispatched.then(|| format!("{} dispatched", count(progress.dispatched)));
    let parts = [rows, dispatched, seen.message.map(str::to_owned)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
