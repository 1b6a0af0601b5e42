//! Measures the plan of a full run end to end: the applied state read out of a real `DynamoDB` engine,
//! the export out of a file store, both over HTTP, in a process of its own.
//!
//! ```text
//! cargo run --release -p e2e --example plan_phase -- [CUSTOMERS]
//! ```
//!
//! One process holds the shop and the tables, and has put every customer into their segment; of 200,
//! one has other totals since. A second one is the run, as the function is. Needs Linux.

mod run;
mod shop;

use std::error::Error;

pub(crate) type Failure = Box<dyn Error + Send + Sync>;

const SHOP: &str = "my-store.myshopify.com";
/// What the second process is told to be.
const RUN: &str = "--run";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => shop::measure(1_000_000).await,
        [RUN, simulators, tables] => Box::pin(run::measure(simulators, tables)).await,
        [customers] => shop::measure(customers.parse()?).await,
        _ => Err("usage: plan_phase [CUSTOMERS]".into()),
    }
}
