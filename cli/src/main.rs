//! The operator's tool.

use std::process::ExitCode;

use segments::Cli;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match Cli::read(std::env::args_os()) {
        Ok(cli) => segments::run(cli).await,
        Err(error) => error.exit(),
    }
}
