//! A worker that dies over a run's message leaves an entry from which the next look ends as if nobody had
//! died, and the mark tells the run the same.

use std::time::Duration;

use state::{Hint, Message, Outcome};

use super::{hinted, message, recheck};
use crate::harness::{Held, NEW, Person, Shop, VIP, held, nothing};
use crate::interrupted::{Interruption, at_each_service_call, at_each_table_call};

/// What has happened without an event, and what a run's look makes of it.
struct Story {
    name: &'static str,
    /// What was bought, and worked off, before.
    before: &'static [&'static str],
    happens: fn(&Shop, &Person),
    message: fn(&Shop, &Person) -> Message,
    end: fn() -> Held,
    outcome: Outcome,
}

fn plain(shop: &Shop, person: &Person) -> Message {
    message(shop, person.customer)
}

fn rechecked(shop: &Shop, person: &Person) -> Message {
    recheck(shop, person.customer)
}

fn stories() -> Vec<Story> {
    vec![
        Story {
            name: "a first contact",
            before: &[],
            happens: |shop, ann| drop(shop.place(ann.customer, "45.50")),
            message: plain,
            end: || held(NEW, "45.5", 1),
            outcome: Outcome::Applied,
        },
        Story {
            name: "a first contact with a user whom the run found",
            before: &[],
            happens: |shop, ann| drop(shop.place(ann.customer, "45.50")),
            message: |shop, ann| hinted(shop, ann.customer, Hint::Is(ann.user.clone())),
            end: || held(NEW, "45.5", 1),
            outcome: Outcome::Applied,
        },
        Story {
            name: "a move",
            before: &["45.50"],
            happens: |shop, ann| drop(shop.place(ann.customer, "600")),
            message: plain,
            end: || held(VIP, "645.5", 2),
            outcome: Outcome::Applied,
        },
        Story {
            name: "a move of somebody who was moved by hand",
            before: &["45.50"],
            happens: |shop, ann| {
                shop.place(ann.customer, "600");
                shop.world.okta.remove_member(&shop.group(NEW), &ann.user).unwrap();
                shop.world.okta.add_member(&shop.group(VIP), &ann.user).unwrap();
            },
            message: rechecked,
            end: || held(VIP, "645.5", 2),
            outcome: Outcome::Applied,
        },
        Story {
            name: "a repair",
            before: &["45.50"],
            happens: |shop, ann| {
                shop.world.okta.remove_member(&shop.group(NEW), &ann.user).unwrap();
                shop.world.okta.add_member(&shop.group(VIP), &ann.user).unwrap();
            },
            message: rechecked,
            end: || held(NEW, "45.5", 1),
            outcome: Outcome::Applied,
        },
        Story {
            name: "an end in a group that nobody had noted",
            before: &["600"],
            happens: |shop, ann| {
                shop.world.okta.add_member(&shop.group(NEW), &ann.user).unwrap();
                shop.world.shopify.delete_customer(ann.customer).unwrap();
            },
            message: rechecked,
            end: nothing,
            outcome: Outcome::Gone,
        },
        Story {
            name: "a changed address that nobody bears",
            before: &["600"],
            happens: |shop, ann| drop(shop.set_email(ann.customer, Some("anna@example.com"))),
            message: plain,
            end: nothing,
            outcome: Outcome::Unmatched,
        },
    ]
}

impl Story {
    /// Plays the story with an interrupted worker; false if the worker makes fewer calls.
    async fn interrupted(&self, how: Interruption) -> bool {
        let shop = Shop::open().await;
        let ann = shop.person("ann@example.com");
        for amount in self.before {
            shop.buys(&ann, amount).await;
        }
        shop.wait(Duration::from_hours(1));
        (self.happens)(&shop, &ann);
        shop.send([(self.message)(&shop, &ann)]).await;
        let reached = shop.works_interrupted(&how).await;
        shop.settle().await;
        let place = format!("{}: {how}", self.name);
        assert_eq!(shop.held(&ann.user), (self.end)(), "{place}");
        assert_eq!(shop.answered(ann.customer).await, Some(self.outcome), "{place}");
        assert!(shop.system.queue().dead_letters().is_empty(), "{place}");
        shop.assert_at_rest(&ann, &place).await;
        reached
    }
}

#[tokio::test]
async fn wherever_a_worker_dies_over_a_runs_message_the_next_look_ends_the_same() {
    for story in stories() {
        at_each_service_call(3, async |how| story.interrupted(how).await).await;
    }
}

#[tokio::test]
async fn whatever_befalls_a_workers_calls_over_a_runs_message_it_ends_the_same() {
    let story = stories().into_iter().find(|story| story.name == "a move").unwrap();
    at_each_table_call(4, async |how| story.interrupted(how).await).await;
}
