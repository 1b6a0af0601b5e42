//! Others are told of every change of segment. That everything they hear is as promised is checked wherever
//! a shop of these tests is dropped.

mod backfill;
mod deaths;
mod ends;
mod trouble;
mod walks;

use serde_json::{Value, json};
use simulators::Service;
use state::Outcome;

use crate::harness::{Person, Shop, outcomes};

impl Shop {
    /// What was told of a customer: their changes, and why.
    fn told(&self, person: &Person) -> Vec<(Value, Value, Value)> {
        let heard = self.listener.heard_of(person.customer).into_iter();
        heard.map(|it| (it["from"].clone(), it["to"].clone(), it["reason"].clone())).collect()
    }

    /// How often events were put on the bus since the last time.
    fn puts(&self) -> usize {
        self.listener.service().take_calls().len()
    }
}

/// A change, and why.
fn change(from: Option<&str>, to: Option<&str>, reason: &str) -> (Value, Value, Value) {
    (json!(from), json!(to), json!(reason))
}

#[tokio::test]
async fn each_change_of_segment_is_one_event_that_says_it_all() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    assert_eq!(shop.puts(), 1);
    shop.buys(&ann, "600").await;
    assert_eq!(shop.puts(), 1);
    let changes = shop.record(ann.customer).await.transitions;
    let event = |sequence: u64, rest: Value| {
        let mut event = json!({
            "id": format!("{}-{sequence}", ann.customer),
            "sequence": sequence,
            "customer_id": ann.customer.to_string(),
            "okta_user_id": ann.user.as_str(),
            "reason": "order",
            "run_id": null,
        });
        event.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        event
    };
    let first = json!({
        "from": null,
        "to": "new",
        "rule": "1 order",
        "totals": { "orders": 1, "spent": { "amount": "45.5", "currency": "USD" } },
        "at": changes[0].at.to_string(),
    });
    let second = json!({
        "from": "new",
        "to": "vip",
        "rule": "500.00 USD or more",
        "totals": { "orders": 2, "spent": { "amount": "645.5", "currency": "USD" } },
        "at": changes[1].at.to_string(),
    });
    assert_eq!(shop.listener.heard(), [event(1, first), event(2, second)]);
}

#[tokio::test]
async fn nobody_is_told_of_what_does_not_change() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "600").await;
    shop.puts();
    shop.buys(&ann, "20").await;
    shop.deliver(&shop.set_email(ann.customer, Some("ANN@example.com"))).await;
    shop.settle().await;
    assert_eq!(shop.puts(), 0);
    // A customer whom Okta does not know is in no segment before and after.
    let stranger = shop.customer("stranger@example.com");
    shop.order(stranger, "600").await;
    shop.settle().await;
    assert_eq!(shop.puts(), 0);
}

#[tokio::test]
async fn a_storm_of_duplicates_is_one_event() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    let (_, webhook) = shop.place(ann.customer, "600");
    for _ in 0..30 {
        shop.deliver(&webhook).await;
    }
    shop.settle().await;
    shop.deliver(&webhook).await;
    shop.settle().await;
    assert_eq!((shop.puts(), shop.listener.service().taken().len()), (1, 1));
}

#[tokio::test]
async fn a_pin_is_told_and_what_was_written_about_it_is_not() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    shop.pins(&ann, "vip").await;
    shop.pins(&ann, "none").await;
    shop.buys(&ann, "5").await;
    shop.pin(ann.customer, None).await;
    shop.follow(ann.customer).await;
    let told = [
        change(None, Some("new"), "order"),
        change(Some("new"), Some("vip"), "pin"),
        change(Some("vip"), None, "pin"),
        change(None, Some("returning"), "pin"),
    ];
    assert_eq!(shop.told(&ann), told);
    let rules: Vec<_> =
        shop.listener.heard().into_iter().map(|event| event["rule"].clone()).collect();
    assert_eq!(rules, [json!("1 order"), Value::Null, Value::Null, json!("2 to 5 orders")]);
}

#[tokio::test]
async fn a_customer_whom_another_person_stands_for_now_has_not_changed_segment() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.person("anna@example.com");
    shop.buys(&ann, "600").await;
    shop.puts();
    shop.deliver(&shop.set_email(ann.customer, Some("anna@example.com"))).await;
    assert_eq!(outcomes(&shop.settle().await), [Outcome::Applied]);
    assert_eq!(shop.puts(), 0);
}

#[tokio::test]
async fn a_customer_for_whom_nobody_stands_any_more_has_left_their_segment() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "600").await;
    shop.deliver(&shop.set_email(ann.customer, Some("nobody@example.com"))).await;
    assert_eq!(outcomes(&shop.settle().await), [Outcome::Unmatched]);
    let [_, left] = &shop.listener.heard_of(ann.customer)[..] else { panic!() };
    assert_eq!((&left["to"], &left["reason"]), (&Value::Null, &json!("customer")));
    assert_eq!(left["okta_user_id"], ann.user.as_str(), "who stood for them");
    assert_eq!(left["totals"]["orders"], 1);
}

#[tokio::test]
async fn okta_knows_before_others_are_told_and_the_record_after() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.listener.service().lasting_trouble(simulators::BusTrouble::Call("InternalException"));
    shop.order(ann.customer, "600").await;
    let soon = shop.now() + jiff::SignedDuration::from_secs(30);
    shop.system.settle_until(soon).await.unwrap();
    assert_eq!(shop.calls(Service::Okta).len(), 4, "looked up, groups, totals, join, no more");
    let record = shop.record(ann.customer).await;
    assert_eq!((record.segment, record.read, record.sequence), (None, None, 0));
    shop.listener.service().mend();
    shop.settle().await;
    assert_eq!(shop.told(&ann), [change(None, Some("vip"), "order")]);
}
