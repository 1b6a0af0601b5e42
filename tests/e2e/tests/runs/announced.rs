//! What others are told of a full run.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use e2e::Listener;
use serde_json::{Value, json};

use crate::shop::{BOOK, Shop};

/// A shop with people of two segments, and those who listen to it.
async fn shop() -> (Shop, Listener) {
    let listener = Listener::start().await.unwrap();
    let shop = Shop::open_with(|world, options| {
        options.event_bus = Some(listener.bus(Arc::new(world.clock.clone())));
    });
    (shop.await, listener)
}

fn told(listener: &Listener) -> Vec<(Value, Value, Value)> {
    let heard = listener.heard().into_iter();
    heard.map(|it| (it["from"].clone(), it["to"].clone(), it["reason"].clone())).collect()
}

#[tokio::test]
async fn the_first_run_tells_nothing_and_later_ones_tell_who_moved_and_why() {
    let (shop, listener) = shop().await;
    let new = shop.people(3, 1, "10");
    shop.people(2, 3, "60");
    shop.full_run().await;
    assert_eq!(told(&listener), []);

    shop.now_has(&new[0], 2, "30");
    let run = shop.nightly_run().await.run_id;
    assert_eq!(told(&listener), [(json!("new"), json!("returning"), json!("schedule"))]);
    assert_eq!(listener.heard()[0]["run_id"], run.as_str());
    assert_eq!(listener.heard()[0]["sequence"], 2);

    shop.wants(&BOOK.replace("\"500\"", "\"20\"")).await;
    shop.nightly_run().await;
    let by_rules = (json!("returning"), json!("vip"), json!("rules"));
    assert_eq!(told(&listener)[1..], [by_rules.clone(), by_rules.clone(), by_rules]);
}

#[tokio::test]
async fn a_first_run_tells_of_everybody_if_it_is_asked_to() {
    let (shop, listener) = shop().await;
    shop.system.set("announce_backfill", AttributeValue::Bool(true)).await.unwrap();
    shop.people(3, 1, "10");
    shop.full_run().await;
    assert_eq!(told(&listener), vec![(Value::Null, json!("new"), json!("schedule")); 3]);
}
