//! `segments pin` and `unpin`.

use std::process::Output;
use std::time::Duration;

use rules::{CustomerId, PinnedTo, RuleBook};
use serde_json::{Value, json};
use simulators::NewCustomer;
use state::{Cause, Entry, Lease, Message, Outgoing, Pin, Queue, Record, Subject};

use crate::people::{NEW, VIP, json as answer};
use crate::site::{Kind, Site};
use crate::store::Store;
use crate::support::{BOOK, code, stderr, stdout};

const ANN: &str = "Ann.Marked@example.com";
pub(crate) const REASON: &str = "asked for by the press team";

impl Store {
    /// A customer in the group of new ones.
    pub(crate) async fn new_customer(&self) -> (CustomerId, rules::UserId) {
        let (ann, user) = self.person(ANN, 1, 45);
        self.look_at(&[ann]).await;
        assert_eq!(self.world.okta.group_names_of(&user), [NEW]);
        (ann, user)
    }

    async fn kept(&self, customer: CustomerId) -> Record {
        let found = self.system.customers().load(&[customer]).await.unwrap().remove(&customer);
        match found.unwrap().unwrap().entry {
            Entry::Customer(record) => *record,
            other @ Entry::Tombstone(_) => panic!("{other:?}"),
        }
    }

    pub(crate) async fn pin(&self, customer: CustomerId, to: &str) -> Value {
        let output =
            self.run(&["pin", &customer.to_string(), to, "--reason", REASON, "--json"]).await;
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        answer(&output)
    }
}

/// What a command printed, without line breaks.
pub(crate) fn flat(output: &Output) -> String {
    stdout(output).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_customer_is_pinned_by_address_and_unpinned_by_id() {
    let store = Store::set_up().await;
    let (ann, user) = store.new_customer().await;
    let output = store.run(&["pin", "ann.marked@EXAMPLE.com", "vip", "--reason", REASON]).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let told = stdout(&output);
    let expected = [
        format!("Customer {ann} is pinned to vip."),
        "The customer is queued".to_owned(),
        format!("segments explain {ann} --store "),
    ];
    assert!(expected.iter().all(|words| told.contains(words)), "{told}");
    assert!(!told.to_lowercase().contains("marked"), "{told}");
    store.work().await;
    assert_eq!(store.world.okta.group_names_of(&user), [VIP]);
    assert_eq!(store.kept(ann).await.transitions.last().unwrap().cause, Cause::Pin);

    let output = store.run(&["unpin", &ann.to_string()]).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let told = stdout(&output);
    let expected = [
        format!("Customer {ann} is no longer pinned: the rules decide again."),
        format!("Until now: pinned to vip, {REASON}"),
    ];
    assert!(expected.iter().all(|words| told.contains(words)), "{told}");
    store.work().await;
    assert_eq!(store.world.okta.group_names_of(&user), [NEW]);
}

#[tokio::test]
async fn none_keeps_a_customer_out_of_every_segment() {
    let store = Store::set_up().await;
    let (ann, user) = store.new_customer().await;
    let told = store.pin(ann, "none").await;
    assert_eq!((&told["pin"]["segment"], &told["changed"]), (&Value::Null, &true.into()));
    store.work().await;
    assert_eq!(store.world.okta.group_names_of(&user), [""; 0]);
    let explained = store.run(&["explain", &ann.to_string()]).await;
    assert_eq!(code(&explained), 0, "{}", stdout(&explained));
}

#[tokio::test]
async fn both_systems_pin_through_their_own_tables_and_queue() {
    for kind in Kind::BOTH {
        let site = Site::set_up(kind).await;
        let ann = NewCustomer::with_email(ANN).with_totals(1, 45.into());
        let (ann, _) = site.world.shopify.add_customer(ann);
        let user = site.world.okta.add_user(ANN, ANN);
        let work = async || while site.system.work_once().await.unwrap().is_some() {};
        let output = site.run(&["pin", ANN, "vip", "--reason", REASON, "--json"]).await;
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let told = answer(&output);
        assert_eq!(told["customer_id"], ann.to_string());
        let (pin, before) = (&told["pin"], &told["before"]);
        assert_eq!((&pin["segment"], &pin["reason"]), (&"vip".into(), &REASON.into()));
        assert_eq!((before, &told["paused"]), (&Value::Null, &false.into()));
        work().await;
        assert_eq!(site.world.okta.group_names_of(&user), [VIP], "{kind:?}");
        let listed = answer(&site.run(&["pins", "--json"]).await);
        assert_eq!(listed["pins"][0]["customer_id"], ann.to_string());
        let unpinned = site.run(&["unpin", ANN]).await;
        assert_eq!(code(&unpinned), 0, "{}", stderr(&unpinned));
        let again = if kind == Kind::Stack { "--stack my-stack" } else { "--store " };
        assert!(stdout(&unpinned).contains(again), "{}", stdout(&unpinned));
        work().await;
        assert_eq!(site.world.okta.group_names_of(&user), [NEW], "{kind:?}");
    }
}

#[tokio::test]
async fn a_command_that_was_killed_before_it_queued_the_customer_is_run_again() {
    let store = Store::set_up().await;
    let (ann, user) = store.new_customer().await;
    let to = PinnedTo::Segment("vip".parse().unwrap());
    let pin = Pin { to, reason: REASON.parse().unwrap(), since: store.world.clock.now() };
    store.system.customers().pin(ann, Some(&pin), 0, pin.since).await.unwrap();
    let told = store.pin(ann, "vip").await;
    assert_eq!(told["changed"], false);
    assert_eq!(told["pin"]["since"], json!(pin.since), "it stands since then");
    store.work().await;
    assert_eq!(store.world.okta.group_names_of(&user), [VIP]);
    let before = store.kept(ann).await;

    for _ in 0..2 {
        assert_eq!(store.pin(ann, "vip").await["changed"], false);
        store.work().await;
    }
    assert_eq!(store.kept(ann).await.transitions, before.transitions);
    store.system.customers().pin(ann, None, 0, pin.since).await.unwrap();
    let output = store.run(&["unpin", &ann.to_string()]).await;
    assert!(stdout(&output).contains("was not pinned"), "{}", stdout(&output));
    store.work().await;
    assert_eq!(store.world.okta.group_names_of(&user), [NEW]);
}

#[tokio::test]
async fn who_was_never_looked_at_has_no_pin_and_is_not_queued_to_lose_one() {
    let store = Store::set_up().await;
    let (ann, _) = store.person(ANN, 1, 45);
    let before = store.everything().await;
    for customer in [ann.to_string(), "7".to_owned()] {
        let output = store.run(&["unpin", &customer]).await;
        let told = flat(&output);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let expected = format!("Nothing is kept of customer {customer}, so no pin either");
        assert!(told.contains(&expected) && told.contains("nobody is queued"), "{told}");
        let told = answer(&store.run(&["unpin", &customer, "--json"]).await);
        let said = (&told["pin"], &told["changed"], &told["queued"]);
        assert_eq!(said, (&Value::Null, &false.into(), &false.into()));
    }
    assert_eq!(store.everything().await, before);
    assert_eq!(store.pin(ann, "vip").await["queued"], true);
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_before_anything_is_written() {
    let store = Store::set_up().await;
    let (ann, _) = store.new_customer().await;
    let before = store.everything().await;
    let ann = ann.to_string();
    let long = "a".repeat(201);
    for (arguments, words) in [
        (
            ["pin", &ann, "gold", "--reason", REASON],
            "there is no segment gold; there are vip, returning, new, and none",
        ),
        (["pin", "7", "vip", "--reason", REASON], "the shop has no customer 7"),
        (["pin", "Ann.Marked", "vip", "--reason", REASON], "that is no customer"),
        (["pin", "nobody@example.com", "vip", "--reason", REASON], "finds no customer"),
        (
            ["pin", &ann, "vip", "--reason", "two\nlines"],
            "not a reason (one line of 1 to 200 characters)",
        ),
        (["pin", &ann, "vip", "--reason", &long], "not a reason"),
        (["pin", &ann, "vip", "--reason", " "], "not a reason"),
        (["pin", &ann, "VIP!", "--reason", REASON], "not a segment name"),
        (["pin", "vip", ANN, "--reason", REASON], "give the customer first, then the segment"),
    ] {
        let output = store.run(&arguments).await;
        assert_eq!(code(&output), 2, "{arguments:?}: {}", stdout(&output));
        let told = stderr(&output);
        assert!(told.contains(words), "{words}: {told}");
        for secret in ["Marked", "nobody@", "two", "aaa", "VIP!"] {
            assert!(!told.contains(secret), "{secret}: {told}");
        }
    }
    let without_reason = store.run(&["pin", &ann, "vip"]).await;
    assert_eq!(code(&without_reason), 2);
    assert_eq!(store.everything().await, before);
}

#[tokio::test]
async fn a_segment_called_none_is_not_taken_for_no_segment() {
    let store = Store::set_up().await;
    let (ann, _) = store.person(ANN, 1, 45);
    let book = RuleBook::from_toml(&BOOK.replace("name = \"vip\"", "name = \"none\"")).unwrap();
    store.system.config_table().put_wanted(&book).await.unwrap();
    let output = store.run(&["pin", &ann.to_string(), "none", "--reason", REASON]).await;
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("has a segment called none"), "{}", stderr(&output));
}

#[tokio::test]
async fn who_asked_to_be_forgotten_is_not_pinned() {
    let store = Store::set_up().await;
    let (ann, _) = store.new_customer().await;
    let subject = Subject::Customer(ann);
    let message = Message::new(subject, Cause::Redact, store.world.clock.now());
    let redaction = Outgoing { message, delay: Duration::ZERO };
    store.system.queue().send(vec![redaction]).await.unwrap();
    store.work().await;
    let ann = ann.to_string();
    for command in [&["pin", &ann, "vip", "--reason", REASON][..], &["unpin", &ann]] {
        let output = store.run(command).await;
        assert_eq!(code(&output), 2, "{}", stdout(&output));
        assert!(stderr(&output).contains("asked to be forgotten"), "{}", stderr(&output));
    }
}

#[tokio::test]
async fn a_customer_whom_a_worker_has_in_hand_is_waited_for() {
    let store = Store::set_up().await;
    let (ann, _) = store.new_customer().await;
    let found = store.system.customers().load(&[ann]).await.unwrap().remove(&ann).unwrap().unwrap();
    let Entry::Customer(record) = found.entry else { panic!() };
    let until = store.world.clock.now() + Duration::from_secs(2);
    let leased = Record { lease: Some(Lease { until }), ..*record };
    let entry = Entry::Customer(Box::new(leased));
    let _ = store.system.customers().save(ann, &entry, Some(found.version)).await.unwrap();
    store.pin(ann, "vip").await;
    assert!(store.world.clock.now() >= until);
    assert!(store.kept(ann).await.pin.is_some());
}

#[tokio::test]
async fn a_pin_while_everything_is_paused_says_when_it_is_applied() {
    let store = Store::set_up().await;
    let (ann, user) = store.new_customer().await;
    assert_eq!(code(&store.run(&["pause"]).await), 0);
    let output = store.run(&["pin", &ann.to_string(), "vip", "--reason", REASON]).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("everything is paused"), "{}", stdout(&output));
    assert_eq!(store.world.okta.group_names_of(&user), [NEW]);
}

#[tokio::test]
async fn the_message_for_a_pin_carries_no_reason() {
    let store = Store::set_up().await;
    let (ann, _) = store.new_customer().await;
    store.pin(ann, "vip").await;
    let tables = store.system.tables();
    let queued = store.system.dynamodb().scan().table_name(tables.queue).send().await.unwrap();
    let shown = format!("{:?}", queued.items);
    assert!(shown.contains(&ann.to_string()) && !shown.contains("press"), "{shown}");
}
