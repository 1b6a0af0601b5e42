//! A bus that does not take what it is to take.

use std::time::Duration;

use jiff::SignedDuration;
use simulators::{BusTrouble, Service};

use super::change;
use crate::harness::{NEW, Person, Shop, VIP, held};

impl Shop {
    async fn works_for(&self, minutes: i64) {
        let until = self.now() + SignedDuration::from_mins(minutes);
        self.system.settle_until(until).await.unwrap();
    }

    /// Has the customer's one order amount to so much now.
    async fn order_amounts_to(&self, person: &Person, amount: &str) {
        let order = self.world.shopify.orders(person.customer)[0];
        self.wait(Duration::from_secs(1));
        let webhook = self.world.shopify.update_order(order, amount.parse().unwrap()).unwrap();
        self.deliver(&webhook).await;
    }
}

#[tokio::test]
async fn an_event_that_is_not_taken_at_once_is_taken_a_moment_later() {
    for code in ["ThrottlingException", "InternalFailure"] {
        let shop = Shop::open().await;
        let ann = shop.person("ann@example.com");
        shop.listener.service().trouble(BusTrouble::FirstEntry(code));
        shop.buys(&ann, "600").await;
        assert_eq!((shop.puts(), shop.told(&ann)), (2, vec![change(None, Some("vip"), "order")]));
    }
}

#[tokio::test]
async fn a_bus_that_is_down_for_hours_loses_nothing_and_keeps_okta_from_nothing() {
    for trouble in [
        BusTrouble::Call("AccessDeniedException"),
        BusTrouble::Call("ThrottlingException"),
        BusTrouble::EveryEntry("InternalFailure"),
        BusTrouble::EveryEntry("NotAuthorizedForSourceException"),
        BusTrouble::AnswerLost,
    ] {
        let shop = Shop::open().await;
        let ann = shop.person("ann@example.com");
        shop.listener.service().lasting_trouble(trouble);
        shop.order(ann.customer, "45.50").await;
        shop.works_for(60).await;
        assert_eq!(shop.held(&ann.user), held(NEW, "45.5", 1), "{trouble:?}");
        let written = shop.calls(Service::Okta).len();
        shop.works_for(60).await;
        assert_eq!(shop.calls(Service::Okta).len(), written, "{trouble:?}: once is enough");
        shop.order_amounts_to(&ann, "700").await;
        shop.works_for(60).await;
        assert_eq!(shop.held(&ann.user), held(VIP, "700", 1), "{trouble:?}");
        shop.listener.service().mend();
        shop.settle().await;
        let told = [change(None, Some("new"), "order"), change(Some("new"), Some("vip"), "order")];
        assert_eq!(shop.told(&ann), told, "{trouble:?}");
        assert!(shop.system.queue().dead_letters().is_empty(), "{trouble:?}");
    }
}

#[tokio::test]
async fn who_moves_to_and_fro_while_the_bus_is_down_is_told_as_a_chain() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.listener.service().lasting_trouble(BusTrouble::EveryEntry("AccessDeniedException"));
    shop.order(ann.customer, "10").await;
    shop.works_for(20).await;
    for round in 0..14 {
        let amount = if round % 2 == 0 { "600" } else { "10" };
        shop.order_amounts_to(&ann, amount).await;
        shop.works_for(20).await;
    }
    let noted = shop.record(ann.customer).await.announcing.len();
    assert_eq!(noted, state::MOST_ANNOUNCEMENTS, "a record has a size");
    shop.listener.service().mend();
    shop.settle().await;
    assert_eq!(shop.held(&ann.user), held(NEW, "10", 1));
    let record = shop.record(ann.customer).await;
    assert_eq!(record.announcing, []);
    let told = shop.listener.heard_of(ann.customer);
    assert_eq!(told.last().unwrap()["sequence"], record.sequence);
    assert!(told.len() >= noted);
}

#[tokio::test]
async fn what_never_came_about_because_okta_was_down_is_not_told() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "10").await;
    let (any, down) = (simulators::Matching::any(), simulators::Fault::Status(503));
    shop.world.faults().during(Duration::from_mins(20), Service::Okta, any, down);
    shop.order_amounts_to(&ann, "600").await;
    shop.works_for(10).await;
    shop.order_amounts_to(&ann, "20").await;
    shop.settle().await;
    assert_eq!(shop.held(&ann.user), held(NEW, "20", 1));
    assert_eq!(shop.told(&ann), [change(None, Some("new"), "order")]);
}

#[tokio::test]
async fn a_mistake_of_ours_becomes_a_dead_letter_and_blocks_nobody() {
    let shop = Shop::open().await;
    let (ann, ben) = (shop.person("ann@example.com"), shop.person("ben@example.com"));
    for _ in 0..11 {
        shop.listener.service().trouble(BusTrouble::EveryEntry("MalformedDetail"));
    }
    shop.order(ann.customer, "600").await;
    shop.settle().await;
    assert_eq!(shop.system.queue().dead_letters().len(), 2, "the event and its second look");
    shop.buys(&ben, "600").await;
    assert_eq!(shop.told(&ben).len(), 1);
    // Whatever looks at the customer next tells it.
    shop.buys(&ann, "1").await;
    assert_eq!(shop.told(&ann), [change(None, Some("vip"), "order")]);
}
