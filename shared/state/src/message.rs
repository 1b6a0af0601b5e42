//! What travels through the queue: "this customer may have changed".
//!
//! A message carries no figures to apply and no personal data. It says whom to look at and which
//! moment the look has to cover; the truth is read from Shopify when the message is worked off.

mod by_run;
mod cause;
mod expectation;
mod webhook_id;

use jiff::Timestamp;
use rules::{CustomerId, OrderId};
use serde::{Deserialize, Serialize};

pub use by_run::{ByRun, Hint};
pub use cause::Cause;
pub use expectation::Expectation;
pub use webhook_id::WebhookId;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Whom it is about.
    pub subject: Subject,
    /// What made us look.
    pub cause: Cause,
    /// The moment to cover: a read of the truth after it answers the message. It is
    /// when the event reached us, by our own clock; for a later look, when that look is due.
    pub as_of: Timestamp,
    /// When the event came in, if that is another moment: this is a later look of the same event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_at: Option<Timestamp>,
    /// What the read should show, if the event told us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Expectation>,
    /// Whether the second look that follows an order event is this one, or is queued already.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub followed_up: bool,
    /// How often a read has come back without what was expected.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub looks: u32,
    /// Whether the customer who holds the Okta user has been looked at for this message.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub holder_asked: bool,
    /// How often the work was put off because something was not to be had.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub deferrals: u32,
    /// The delivery that started it, to follow one event through the logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_id: Option<WebhookId>,
    /// What the full run that sent it knows, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<ByRun>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// Whom a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A customer.
    Customer(CustomerId),
    /// Whoever placed this order: some events name no customer.
    Order(OrderId),
    /// The whole shop, which asks to be forgotten.
    Shop,
}

impl Subject {
    /// The customer, if it is one and not an order whose customer has yet to be found.
    pub fn customer(self) -> Option<CustomerId> {
        match self {
            Self::Customer(customer) => Some(customer),
            Self::Order(_) | Self::Shop => None,
        }
    }
}

/// A body in the queue that is no message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a message of this product: line {line}, column {column}")]
pub struct InvalidMessage {
    line: usize,
    column: usize,
}

impl Message {
    /// A first look at somebody.
    pub fn new(subject: Subject, cause: Cause, as_of: Timestamp) -> Self {
        Self {
            subject,
            cause,
            as_of,
            event_at: None,
            expect: None,
            followed_up: false,
            looks: 0,
            holder_asked: false,
            deferrals: 0,
            webhook_id: None,
            run: None,
        }
    }

    /// Reads a body from the queue.
    ///
    /// # Errors
    /// If it is no message; the error says where, and repeats nothing of the body.
    pub fn from_json(body: &str) -> Result<Self, InvalidMessage> {
        serde_json::from_str(body)
            .map_err(|error| InvalidMessage { line: error.line(), column: error.column() })
    }

    /// The body for the queue.
    pub fn to_json(&self) -> String {
        // Every field is a number, a text or a plain enum, none of which can fail to be written.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Joins another message about the same subject: one look answers both.
    #[must_use]
    pub fn merged(self, other: Self) -> Self {
        let due = self.needs_second_look() || other.needs_second_look();
        let telling = match (&self.expect, &other.expect) {
            (Some(_), None) => &self,
            (None, Some(_)) => &other,
            // What was told later is closer to the truth.
            _ if other.as_of > self.as_of => &other,
            _ => &self,
        };
        Self {
            subject: self.subject,
            cause: self.cause.max(other.cause),
            as_of: self.as_of.max(other.as_of),
            event_at: earliest_event(&self, &other),
            expect: telling.expect,
            followed_up: !due && (self.followed_up || other.followed_up),
            looks: telling.looks,
            holder_asked: self.holder_asked && other.holder_asked,
            deferrals: self.deferrals.min(other.deferrals),
            webhook_id: self.webhook_id.or(other.webhook_id),
            run: ByRun::merged(self.run, other.run),
        }
    }

    /// When the event came in that made us look.
    pub fn event_moment(&self) -> Timestamp {
        self.event_at.unwrap_or(self.as_of)
    }

    /// Whether Shopify's totals may lag behind the event and no second look is queued yet.
    pub fn needs_second_look(&self) -> bool {
        self.cause.has_lagging_totals() && !self.followed_up
    }
}

/// When the first event came in that nobody has looked at yet; of two later looks, the later one's event.
fn earliest_event(one: &Message, other: &Message) -> Option<Timestamp> {
    match (one.event_at, other.event_at) {
        (Some(one), Some(other)) => Some(one.max(other)),
        (Some(_), None) => Some(other.as_of),
        (None, Some(_)) => Some(one.as_of),
        (None, None) if one.as_of == other.as_of => None,
        (None, None) => Some(one.as_of.min(other.as_of)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(cause: Cause) -> Message {
        let at = "2026-11-21T12:00:00Z".parse().unwrap();
        Message::new(Subject::Customer(CustomerId::new(9_007_199_254_741_993)), cause, at)
    }

    #[test]
    fn a_message_is_small_and_readable() {
        assert_eq!(
            message(Cause::Order).to_json(),
            r#"{"subject":{"customer":"9007199254741993"},"cause":"order","as_of":"2026-11-21T12:00:00Z"}"#
        );
    }

    #[test]
    fn a_message_survives_the_queue() {
        let mut sent = message(Cause::PurchasingSummary);
        sent.expect = Some(Expectation { last_order: OrderId::new(7), orders: Some(3) });
        sent.webhook_id = Some("b54557e4-bdd9-4b37-8a5f-bf7d70bcd043".parse().unwrap());
        sent.looks = 2;
        assert_eq!(Message::from_json(&sent.to_json()), Ok(sent));
    }

    #[test]
    fn a_body_that_is_no_message_is_not_repeated_in_the_error() {
        let error = Message::from_json(r#"{"email":"ann@example.com"}"#).unwrap_err();
        assert!(!error.to_string().contains("ann"));
    }

    #[test]
    fn merging_keeps_the_latest_moment_and_what_was_told_last() {
        let mut early = message(Cause::Refund);
        early.expect = Some(Expectation { last_order: OrderId::new(9), orders: Some(3) });
        early.looks = 4;
        let mut late = message(Cause::Order);
        late.as_of = "2026-11-21T12:00:05Z".parse().unwrap();
        late.expect = Some(Expectation { last_order: OrderId::new(9), orders: Some(2) });
        let both = early.clone().merged(late.clone());
        assert_eq!(both.as_of, late.as_of);
        assert_eq!((both.expect, both.looks), (late.expect, 0));
        assert_eq!(both.cause, Cause::Refund);
    }

    #[test]
    fn of_two_events_the_one_that_waits_longer_counts_unless_it_was_looked_at() {
        let first = message(Cause::Order);
        let mut second = message(Cause::Order);
        second.as_of = "2026-11-21T12:00:05Z".parse().unwrap();
        let both = first.clone().merged(second.clone());
        assert_eq!((both.event_moment(), both.as_of), (first.as_of, second.as_of));
        let mut looked_at = first.clone();
        looked_at.event_at = Some("2026-11-21T11:58:00Z".parse().unwrap());
        for both in [looked_at.clone().merged(second.clone()), second.clone().merged(looked_at)] {
            assert_eq!(both.event_moment(), second.as_of);
        }
    }

    fn by_run(id: &str, recheck: bool) -> ByRun {
        ByRun { id: id.parse().unwrap(), book: 1, recheck, user: Hint::None }
    }

    #[test]
    fn a_run_and_an_event_about_one_customer_are_one_live_look_that_answers_both() {
        let mut of_run = message(Cause::Rules);
        of_run.run = Some(by_run("20261121T120000Z-1", true));
        let both = of_run.clone().merged(message(Cause::Order));
        assert_eq!((both.cause, &both.run), (Cause::Order, &of_run.run));
        assert!(of_run.cause.is_of_run() && !both.cause.is_of_run());
    }

    #[test]
    fn of_two_runs_the_later_one_is_answered_and_no_doubt_is_lost() {
        let (mut first, mut second) = (message(Cause::Drift), message(Cause::Schedule));
        first.run = Some(by_run("20261121T120000Z-1", true));
        second.run = Some(by_run("20261122T120000Z-1", false));
        let run = second.merged(first).run.unwrap();
        assert_eq!((run.id.as_str(), run.recheck), ("20261122T120000Z-1", true));
    }

    #[test]
    fn merging_loses_no_second_look_and_asks_for_none_twice() {
        let mut followed_up = message(Cause::Order);
        followed_up.followed_up = true;
        let customer = message(Cause::Customer);
        assert!(!followed_up.clone().merged(customer).needs_second_look());
        assert!(followed_up.merged(message(Cause::Order)).needs_second_look());
    }
}
