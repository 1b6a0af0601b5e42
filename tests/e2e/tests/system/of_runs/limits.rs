//! What a run's messages cost, and how they give way to live events.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use http::Method;
use jiff::SignedDuration;
use rules::OrderId;
use simulators::okta::{Bucket, MembershipChange};
use simulators::{Fault, Matching, Service};
use state::{Hint, Outcome};

use super::{hinted, message};
use crate::harness::{NEW, Person, Shop, VIP, held, outcomes};

const SET_TOTALS: &str = "POST /api/v1/users/{id}";
const JOIN: &str = "PUT /api/v1/groups/{id}/users/{id}";
const LEAVE: &str = "DELETE /api/v1/groups/{id}/users/{id}";

impl Shop {
    /// So many customers of one order each, which is applied.
    async fn newcomers(&self, count: usize) -> Vec<(Person, OrderId)> {
        let mut newcomers = Vec::new();
        for number in 0..count {
            let person = self.person(&format!("person{number}@example.com"));
            let order = self.order(person.customer, "10").await;
            newcomers.push((person, order));
        }
        self.settle().await;
        self.wait(Duration::from_mins(2));
        self.world.take_calls();
        newcomers
    }

    /// Changes what the orders come to without anybody being told, and sends a message for each.
    async fn differ(&self, newcomers: &[(Person, OrderId)], amount: &str) {
        for (_, order) in newcomers {
            self.world.shopify.update_order(*order, amount.parse().unwrap()).unwrap();
        }
        self.send(newcomers.iter().map(|(person, _)| message(self, person.customer))).await;
    }

    fn okta_calls_to(&self, call: &str) -> usize {
        self.okta_calls().iter().filter(|made| *made == call).count()
    }
}

#[tokio::test]
async fn a_batch_costs_one_read_a_move_three_calls_new_totals_one_and_no_change_none() {
    let shop = Shop::open().await;
    let newcomers = shop.newcomers(9).await;
    let update = |order: OrderId, amount: &str| {
        shop.world.shopify.update_order(order, amount.parse().unwrap()).unwrap();
    };
    newcomers[..3].iter().for_each(|(_, order)| update(*order, "600"));
    newcomers[3..6].iter().for_each(|(_, order)| update(*order, "11"));
    let entering = shop.person("entering@example.com");
    shop.place(entering.customer, "10");
    let entering = hinted(&shop, entering.customer, Hint::Nobody);
    let messages = newcomers.iter().map(|(person, _)| message(&shop, person.customer));
    shop.send(messages.chain([entering])).await;
    let settled = shop.settle().await;
    let tally = settled.tally();
    assert_eq!((settled.steps.len(), tally.of("applied"), tally.of("unchanged")), (1, 6, 3));
    assert_eq!(shop.calls(Service::Shopify).len(), 1);
    let moved = [SET_TOTALS, JOIN, LEAVE];
    let expected = [&moved[..], &moved, &moved, &[SET_TOTALS; 3]].concat();
    assert_eq!(shop.okta_calls(), expected);
    assert_eq!(shop.held(&newcomers[0].0.user), held(VIP, "600", 1));
    assert_eq!(shop.held(&newcomers[5].0.user), held(NEW, "11", 1));
}

#[tokio::test]
async fn a_run_leaves_a_fifth_of_our_share_to_live_orders_and_wastes_no_read_while_it_waits() {
    let shop = Shop::open().await;
    let newcomers = shop.newcomers(60).await;
    let ann = shop.person("ann@example.com");
    shop.world.okta.set_limit(Bucket::UserUpdate, 110);
    shop.differ(&newcomers, "11").await;
    let began = shop.now();
    shop.system.settle_until(began + SignedDuration::from_secs(20)).await.unwrap();
    assert_eq!(shop.okta_calls_to(SET_TOTALS), 44, "80 % of the half that is ours");
    assert_eq!(shop.calls(Service::Shopify).len(), 5, "none for a batch that has to wait");

    shop.order(ann.customer, "10").await;
    shop.system.settle_until(began + SignedDuration::from_secs(50)).await.unwrap();
    assert_eq!(shop.held(&ann.user), held(NEW, "10", 1));
    assert_eq!(shop.okta_calls_to(SET_TOTALS), 45);

    shop.world.take_calls();
    shop.settle().await;
    for (person, _) in &newcomers {
        assert_eq!(shop.held(&person.user), held(NEW, "11", 1));
    }
    assert_eq!(shop.okta_calls_to(SET_TOTALS), 16);
    let reads = shop.calls(Service::Shopify).len();
    assert_eq!(reads, 3, "two batches that came back whole, and the order's second look");
}

#[tokio::test]
async fn in_a_batch_live_events_come_first() {
    let shop = Shop::open().await;
    let newcomers = shop.newcomers(5).await;
    let ann = shop.person("ann@example.com");
    shop.order(ann.customer, "600").await;
    shop.wait(Duration::from_secs(11));
    shop.differ(&newcomers, "600").await;
    let before = shop.world.okta.membership_log().len();
    let report = shop.system.work_once().await.unwrap().unwrap();
    assert_eq!(report.tally.of("applied"), 6);
    let log = shop.world.okta.membership_log();
    assert_eq!((&log[before].user, log[before].change), (&ann.user, MembershipChange::Joined));
}

#[tokio::test]
async fn while_the_limit_is_spent_an_event_waits_in_its_look_and_a_run_does_not() {
    let shop = Shop::open().await;
    let newcomers = shop.newcomers(3).await;
    let (ann, ben) = (shop.person("ann@example.com"), shop.person("ben@example.com"));
    shop.world.okta.set_limit(Bucket::Memberships, 100);
    shop.order(ann.customer, "10").await;
    shop.wait(Duration::from_secs(11));
    shop.world.okta.others_use(Bucket::Memberships, 60);
    shop.system.work_once().await.unwrap().unwrap();
    assert_eq!(shop.held(&ann.user), held(NEW, "10", 1), "the call that told of the others");

    shop.order(ben.customer, "10").await;
    shop.wait(Duration::from_secs(20));
    shop.differ(&newcomers, "600").await;
    shop.send([message(&shop, ben.customer)]).await;
    let began = shop.now();
    let report = shop.system.work_once().await.unwrap().unwrap();
    let waited = shop.now().duration_since(began);
    assert!((40..=42).contains(&waited.as_secs()), "{waited}");
    assert_eq!(shop.held(&ben.user), held(NEW, "10", 1), "an event, though a run has joined it");
    assert_eq!((report.tally.of("applied"), report.tally.of("deferred")), (1, 3));
    shop.settle().await;
    assert_eq!(shop.held(&newcomers[0].0.user), held(VIP, "600", 1));
}

#[tokio::test]
async fn a_refusal_for_too_many_calls_puts_the_rest_of_a_run_off_at_once_and_together() {
    let shop = Shop::open().await;
    let newcomers = shop.newcomers(5).await;
    let refusal = Fault::Okta429 { reset_after: Duration::from_secs(40) };
    let update = Matching::call(Method::POST, "/api/v1/users/{id}");
    shop.world.faults().times(1, Service::Okta, update, refusal);
    shop.differ(&newcomers, "11").await;
    let began = shop.now();
    let report = shop.system.work_once().await.unwrap().unwrap();
    assert_eq!((report.tally.of("deferred"), shop.now()), (5, began));
    assert_eq!(shop.okta_calls(), [SET_TOTALS], "none after the one that was refused");
    let due = shop.system.queue().next_due().unwrap().duration_since(began).as_secs();
    assert!((40..=52).contains(&due), "{due}");

    let settled = shop.settle().await;
    assert_eq!(outcomes(&settled), [Outcome::Applied; 5]);
    assert_eq!(settled.steps.len(), 1, "they share a read again");
}

#[tokio::test]
async fn a_silent_okta_puts_a_run_off_as_it_does_events() {
    let shop = Shop::open().await;
    let newcomers = shop.newcomers(3).await;
    let hang = Fault::Timeout { done: false };
    let half_an_hour = Duration::from_mins(30);
    shop.world.faults().during(half_an_hour, Service::Okta, Matching::any(), hang);
    shop.differ(&newcomers, "600").await;
    shop.settle().await;
    for (person, _) in &newcomers {
        assert_eq!(shop.held(&person.user), held(VIP, "600", 1));
    }
    assert!(shop.system.queue().dead_letters().is_empty());
}

#[tokio::test]
async fn a_paused_worker_keeps_a_runs_messages_for_later() {
    let shop = Shop::open().await;
    let newcomers = shop.newcomers(2).await;
    shop.system.set("paused", AttributeValue::Bool(true)).await.unwrap();
    shop.wait(Duration::from_mins(1));
    shop.differ(&newcomers, "600").await;
    let hour = shop.now() + SignedDuration::from_hours(1);
    shop.system.settle_until(hour).await.unwrap();
    assert_eq!(shop.world.calls().len(), 0);
    shop.system.set("paused", AttributeValue::Bool(false)).await.unwrap();
    shop.settle().await;
    assert_eq!(shop.held(&newcomers[1].0.user), held(VIP, "600", 1));
}

#[tokio::test]
async fn orders_are_applied_in_time_while_a_run_works_through_hundreds() {
    let shop = Shop::open().await;
    shop.world.okta.set_limit_everywhere(100);
    let backlog: Vec<_> =
        (0..200).map(|number| shop.person(&format!("backlog{number}@example.com"))).collect();
    for person in &backlog {
        shop.place(person.customer, "10");
    }
    shop.send(backlog.iter().map(|person| message(&shop, person.customer))).await;
    let mut slowest = SignedDuration::ZERO;
    let mut orders = 0;
    while shop.entry(backlog.last().unwrap().customer).await.is_none() {
        let buyer = shop.person(&format!("buyer{orders}@example.com"));
        let ordered = shop.now();
        shop.order(buyer.customer, "10").await;
        orders += 1;
        let next = ordered + SignedDuration::from_secs(20);
        shop.system.settle_until(next).await.unwrap();
        shop.world.clock.advance_to(next);
        let applied = shop.record(buyer.customer).await.transitions[0].at;
        slowest = slowest.max(applied.duration_since(ordered));
    }
    assert!(slowest < SignedDuration::from_secs(90), "{slowest}");
    assert!(orders >= 10, "the run took only {orders} orders' time");
}
