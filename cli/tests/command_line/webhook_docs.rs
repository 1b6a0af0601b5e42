//! What the documentation says of webhooks is what `setup` subscribes to.

use std::collections::BTreeSet;

use shopify::SubscriptionTopic;

const SHOPIFY: &str = include_str!("../../../docs/shopify.md");
const README: &str = include_str!("../../../README.md");

/// The topics that are named between two texts, each of them once.
fn named(docs: &'static str, from: &str, to: &str) -> BTreeSet<&'static str> {
    let (_, after) = docs.split_once(from).unwrap();
    let (between, _) = after.split_once(to).unwrap();
    let quoted = between.split('`').skip(1).step_by(2);
    let topics: Vec<&str> = quoted.filter(|it| it.contains('/')).collect();
    let named: BTreeSet<&str> = topics.iter().copied().collect();
    assert_eq!(named.len(), topics.len(), "{topics:?}");
    named
}

#[test]
fn the_readme_and_the_page_about_shopify_name_every_topic_and_no_other() {
    let subscribed = SubscriptionTopic::ALL.map(|topic| topic.to_string());
    let subscribed: BTreeSet<&str> = subscribed.iter().map(String::as_str).collect();
    let privacy = ["customers/redact", "customers/data_request", "shop/redact"];
    assert_eq!(named(SHOPIFY, "Subscribed are ", "Three more"), subscribed);
    assert_eq!(named(SHOPIFY, "Three more", "\n\n"), privacy.into());
    let all: BTreeSet<&str> = subscribed.into_iter().chain(privacy).collect();
    assert_eq!(named(README, "| topic | why |", "\n\n"), all);
}
