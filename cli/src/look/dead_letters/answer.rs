//! What there is to say of dead letters.

use jiff::Timestamp;
use rules::{CustomerId, OrderId};
use serde::Serialize;
use state::{Cause, RunId};

use super::super::outcomes;
use crate::style;
use crate::words::count;

/// How many rows the table has.
const SHOWN: usize = 50;

/// The whole answer.
#[derive(Debug, Serialize)]
pub(super) struct Answer {
    /// The letters, the latest first.
    pub(super) letters: Vec<Letter>,
    /// How many of them were queued again and removed.
    pub(super) replayed: usize,
    /// How many of them were removed.
    pub(super) discarded: usize,
    /// How many of them are still there.
    pub(super) left: usize,
    /// How many more are counted, and could not be read: whoever received them has not given them back. An
    /// estimate.
    pub(super) out_of_sight: u64,
    /// Whether there are more than were read.
    pub(super) more: bool,
}

/// A dead letter.
#[derive(Debug, Serialize)]
pub(super) struct Letter {
    /// The customer it is about; none if it is about an order, the shop, or cannot be read.
    pub(super) customer_id: Option<CustomerId>,
    /// The order it is about, if it names no customer.
    pub(super) order_id: Option<OrderId>,
    /// What made us look; none if it cannot be read.
    pub(super) cause: Option<Cause>,
    /// The moment that the look was to cover: about when the event reached us.
    pub(super) as_of: Option<Timestamp>,
    /// When it became a dead letter, in a local store; when it was first sent, in a stack.
    pub(super) at: Option<Timestamp>,
    /// The full run that asked for it.
    pub(super) run_id: Option<RunId>,
    /// What is wrong with it, if it is no message of this product. What it holds is not repeated.
    pub(super) problem: Option<String>,
    /// What became of it.
    pub(super) now: Now,
}

/// What became of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Now {
    /// It is still there.
    Left,
    /// It was queued again and removed.
    Replayed,
    /// It was removed.
    Discarded,
}

impl Answer {
    pub(super) fn in_words(&self) -> String {
        if self.letters.is_empty() {
            let none = self.out_of_sight == 0;
            return if none { "There are no dead letters.".to_owned() } else { self.sum() };
        }
        let mut table = style::table(&["Who", "Looked at for", "As of", "Letter of", "Now"]);
        for letter in self.letters.iter().take(SHOWN) {
            table.add_row(letter.cells());
        }
        let hidden = self.letters.len().saturating_sub(SHOWN);
        let hidden = (hidden > 0).then(|| format!("and {hidden} more; --json has them all"));
        let all = [Some(table.to_string()), hidden, Some(self.sum())];
        all.into_iter().flatten().collect::<Vec<_>>().join("\n")
    }

    fn sum(&self) -> String {
        let is_foreign = |letter: &&Letter| letter.problem.is_some() && letter.now == Now::Left;
        let foreign = self.letters.iter().filter(is_foreign).count();
        let parts = [
            (self.replayed, "queued again and removed"),
            (self.discarded, "removed"),
            (self.left - foreign, "left; --replay queues their customers again"),
            (foreign, "left that are no messages of this product; --discard removes them"),
        ];
        let parts = parts.into_iter().filter(|(letters, _)| *letters > 0);
        let mut parts: Vec<String> =
            parts.map(|(letters, what)| format!("{letters} {what}.")).collect();
        if self.out_of_sight > 0 {
            parts.push(format!(
                "About {} more are out of sight, for up to two minutes, because another command reads them or \
                 was interrupted: run it again then.",
                count(self.out_of_sight)
            ));
        }
        if self.more {
            parts.push("There may be more: run it again.".to_owned());
        }
        parts.join("\n")
    }
}

impl Letter {
    fn cells(&self) -> [String; 5] {
        let moment = |moment: Option<Timestamp>| {
            moment.map_or_else(|| "-".to_owned(), |moment| format!("{moment:.0}"))
        };
        let who = match (&self.problem, self.customer_id, self.order_id) {
            (Some(problem), ..) => problem.clone(),
            (_, Some(customer), _) => format!("customer {customer}"),
            (_, _, Some(order)) => format!("order {order}"),
            _ => "the whole shop".to_owned(),
        };
        let now = match self.now {
            Now::Left => "left",
            Now::Replayed => "queued again",
            Now::Discarded => "removed",
        };
        let cause = self.cause.map_or("-", outcomes::cause);
        [who, cause.to_owned(), moment(self.as_of), moment(self.at), now.to_owned()]
    }
}
