//! The event, as `docs/schemas/segment-changed.schema.json` has it.

use jiff::Timestamp;
use rules::{CustomerId, SegmentName, Totals, UserId};
use serde::Serialize;
use state::{Announcement, Cause, End, Grounds, RunId};

/// Who the events are from: `source`.
pub const SOURCE: &str = "shopify-okta-segments";
/// What they are: `detail-type`.
pub const DETAIL_TYPE: &str = "segment.changed";

/// A customer has changed segment: the event's `detail`. Holds ids, names of segments and figures; no name
/// of a person, no address, and no text that anybody wrote about a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SegmentChanged<'a> {
    /// The same for every copy of this event, and no other's unless the whole shop was forgotten in between:
    /// `<customer_id>-<sequence>`.
    id: String,
    /// Its place among the customer's events.
    sequence: u64,
    customer_id: CustomerId,
    okta_user_id: Option<&'a UserId>,
    from: Option<&'a SegmentName>,
    to: Option<&'a SegmentName>,
    reason: &'static str,
    rule: Option<&'a str>,
    totals: Option<Totals>,
    run_id: Option<&'a RunId>,
    at: Timestamp,
}

impl<'a> SegmentChanged<'a> {
    /// The event of a customer's announcement.
    pub fn new(customer: CustomerId, announcement: &'a Announcement) -> Self {
        let Announcement { sequence, user, rule, run, end, transition } = announcement;
        Self {
            id: format!("{customer}-{sequence}"),
            sequence: *sequence,
            customer_id: customer,
            okta_user_id: user.as_ref(),
            from: transition.from.as_ref(),
            to: transition.to.as_ref(),
            reason: reason(announcement),
            rule: rule.as_deref(),
            totals: end.is_none().then_some(transition.totals),
            run_id: run.as_ref(),
            at: transition.at,
        }
    }

    /// The event in JSON.
    pub fn to_json(&self) -> String {
        // Every field is a number, a text or none, none of which can fail to be written.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Why, in a word. An end and a person's decision say more than what made us look. Why a person decided is
/// theirs to know.
fn reason(announcement: &Announcement) -> &'static str {
    let cause = announcement.transition.cause;
    match (announcement.end, &announcement.transition.grounds) {
        (Some(End::Gone), _) if cause != Cause::Merge => "gone",
        (Some(End::Redacted), _) => Cause::Redact.as_str(),
        (None, Some(Grounds::Pin(_))) => Cause::Pin.as_str(),
        _ => cause.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use rules::Money;
    use serde_json::{Value, json};
    use state::Transition;

    use super::*;

    fn announcement() -> Announcement {
        let spent = Money::new("645.50".parse().unwrap(), "USD".parse().unwrap());
        Announcement {
            sequence: 3,
            user: Some("00u1".parse().unwrap()),
            rule: Some("500.00 USD or more".into()),
            run: None,
            end: None,
            transition: Transition {
                at: "2026-11-21T12:00:00Z".parse().unwrap(),
                from: Some("new".parse().unwrap()),
                to: Some("vip".parse().unwrap()),
                group: Some("Shopify VIP Customer".parse().unwrap()),
                cause: Cause::Order,
                grounds: Some(Grounds::Range(1)),
                totals: Totals { orders: 2, spent },
                book: 4,
            },
        }
    }

    fn json(announcement: &Announcement) -> Value {
        let event = SegmentChanged::new(CustomerId::new(9_007_199_254_741_993), announcement);
        serde_json::from_str(&event.to_json()).unwrap()
    }

    #[test]
    fn an_event_says_who_moved_where_and_why() {
        let expected = json!({
            "id": "9007199254741993-3",
            "sequence": 3,
            "customer_id": "9007199254741993",
            "okta_user_id": "00u1",
            "from": "new",
            "to": "vip",
            "reason": "order",
            "rule": "500.00 USD or more",
            "totals": { "orders": 2, "spent": { "amount": "645.50", "currency": "USD" } },
            "run_id": null,
            "at": "2026-11-21T12:00:00Z",
        });
        assert_eq!(json(&announcement()), expected);
    }

    #[test]
    fn what_a_person_wrote_about_a_pin_stays_with_us() {
        let mut pinned = announcement();
        pinned.rule = None;
        pinned.transition.grounds = Some(Grounds::Pin("Ann asked nicely".parse().unwrap()));
        let event = json(&pinned);
        assert_eq!((&event["reason"], &event["rule"]), (&json!("pin"), &Value::Null));
        assert!(!event.to_string().contains("Ann"));
    }

    #[test]
    fn the_end_of_a_customer_tells_how_and_no_figures() {
        for (end, cause, reason) in [
            (End::Gone, Cause::Customer, "gone"),
            (End::Gone, Cause::Schedule, "gone"),
            (End::Gone, Cause::Merge, "merge"),
            (End::Redacted, Cause::Redact, "redact"),
        ] {
            let mut ended = announcement();
            ended.end = Some(end);
            (ended.transition.cause, ended.transition.to) = (cause, None);
            let event = json(&ended);
            assert_eq!((&event["reason"], &event["totals"]), (&json!(reason), &Value::Null));
        }
    }
}
