//! A person decides for one customer: what the worker makes of it.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use rules::{CustomerId, PinnedTo, RuleBook};
use simulators::{Moment, Service};
use state::{
    Cause, Entry, Grounds, Message, Outcome, Outgoing, Pin, Pinned, Queue, Subject, Transition,
};

use crate::harness::{Held, NEW, Person, RETURNING, Shop, VIP, held, nothing, outcomes};
use crate::interrupted::at_each_service_call;

const REASON: &str = "asked for by the press team";

impl Shop {
    /// Keeps a pin to a segment ("none" for no segment) as the operator's tool does, or takes it back.
    pub(crate) async fn pin(&self, customer: CustomerId, to: Option<&str>) -> Pinned {
        let to = to.map(|name| match name {
            "none" => PinnedTo::Outside,
            name => PinnedTo::Segment(name.parse().unwrap()),
        });
        let since = self.now();
        let pin = to.map(|to| Pin { to, reason: REASON.parse().unwrap(), since });
        let names = self.system.config_table().group_names().await.unwrap();
        let book = names.accepted.map_or(0, |accepted| accepted.version);
        self.system.customers().pin(customer, pin.as_ref(), book, since).await.unwrap()
    }

    /// Has a customer looked at who was pinned or unpinned.
    pub(crate) async fn follow(&self, customer: CustomerId) -> Vec<Outcome> {
        let message = Message::new(Subject::Customer(customer), Cause::Pin, self.now());
        let look = Outgoing { message, delay: Duration::ZERO };
        self.system.queue().send(vec![look]).await.unwrap();
        outcomes(&self.settle().await)
    }

    /// Pins a customer and has them looked at.
    pub(crate) async fn pins(&self, person: &Person, to: &str) -> Vec<Outcome> {
        let pinned = self.pin(person.customer, Some(to)).await;
        assert!(matches!(pinned, Pinned::Done { .. }), "{pinned:?}");
        self.follow(person.customer).await
    }

    async fn last_change(&self, person: &Person) -> Transition {
        self.record(person.customer).await.transitions.pop().unwrap()
    }
}

/// What a user should hold who is in no segment: no group, and the totals.
fn outside(spent: &str, orders: u64) -> Held {
    Held { groups: Vec::new(), ..held("", spent, orders) }
}

#[tokio::test]
async fn a_pin_wins_over_the_rules_at_once_and_through_orders_until_it_is_taken_back() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    let before = shop.now();
    assert_eq!(shop.pins(&ann, "vip").await, [Outcome::Applied]);
    assert_eq!(shop.now(), before, "nobody waits for it");
    assert_eq!(shop.held(&ann.user), held(VIP, "45.5", 1));
    let change = shop.last_change(&ann).await;
    assert_eq!(
        (change.cause, change.grounds),
        (Cause::Pin, Some(Grounds::Pin(REASON.parse().unwrap())))
    );

    shop.buys(&ann, "10").await;
    assert_eq!(shop.held(&ann.user), held(VIP, "55.5", 2), "the rules would say returning");
    shop.pin(ann.customer, None).await;
    assert_eq!(shop.follow(ann.customer).await, [Outcome::Applied]);
    assert_eq!(shop.held(&ann.user), held(RETURNING, "55.5", 2));
    assert_eq!(shop.last_change(&ann).await.grounds, Some(Grounds::Range(0)));
    shop.assert_never_without_a_group(&ann.user);
}

#[tokio::test]
async fn who_is_pinned_to_none_is_in_no_group_and_keeps_their_totals() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "600").await;
    shop.pins(&ann, "none").await;
    assert_eq!(shop.held(&ann.user), outside("600", 1));
    shop.buys(&ann, "5").await;
    assert_eq!(shop.held(&ann.user), outside("605", 2));
}

#[tokio::test]
async fn a_customer_who_never_ordered_is_put_where_they_are_pinned() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    assert_eq!(shop.pins(&ann, "vip").await, [Outcome::Applied]);
    assert_eq!(shop.held(&ann.user), held(VIP, "0", 0));
}

#[tokio::test]
async fn a_pin_is_followed_by_the_book_it_was_made_by_and_no_older_one_decides_after_it() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    // The worker holds the first book from here on, for a minute.
    shop.buys(&ann, "45.50").await;
    let gold = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../segments.toml"));
    let gold = gold.unwrap().replace("name = \"vip\"", "name = \"gold\"");
    shop.accept(Arc::new(RuleBook::from_toml(&gold).unwrap()), 1).await;
    assert_eq!(shop.pins(&ann, "gold").await, [Outcome::Applied]);
    assert_eq!(shop.held(&ann.user), held(VIP, "45.5", 1));
    let record = shop.record(ann.customer).await;
    assert_eq!((record.newest_book(), record.least_book), (2, None));

    // And so it is if a worker with the first book still finds the pin taken back.
    let bob = shop.person("bob@example.com");
    shop.pin(bob.customer, Some("gold")).await;
    shop.pin(bob.customer, None).await;
    assert_eq!(shop.record(bob.customer).await.newest_book(), 2);
}

#[tokio::test]
async fn a_pin_to_a_segment_that_the_book_does_not_have_leaves_it_to_the_rules_and_is_told() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    assert_eq!(shop.pins(&ann, "gold").await, [Outcome::PinUnknown]);
    assert_eq!(shop.held(&ann.user), held(NEW, "45.5", 1));
    shop.buys(&ann, "600").await;
    assert_eq!(shop.held(&ann.user), held(VIP, "645.5", 2));
    let record = shop.record(ann.customer).await;
    assert_eq!(record.last_outcome(), Some(Outcome::PinUnknown));
    assert_eq!(record.transitions.last().unwrap().grounds, Some(Grounds::Range(1)));
}

#[tokio::test]
async fn a_pin_is_followed_whatever_currency_the_customer_s_money_is_in() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.world.shopify.set_customer_currency(ann.customer, "EUR".parse().unwrap()).unwrap();
    shop.buys(&ann, "45.50").await;
    assert_eq!(shop.held(&ann.user), nothing(), "nobody can decide");
    shop.pins(&ann, "vip").await;
    assert_eq!(shop.held(&ann.user), held(VIP, "45.5", 1));
}

#[tokio::test]
async fn a_redaction_takes_the_pin_away_and_a_later_order_does_not_bring_it_back() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    shop.pins(&ann, "vip").await;
    shop.deliver(&shop.world.shopify.redact_customer(ann.customer).unwrap()).await;
    shop.settle().await;
    let Some(entry @ Entry::Tombstone(_)) = shop.entry(ann.customer).await else { panic!() };
    assert!(!serde_json::to_string(&entry).unwrap().contains(REASON));
    assert!(matches!(shop.pin(ann.customer, Some("vip")).await, Pinned::Ended(_)));
    shop.wait(Duration::from_secs(1));
    shop.buys(&ann, "5").await;
    assert_eq!(shop.held(&ann.user), held(RETURNING, "50.5", 2));
}

#[tokio::test]
async fn of_merged_customers_the_one_who_is_left_keeps_their_pin_and_the_other_s_ends() {
    let shop = Shop::open().await;
    let (ann, ben) = (shop.person("ann@example.com"), shop.person("ben@example.com"));
    shop.buys(&ann, "20").await;
    shop.buys(&ben, "30").await;
    shop.pins(&ann, "new").await;
    shop.pins(&ben, "vip").await;
    let webhook = shop.world.shopify.merge(ann.customer, ben.customer).unwrap();
    shop.deliver(&webhook).await;
    shop.settle().await;
    assert_eq!(shop.held(&ann.user), held(NEW, "50", 2));
    assert_eq!(shop.held(&ben.user), nothing());
}

#[tokio::test]
async fn a_changed_address_takes_the_pin_along_to_another_user() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "20").await;
    shop.pins(&ann, "vip").await;
    let other = shop.world.okta.add_user("new@example.com", "new@example.com");
    shop.deliver(&shop.set_email(ann.customer, Some("new@example.com"))).await;
    shop.settle().await;
    assert_eq!(shop.world.okta.group_names_of(&other), [VIP]);
    assert_eq!(shop.held(&ann.user), nothing());
}

#[tokio::test]
async fn no_look_from_before_answers_the_one_for_a_pin_even_if_the_operators_clock_is_behind() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    shop.pin(ann.customer, Some("vip")).await;
    let an_hour_ago = shop.now() - Duration::from_hours(1);
    for cause in [Cause::Pin, Cause::Customer] {
        // Both in one batch become one message, and the weightier cause is kept.
        let message = Message::new(Subject::Customer(ann.customer), cause, an_hour_ago);
        let look = Outgoing { message, delay: Duration::ZERO };
        shop.system.queue().send(vec![look]).await.unwrap();
    }
    assert_eq!(outcomes(&shop.settle().await), [Outcome::Applied]);
    assert_eq!(shop.held(&ann.user), held(VIP, "45.5", 1));
}

#[tokio::test]
async fn a_pin_costs_no_further_call() {
    let shop = Shop::open().await;
    let (ann, ben) = (shop.person("ann@example.com"), shop.person("ben@example.com"));
    for person in [&ann, &ben] {
        shop.buys(person, "45.50").await;
    }
    shop.pins(&ann, "new").await;
    let mut calls = Vec::new();
    for person in [&ann, &ben] {
        shop.world.take_calls();
        shop.buys(person, "10").await;
        calls.push((shop.calls(Service::Shopify).len(), shop.okta_calls().len()));
    }
    // Ben moves, so he joins a group and leaves one.
    assert_eq!(calls, [(2, 1), (2, 3)]);
}

#[tokio::test]
async fn a_worker_that_has_read_the_customer_before_the_pin_looks_again() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    shop.order(ann.customer, "10").await;
    shop.wait(Duration::from_secs(11));
    // It has read the entry, and is about to read the truth.
    shop.world.suspend_at(1, Moment::Before);
    {
        let mut work = pin!(shop.system.work_once());
        tokio::select! {
            () = shop.world.suspended() => {}
            _ = &mut work => panic!("the worker was not stopped"),
        }
        assert_eq!(shop.pin(ann.customer, Some("vip")).await, Pinned::Done { before: None });
        shop.world.let_go_on();
        work.await.unwrap();
    }
    assert_eq!(shop.held(&ann.user), held(NEW, "45.5", 1), "it has written nothing");
    shop.settle().await;
    assert_eq!(shop.held(&ann.user), held(VIP, "55.5", 2));
    assert!(shop.record(ann.customer).await.pin.is_some());
}

#[tokio::test]
async fn wherever_a_worker_dies_that_follows_a_pin_it_ends_where_the_customer_is_pinned() {
    at_each_service_call(3, async |how| {
        let shop = Shop::open().await;
        let ann = shop.person("ann@example.com");
        shop.buys(&ann, "45.50").await;
        shop.pin(ann.customer, Some("vip")).await;
        let message = Message::new(Subject::Customer(ann.customer), Cause::Pin, shop.now());
        let look = Outgoing { message, delay: Duration::ZERO };
        shop.system.queue().send(vec![look]).await.unwrap();
        let was_interrupted = shop.works_interrupted(&how).await;
        shop.settle().await;
        assert_eq!(shop.held(&ann.user), held(VIP, "45.5", 1), "{how}");
        shop.assert_at_rest(&ann, &how.to_string()).await;
        was_interrupted
    })
    .await;
}
