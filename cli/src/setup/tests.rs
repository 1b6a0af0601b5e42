//! However often it is stopped, in the end everything is there once.

use std::collections::BTreeMap;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use simulators::okta::GroupKind;
use simulators::{Fault, Matching, Moment, Service, World};

use super::parts::Parts;
use super::plan::Mark;
use crate::local::{LocalSystem, Options};

const URL: &str = "https://hooks.example/webhooks/shopify";
const GROUPS: [&str; 3] =
    ["Shopify New Customer", "Shopify Returning Customer", "Shopify VIP Customer"];
const ATTRIBUTES: [&str; 2] = ["shopify_total_spent", "shopify_orders_count"];
/// More calls than a set-up makes.
const MOST_CALLS: u32 = 60;

/// A shop and an org in which nothing is set up.
struct Bare {
    world: World,
    system: LocalSystem,
}

impl Bare {
    async fn new() -> Self {
        let world = World::new("my-store.myshopify.com".parse().unwrap());
        for name in ATTRIBUTES {
            world.okta.remove_attribute(name);
        }
        let system = LocalSystem::start(Options::simulated(&world).unwrap()).await.unwrap();
        Self { world, system }
    }

    fn parts(&self) -> Parts {
        Parts {
            config: self.system.config_table().clone(),
            shopify: self.system.worker().shopify.clone(),
            okta: self.system.worker().okta.clone(),
            clock: Arc::new(self.world.clock.clone()),
            webhook_url: Some(URL.parse().unwrap()),
        }
    }

    /// Looks, and makes what is missing.
    async fn set_up(&self) -> Vec<String> {
        let parts = self.parts();
        let book = Path::new(env!("CARGO_MANIFEST_DIR")).join("../segments.toml");
        let found = parts.look(Some(&book)).await.unwrap();
        parts.make(&found).await
    }

    async fn marks(&self) -> BTreeMap<String, Mark> {
        let found = self.parts().look(None).await.unwrap();
        found.steps().into_iter().map(|step| (step.what, step.mark)).collect()
    }

    /// Everything is there, and once.
    async fn assert_whole(&self, place: &str) {
        let marks = self.marks().await;
        assert!(marks.values().all(|mark| *mark == Mark::There), "{place}: {marks:?}");
        assert_eq!(marks.len(), 1 + 2 + 3 + 10, "{place}: {marks:?}");
        for name in ATTRIBUTES {
            assert_eq!(self.world.okta.attribute_type(name).as_deref(), Some("number"), "{place}");
        }
        for name in GROUPS {
            assert_eq!(self.world.okta.groups_named(name).len(), 1, "{place}: {name}");
        }
        let subscriptions = self.world.shopify.subscriptions();
        assert_eq!(subscriptions.len(), 10, "{place}");
        assert!(subscriptions.iter().all(|it| it.uri == URL), "{place}");
        assert_eq!(self.system.config_table().groups().await.unwrap().len(), 3, "{place}");
    }
}

#[tokio::test]
async fn everything_is_made_and_then_there_is_nothing_to_do() {
    let bare = Bare::new().await;
    assert_eq!(bare.set_up().await, Vec::<String>::new());
    bare.assert_whole("at first").await;
    let writes = |world: &World| {
        let calls = world.take_calls();
        let writing = |call: &&simulators::CallRecord| {
            let posts = call.service == Service::Okta && call.method != http::Method::GET;
            posts || call.operation.as_deref() == Some("Subscribe")
        };
        calls.iter().filter(writing).count()
    };
    assert_eq!(writes(&bare.world), 1 + 3 + 10);
    assert_eq!(bare.set_up().await, Vec::<String>::new());
    assert_eq!(writes(&bare.world), 0);
}

#[tokio::test]
async fn killed_at_any_call_and_run_again_it_ends_the_same() {
    for moment in [Moment::Before, Moment::After] {
        let mut deaths = 0;
        loop {
            let bare = Bare::new().await;
            bare.world.suspend_at(deaths + 1, moment);
            tokio::select! {
                () = bare.world.suspended() => {}
                _ = bare.set_up() => break,
            }
            deaths += 1;
            assert!(deaths < MOST_CALLS, "there is no end to the calls");
            let place = format!("died {moment:?} call {deaths}");
            assert_eq!(bare.set_up().await, Vec::<String>::new(), "{place}");
            bare.assert_whole(&place).await;
        }
        assert!(deaths > 20, "only {deaths} places to die at");
    }
}

/// Polls a future so many times; none if it was not done then.
async fn polled<T>(times: u32, future: impl Future<Output = T>) -> Option<T> {
    let (mut future, mut left) = (pin!(future), times);
    std::future::poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

#[tokio::test]
async fn stopped_between_any_two_writes_to_the_tables_and_run_again_it_ends_the_same() {
    for times in 1.. {
        let bare = Bare::new().await;
        if Box::pin(polled(times, bare.set_up())).await.is_some() {
            assert!(times > 10, "only {times} places to stop at");
            break;
        }
        bare.set_up().await;
        bare.assert_whole(&format!("stopped after {times} polls")).await;
    }
}

#[tokio::test]
async fn whatever_fails_once_is_made_the_next_time() {
    let faults = [
        Fault::Timeout { done: true },
        Fault::Timeout { done: false },
        Fault::Broken { done: true },
        Fault::Status(500),
    ];
    for fault in faults {
        for (service, matching) in [
            (Service::Okta, Matching::call(http::Method::POST, "/api/v1/meta/schemas/user/{id}")),
            (Service::Okta, Matching::call(http::Method::POST, "/api/v1/groups")),
            (Service::Shopify, Matching::operation("Subscribe")),
        ] {
            let bare = Bare::new().await;
            // As often as the client would try again.
            bare.world.faults().times(4, service, matching.clone(), fault.clone());
            bare.set_up().await;
            bare.world.faults().clear();
            assert_eq!(bare.set_up().await, Vec::<String>::new(), "{fault:?} {matching:?}");
            bare.assert_whole(&format!("{fault:?} {matching:?}")).await;
        }
    }
}

#[tokio::test]
async fn what_only_a_person_can_mend_is_told_and_the_rest_is_made() {
    let bare = Bare::new().await;
    bare.world.okta.add_attribute(ATTRIBUTES[0], "string");
    bare.world.okta.add_group(GROUPS[0], GroupKind::App);
    let group = bare.world.okta.add_group(GROUPS[1], GroupKind::Okta);
    bare.world.okta.add_rule("Everybody", &[group], true);
    bare.world.shopify.set_scopes(&["read_customers"]);
    bare.set_up().await;
    let marks = bare.marks().await;
    let of = |mark: Mark| {
        let found = marks.iter().filter(|(_, it)| **it == mark);
        found.map(|(what, _)| what.as_str()).collect::<Vec<_>>().join("\n")
    };
    let wrong = of(Mark::Wrong);
    for words in [
        "shopify_total_spent is of type string",
        "an application or Okta itself",
        "an active group rule",
        "webhooks orders/create: grant the app the scope read_orders",
    ] {
        assert!(wrong.contains(words), "{words}: {wrong}");
    }
    assert_eq!(of(Mark::Make), "");
    assert!(of(Mark::LeftOut).contains("customers/merge"), "{marks:?}");
    assert!(of(Mark::There).contains("shopify_orders_count"), "{marks:?}");
}

#[tokio::test]
async fn a_right_that_is_missing_is_named_and_stops_nothing_else() {
    let bare = Bare::new().await;
    bare.world.okta.withdraw("okta.schemas.manage");
    let problems = bare.set_up().await;
    let [problem] = &problems[..] else { panic!("{problems:?}") };
    assert!(problem.contains("may edit the profile"), "{problem}");
    assert_eq!(bare.world.shopify.subscriptions().len(), 10);
    bare.world.okta.grant("okta.schemas.manage");
    bare.set_up().await;
    bare.assert_whole("with the right").await;
}

#[tokio::test]
async fn a_segment_whose_row_lost_its_groups_id_gets_it_back() {
    let bare = Bare::new().await;
    bare.set_up().await;
    let (segment, group) = ("vip".parse().unwrap(), GROUPS[2].parse().unwrap());
    bare.system.config_table().put_segment_group_id(&segment, &group, None).await.unwrap();
    let marks = bare.marks().await;
    assert!(marks.values().any(|mark| *mark == Mark::Make), "{marks:?}");
    bare.set_up().await;
    bare.assert_whole("afterwards").await;
}

#[test]
fn only_a_yes_is_a_yes() {
    let says = |answer: &str| super::says_yes(&mut answer.as_bytes()).unwrap();
    assert!(["y\n", "Y\n", "yes\r\n", " YES "].into_iter().all(says));
    assert!(!["", "\n", "n\n", "yep\n", "n\ny\n"].into_iter().any(says));
}
