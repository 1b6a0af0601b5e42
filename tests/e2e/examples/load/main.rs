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

mod each;
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

use each::each;
use flood::{Flood, Pace, flood};
use latency::milliseconds;
use memory::Memory;
use serving::Serving;
use town::Town;

pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// What 99 of 100 answers have to stay under.
const BOUND: Duration = Duration::from_millis(25);
/// Each step of rising rates is faster than the last by one part in so many.
const PARTS: u64 = 4;

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
    /// For so many seconds at each of the rising rates; 0 for none. They are judged from when the second looks
    /// of the rate itself have begun
    #[arg(long, default_value_t = 100)]
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
    /// If there is no such program, or nothing would be left to judge of a rising rate.
    fn read() -> Result<Self, Failure> {
        let mut given = Self::parse();
        // It is started in another folder.
        given.segments = given.segments.canonicalize()?;
        if !given.quick {
            let all_work = given.all_work();
            if (1..=all_work).contains(&given.rising) {
                let rising = "--rising has to be longer than --settle and --second-look together";
                return Err(format!("{rising}, {all_work} s, or 0").into());
            }
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

    /// After so many seconds the queue has all the work of a new rate, second looks too.
    fn all_work(&self) -> u64 {
        self.settle + self.second_look
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let arguments = Arguments::read()?;
    let town = Town::build(&arguments).await?;
    let mut serving = Serving::start(&arguments, &town).await?;
    let memory = Memory::of(serving.id()?);
    let before = serving.processor()?;
    let pace = Pace::steady(arguments.rate, arguments.seconds, 1);
    let steady = flood(&town, &serving, pace, || town.order()).await?;
    let steady_memory = memory.since_last();
    println!("{} webhooks a second for {} s\n", arguments.rate, arguments.seconds);
    println!("| webhooks | not taken | p50, ms | p90 | p99 | p99.9 | at most |");
    println!("|---|---|---|---|---|---|---|");
    println!("| {} | {} | {} |\n", steady.sent, steady.refused, steady.latencies);
    println!("memory: {steady_memory}");
    drained(&town, &memory).await?;
    tell_processor(&steady, serving.processor()?.saturating_sub(before));

    let each = each(&arguments, &town, &serving).await?;
    println!("\n{each}");
    each.check()?;
    drained(&town, &memory).await?;

    let broke = rising(&arguments, &town, &serving).await?;
    if arguments.rising > 0 {
        match broke {
            Some(rate) => println!("\np99 breaks {} ms at {rate} a second", milliseconds(BOUND)),
            None => println!("\np99 stays under {} ms", milliseconds(BOUND)),
        }
        println!("memory: {}", memory.since_last());
        drained(&town, &memory).await?;
    }

    let storm = storm::storm(&town, &serving, arguments.storm).await?;
    println!("\n{storm}");
    println!("memory: {}", memory.since_last());
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
    if arguments.quick { Ok(()) } else { steady_memory.check() }
}

/// What webhooks cost, once all that follows from them has been done.
fn tell_processor(flood: &Flood, used: Duration) {
    let each = used / u32::try_from(flood.sent.max(1)).unwrap_or(u32::MAX);
    println!(
        "of the processor: {:.1} s, {} ms a webhook, all that follows included",
        used.as_secs_f64(),
        milliseconds(each)
    );
}

/// Waits until all is worked off, and holds every customer against the shop.
async fn drained(town: &Town, memory: &Memory) -> Result<(), Failure> {
    let began = Instant::now();
    town.drained().await?;
    let took = began.elapsed().as_secs_f64();
    let checked = town.check().await?;
    println!("drained {took:.0} s after the last; {checked}");
    println!("memory meanwhile: {}", memory.since_last());
    Ok(())
}

/// Raises the rate until the bound is broken: the rate at which it was. What is judged of each are the answers
/// from when the queue has all its work.
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
    let judged_from = Duration::from_secs(arguments.all_work());
    let mut rate = arguments.rate;
    loop {
        let pace = Pace { judged_from, ..Pace::steady(rate, arguments.rising, rate) };
        let flood = flood(town, serving, pace, || town.order()).await?;
        println!("| {rate} | {} | {} |", flood.refused, flood.latencies);
        if flood.refused > 0 || flood.latencies.of_thousand(990) >= BOUND {
            return Ok(Some(rate));
        }
        rate += rate.div_ceil(PARTS);
    }
}
