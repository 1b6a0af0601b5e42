//! A full run counts its customers by the marks that looks leave.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use http::Method;
use rules::CustomerId;
use simulators::okta::UserStatus;
use simulators::{Fault, Matching, Service};
use state::{Cause, End, Entry, Grounds, Message, Outcome, Subject};

use super::{EARLIER_RUN, message, part_of_run, run};
use crate::harness::{NEW, RETURNING, Shop, VIP, held, nothing, outcomes};

/// A way for a run's look to end.
struct Ending {
    outcome: Outcome,
    /// Who is looked at.
    customer: CustomerId,
}

/// One customer for every way to end, as they are when the run's messages are sent.
async fn endings(shop: &Shop) -> Vec<Ending> {
    let shopify = &shop.world.shopify;
    let mut endings = Vec::new();
    let mut ends = |outcome, customer| endings.push(Ending { outcome, customer });
    let all = ["moved", "same", "left", "inactive", "gone", "redacted", "euro"];
    let people = all.map(|name| shop.person(&format!("{name}@example.com")));
    for person in &people {
        shop.buys(person, "45.50").await;
    }
    let [moved, same, left, inactive, gone, redacted, euro] = people;
    shop.place(moved.customer, "600");
    ends(Outcome::Applied, moved.customer);
    ends(Outcome::Unchanged, same.customer);
    shop.world.okta.delete_user(&left.user).unwrap();
    shop.place(left.customer, "600");
    ends(Outcome::Unmatched, left.customer);
    shop.world.okta.set_status(&inactive.user, UserStatus::Deprovisioned).unwrap();
    shop.place(inactive.customer, "600");
    ends(Outcome::UserInactive, inactive.customer);
    shopify.delete_customer(gone.customer).unwrap();
    ends(Outcome::Gone, gone.customer);
    shop.deliver(&shopify.redact_customer(redacted.customer).unwrap()).await;
    shop.settle().await;
    ends(Outcome::Redacted, redacted.customer);
    shopify.set_customer_currency(euro.customer, "EUR".parse().unwrap()).unwrap();
    ends(Outcome::OtherCurrency, euro.customer);

    let unknown = shop.customer("unknown@example.com");
    shop.place(unknown, "1");
    ends(Outcome::Unmatched, unknown);
    let nameless = shop.customer("nameless@example.com");
    shop.set_email(nameless, None);
    shop.place(nameless, "1");
    ends(Outcome::Unmatched, nameless);
    for login in ["twin.one", "twin.two"] {
        shop.world.okta.add_user(login, "twin@example.com");
    }
    let twin = shop.customer("twin@example.com");
    shop.place(twin, "1");
    ends(Outcome::Ambiguous, twin);
    let shared = shop.world.okta.add_user("first@example.com", "second@example.com");
    let [first, second] =
        ["first@example.com", "second@example.com"].map(|email| shop.customer(email));
    shop.order(first, "1").await;
    shop.settle().await;
    assert_eq!(shop.system.customers().holder(&shared).await.unwrap(), Some(first));
    shop.place(second, "1");
    ends(Outcome::UserTaken, second);
    let never_here = shop.customer("never.here@example.com");
    shopify.delete_customer(never_here).unwrap();
    ends(Outcome::Gone, never_here);
    ends(Outcome::Unchanged, shop.customer("no.orders@example.com"));
    endings
}

#[tokio::test]
async fn however_a_runs_look_ends_the_entry_is_marked_with_it() {
    let shop = Shop::open().await;
    let endings = endings(&shop).await;
    shop.wait(Duration::from_hours(1));
    for Ending { customer, .. } in &endings {
        shop.send([message(&shop, *customer)]).await;
    }
    shop.settle().await;
    for Ending { outcome, customer } in endings {
        let answered = shop.answered(customer).await;
        assert_eq!(answered, Some(outcome), "{outcome:?} of {customer}");
    }
    assert!(shop.system.queue().dead_letters().is_empty());
}

#[tokio::test]
async fn a_look_that_finds_no_usable_group_is_marked_too() {
    let shop = Shop::unresolved().await;
    let [ann, ben, cas] =
        ["ann", "ben", "cas"].map(|name| shop.person(&format!("{name}@example.com")));
    shop.place(ann.customer, "1");
    assert_eq!(shop.works_off(message(&shop, ann.customer)).await, [Outcome::GroupWithoutId]);
    assert_eq!(shop.answered(ann.customer).await, Some(Outcome::GroupWithoutId));

    shop.refresh_groups().await;
    shop.buys(&ben, "1").await;
    shop.world.okta.delete_group(&shop.group(VIP)).unwrap();
    shop.place(ben.customer, "600");
    assert_eq!(shop.works_off(message(&shop, ben.customer)).await, [Outcome::GroupGone]);
    assert_eq!(shop.answered(ben.customer).await, Some(Outcome::GroupGone));

    shop.world.okta.add_rule("newcomers", &[shop.group(NEW)], true);
    shop.refresh_groups().await;
    shop.place(cas.customer, "1");
    assert_eq!(shop.works_off(message(&shop, cas.customer)).await, [Outcome::GroupRuleManaged]);
    assert_eq!(shop.answered(cas.customer).await, Some(Outcome::GroupRuleManaged));
}

#[tokio::test]
async fn what_okta_will_never_take_is_a_dead_letter_and_no_answer() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.place(ann.customer, "45.50");
    let join = Matching::call(Method::PUT, "/api/v1/groups/{id}/users/{id}");
    shop.world.faults().always(Service::Okta, join, Fault::Status(400));
    shop.works_off(message(&shop, ann.customer)).await;
    assert_eq!(shop.system.queue().dead_letters().len(), 1);
    assert_eq!(shop.answered(ann.customer).await, None);
}

#[tokio::test]
async fn a_message_that_comes_twice_is_looked_at_once() {
    let shop = Shop::open().await;
    let [ann, ben] = ["ann", "ben"].map(|name| shop.person(&format!("{name}@example.com")));
    shop.place(ann.customer, "45.50");
    shop.world.shopify.delete_customer(ben.customer).unwrap();
    let messages = [message(&shop, ann.customer), message(&shop, ben.customer)];
    shop.send(messages.clone()).await;
    shop.settle().await;
    let before = [shop.entry(ann.customer).await, shop.entry(ben.customer).await];
    shop.world.take_calls();
    shop.place(ann.customer, "600");

    shop.wait(Duration::from_mins(5));
    shop.send(messages).await;
    assert_eq!(outcomes(&shop.settle().await), [Outcome::Covered; 2]);
    assert_eq!(shop.world.calls().len(), 0);
    assert_eq!([shop.entry(ann.customer).await, shop.entry(ben.customer).await], before);
}

#[tokio::test]
async fn an_earlier_read_does_not_answer_a_run_and_an_earlier_runs_mark_neither() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    let mut first = message(&shop, ann.customer);
    part_of_run(&mut first).id = EARLIER_RUN.parse().unwrap();
    let second = message(&shop, ann.customer);
    shop.wait(Duration::from_secs(1));
    shop.buys(&ann, "45.50").await;
    assert!(shop.record(ann.customer).await.read.unwrap().at > second.as_of);

    assert_eq!(shop.works_off(first.clone()).await, [Outcome::Unchanged]);
    shop.place(ann.customer, "600");
    assert_eq!(shop.works_off(second).await, [Outcome::Applied]);
    assert_eq!(shop.answered(ann.customer).await, Some(Outcome::Applied));

    assert_eq!(
        shop.works_off(first.clone()).await,
        [Outcome::Covered],
        "a later run has answered it"
    );
    first.cause = Cause::Customer;
    assert_eq!(shop.works_off(first).await, [Outcome::Unchanged], "an event that it has joined");
    assert_eq!(shop.answered(ann.customer).await, Some(Outcome::Applied));
}

#[tokio::test]
async fn an_event_and_a_run_about_one_customer_are_one_live_look() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.order(ann.customer, "45.50").await;
    shop.wait(Duration::from_secs(11));
    shop.send([message(&shop, ann.customer)]).await;
    let settled = shop.settle().await;
    assert_eq!(outcomes(&settled), [Outcome::Applied, Outcome::Unchanged], "and the second look");
    assert_eq!(shop.answered(ann.customer).await, Some(Outcome::Applied));
    assert_eq!(shop.record(ann.customer).await.transitions[0].cause, Cause::Order);
}

#[tokio::test]
async fn an_event_that_a_run_has_joined_is_looked_at_whatever_was_answered() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.place(ann.customer, "45.50");
    shop.works_off(message(&shop, ann.customer)).await;
    let mut event = message(&shop, ann.customer);
    event.cause = Cause::Customer;
    shop.wait(Duration::from_mins(1));
    shop.place(ann.customer, "600");
    assert_eq!(shop.works_off(event).await, [Outcome::Applied]);
    assert_eq!(shop.held(&ann.user), held(VIP, "645.5", 2));
}

#[tokio::test]
async fn nothing_that_happens_later_wipes_a_mark_out() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.place(ann.customer, "45.50");
    shop.works_off(message(&shop, ann.customer)).await;
    let mark = Some(Outcome::Applied);
    shop.buys(&ann, "1").await;
    assert_eq!(shop.answered(ann.customer).await, mark, "after an order");
    shop.deliver(&shop.world.shopify.redact_customer(ann.customer).unwrap()).await;
    shop.settle().await;
    assert!(matches!(shop.entry(ann.customer).await, Some(Entry::Tombstone(_))));
    assert_eq!(shop.answered(ann.customer).await, mark, "after a redaction");
    shop.wait(Duration::from_secs(1));
    shop.buys(&ann, "1").await;
    assert_eq!(shop.held(&ann.user), held(RETURNING, "47.5", 3));
    assert_eq!(shop.answered(ann.customer).await, mark, "after an order that lifts it");
    shop.deliver(&shop.world.shopify.delete_customer(ann.customer).unwrap()).await;
    shop.settle().await;
    assert_eq!(shop.answered(ann.customer).await, mark, "after the end");
}

#[tokio::test]
async fn a_tombstone_that_stands_remembers_which_change_was_seen() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    shop.wait(Duration::from_secs(1));
    shop.deliver(&shop.world.shopify.redact_customer(ann.customer).unwrap()).await;
    shop.settle().await;
    let Some(Entry::Tombstone(buried)) = shop.entry(ann.customer).await else { panic!() };
    assert_eq!(buried.seen, None, "a look that no run asked for costs no write");

    shop.wait(Duration::from_mins(1));
    shop.set_email(ann.customer, Some("anna@example.com"));
    let changed = shop.now();
    shop.wait(Duration::from_mins(1));
    assert_eq!(shop.works_off(message(&shop, ann.customer)).await, [Outcome::Redacted]);
    let Some(Entry::Tombstone(seen)) = shop.entry(ann.customer).await else { panic!() };
    assert_eq!((seen.seen, seen.at, seen.why), (Some(changed), buried.at, End::Redacted));

    shop.world.shopify.delete_customer(ann.customer).unwrap();
    let mut next = message(&shop, ann.customer);
    part_of_run(&mut next).id = "20261007T030000Z-000001".parse().unwrap();
    assert_eq!(shop.works_off(next).await, [Outcome::Redacted]);
    let Some(Entry::Tombstone(gone)) = shop.entry(ann.customer).await else { panic!() };
    assert_eq!(gone.seen, Some(changed));
}

#[tokio::test]
async fn a_lifted_tombstone_of_a_customer_in_no_segment_is_an_entry_again() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.deliver(&shop.world.shopify.redact_customer(ann.customer).unwrap()).await;
    shop.settle().await;
    shop.wait(Duration::from_secs(1));
    let (order, _) = shop.place(ann.customer, "0");
    shop.world.shopify.set_totals(ann.customer, 0, "0".parse().unwrap()).unwrap();
    shop.wait(Duration::from_mins(5));
    assert_eq!(shop.works_off(message(&shop, ann.customer)).await, [Outcome::Unchanged]);
    assert_eq!(shop.answered(ann.customer).await, Some(Outcome::Unchanged));
    let record = shop.record(ann.customer).await;
    assert_eq!(record.segment, None);
    assert_eq!(record.read.unwrap().last_order, Some(order));
    assert_eq!((shop.held(&ann.user), shop.okta_calls()), (nothing(), Vec::new()));
}

#[tokio::test]
async fn a_runs_message_does_not_wait_to_settle_and_an_event_does_as_before() {
    let shop = Shop::open().await;
    let [ann, ben] = ["ann", "ben"].map(|name| shop.person(&format!("{name}@example.com")));
    shop.system.set("settle_seconds", AttributeValue::N("60".into())).await.unwrap();
    shop.wait(Duration::from_mins(2));
    shop.place(ann.customer, "45.50");
    shop.place(ben.customer, "45.50");
    let began = shop.now();
    let event = Message::new(Subject::Customer(ben.customer), Cause::Customer, began);
    shop.send([message(&shop, ann.customer), message(&shop, ben.customer), event]).await;
    let report = shop.system.work_once().await.unwrap().unwrap();
    assert_eq!((report.tally.of("applied"), report.tally.of("deferred")), (1, 1));
    assert_eq!(shop.held(&ann.user), held(NEW, "45.5", 1));
    shop.settle().await;
    let waited = shop.record(ben.customer).await.read.unwrap().at.duration_since(began);
    assert_eq!(waited.as_secs(), 60);
    assert_eq!(shop.answered(ben.customer).await, Some(Outcome::Applied));
}

#[tokio::test]
async fn a_transition_tells_which_reason_a_run_had() {
    for cause in [Cause::Drift, Cause::Schedule, Cause::Rules] {
        let shop = Shop::open().await;
        let ann = shop.person("ann@example.com");
        for (amount, segment, range) in [("45.50", "new", 0), ("600", "vip", 1)] {
            shop.place(ann.customer, amount);
            let mut message = message(&shop, ann.customer);
            message.cause = cause;
            part_of_run(&mut message).id = format!("{}-{segment}", run()).parse().unwrap();
            shop.works_off(message).await;
            let transitions = shop.record(ann.customer).await.transitions;
            let last = transitions.last().unwrap();
            assert_eq!((last.cause, last.book), (cause, 1));
            assert_eq!(last.to.as_ref().unwrap().as_str(), segment);
            assert_eq!(last.grounds, Some(Grounds::Range(range)));
            assert!(last.totals.orders > 0);
        }
    }
}
