//! `cargo run --profile simulation -p fuzz`: plays cases of every target, and says what they came to. That
//! profile checks arithmetic as well, which a release does not.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use fuzz::{Figures, Hunt};

/// Spoils what others write and hands it to whatever reads it. Ends at the first case that panics, or takes
/// much more memory than its input, with the arguments that play it again.
#[derive(Parser)]
struct Arguments {
    /// How many cases of each target.
    #[arg(long, default_value_t = 20_000)]
    cases: u64,
    /// Where chance begins.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The first case of each target.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Only these targets.
    #[arg(long)]
    target: Vec<String>,
    /// Names each case before it is played, for one that ends the whole process.
    #[arg(long)]
    trace: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let Arguments { cases, seed, from, trace: traced, .. } = arguments;
    let (hunt, begun) = (Hunt { seed, from, cases, traced }, Instant::now());
    println!(
        "{:<10}{:>12}{:>16}{:>16}{:>14}{:>10}",
        "target", "cases", "input bytes", "most memory", "longest", "time"
    );
    let mut all = Figures::default();
    for target in fuzz::all().await {
        if !arguments.target.is_empty() && !arguments.target.iter().any(|it| it == target.name) {
            continue;
        }
        match hunt.play(&target).await {
            Ok(figures) => {
                show(target.name, figures);
                all = all.and(figures);
            }
            Err(fault) => {
                println!("{fault}");
                return ExitCode::FAILURE;
            }
        }
    }
    show("all", all);
    println!("seed {seed}, {} s in all", begun.elapsed().as_secs());
    ExitCode::SUCCESS
}

fn show(name: &str, figures: Figures) {
    let Figures { cases, bytes, most_memory, longest, time } = figures;
    let (longest, time) = (micros(longest), time.as_secs());
    println!("{name:<10}{cases:>12}{bytes:>16}{most_memory:>16}{longest:>11} µs{time:>8} s");
}

fn micros(time: Duration) -> u128 {
    time.as_micros()
}
