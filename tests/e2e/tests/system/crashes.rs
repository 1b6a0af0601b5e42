//! A worker that dies at any point leaves an entry from which the next look ends well, whatever the
//! truth has become meanwhile.

use simulators::Moment;
use webhook::Answer;

use crate::harness::{Held, NEW, Person, RETURNING, Shop, VIP, held, nothing};
use crate::interrupted::{Interruption, at_each_service_call, at_each_table_call};

/// What happens to a customer before the worker dies, and what must be in the end.
struct Story {
    name: &'static str,
    /// How much was bought, and worked off, before.
    before: &'static [&'static str],
    /// What is being worked off when the worker dies.
    event: fn(&Shop, &Person) -> simulators::Webhook,
    /// What the truth becomes while nobody works.
    meanwhile: fn(&Shop, &Person),
    end: fn() -> Held,
}

fn buy(amount: &'static str) -> impl Fn(&Shop, &Person) -> simulators::Webhook {
    move |shop, person| shop.place(person.customer, amount).1
}

fn cancel_last(shop: &Shop, person: &Person) -> simulators::Webhook {
    let last = shop.world.shopify.orders(person.customer).pop().unwrap();
    shop.world.shopify.cancel_order(last).unwrap()
}

fn stories() -> Vec<Story> {
    vec![
        Story {
            name: "first contact",
            before: &[],
            event: |shop, person| buy("45.50")(shop, person),
            meanwhile: |_, _| {},
            end: || held(NEW, "45.5", 1),
        },
        Story {
            name: "first contact, and a rise meanwhile",
            before: &[],
            event: |shop, person| buy("45.50")(shop, person),
            meanwhile: |shop, person| drop(shop.place(person.customer, "600")),
            end: || held(VIP, "645.5", 2),
        },
        Story {
            name: "a move",
            before: &["45.50"],
            event: |shop, person| buy("600")(shop, person),
            meanwhile: |_, _| {},
            end: || held(VIP, "645.5", 2),
        },
        Story {
            name: "a move, and back meanwhile",
            before: &["45.50"],
            event: |shop, person| buy("600")(shop, person),
            meanwhile: |shop, person| drop(cancel_last(shop, person)),
            end: || held(NEW, "45.5", 1),
        },
        Story {
            name: "a move, and on to a third group meanwhile",
            before: &["10", "600"],
            event: cancel_last,
            meanwhile: |shop, person| drop(shop.place(person.customer, "20")),
            end: || held(RETURNING, "30", 2),
        },
        Story {
            name: "a move, and out of all meanwhile",
            before: &["45.50"],
            event: |shop, person| buy("600")(shop, person),
            meanwhile: |shop, person| {
                cancel_last(shop, person);
                let first = shop.world.shopify.orders(person.customer)[0];
                shop.world.shopify.cancel_order(first).unwrap();
            },
            end: || Held { groups: Vec::new(), spent: Some("0".into()), orders: Some(0) },
        },
        Story {
            name: "an end",
            before: &["600"],
            event: |shop, person| shop.world.shopify.delete_customer(person.customer).unwrap(),
            meanwhile: |_, _| {},
            end: nothing,
        },
        Story {
            name: "a redaction",
            before: &["600"],
            event: |shop, person| shop.world.shopify.redact_customer(person.customer).unwrap(),
            meanwhile: |_, _| {},
            end: nothing,
        },
        Story {
            name: "a changed address",
            before: &["600"],
            event: |shop, person| shop.set_email(person.customer, Some("anna@example.com")),
            meanwhile: |_, _| {},
            end: nothing,
        },
    ]
}

impl Story {
    /// Plays the story with an interrupted worker; false if the worker makes fewer calls.
    async fn interrupted(&self, how: Interruption) -> bool {
        let shop = Shop::open().await;
        let ann = shop.person("ann@example.com");
        let other = shop.person("anna@example.com").user;
        for amount in self.before {
            shop.buys(&ann, amount).await;
        }
        let webhook = (self.event)(&shop, &ann);
        assert!(matches!(shop.deliver(&webhook).await, Answer::Queued(_)));
        shop.wait(std::time::Duration::from_secs(11));
        let reached = shop.works_interrupted(&how).await;
        (self.meanwhile)(&shop, &ann);
        shop.settle().await;
        let place = format!("{}: {how}", self.name);
        assert_eq!(shop.held(&ann.user), (self.end)(), "{place}");
        assert!(shop.system.queue().dead_letters().is_empty(), "{place}");
        shop.assert_at_rest(&ann, &place).await;
        if self.name == "a changed address" {
            assert_eq!(shop.held(&other), held(VIP, "600", 1), "{place}");
        }
        reached
    }
}

#[tokio::test]
async fn wherever_a_worker_dies_the_next_look_ends_well() {
    for story in stories() {
        at_each_service_call(2, async |how| story.interrupted(how).await).await;
    }
}

#[tokio::test]
async fn whatever_befalls_a_workers_calls_to_the_tables_and_the_queue_it_ends_well() {
    for story in stories() {
        if ["first contact", "a move, and back meanwhile"].contains(&story.name) {
            at_each_table_call(5, async |how| story.interrupted(how).await).await;
        }
    }
}

#[tokio::test]
async fn while_a_dead_workers_lease_lives_nobody_else_writes() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    shop.order(ann.customer, "600").await;
    shop.wait(std::time::Duration::from_secs(11));
    // The first call reads the truth, the second writes the totals.
    shop.world.suspend_at(2, Moment::Before);
    tokio::select! {
        () = shop.world.suspended() => {}
        _ = shop.system.work_once() => panic!("the worker was not stopped"),
    }
    let died = shop.now();
    shop.world.take_calls();
    shop.order(ann.customer, "1").await;
    shop.settle().await;
    let writes: Vec<_> = shop
        .calls(simulators::Service::Okta)
        .into_iter()
        .map(|call| call.at.duration_since(died))
        .collect();
    assert!(writes.iter().all(|at| at.as_secs() >= 70), "{writes:?}");
    assert_eq!(shop.held(&ann.user), held(VIP, "646.5", 3));
}
