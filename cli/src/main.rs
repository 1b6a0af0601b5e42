//! The operator's tool.

use std::process::ExitCode;

use clap::Parser;
use segments::Cli;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    segments::run(Cli::parse()).await
}
