//! What the page tells, read from the tables.

use std::collections::BTreeMap;
use std::io;

use jiff::Timestamp;
use resegment::{EndedAs, Record as RunRecord, Summary};
use rules::{Currency, RuleBook, SegmentName, ShopDomain};
use state::{BookHistory, Outcome, Record};

use super::spread::{Spread, Tally};
use crate::look::{STANDING, each};
use crate::report::Report;
use crate::rules_command::table_error;
use crate::target::Target;

/// How many of the newest runs are searched for those that are done.
const SEARCHED: i32 = 400;

/// Everything that the page tells.
pub(super) struct Told {
    pub(super) shop: ShopDomain,
    /// What was read, as people call it: "stack segments".
    pub(super) target: String,
    /// When it was read.
    pub(super) at: Timestamp,
    pub(super) book: Option<Accepted>,
    pub(super) now: Now,
    /// The newest runs that are done, the oldest first.
    pub(super) runs: Vec<Run>,
    /// The record of the newest of them, while it is kept.
    pub(super) last: Option<RunRecord>,
    /// Runs of which something cannot be read.
    pub(super) unreadable_runs: u64,
}

/// The book that workers use.
pub(super) struct Accepted {
    pub(super) version: u64,
    /// When it was accepted; none if the table does not say.
    pub(super) since: Option<Timestamp>,
    pub(super) book: RuleBook,
}

/// How things are by the applied state.
#[derive(Default)]
pub(super) struct Now {
    /// Customers with an entry.
    pub(super) customers: u64,
    /// By the segment they are in; those of none are left out.
    pub(super) segments: BTreeMap<SegmentName, Tally>,
    /// Customers of each outcome that stays until somebody does something.
    pub(super) standing: BTreeMap<Outcome, u64>,
    /// Entries that cannot be read.
    pub(super) unreadable: u64,
    /// By spend and orders, for the book in use.
    pub(super) spread: Option<Spread>,
}

/// A run that is done.
pub(super) struct Run {
    pub(super) summary: Summary,
    /// What its amounts are in; none if its book cannot be read any more.
    pub(super) currency: Option<Currency>,
}

impl Told {
    /// Reads it all: the rule books, the newest runs, and every customer's applied state once, of which
    /// nothing is kept but sums.
    pub(super) async fn read(target: &Target, most_runs: usize) -> Result<Self, Report> {
        let failed = |error: state::Error| Report::failed(table_error(target, &error));
        let shop = target.shop().map_err(|error| Report::failed(error.to_string()))?;
        let history = target.config().history().await.map_err(failed)?;
        let book = accepted(&history).map_err(failed)?;
        let newest = target.runs().newest(SEARCHED).await.map_err(failed)?;
        let mut unreadable_runs = newest.unreadable;
        let runs = done(newest.summaries, &history, most_runs);
        let last = match runs.last() {
            // Records are kept for a shorter time than summaries.
            Some(run) => match target.runs().record(&run.summary.run_id).await {
                Err(state::Error::Unreadable { .. }) => {
                    unreadable_runs += 1;
                    None
                }
                record => record.map_err(failed)?,
            },
            None => None,
        };
        let now = now(target, book.as_ref()).await?;
        let at = Timestamp::now();
        let target = target.to_string();
        Ok(Self { shop, target, at, book, now, runs, last, unreadable_runs })
    }

    /// What all amounts of the page are in.
    pub(super) fn currency(&self) -> Option<Currency> {
        self.book.as_ref().map(|accepted| accepted.book.currency())
    }
}

fn accepted(history: &BookHistory) -> Result<Option<Accepted>, state::Error> {
    let found = history.in_use.and_then(|version| history.version(version));
    let accepted = found.map(|found| {
        let book = found.book.clone()?;
        Ok(Accepted { version: found.version, since: found.accepted_at, book })
    });
    accepted.transpose()
}

/// The newest `most` runs that are done, the oldest first. Those that ended otherwise have put nobody
/// anywhere, or not everybody.
fn done(runs: Vec<Summary>, history: &BookHistory, most: usize) -> Vec<Run> {
    let currency = |version| history.version(version)?.book.as_ref().ok().map(RuleBook::currency);
    let done = runs.into_iter().filter(|run| run.ended_as == EndedAs::Done).take(most);
    let mut done: Vec<Run> =
        done.map(|summary| Run { currency: summary.book.and_then(currency), summary }).collect();
    done.reverse();
    done
}

async fn now(target: &Target, book: Option<&Accepted>) -> Result<Now, Report> {
    let currency = book.map(|accepted| accepted.book.currency());
    let mut now = Now { spread: book.map(|it| Spread::of(&it.book)), ..Now::default() };
    let unreadable = each(target.customers(), None, |_, record| {
        now.see(record, currency);
        Ok::<(), io::Error>(())
    })
    .await;
    now.unreadable = unreadable.map_err(|broken| broken.report(target))?;
    Ok(now)
}

impl Now {
    fn see(&mut self, record: &Record, currency: Option<Currency>) {
        self.customers += 1;
        let totals = record.read.map(|read| read.totals);
        let totals = totals.filter(|totals| Some(totals.spent.currency) == currency);
        if let Some(segment) = &record.segment {
            match self.segments.get_mut(segment) {
                Some(tally) => tally.add(totals.as_ref()),
                None => self.segments.entry(segment.clone()).or_default().add(totals.as_ref()),
            }
        }
        if let Some(outcome) = record.last_outcome().filter(|it| STANDING.contains(it)) {
            *self.standing.entry(outcome).or_default() += 1;
        }
        if let (Some(spread), Some(totals)) = (&mut self.spread, &totals) {
            spread.add(totals);
        }
    }

    /// Everybody who is in a segment.
    pub(super) fn placed(&self) -> Tally {
        let mut placed = Tally::default();
        self.segments.values().for_each(|tally| placed.merge(tally));
        placed
    }
}
