//! A run that is killed at any remote call, and gone on with, ends the same.

use std::time::Duration;

use resegment::{Record, Status};
use simulators::{Moment, NewCustomer};

use crate::shop::{PAGE, Shop};

/// Longer than a lease lives.
const LEASE: Duration = Duration::from_mins(3);

/// A shop in which a run has something of everything to do.
async fn shop(size: u64) -> Shop {
    let shop = Shop::open().await;
    let people = shop.people(8, 1, "10");
    // Creating a persona is the one thing that is not repeated: it has tests of its own.
    shop.people(1, 6, "60");
    shop.strangers(size - 9, 0, "0");
    shop.full_run().await;
    shop.now_has(&people[0], 6, "600");
    shop.now_has(&people[1], 1, "11");
    shop.now_has(&people[2], 0, "0");
    shop.world.shopify.delete_customer(people[3].customer).unwrap();
    shop.world.shopify.add_customers(1, |_| {
        NewCustomer::with_email("unknown@example.com").with_totals(1, "10".parse().unwrap())
    });
    shop.people(2, 1, "10");
    shop.world.take_calls();
    shop
}

/// What a run leaves behind.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Left {
    members: Vec<Vec<String>>,
    shown: Vec<String>,
    personas: Vec<String>,
    dispatched: u64,
    outcomes: Vec<(state::Outcome, u64)>,
    unanswered: u64,
}

pub(crate) fn left(shop: &Shop, record: &Record) -> Left {
    let okta = &shop.world.okta;
    let groups = [crate::shop::NEW, crate::shop::RETURNING, crate::shop::VIP];
    let members: Vec<Vec<_>> = groups
        .iter()
        .map(|name| okta.members(&shop.group(name)).into_iter().collect::<Vec<_>>())
        .collect();
    let shown = members.iter().flatten().map(|user| format!("{:?}", okta.attributes_of(user)));
    let personas = shop.world.mavera.personas();
    let mut personas: Vec<_> = personas.into_iter().map(|persona| persona.description).collect();
    personas.sort();
    Left {
        shown: shown.collect(),
        members: members.iter().map(|ids| ids.iter().map(ToString::to_string).collect()).collect(),
        personas,
        dispatched: record.dispatched,
        outcomes: record.outcomes.iter().map(|(outcome, count)| (*outcome, *count)).collect(),
        unanswered: record.unanswered,
    }
}

/// Goes on with the active run to its end, and begins one if the first call did not get that far.
async fn go_on(shop: &Shop) -> Record {
    loop {
        let answer = shop.tick().await;
        match answer.status {
            Status::Idle => return shop.full_run().await,
            Status::Wait | Status::Continue => {
                shop.settle().await;
                let wait = Duration::from_secs(answer.wait_seconds.unwrap_or(0));
                shop.world.clock.advance(wait);
            }
            Status::Done => return shop.record(answer.run_id.as_ref().unwrap()).await,
            _ => panic!("{answer:?}"),
        }
    }
}

async fn a_run_killed_at_every_call_ends_the_same(size: u64) {
    let whole = shop(size).await;
    let record = whole.full_run().await;
    let expected = left(&whole, &record);
    assert_eq!(expected.outcomes.iter().map(|(_, count)| count).sum::<u64>(), 7);
    for moment in [Moment::Before, Moment::After] {
        for nth in 1.. {
            let shop = shop(size).await;
            shop.world.suspend_at(nth, moment);
            let killed = tokio::select! {
                biased;
                () = shop.world.suspended() => true,
                record = shop.full_run() => {
                    assert_eq!(left(&shop, &record), expected);
                    false
                }
            };
            if !killed {
                break;
            }
            shop.world.clock.advance(LEASE);
            let record = go_on(&shop).await;
            assert_eq!(left(&shop, &record), expected, "killed {moment:?} call {nth}");
            assert_eq!(shop.world.forbidden_calls(), []);
        }
    }
}

#[tokio::test]
async fn a_run_of_a_small_shop_killed_at_any_call_ends_as_one_that_was_not() {
    a_run_killed_at_every_call_ends_the_same(60).await;
}

#[tokio::test]
async fn a_run_with_an_export_killed_at_any_call_ends_as_one_that_was_not() {
    a_run_killed_at_every_call_ends_the_same(PAGE + 10).await;
}
