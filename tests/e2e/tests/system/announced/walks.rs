//! Customers who move about while workers die at their calls: whatever happens, what others hear is a chain
//! that ends where the customer is.

use std::time::Duration;

use outbound::Randomness;
use rules::SegmentName;
use simulators::{BusTrouble, SimRandom};
use state::Entry;

use crate::between::{Calls, Fate};
use crate::harness::{Person, Shop};
use crate::interrupted::Interruption;

const WALKS: u64 = 16;
const STEPS: u64 = 8;
/// The calls of a look, at most.
const CALLS: u64 = 14;
const FATES: [Fate; 4] =
    [Fate::KilledBefore, Fate::KilledAfter, Fate::AnswerLost, Fate::EveryAnswerLost];
const TROUBLES: [Option<BusTrouble>; 6] = [
    None,
    None,
    None,
    Some(BusTrouble::AnswerLost),
    Some(BusTrouble::EveryEntry("AccessDeniedException")),
    Some(BusTrouble::Call("InternalException")),
];

fn choose<T: Copy>(random: &SimRandom, from: &[T]) -> T {
    let place = random.below(from.len().try_into().unwrap());
    from[usize::try_from(place).unwrap()]
}

impl Shop {
    /// Something happens to the customer, and the shop tells of it.
    async fn something_happens(&self, random: &SimRandom, person: &Person) {
        let orders = self.world.shopify.orders(person.customer);
        let last = orders.last().copied();
        self.wait(Duration::from_secs(1));
        let webhook = match (random.below(8), last) {
            (0, Some(order)) => self.world.shopify.cancel_order(order).unwrap(),
            (1 | 2, Some(order)) => {
                let amount = choose(random, &["1", "600"]);
                self.world.shopify.update_order(order, amount.parse().unwrap()).unwrap()
            }
            (3, _) => self.set_email(person.customer, Some("nobody@example.com")),
            (4, _) => self.set_email(person.customer, Some("ann@example.com")),
            (5, _) => self.world.shopify.redact_customer(person.customer).unwrap(),
            _ => self.place(person.customer, choose(random, &["5", "600"])).1,
        };
        self.deliver(&webhook).await;
    }

    /// A worker takes up what is due, and something befalls one of its calls, or more.
    async fn something_befalls(&self, random: &SimRandom) {
        let nth = u32::try_from(1 + random.below(CALLS)).unwrap();
        let apart = [None, Some(1), Some(3)][usize::try_from(random.below(3)).unwrap()];
        let calls = Calls::new(choose(random, &FATES), nth, apart);
        self.works_interrupted(&Interruption::Call(calls)).await;
    }
}

async fn walk(seed: u64) {
    let random = SimRandom::new(seed);
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    for _ in 0..STEPS {
        shop.something_happens(&random, &ann).await;
        shop.listener.service().mend();
        if let Some(trouble) = choose(&random, &TROUBLES) {
            shop.listener.service().lasting_trouble(trouble);
        }
        shop.wait(choose(&random, &[1, 11, 80].map(Duration::from_secs)));
        shop.something_befalls(&random).await;
    }
    shop.listener.service().mend();
    shop.settle().await;
    assert!(shop.system.queue().dead_letters().is_empty(), "walk {seed}");
    let (sequence, segment) = match shop.entry(ann.customer).await.unwrap() {
        Entry::Customer(record) => {
            assert!(record.announcing.is_empty(), "walk {seed}");
            (record.sequence, record.segment)
        }
        Entry::Tombstone(stone) => (stone.sequence, None),
    };
    let told = shop.listener.heard_of(ann.customer);
    assert_eq!(told.len(), usize::try_from(sequence).unwrap(), "walk {seed}: {told:#?}");
    let last = told.last().and_then(|event| event["to"].as_str());
    assert_eq!(last, segment.as_ref().map(SegmentName::as_str), "walk {seed}");
}

#[tokio::test]
async fn whatever_befalls_workers_what_others_hear_is_a_chain_that_ends_where_the_customer_is() {
    for seed in 0..WALKS {
        walk(seed).await;
    }
}
