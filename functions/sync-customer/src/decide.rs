//! What a look at the truth asks for. Pure: everything it needs is in its arguments.

use jiff::Timestamp;
use rules::{Decision, Segment};
use shopify::{Customer, Truth};
use state::{AcceptedBook, Cause, End, Entry, Message};

use crate::delay::may_look_again;

/// What a customer's entry should become.
#[derive(Debug)]
pub(crate) enum Wish<'a> {
    /// Okta holds this customer's totals, and the user is in the segment's group.
    Hold {
        /// The customer as Shopify has them.
        customer: &'a Customer,
        /// The segment they belong to, and which of its ranges matched; none if they belong to none.
        segment: Option<(&'a Segment, usize)>,
    },
    /// Okta holds nothing of this customer, and a tombstone takes the entry's place.
    End(End),
    /// There is nothing to do: the customer's tombstone stands, or they never had an entry.
    Rest(End),
    /// The customer's money is in another currency than the book's; what Okta holds stays.
    OtherCurrency {
        /// The customer as Shopify has them.
        customer: &'a Customer,
    },
    /// The truth lags behind what is known already.
    LookAgain,
    /// The truth about this customer cannot be read.
    Unreadable(&'static str),
}

/// Decides by the message, the entry as it was read before the truth, and the truth. A redaction is
/// decided without the truth.
pub(crate) fn decide<'a>(
    message: &Message,
    entry: Option<&Entry>,
    truth: Option<&'a Truth>,
    book: &'a AcceptedBook,
) -> Wish<'a> {
    if message.cause == Cause::Redact {
        return Wish::End(End::Redacted);
    }
    let customer = match truth {
        Some(Truth::Present(customer)) => customer,
        Some(Truth::Unreadable { detail }) => return Wish::Unreadable(detail),
        Some(Truth::Gone) => return gone(entry),
        None => return Wish::Unreadable("the answer leaves the customer out"),
    };
    match entry {
        Some(Entry::Tombstone(stone)) if !ordered_after(customer, stone.at) => {
            return Wish::Rest(stone.why);
        }
        _ if is_lagging(message, entry, customer) && may_look_again(message) => {
            return Wish::LookAgain;
        }
        _ => {}
    }
    match book.book.decide(&customer.totals) {
        Decision::Segment { segment, range } => {
            Wish::Hold { customer, segment: Some((segment, range)) }
        }
        Decision::NoSegment => Wish::Hold { customer, segment: None },
        Decision::OtherCurrency { .. } => Wish::OtherCurrency { customer },
    }
}

fn gone<'a>(entry: Option<&Entry>) -> Wish<'a> {
    match entry {
        None => Wish::Rest(End::Gone),
        Some(Entry::Tombstone(stone)) => Wish::Rest(stone.why),
        Some(Entry::Customer(_)) => Wish::End(End::Gone),
    }
}

fn ordered_after(customer: &Customer, moment: Timestamp) -> bool {
    customer.last_order.is_some_and(|order| order.created_at > moment)
}

/// Whether the truth does not show yet what the event told, or is older than what was read before.
fn is_lagging(message: &Message, entry: Option<&Entry>, customer: &Customer) -> bool {
    let last_order = customer.last_order.map(|order| order.id);
    let unmet =
        message.expect.is_some_and(|expected| !expected.is_met(last_order, customer.totals.orders));
    let older = match entry {
        Some(Entry::Customer(record)) => {
            record.read.is_some_and(|read| customer.updated_at < read.updated_at)
        }
        _ => false,
    };
    unmet || older
}
