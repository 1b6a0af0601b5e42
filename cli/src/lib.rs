//! The operator's tool, and the whole system in one process.

mod args;
#[cfg(feature = "demo")]
mod demo;
pub mod local;
mod report;
mod rules_command;
mod run;
#[cfg(feature = "demo")]
mod simulators_command;
mod stack;
mod stop_command;
mod style;
mod words;

use std::process::ExitCode;

pub use args::Cli;
use args::{Command, RulesCommand, RunsCommand};

/// Carries out what the command line says; the exit code says how it went.
pub async fn run(cli: Cli) -> ExitCode {
    if cli.verbose {
        start_logs();
    }
    let report = match cli.command {
        #[cfg(feature = "demo")]
        Command::Demo(options) => demo::run(&options).await,
        #[cfg(feature = "demo")]
        Command::Simulators(options) => simulators_command::run(&options).await,
        Command::Run(options) => run::run(&options).await,
        Command::Pause(options) => stop_command::pause(&options.stack).await,
        Command::Resume(options) => stop_command::resume(&options.stack).await,
        Command::Runs { command: RunsCommand::Cancel(options) } => {
            stop_command::cancel(&options.id, &options.at.stack).await
        }
        Command::Rules { command } => match command {
            RulesCommand::Check(options) => rules_command::check(&options),
            RulesCommand::Show(options) => rules_command::show(&options),
            RulesCommand::Apply(options) => rules_command::apply(&options).await,
        },
    };
    report.print()
}

/// Shows what the functions would log, on standard error, so that standard output stays clean.
fn start_logs() {
    // A second start leaves the first in place.
    let _ = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_max_level(tracing::Level::INFO)
        .with_ansi(style::Style::of_stderr().is_coloured())
        .try_init();
}
