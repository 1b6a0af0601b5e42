//! The operator's tool, and the whole system in one process.

mod args;
mod customer;
#[cfg(feature = "demo")]
mod demo;
mod doctor;
pub mod local;
mod look;
mod output;
mod pin_command;
mod preview;
mod private;
mod report;
mod report_page;
mod rules_command;
mod run;
#[cfg(test)]
mod schemas;
mod serve;
mod setup;
#[cfg(feature = "demo")]
mod simulators_command;
mod stack;
mod stop_command;
mod style;
mod target;
mod webhook_url;
mod words;

use std::process::ExitCode;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

pub use args::Cli;
use args::Command;

/// Carries out what the command line says; the exit code says how it went.
pub async fn run(cli: Cli) -> ExitCode {
    if cli.verbose || matches!(cli.command, Command::Serve(_)) {
        start_logs();
    }
    let report = match cli.command {
        #[cfg(feature = "demo")]
        Command::Demo(options) => demo::run(&options).await,
        #[cfg(feature = "demo")]
        Command::Simulators(options) => simulators_command::run(&options).await,
        Command::Run(options) => run::run(&options).await,
        Command::Serve(options) => serve::run(&options).await,
        Command::Doctor(options) => doctor::run(&options).await,
        Command::Setup(options) => setup::run(&options).await,
        Command::Preview(options) => preview::preview(&options).await,
        Command::Pause(options) => stop_command::pause(&options).await,
        Command::Resume(options) => stop_command::resume(&options).await,
        Command::Runs(options) => look::runs(&options).await,
        Command::Status(options) => look::status(&options).await,
        Command::Explain(options) => look::explain(&options).await,
        Command::Members(options) => look::members(&options).await,
        Command::Pin(options) => pin_command::pin(&options).await,
        Command::Unpin(options) => pin_command::unpin(&options).await,
        Command::Pins(options) => look::pins(&options).await,
        Command::Unmatched(options) => look::unmatched(&options).await,
        Command::DeadLetters(options) => look::dead_letters(&options).await,
        Command::Report(options) => report_page::report(&options).await,
        Command::Rules { command } => rules_command::run(&command).await,
    };
    report.print()
}

/// Shows what the functions would log, on standard error, so that standard output stays clean.
fn start_logs() {
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(style::Style::of_stderr().is_coloured())
        // They would be told on standard error, which is what failed, and end the process.
        .log_internal_errors(false);
    let heard = runtime::heard(tracing::level_filters::LevelFilter::INFO);
    // A second start leaves the first in place.
    let _ = tracing_subscriber::registry().with(heard).with(lines).try_init();
}
