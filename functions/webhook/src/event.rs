//! What a signed body says: whom to look at.
//!
//! Only the body is signed. The topic header is a hint that helps to read it, and nothing destructive
//! happens on its word: most events lead to a look at the truth, and the three that do more have to
//! be shaped accordingly themselves.

mod fields;
mod topic;

use jiff::Timestamp;
use rules::{OrderId, ShopDomain};
use state::{Cause, Expectation, Message, Subject};

use fields::Fields;
use topic::Topic;

/// The body is no JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the body is not a JSON object")]
pub(crate) struct NotAnObject;

/// What an event asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// A look at these.
    Look(Vec<Message>),
    /// Nothing: the order was placed without a customer.
    Guest,
    /// Nothing: the topic is none we use, or the body does not say whom to look at.
    Ignored,
    /// Nothing: the topic is a privacy topic, and the body is not that topic's for our shop.
    Mismatched,
}

/// Reads a body whose signature was good. `topic` is the header's, if it has one.
///
/// # Errors
/// If the body is not a JSON object.
pub(crate) fn read(
    body: &[u8],
    topic: Option<&str>,
    shop: &ShopDomain,
    now: Timestamp,
) -> Result<Event, NotAnObject> {
    let fields = Fields::parse(body).ok_or(NotAnObject)?;
    let topic = match topic {
        Some(header) => Topic::from_header(header),
        None => Topic::from_body(&fields),
    };
    let Some(topic) = topic else { return Ok(Event::Ignored) };
    let reader = Reader { fields, shop, now };
    Ok(match topic {
        Topic::OrderPlaced => reader.order(true),
        Topic::OrderChanged => reader.order(false),
        Topic::OrderEdited => reader.order_of_edit(),
        Topic::Refund => reader.order_of_refund(),
        Topic::Customer => reader.customer(),
        Topic::Merge => reader.merge(),
        Topic::PurchasingSummary => reader.purchasing_summary(),
        Topic::CustomerRedact => reader.customer_redact(),
        Topic::CustomerDataRequest => reader.customer_data_request(),
        Topic::ShopRedact => reader.shop_redact(),
    })
}

struct Reader<'a> {
    fields: Fields<'a>,
    shop: &'a ShopDomain,
    now: Timestamp,
}

impl Reader<'_> {
    fn look(&self, subject: Option<Subject>, cause: Cause) -> Event {
        subject.map_or(Event::Ignored, |subject| {
            Event::Look(vec![Message::new(subject, cause, self.now)])
        })
    }

    /// An order's body names its customer; one placed as a guest has none. A body too large for its
    /// channel arrives as a stub of its id, which says nothing about the customer; whose id that is,
    /// or whose an unreadable customer is, Shopify can tell by the order.
    fn order(&self, placed: bool) -> Event {
        let order = self.fields.order_id();
        let customer = self.fields.object("customer").and_then(|customer| customer.customer_id());
        let subject = match (customer, order) {
            (Some(customer), _) => Subject::Customer(customer),
            (None, None) => return Event::Ignored,
            (None, Some(order)) if self.fields.is_stub() || self.fields.holds("customer") => {
                Subject::Order(order)
            }
            (None, Some(_)) => return Event::Guest,
        };
        let mut message = Message::new(subject, Cause::Order, self.now);
        message.expect = order.filter(|_| placed).map(expect_order);
        Event::Look(vec![message])
    }

    fn order_of_edit(&self) -> Event {
        let edit = self.fields.object("order_edit");
        let order = edit.and_then(|edit| edit.id::<OrderId>("order_id"));
        let stub = || self.fields.order_id().filter(|_| self.fields.is_stub());
        self.look(order.or_else(stub).map(Subject::Order), Cause::Order)
    }

    /// A stub of a refund holds the refund's own id alone, by which nobody is found.
    fn order_of_refund(&self) -> Event {
        self.look(self.fields.id("order_id").map(Subject::Order), Cause::Refund)
    }

    fn customer(&self) -> Event {
        self.look(self.fields.customer_id().map(Subject::Customer), Cause::Customer)
    }

    /// A merge concerns both: the one who is kept and the one who is gone.
    fn merge(&self) -> Event {
        let customers = ["kept", "deleted"]
            .map(|which| self.fields.id(&format!("admin_graphql_api_customer_{which}_id")));
        let messages: Vec<_> = customers
            .into_iter()
            .flatten()
            .map(|customer| Message::new(Subject::Customer(customer), Cause::Merge, self.now))
            .collect();
        if messages.is_empty() { Event::Ignored } else { Event::Look(messages) }
    }

    fn purchasing_summary(&self) -> Event {
        let Some(customer) = self.fields.id("customerId") else { return Event::Ignored };
        let subject = Subject::Customer(customer);
        let mut message = Message::new(subject, Cause::PurchasingSummary, self.now);
        message.expect = self.fields.id("lastOrderId").map(|last_order| Expectation {
            last_order,
            orders: self.fields.number("numberOfOrders"),
        });
        Event::Look(vec![message])
    }

    fn is_ours(&self) -> bool {
        self.fields
            .text("shop_domain")
            .is_some_and(|shop| shop.parse::<ShopDomain>().is_ok_and(|shop| shop == *self.shop))
    }

    fn customer_redact(&self) -> Event {
        let shaped =
            self.fields.has_list("orders_to_redact") && !self.fields.has("orders_requested");
        self.privacy(shaped, Cause::Redact)
    }

    fn customer_data_request(&self) -> Event {
        let shaped = self.fields.has_list("orders_requested")
            && self.fields.object("data_request").is_some()
            && !self.fields.has("orders_to_redact");
        self.privacy(shaped, Cause::DataRequest)
    }

    /// What a privacy topic asks for, if its body bears it out.
    fn demand(&self, subject: Option<Subject>, cause: Cause) -> Event {
        match self.look(subject, cause) {
            Event::Ignored => Event::Mismatched,
            event => event,
        }
    }

    fn privacy(&self, shaped: bool, cause: Cause) -> Event {
        let customer = self.fields.object("customer").and_then(|customer| customer.customer_id());
        let meant = customer.filter(|_| shaped && self.is_ours());
        self.demand(meant.map(Subject::Customer), cause)
    }

    /// A shop's redaction holds the shop and nothing else.
    fn shop_redact(&self) -> Event {
        let shaped =
            self.fields.are_only(&["shop_domain", "shop_id"]) && self.fields.has("shop_id");
        let meant = (shaped && self.is_ours()).then_some(Subject::Shop);
        self.demand(meant, Cause::Redact)
    }
}

fn expect_order(order: OrderId) -> Expectation {
    Expectation { last_order: order, orders: None }
}

#[cfg(test)]
mod tests;
