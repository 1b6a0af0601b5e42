//! A run's messages belong to the book it was planned by, and end with the run if it is cancelled.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use rules::RuleBook;
use simulators::Service;
use state::{Cause, Outcome};

use super::{message, part_of_run, run};
use crate::harness::{NEW, Shop, VIP, held, outcomes};

impl Shop {
    /// Has a book accepted in which a vip has spent only this much.
    async fn accept_vips_from(&self, spent: &str, instead_of: u64) -> u64 {
        let book = include_str!("../../../../../segments.toml").replace("\"500\"", spent);
        let book = Arc::new(RuleBook::from_toml(&book).unwrap());
        self.accept(book, instead_of).await
    }

    /// Has a book accepted in place of this one, which workers hold.
    pub(crate) async fn accept(&self, book: Arc<RuleBook>, instead_of: u64) -> u64 {
        let held = self.system.worker().config.current().await.unwrap();
        assert_eq!(held.book.version, instead_of);
        let table = self.system.config_table();
        table.accept(book, Some(instead_of), None, self.now()).await.unwrap().unwrap().version
    }
}

#[tokio::test]
async fn a_message_of_a_newer_book_is_decided_by_that_book_at_once() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    let mut moving = message(&shop, ann.customer);
    moving.cause = Cause::Rules;
    part_of_run(&mut moving).book = shop.accept_vips_from("\"40\"", 1).await;
    assert_eq!(shop.works_off(moving).await, [Outcome::Applied]);
    assert_eq!(shop.held(&ann.user), held(VIP, "45.5", 1));
    let last = shop.record(ann.customer).await.transitions.pop().unwrap();
    assert_eq!((last.book, last.cause), (2, Cause::Rules));
}

#[tokio::test]
async fn a_message_of_an_older_book_is_decided_by_the_accepted_one() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.accept_vips_from("\"40\"", 1).await;
    shop.wait(Duration::from_mins(1));
    shop.place(ann.customer, "45.50");
    assert_eq!(shop.works_off(message(&shop, ann.customer)).await, [Outcome::Applied]);
    assert_eq!(shop.held(&ann.user), held(VIP, "45.5", 1));
}

#[tokio::test]
async fn a_message_of_a_book_that_is_not_accepted_waits_and_others_do_not() {
    let shop = Shop::open().await;
    let [ann, ben] = ["ann", "ben"].map(|name| shop.person(&format!("{name}@example.com")));
    shop.place(ann.customer, "45.50");
    shop.place(ben.customer, "45.50");
    let mut early = message(&shop, ann.customer);
    part_of_run(&mut early).book = 2;
    shop.send([early, message(&shop, ben.customer)]).await;
    let hour = shop.now() + SignedDuration::from_hours(1);
    let settled = shop.system.settle_until(hour).await.unwrap();
    assert_eq!(settled.tally().of("applied"), 1);
    assert!(settled.tally().of("deferred") >= 4, "{}", settled.tally());
    assert_eq!(shop.held(&ben.user), held(NEW, "45.5", 1));
    assert_eq!(shop.entry(ann.customer).await, None);

    shop.accept_vips_from("\"40\"", 1).await;
    shop.settle().await;
    assert_eq!(shop.held(&ann.user), held(VIP, "45.5", 1));
    assert!(shop.system.queue().dead_letters().is_empty());
}

#[tokio::test]
async fn the_messages_of_a_cancelled_run_are_dropped() {
    let shop = Shop::open().await;
    let [ann, ben] = ["ann", "ben"].map(|name| shop.person(&format!("{name}@example.com")));
    shop.place(ann.customer, "45.50");
    shop.place(ben.customer, "45.50");
    shop.system.config_table().cancel_run(&run()).await.unwrap();
    shop.wait(Duration::from_mins(1));
    let mut of_another_run = message(&shop, ben.customer);
    part_of_run(&mut of_another_run).id = "20261007T030000Z-000001".parse().unwrap();
    shop.send([message(&shop, ann.customer), of_another_run]).await;
    let settled = shop.settle().await;
    assert_eq!(settled.tally().of("cancelled"), 1);
    assert_eq!(outcomes(&settled), [Outcome::Applied]);
    assert_eq!(shop.entry(ann.customer).await, None);
    assert_eq!(shop.calls(Service::Shopify).len(), 1);
}

#[tokio::test]
async fn an_event_that_a_cancelled_run_has_joined_goes_on_without_it() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.place(ann.customer, "45.50");
    shop.system.config_table().cancel_run(&run()).await.unwrap();
    shop.wait(Duration::from_mins(1));
    let mut event = message(&shop, ann.customer);
    event.cause = Cause::Customer;
    // It asks for a book that never came: that was the run's concern, too.
    part_of_run(&mut event).book = 7;
    shop.works_off(event).await;
    assert_eq!(shop.held(&ann.user), held(NEW, "45.5", 1));
    assert_eq!(shop.answered(ann.customer).await, None);
}

#[tokio::test]
async fn a_group_that_a_segment_is_given_anew_is_a_transition_of_its_own() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    let swapped = include_str!("../../../../../segments.toml")
        .replace("\"Shopify New Customer\"", "\"Shopify Unused\"")
        .replace("\"Shopify Returning Customer\"", "\"Shopify New Customer\"")
        .replace("\"Shopify Unused\"", "\"Shopify Returning Customer\"");
    let book = Arc::new(RuleBook::from_toml(&swapped).unwrap());
    shop.accept(book, 1).await;
    let mut moving = message(&shop, ann.customer);
    moving.cause = Cause::Rules;
    part_of_run(&mut moving).book = 2;
    assert_eq!(shop.works_off(moving).await, [Outcome::Applied]);
    let record = shop.record(ann.customer).await;
    let [first, second] = &record.transitions[..] else { panic!("{record:?}") };
    assert_eq!((&second.from, &second.to), (&first.to, &first.to));
    assert_ne!(second.group, first.group);
    assert_eq!(second.cause, Cause::Rules);
    assert_eq!(shop.answered(ann.customer).await, Some(Outcome::Applied));
}
