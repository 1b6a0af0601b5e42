//! Messages of a run that died: what the run makes of it, and the next one.

use std::time::Duration;

use resegment::{Answer, Memory, PhaseName, Record, Status};
use rules::CustomerId;
use state::{Message, Outcome};

use crate::shop::{NEW, Shop, wait_of};

/// Takes the next message off the queue for good, as if it had died; gives whom it was about.
fn lose_next(shop: &Shop) -> CustomerId {
    let queue = shop.system.queue();
    let lost = queue.receive(1).remove(0);
    queue.delete(&lost.id);
    Message::from_json(&lost.body).unwrap().subject.customer().unwrap()
}

/// Goes on with a run to its end.
async fn end(shop: &Shop, answer: Answer) -> Record {
    let answer = shop.finish(answer).await;
    assert_eq!(answer.status, Status::Done, "{answer:?}");
    shop.record(answer.run_id.as_ref().unwrap()).await
}

async fn memory(shop: &Shop) -> Memory {
    shop.system.runs().memory().await.unwrap()
}

#[tokio::test]
async fn the_dead_are_waited_for_once_and_not_with_every_thousand() {
    let shop = Shop::open().await;
    // Nobody at Okta bears their addresses, and the run finds that out for all of them at once.
    shop.strangers(1_010, 1, "10");
    shop.world.clock.advance(Duration::from_mins(1));
    let mut answer = shop.begin().await;
    let mut lost = Vec::new();
    while shop.record(answer.run_id.as_ref().unwrap()).await.dispatched < 1_010 {
        if shop.system.queue().depth() > 0 {
            lost.push(lose_next(&shop));
        }
        shop.settle().await;
        shop.world.clock.advance(wait_of(&answer));
        answer = shop.tick().await;
    }
    lost.push(lose_next(&shop));
    let record = end(&shop, answer).await;
    assert_eq!(lost.len(), 3, "two of the first thousand and one of the second");
    assert_eq!(record.lost, lost);
    let settle = record.begun.iter().find(|begun| begun.phase == PhaseName::Settle).unwrap();
    let waited = record.end().unwrap().at.duration_since(settle.at);
    assert!((20..25).contains(&waited.as_mins()), "{waited}");
}

#[tokio::test]
async fn what_a_dead_letter_was_about_is_put_right_by_the_next_run() {
    let shop = Shop::open().await;
    let people = shop.people(3, 1, "10");
    let [ann, ben] = [&people[0], &people[1]];
    shop.full_run().await;
    shop.world.clock.advance(Duration::from_hours(24));
    shop.world.okta.set_attribute(&ann.user, "shopify_total_spent", 99_999.into()).unwrap();
    shop.world.clock.advance(Duration::from_hours(1));
    let begun = shop.begin().await;
    assert_eq!(lose_next(&shop), ann.customer);
    let record = end(&shop, begun).await;
    assert_eq!((record.unanswered, &record.lost), (1, &vec![ann.customer]));
    assert_eq!(memory(&shop).await.swept_at, record.okta.begun_at, "it asks no further back");
    assert_eq!(shop.shown(ann).0.as_deref(), Some("99999"));

    let record = shop.nightly_run().await;
    assert_eq!(record.outcomes, [(Outcome::Applied, 1)].into());
    assert_eq!(shop.shown(ann).0.as_deref(), Some("10"));
    assert_eq!(memory(&shop).await.lost, []);
    assert_eq!(shop.nightly_run().await.dispatched, 0);
    assert_eq!(shop.groups_of(ben), [NEW]);
}

#[tokio::test]
async fn who_signed_up_and_was_lost_on_the_way_is_found_by_the_next_run() {
    let shop = Shop::open().await;
    let stranger = shop.strangers(1, 1, "10").remove(0);
    shop.full_run().await;
    shop.world.clock.advance(Duration::from_hours(24));
    let address = "stranger-1-0@example.com";
    let user = shop.world.okta.add_user(address, address);
    shop.world.clock.advance(Duration::from_hours(1));
    let begun = shop.begin().await;
    assert_eq!(lose_next(&shop), stranger);
    assert_eq!(end(&shop, begun).await.unanswered, 1);
    shop.nightly_run().await;
    assert_eq!(shop.world.okta.group_names_of(&user), [NEW]);
}
