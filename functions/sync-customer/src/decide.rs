//! What a look at the truth asks for. Pure: everything it needs is in its arguments.

use jiff::Timestamp;
use rules::{Ruling, Segment};
use shopify::{Customer, Truth};
use state::{AcceptedBook, Cause, End, Entry, Grounds, Message, Pin};

use crate::delay::may_look_again;

/// What a customer's entry should become.
#[derive(Debug)]
pub(crate) enum Wish<'a> {
    /// Okta holds this customer's totals, and the user is in the segment's group.
    Hold {
        /// The customer as Shopify has them.
        customer: &'a Customer,
        /// Where they belong.
        belongs: Belongs<'a>,
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

/// Where a customer belongs, and what that rests on.
#[derive(Debug, Clone)]
pub(crate) struct Belongs<'a> {
    /// The segment; none if they belong to none.
    pub(crate) segment: Option<&'a Segment>,
    /// What it rests on; none if no rule matches.
    pub(crate) grounds: Option<Grounds>,
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
    if is_lagging(message, entry, customer) && may_look_again(message) {
        return Wish::LookAgain;
    }
    if let Some(Entry::Tombstone(stone)) = entry
        && !ordered_after(customer, stone.at)
    {
        return Wish::Rest(stone.why);
    }
    match belongs(customer, pin_of(entry), book) {
        Some(belongs) => Wish::Hold { customer, belongs },
        None => Wish::OtherCurrency { customer },
    }
}

/// What a person decided for a customer.
fn pin_of(entry: Option<&Entry>) -> Option<&Pin> {
    match entry {
        Some(Entry::Customer(record)) => record.pin.as_ref(),
        Some(Entry::Tombstone(_)) | None => None,
    }
}

/// Where a customer belongs; none if their money is in another currency than the book's, and nobody
/// decided for them.
fn belongs<'a>(
    customer: &Customer,
    pin: Option<&Pin>,
    book: &'a AcceptedBook,
) -> Option<Belongs<'a>> {
    let ruling = book.book.rule(&customer.totals, pin.map(|pin| &pin.to));
    let grounds = match (ruling, pin) {
        (Ruling::Pinned(_), Some(pin)) => Some(Grounds::Pin(pin.reason.clone())),
        _ => ruling.range().map(Grounds::Range),
    };
    ruling.segment().ok().map(|segment| Belongs { segment, grounds })
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rules::{CustomerId, Money, OrderId, RuleBook, Totals};
    use shopify::LastOrder;
    use state::{Expectation, Read, Record, Subject, Tombstone};

    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).unwrap()
    }

    fn book() -> AcceptedBook {
        let text = r#"
            currency = "USD"
            [[segment]]
            name = "new"
            label = "New"
            okta_group_name = "New"
            when = [{ orders_at_least = 1 }]
        "#;
        AcceptedBook { version: 1, book: Arc::new(RuleBook::from_toml(text).unwrap()) }
    }

    fn totals(orders: u64) -> Totals {
        let spent = Money::new(orders.into(), "USD".parse().unwrap());
        Totals { orders, spent }
    }

    /// A customer whose last order was placed, and who was last changed, in this minute.
    fn customer(minute: i64) -> Truth {
        Truth::Present(Customer {
            id: CustomerId::new(1),
            email: None,
            totals: totals(1),
            updated_at: at(minute),
            last_order: Some(LastOrder { id: OrderId::new(5), created_at: at(minute) }),
        })
    }

    fn message() -> Message {
        Message::new(Subject::Customer(CustomerId::new(1)), Cause::Order, at(10))
    }

    fn read_in(minute: i64) -> Entry {
        let read =
            Read { at: at(minute), updated_at: at(minute), totals: totals(1), last_order: None };
        Entry::Customer(Box::new(Record { read: Some(read), ..Record::default() }))
    }

    fn buried_in(minute: i64) -> Entry {
        Entry::Tombstone(Tombstone {
            at: at(minute),
            why: End::Redacted,
            seen: None,
            answered: None,
            sequence: 0,
        })
    }

    #[test]
    fn a_truth_older_than_one_read_before_is_looked_at_again_until_it_is_taken() {
        let (book, truth, entry) = (book(), customer(7), read_in(8));
        let mut message = message();
        let wish = decide(&message, Some(&entry), Some(&truth), &book);
        assert!(matches!(wish, Wish::LookAgain), "{wish:?}");
        message.looks = 5;
        let wish = decide(&message, Some(&entry), Some(&truth), &book);
        assert!(
            matches!(&wish, Wish::Hold { belongs, .. } if belongs.segment.is_some()),
            "{wish:?}"
        );
    }

    #[test]
    fn only_an_order_placed_later_lifts_a_tombstone() {
        let book = book();
        for (placed, lifted) in [(6, false), (7, false), (8, true)] {
            let truth = customer(placed);
            let wish = decide(&message(), Some(&buried_in(7)), Some(&truth), &book);
            assert_eq!(matches!(wish, Wish::Hold { .. }), lifted, "{placed}: {wish:?}");
        }
    }

    #[test]
    fn an_order_that_does_not_show_yet_may_lift_a_tombstone_once_it_does() {
        let mut message = message();
        message.expect = Some(Expectation { last_order: OrderId::new(6), orders: None });
        let (book, truth) = (book(), customer(6));
        let wish = decide(&message, Some(&buried_in(7)), Some(&truth), &book);
        assert!(matches!(wish, Wish::LookAgain), "{wish:?}");
    }

    #[test]
    fn a_redaction_is_decided_without_the_truth() {
        let (book, mut message) = (book(), message());
        message.cause = Cause::Redact;
        let wish = decide(&message, Some(&read_in(1)), None, &book);
        assert!(matches!(wish, Wish::End(End::Redacted)), "{wish:?}");
    }

    #[test]
    fn a_customer_whom_the_answer_leaves_out_is_not_taken_for_gone() {
        let book = book();
        let wish = decide(&message(), Some(&read_in(1)), None, &book);
        assert!(matches!(wish, Wish::Unreadable(_)), "{wish:?}");
    }
}
