//! Measures `segments serve` under webhooks: how fast they are answered, what memory does, whether
//! anything is lost.
//!
//! ```text
//! python3 benches/load/run.py
//! ```
//!
//! builds this and the tool, and runs it. One process holds the shop and the Okta org, and posts the
//! webhooks of orders at moments that were drawn before; the other is the tool, with a store of its own.
//! A latency counts from the moment that was drawn, so that a slow answer does not delay, and hide, the
//! next. Needs Linux.

mod flood;
mod latency;
mod memory;
mod serving;
mod storm;
mod town;

use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Parser;

use flood::{Flood, flood};
use latency::milliseconds;
use serving::Serving;
use town::Town;

pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// What 99 of 100 answers have to stay under.
const BOUND: Duration = Duration::from_millis(25);
/// How much faster each step of rising rates is.
const STEP: u64 = 50;

#[derive(Parser)]
struct Arguments {
    /// The tool's program
    segments: PathBuf,
    /// Webhooks a second
    #[arg(long, default_value_t = 200)]
    rate: u64,
    /// For so many seconds
    #[arg(long, default_value_t = 300)]
    seconds: u64,
    /// For so many seconds at each of the rising rates; 0 for none
    #[arg(long, default_value_t = 20)]
    rising: u64,
    /// Customers of the shop
    #[arg(long, default_value_t = 5_000)]
    customers: usize,
    /// Copies of one event that come at once
    #[arg(long, default_value_t = 1_000)]
    storm: usize,
    /// How long a webhook's message waits, in seconds
    #[arg(long, default_value_t = 10)]
    settle: u64,
    /// How long after an order the truth is read once more, in seconds
    #[arg(long, default_value_t = 60)]
    second_look: u64,
    /// A few seconds at a low rate: whether anything is lost, and nothing about time
    #[arg(long)]
    quick: bool,
}

impl Arguments {
    /// # Errors
    /// If there is no such program.
    fn read() -> Result<Self, Failure> {
        let mut given = Self::parse();
        // It is started in another folder.
        given.segments = given.segments.canonicalize()?;
        if !given.quick {
            return Ok(given);
        }
        Ok(Self {
            rate: 40,
            seconds: 5,
            rising: 0,
            customers: 40,
            storm: 200,
            settle: 4,
            second_look: 5,
            ..given
        })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let arguments = Arguments::read()?;
    let town = Town::build(&arguments).await?;
    let mut serving = Serving::start(&arguments, &town).await?;
    let lasting = Duration::from_secs(arguments.seconds);
    let before = serving.processor()?;
    let steady = flood(&town, &serving, arguments.rate, lasting, 1).await?;
    let used = serving.processor()?.saturating_sub(before);
    println!("{} webhooks a second for {} s\n", arguments.rate, arguments.seconds);
    tell(&steady, used);
    drained(&town).await?;

    let broke = rising(&arguments, &town, &serving).await?;
    if arguments.rising > 0 {
        match broke {
            Some(rate) => println!("\np99 breaks {} ms at {rate} a second", milliseconds(BOUND)),
            None => println!("\np99 stays under {} ms", milliseconds(BOUND)),
        }
        drained(&town).await?;
    }

    let storm = storm::storm(&town, &serving, arguments.storm).await?;
    println!("{storm}");
    let said = serving.stop().await?;
    println!("asked to stop, it said: {}", said.trim());
    // How often the truth is read depends on how long the storm takes, and a busy machine takes its time.
    storm.check(if arguments.quick { arguments.storm } else { storm::MOST_READS })?;
    if steady.refused > 0 {
        return Err(format!("{} webhooks were not taken", steady.refused).into());
    }
    if !arguments.quick && steady.latencies.of_thousand(990) >= BOUND {
        return Err("p99 is not under its bound".into());
    }
    Ok(())
}

fn tell(flood: &Flood, used: Duration) {
    println!("| webhooks | not taken | p50, ms | p90 | p99 | p99.9 | at most |");
    println!("|---|---|---|---|---|---|---|");
    println!("| {} | {} | {} |\n", flood.sent, flood.refused, flood.latencies);
    let each = used / u32::try_from(flood.sent.max(1)).unwrap_or(u32::MAX);
    println!(
        "of the processor: {:.1} s, {} ms a webhook, all that follows included",
        used.as_secs_f64(),
        milliseconds(each)
    );
    println!("memory: {}", flood.memory);
}

/// Waits until all is worked off, and holds every customer against the shop.
async fn drained(town: &Town) -> Result<(), Failure> {
    let began = Instant::now();
    town.drained().await?;
    let checked = town.check().await?;
    println!("drained {:.0} s after the last; {checked}", began.elapsed().as_secs_f64());
    Ok(())
}

/// Raises the rate until the bound is broken: the rate at which it was.
async fn rising(
    arguments: &Arguments,
    town: &Town,
    serving: &Serving,
) -> Result<Option<u64>, Failure> {
    if arguments.rising == 0 {
        return Ok(None);
    }
    println!("\n| a second | not taken | p50, ms | p90 | p99 | p99.9 | at most |");
    println!("|---|---|---|---|---|---|---|");
    let lasting = Duration::from_secs(arguments.rising);
    let mut rate = arguments.rate;
    loop {
        let flood = flood(town, serving, rate, lasting, rate).await?;
        println!("| {rate} | {} | {} |", flood.refused, flood.latencies);
        if flood.refused > 0 || flood.latencies.of_thousand(990) >= BOUND {
            return Ok(Some(rate));
        }
        rate += STEP;
    }
}
