//! Compares a shop's export with what was known before, and writes what it finds as JSON:
//!
//! ```text
//! cargo run --release -p comparison --example compare -- SRC.jsonl PREVIOUS.tsv OUT.json [BOOK.toml]
//! ```
//!
//! `SRC.jsonl` holds a customer a line, as a bulk operation of Shopify writes them: `id`,
//! `numberOfOrders`, `amountSpent`, and whatever else. `PREVIOUS.tsv` holds a customer a line too: id
//! (a number or a global id), segment, spend in whole units of the book's currency, orders, with tabs
//! between them; the segment is empty, `-` or `none` for those of no segment. A first line of column
//! names is passed over. The book is the repository's `segments.toml` unless another is named.
//!
//! A customer differs who is now in another segment, or has other orders or another spend than before;
//! who is new and belongs to a segment; and who is gone. Who is new and belongs to no segment is counted
//! apart. Customers in another currency count in no segment and never differ.

mod previous;
mod report;

use std::error::Error;
use std::fs::File;
use std::io::Read as _;

use comparison::{Comparison, Fields, Options};
use rules::RuleBook;

const DEFAULT_BOOK: &str = include_str!("../../../../segments.toml");

/// Large enough that reading costs few calls, and small enough to stay near the processor.
const BLOCK: usize = 256 * 1024;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (source, previous, out, book) = match arguments.as_slice() {
        [source, previous, out] => (source, previous, out, DEFAULT_BOOK.to_owned()),
        [source, previous, out, book] => (source, previous, out, std::fs::read_to_string(book)?),
        _ => return Err("usage: compare SRC.jsonl PREVIOUS.tsv OUT.json [BOOK.toml]".into()),
    };
    let book = RuleBook::from_toml(&book)?;
    let known = previous::read(previous, &book)?;
    let options = Options { fields: Fields::Totals, ..Options::default() };
    let mut comparison = Comparison::new(&book, &known, options);
    blocks(source, |block| {
        comparison.feed(block);
        Ok(())
    })?;
    std::fs::write(out, report::json(&comparison.finish(), known.len()))?;
    Ok(())
}

/// Hands over a file in blocks.
fn blocks(
    path: &str,
    mut take: impl FnMut(&[u8]) -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let mut file = File::open(path).map_err(|error| format!("{path}: {error}"))?;
    let mut block = vec![0; BLOCK];
    loop {
        match file.read(&mut block)? {
            0 => return Ok(()),
            read => take(&block[..read])?,
        }
    }
}
