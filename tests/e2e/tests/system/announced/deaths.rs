//! Workers that die over what takes no lease before it ends, or ends in a tombstone.

use std::time::Duration;

use simulators::Webhook;

use crate::harness::{Person, Shop, nothing};
use crate::interrupted::{Interruption, at_each_table_call};

type Event = fn(&Shop, &Person) -> Webhook;

async fn interrupted(event: Event, how: Interruption) -> bool {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "600").await;
    shop.deliver(&event(&shop, &ann)).await;
    shop.wait(Duration::from_secs(11));
    let reached = shop.works_interrupted(&how).await;
    shop.settle().await;
    let place = how.to_string();
    assert_eq!(shop.held(&ann.user), nothing(), "{place}");
    assert_eq!(shop.listener.heard_of(ann.customer).len(), 2, "{place}");
    shop.assert_at_rest(&ann, &place).await;
    reached
}

#[tokio::test]
async fn whatever_befalls_the_calls_of_a_look_that_ends_in_no_segment_it_is_told_in_the_same_words()
{
    let events: [Event; 2] = [
        |shop, ann| shop.set_email(ann.customer, Some("nobody@example.com")),
        |shop, ann| shop.world.shopify.redact_customer(ann.customer).unwrap(),
    ];
    for event in events {
        at_each_table_call(5, async |how| interrupted(event, how).await).await;
    }
}
