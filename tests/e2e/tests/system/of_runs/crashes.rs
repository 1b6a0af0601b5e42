//! A worker that dies over a run's message leaves an entry from which the next look ends as if nobody had
//! died, and the mark tells the run the same.

use std::time::Duration;

use simulators::Moment;
use state::{Hint, Message, Outcome};

use super::{hinted, message, recheck};
use crate::harness::{Held, NEW, Person, Shop, VIP, held, nothing};

/// More calls than any look makes.
const MOST_CALLS: u32 = 20;

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
    /// Plays the story with the worker dying at its `nth` call; false if it makes fewer calls.
    async fn dies_at(&self, nth: u32, moment: Moment) -> bool {
        let shop = Shop::open().await;
        let ann = shop.person("ann@example.com");
        for amount in self.before {
            shop.buys(&ann, amount).await;
        }
        shop.wait(Duration::from_hours(1));
        (self.happens)(&shop, &ann);
        shop.send([(self.message)(&shop, &ann)]).await;
        shop.world.suspend_at(nth, moment);
        let reached = tokio::select! {
            () = shop.world.suspended() => true,
            _ = shop.system.work_once() => !shop.world.cancel_suspension(),
        };
        shop.settle().await;
        let place = format!("{}: died {moment:?} call {nth}", self.name);
        assert_eq!(shop.held(&ann.user), (self.end)(), "{place}");
        assert_eq!(shop.answered(ann.customer).await, Some(self.outcome), "{place}");
        assert!(shop.system.queue().dead_letters().is_empty(), "{place}");
        reached
    }
}

#[tokio::test]
async fn wherever_a_worker_dies_over_a_runs_message_the_next_look_ends_the_same() {
    for story in stories() {
        for moment in [Moment::Before, Moment::After] {
            let mut deaths = 0;
            while story.dies_at(deaths + 1, moment).await {
                deaths += 1;
                assert!(deaths < MOST_CALLS, "{}", story.name);
            }
            assert!(deaths >= 3, "{}: only {deaths} places to die at", story.name);
        }
    }
}
