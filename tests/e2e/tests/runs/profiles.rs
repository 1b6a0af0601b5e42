//! Users whose profile Okta does not take.

use resegment::Status;
use state::Outcome;

use crate::shop::{NEW, Shop, VIP};

const ATTRIBUTE: &str = "shopify_total_spent";

#[tokio::test]
async fn a_run_does_not_wait_for_profiles_that_okta_refuses_and_the_next_one_tries_again() {
    let shop = Shop::open().await;
    let people = shop.people(3, 1, "10");
    shop.world.okta.remove_attribute(ATTRIBUTE);
    let answer = shop.run(resegment::Start::default()).await;
    assert_eq!(answer.status, Status::Done, "{answer:?}");
    let record = shop.record(answer.run_id.as_ref().unwrap()).await;
    assert_eq!(record.outcomes, [(Outcome::ProfileRefused, 3)].into());
    assert_eq!(shop.system.queue().depth(), 0);
    assert_eq!(shop.groups_of(&people[0]), [NEW]);

    shop.world.okta.add_number_attribute(ATTRIBUTE);
    assert_eq!(shop.nightly_run().await.outcomes, [(Outcome::Applied, 3)].into());
    assert_eq!(shop.shown(&people[0]), (Some("10".to_owned()), Some(1)));
    assert_eq!(shop.nightly_run().await.dispatched, 0);
}

#[tokio::test]
async fn a_customer_whose_profile_okta_refuses_moves_to_their_new_group() {
    let shop = Shop::open().await;
    let ann = shop.people(1, 1, "10").remove(0);
    shop.full_run().await;
    shop.world.okta.remove_attribute(ATTRIBUTE);
    shop.now_has(&ann, 6, "600");
    assert_eq!(shop.nightly_run().await.outcomes, [(Outcome::ProfileRefused, 1)].into());
    assert_eq!(shop.groups_of(&ann), [VIP]);
}

#[tokio::test]
async fn totals_that_okta_refuses_to_clear_are_a_dead_letter_and_the_groups_are_left() {
    let shop = Shop::open().await;
    let ann = shop.people(1, 1, "10").remove(0);
    shop.full_run().await;
    shop.world.okta.remove_attribute(ATTRIBUTE);
    shop.deliver(&shop.world.shopify.redact_customer(ann.customer).unwrap()).await;
    shop.settle().await;
    assert_eq!(shop.groups_of(&ann), [""; 0]);
    assert_eq!(shop.system.queue().dead_letters().len(), 1);
}
