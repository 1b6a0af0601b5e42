use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use http::Method;
use jiff::SignedDuration;
use simulators::okta::Bucket;
use simulators::{Fault, Matching, Service};
use state::Outcome;

use crate::harness::{NEW, Shop, VIP, held, nothing, outcomes};

const JOIN: &str = "/api/v1/groups/{id}/users/{id}";

#[tokio::test]
async fn okta_answering_429_for_an_hour_leaves_no_dead_letter() {
    let shop = Shop::open().await;
    let people: Vec<_> =
        (0..25).map(|number| shop.person(&format!("person{number}@example.com"))).collect();
    let refusal = Fault::Okta429 { reset_after: Duration::from_secs(50) };
    shop.world.faults().during(Duration::from_hours(1), Service::Okta, Matching::any(), refusal);
    for person in &people {
        shop.order(person.customer, "45.50").await;
    }
    shop.settle().await;
    for person in &people {
        assert_eq!(shop.held(&person.user), held(NEW, "45.5", 1));
    }
    assert!(shop.system.queue().dead_letters().is_empty());
    let refused = simulators::Outcome::Answered(429);
    let knocks = shop.calls(Service::Okta).iter().filter(|call| call.outcome == refused).count();
    assert!((60..2_000).contains(&knocks), "{knocks} refused calls in an hour");
}

#[tokio::test]
async fn every_passing_trouble_of_okta_ends_well() {
    for fault in [
        Fault::Status(500),
        Fault::Status(503),
        Fault::Status(401),
        Fault::Status(403),
        Fault::ConcurrencyLimit429,
        Fault::Connect,
        Fault::NotJson,
        Fault::TruncatedBody,
        Fault::Timeout { done: false },
        Fault::Timeout { done: true },
        Fault::Broken { done: false },
        Fault::Broken { done: true },
    ] {
        let shop = Shop::open().await;
        let people = ["ann", "ben", "cas"].map(|name| shop.person(&format!("{name}@example.com")));
        let thirty = Duration::from_mins(30);
        shop.world.faults().during(thirty, Service::Okta, Matching::any(), fault.clone());
        for person in &people {
            shop.order(person.customer, "45.50").await;
        }
        shop.settle().await;
        for person in &people {
            assert_eq!(shop.held(&person.user), held(NEW, "45.5", 1), "{fault:?}");
        }
        assert!(shop.system.queue().dead_letters().is_empty(), "{fault:?}");
    }
}

/// Seed 1048 of the simulation: a proxy answered a leave with a page and 200. It counted as a leave, the
/// customer had another user by then, and nobody looked at the first one again.
#[tokio::test]
async fn a_proxy_s_page_is_no_answer_to_a_change() {
    let profile = "/api/v1/users/{id}";
    let changes = [(Method::DELETE, JOIN), (Method::PUT, JOIN), (Method::POST, profile)];
    let pages = [Fault::NotJson, Fault::Page(400), Fault::Page(413)];
    let both = |change| pages.iter().map(move |page| (change, page));
    for ((method, path), page) in changes.iter().flat_map(both) {
        let shop = Shop::open().await;
        let ann = shop.person("ann@example.com");
        shop.buys(&ann, "45.50").await;
        let other = shop.person("anna@example.com").user;
        let thirty = Duration::from_mins(30);
        let call = Matching::call(method.clone(), path);
        shop.world.faults().during(thirty, Service::Okta, call, page.clone());
        shop.deliver(&shop.set_email(ann.customer, Some("anna@example.com"))).await;
        shop.settle().await;
        assert_eq!(shop.held(&ann.user), nothing(), "{method} {page:?}");
        assert_eq!(shop.held(&other), held(NEW, "45.5", 1), "{method} {page:?}");
        assert!(shop.system.queue().dead_letters().is_empty(), "{method} {page:?}");
    }
}

#[tokio::test]
async fn every_passing_trouble_of_shopify_ends_well() {
    for fault in [
        Fault::Status(500),
        Fault::Status(401),
        Fault::ShopifyThrottled,
        Fault::ShopifyError("INTERNAL_SERVER_ERROR"),
        Fault::ShopifyError("ACCESS_DENIED"),
        Fault::GraphqlErrorsWithData,
        Fault::Connect,
        Fault::NotJson,
        Fault::TruncatedBody,
        Fault::Timeout { done: false },
    ] {
        let shop = Shop::open().await;
        let ann = shop.person("ann@example.com");
        shop.buys(&ann, "600").await;
        let twenty = Duration::from_mins(20);
        shop.world.faults().during(twenty, Service::Shopify, Matching::any(), fault.clone());
        shop.buys(&ann, "45.50").await;
        let calls = shop.calls(Service::Shopify).len();
        assert!(calls < 200, "{fault:?}: {calls} calls in twenty minutes");
        assert_eq!(shop.held(&ann.user), held(VIP, "645.5", 2), "{fault:?}");
        assert!(shop.system.queue().dead_letters().is_empty(), "{fault:?}");
    }
}

#[tokio::test]
async fn a_slow_answer_that_fails_the_attempt_does_not_fail_the_customer() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    let slow = Fault::Slow(Duration::from_secs(14));
    shop.world.faults().times(2, Service::Okta, Matching::call(Method::PUT, JOIN), slow);
    shop.buys(&ann, "45.50").await;
    assert_eq!(shop.held(&ann.user), held(NEW, "45.5", 1));
}

#[tokio::test]
async fn the_share_of_others_is_left_to_them() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.world.okta.set_limit(Bucket::User, 100);
    shop.buys(&ann, "45.50").await;
    // Others use the limit up to our half; one call of ours tells, and no second one follows.
    shop.wait(Duration::from_mins(1));
    shop.world.okta.others_use(Bucket::User, 60);
    let (ben, cas) = (shop.person("ben@example.com"), shop.person("cas@example.com"));
    shop.order(ben.customer, "1").await;
    shop.order(cas.customer, "1").await;
    shop.world.take_calls();
    shop.wait(Duration::from_secs(11));
    let began = shop.now();
    shop.settle().await;
    assert_eq!(shop.held(&cas.user), held(NEW, "1", 1));
    let looks: Vec<_> = shop
        .calls(Service::Okta)
        .into_iter()
        .filter(|call| call.path == "/api/v1/users/{id}" && call.method == Method::GET)
        .map(|call| call.at.duration_since(began))
        .collect();
    assert!(looks[1] - looks[0] > SignedDuration::from_secs(30), "{looks:?}");
}

#[tokio::test]
async fn what_is_no_message_becomes_a_dead_letter_and_nothing_else_does() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.system.queue().send_raw("poison", Duration::ZERO);
    shop.buys(&ann, "45.50").await;
    assert_eq!(shop.system.queue().dead_letters(), ["poison"]);
    assert_eq!(shop.held(&ann.user), held(NEW, "45.5", 1));
}

#[tokio::test]
async fn what_okta_will_never_take_becomes_a_dead_letter_and_nobody_else_waits() {
    let shop = Shop::open().await;
    let (ann, ben) = (shop.person("ann@example.com"), shop.person("ben@example.com"));
    let join = Matching::call(Method::PUT, JOIN);
    shop.world.faults().times(11, Service::Okta, join, Fault::Status(400));
    shop.order(ann.customer, "45.50").await;
    shop.settle().await;
    assert_eq!(shop.system.queue().dead_letters().len(), 2, "the event and its second look");
    assert_eq!(shop.held(&ann.user).groups, [""; 0]);
    assert!(!shop.record(ann.customer).await.is_leased(shop.now()));

    shop.buys(&ben, "45.50").await;
    assert_eq!(shop.held(&ben.user), held(NEW, "45.5", 1));
    shop.buys(&ann, "1").await;
    assert_eq!(shop.held(&ann.user).orders, Some(2), "the next event catches up");
}

#[tokio::test]
async fn a_broken_rule_book_or_setting_makes_messages_wait_and_loses_none() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    let share = |share: &str| AttributeValue::N(share.into());
    shop.system.set("okta_rate_share", share("0")).await.unwrap();
    shop.order(ann.customer, "45.50").await;
    let hour = shop.now() + SignedDuration::from_hours(1);
    let settled = shop.system.settle_until(hour).await.unwrap();
    assert!(outcomes(&settled).iter().all(|outcome| *outcome == Outcome::Deferred));
    shop.system.set("okta_rate_share", share("50")).await.unwrap();
    shop.settle().await;
    assert_eq!(shop.held(&ann.user), held(NEW, "45.5", 1));
    assert!(shop.system.queue().dead_letters().is_empty());
}

#[tokio::test]
async fn a_paused_worker_keeps_everything_for_later() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.system.set("paused", AttributeValue::Bool(true)).await.unwrap();
    shop.order(ann.customer, "45.50").await;
    let hour = shop.now() + SignedDuration::from_hours(1);
    shop.system.settle_until(hour).await.unwrap();
    assert_eq!((shop.okta_calls(), shop.calls(Service::Shopify).len()), (Vec::new(), 0));
    shop.system.set("paused", AttributeValue::Bool(false)).await.unwrap();
    shop.settle().await;
    assert_eq!(shop.held(&ann.user), held(NEW, "45.5", 1));
}

#[tokio::test]
async fn a_worker_with_little_time_left_begins_nothing() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.order(ann.customer, "45.50").await;
    shop.wait(Duration::from_secs(11));
    let received = shop.system.queue().receive(10).remove(0);
    let record = sync_customer::Record { id: "1".into(), body: received.body };
    let deadline = shop.now() + SignedDuration::from_secs(5);
    let report = shop.system.worker().handle(vec![record], deadline).await;
    assert_eq!((report.failed.len(), report.done[0].outcome), (0, Outcome::Deferred));
    assert_eq!(shop.okta_calls(), [""; 0]);
    shop.system.queue().delete(&received.id);
    shop.settle().await;
    assert_eq!(shop.held(&ann.user), held(NEW, "45.5", 1));
}

#[tokio::test]
async fn a_function_stopped_while_okta_hangs_has_reported_before() {
    let shop = Shop::open().await;
    let people = ["ann", "ben", "cas"].map(|name| shop.person(&format!("{name}@example.com")));
    let hang = Fault::Timeout { done: false };
    shop.world.faults().always(Service::Okta, Matching::call(Method::PUT, JOIN), hang);
    for person in &people {
        shop.order(person.customer, "45.50").await;
    }
    shop.wait(Duration::from_secs(11));
    let began = shop.now();
    let report = shop.system.work_once().await.unwrap().unwrap();
    assert_eq!((report.failed.len(), report.tally.of("deferred")), (0, 3));
    assert!(shop.now().duration_since(began) < SignedDuration::from_mins(1));
    let looked_up =
        shop.okta_calls().iter().filter(|call| *call == "GET /api/v1/users/{id}").count();
    assert_eq!(looked_up, 1, "the next customer is not begun while Okta is silent");
}

#[tokio::test]
async fn an_okta_that_takes_no_connection_is_asked_for_one_customer_of_a_batch() {
    let shop = Shop::open().await;
    let people = ["ann", "ben", "cas"].map(|name| shop.person(&format!("{name}@example.com")));
    let half_an_hour = Duration::from_mins(30);
    shop.world.faults().during(half_an_hour, Service::Okta, Matching::any(), Fault::Connect);
    for person in &people {
        shop.order(person.customer, "45.50").await;
    }
    shop.wait(Duration::from_secs(11));
    let before = shop.system.worker().okta.traffic();
    let report = shop.system.work_once().await.unwrap().unwrap();
    let sent = shop.system.worker().okta.traffic().since(before).sent;
    assert_eq!((report.tally.of("deferred"), sent), (3, 4), "one call, and three repeats");
    shop.settle().await;
    for person in &people {
        assert_eq!(shop.held(&person.user), held(NEW, "45.5", 1));
    }
}

#[tokio::test]
async fn calls_to_a_hanging_okta_end_in_time_to_report() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    let hang = || Fault::Timeout { done: false };
    let update = Matching::call(Method::POST, "/api/v1/users/{id}");
    shop.world.faults().times(3, Service::Okta, update, hang());
    shop.world.faults().always(Service::Okta, Matching::call(Method::PUT, JOIN), hang());
    shop.order(ann.customer, "45.50").await;
    shop.wait(Duration::from_secs(11));
    let began = shop.now();
    let report = shop.system.work_once().await.unwrap().unwrap();
    let took = shop.now().duration_since(began);
    assert!((50..=52).contains(&took.as_secs()), "{took}: eight of sixty seconds are kept back");
    assert_eq!((report.failed.len(), report.tally.of("deferred")), (0, 1));
    assert!(!shop.record(ann.customer).await.is_leased(shop.now()), "the lease was given back");
}

#[tokio::test]
async fn a_join_whose_answer_never_came_is_undone_when_the_truth_returns() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    let lost = Fault::Broken { done: true };
    shop.world.faults().times(4, Service::Okta, Matching::call(Method::PUT, JOIN), lost);
    let (order, webhook) = shop.place(ann.customer, "600");
    shop.deliver(&webhook).await;
    shop.wait(Duration::from_secs(11));
    shop.system.work_once().await.unwrap().unwrap();
    assert!(shop.held(&ann.user).groups.contains(&VIP.to_owned()), "the join was carried out");
    shop.world.shopify.cancel_order(order).unwrap();
    shop.settle().await;
    assert_eq!(shop.held(&ann.user), held(NEW, "45.5", 1));
}

#[tokio::test]
async fn totals_that_okta_refuses_keep_nobody_out_of_their_group_and_no_message_waiting() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.world.okta.remove_attribute("shopify_total_spent");
    shop.order(ann.customer, "45.50").await;
    let settled = shop.settle().await;
    assert_eq!(outcomes(&settled), [Outcome::ProfileRefused; 2], "and the second look");
    assert_eq!(shop.held(&ann.user).groups, [NEW]);
    assert_eq!(shop.record(ann.customer).await.segment.unwrap().as_str(), "new");
    assert!(shop.system.queue().dead_letters().is_empty());

    shop.world.okta.add_number_attribute("shopify_total_spent");
    shop.buys(&ann, "600").await;
    assert_eq!(shop.held(&ann.user), held(VIP, "645.5", 2));
}

#[tokio::test]
async fn a_message_from_far_ahead_is_refused_and_keeps_no_other() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    let subject = state::Subject::Customer(ann.customer);
    let ahead = state::Message::new(subject, state::Cause::Customer, jiff::Timestamp::MAX);
    shop.system.queue().send_raw(ahead.to_json(), Duration::ZERO);
    shop.buys(&ann, "45.50").await;
    assert_eq!(shop.system.queue().dead_letters(), [ahead.to_json()]);
    assert_eq!(shop.held(&ann.user), held(NEW, "45.5", 1));
}
