//! `segments pin`, `unpin` and `pins`.

use std::process::Output;
use std::time::Duration;

use rules::{CustomerId, PinnedTo, RuleBook};
use serde_json::{Value, json};
use simulators::NewCustomer;
use state::{Cause, Entry, Lease, Message, Outgoing, Pin, Queue, Record, Subject};

use crate::people::{NEW, VIP, json as answer};
use crate::site::{Kind, Site};
use crate::store::Store;
use crate::support::{BOOK, File, Stack, code, stderr, stdout};

const ANN: &str = "Ann.Marked@example.com";
const REASON: &str = "asked for by the press team";

impl Store {
    /// A customer in the group of new ones.
    async fn new_customer(&self) -> (CustomerId, rules::UserId) {
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

    async fn pin(&self, customer: CustomerId, to: &str) -> Value {
        let output =
            self.run(&["pin", &customer.to_string(), to, "--reason", REASON, "--json"]).await;
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        answer(&output)
    }
}

/// What a command printed, without line breaks.
fn flat(output: &Output) -> String {
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
async fn members_are_marked_whom_a_pin_put_there_and_no_others() {
    let store = Store::set_up().await;
    let (ann, _) = store.new_customer().await;
    let (ben, _) = store.person("ben@example.com", 9, 900);
    store.look_at(&[ben]).await;
    store.pin(ann, "vip").await;
    let marked = async |segment: &str| {
        let told = answer(&store.run(&["members", segment, "--json"]).await);
        let members = told["members"].as_array().unwrap().iter();
        let pinned = members.filter(|it| it["pinned"] == true);
        pinned.map(|it| it["customer_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(marked("new").await, [""; 0], "the pin is not applied yet");
    store.work().await;
    store.pin(ben, "none").await;
    assert_eq!(marked("vip").await, [ann.to_string()]);
}

#[tokio::test]
async fn a_list_that_is_not_whole_has_an_exit_code_that_says_so() {
    let store = Store::set_up().await;
    let (ann, _) = store.new_customer().await;
    store.pin(ann, "vip").await;
    store.work().await;
    store.spoil(ann).await;
    for line in
        [&["pins"][..], &["pins", "--csv"], &["members", "vip"], &["members", "vip", "--json"]]
    {
        let output = store.run(line).await;
        assert_eq!(code(&output), 1, "{line:?}: {}", stdout(&output));
        let told = stderr(&output);
        assert!(told.contains("1 entry of the customers table cannot be read"), "{told}");
    }
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
async fn a_pin_shows_in_explain_with_what_the_rules_alone_would_say() {
    let store = Store::set_up().await;
    let (ann, _) = store.new_customer().await;
    store.pin(ann, "vip").await;
    let waiting = store.run(&["explain", &ann.to_string()]).await;
    assert_eq!(code(&waiting), 1);
    let told = stdout(&waiting);
    let flat = told.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in ["the pin puts the customer into vip, and applied is new", &format!("join {VIP}")]
    {
        assert!(flat.contains(words), "{words}: {told}");
    }
    store.work().await;
    let output = store.run(&["explain", &ann.to_string()]).await;
    let told = stdout(&output);
    assert_eq!(code(&output), 0, "{told}");
    let flat = told.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "new, by rule book version 1",
        "to vip since 2",
        REASON,
        "a person's decision",
        "All is well.",
    ] {
        assert!(flat.contains(words), "{words}: {told}");
    }
    assert!(told.lines().all(|line| line.chars().count() <= 100), "{told}");
    let told = answer(&store.run(&["explain", &ann.to_string(), "--json"]).await);
    assert_eq!(told["rules"]["segment"], "new");
    assert_eq!((&told["pin"]["segment"], &told["pin"]["reason"]), (&"vip".into(), &REASON.into()));
    assert_eq!(told["pin"]["can_be_followed"], true);
    assert_eq!(
        (&told["history"][0]["pin"], &told["history"][1]["range"]),
        (&REASON.into(), &0.into())
    );
}

#[tokio::test]
async fn the_pinned_are_listed_and_marked_among_the_members() {
    let store = Store::set_up().await;
    let (ann, _) = store.new_customer().await;
    let (ben, _) = store.person("ben@example.com", 9, 900);
    store.look_at(&[ben]).await;
    let nobody = store.run(&["pins"]).await;
    assert_eq!((code(&nobody), stdout(&nobody).contains("0 pinned")), (0, true));
    let formula = "=HYPERLINK(\"x\")";
    let pinned = store.run(&["pin", &ann.to_string(), "vip", "--reason", formula]).await;
    assert_eq!(code(&pinned), 0, "{}", stderr(&pinned));
    store.work().await;

    let listed = store.run(&["pins"]).await;
    let told = stdout(&listed);
    let line = told.lines().find(|line| line.contains(&ann.to_string())).unwrap();
    assert!(line.contains("vip") && line.ends_with(formula), "{line}");
    assert!(told.contains("1 pinned") && !told.contains(&ben.to_string()), "{told}");
    let csv = stdout(&store.run(&["pins", "--csv"]).await);
    assert!(csv.lines().nth(1).unwrap().ends_with(",vip,yes,\"'=HYPERLINK(\"\"x\"\")\""), "{csv}");
    let told = answer(&store.run(&["pins", "--json"]).await);
    assert_eq!(told["count"], 1);
    assert_eq!(
        (&told["pins"][0]["applied_segment"], &told["pins"][0]["can_be_followed"]),
        (&"vip".into(), &true.into())
    );

    let members = stdout(&store.run(&["members", "vip"]).await);
    let marked =
        |id: CustomerId| members.lines().find(|line| line.contains(&id.to_string())).unwrap();
    assert!(marked(ann).ends_with("pinned") && !marked(ben).contains("pinned"), "{members}");
    let told = answer(&store.run(&["members", "vip", "--json"]).await);
    let members = told["members"].as_array().unwrap().iter();
    let pinned: Vec<_> = members.filter(|it| it["pinned"] == true).collect();
    assert_eq!((pinned.len(), &pinned[0]["customer_id"]), (1, &ann.to_string().into()));
}

#[tokio::test]
async fn a_pin_whose_segment_is_gone_is_told_wherever_somebody_looks() {
    let stack = Stack::deployed().await;
    let user = stack.people(1, 1, 45).remove(0);
    let (system, okta) = (&stack.served.system, &stack.served.world.okta);
    assert_eq!(code(&stack.run(&["run"]).await), 0);
    let ann = system.customers().holder(&user).await.unwrap().unwrap();
    let to = PinnedTo::Segment("returning".parse().unwrap());
    let since = stack.served.world.clock.now();
    let pin = Pin { to, reason: REASON.parse().unwrap(), since };
    system.customers().pin(ann, Some(&pin), 0, since).await.unwrap();
    assert_eq!(code(&stack.run(&["run"]).await), 0);
    let status = answer(&stack.run(&["status", "--json"]).await);
    assert_eq!((&status["pinned"], &status["pins_unknown"]), (&1.into(), &0.into()));
    let counted = "1 pinned by a person (to a segment, or to none)";
    let run = status["last_run"]["run_id"].as_str().unwrap();
    for line in [&["status"][..], &["runs", run], &["preview"]] {
        let told = flat(&stack.run(line).await);
        assert!(told.contains(counted), "{line:?}: {told}");
    }
    let page = stdout(&stack.run(&["report", "--out", "-"]).await);
    assert!(page.contains("customers pinned by a person (to a segment, or to none)"), "{page}");
    let book = BOOK.replace("name = \"returning\"", "name = \"regular\"");
    let file = File::new("pins-regular.toml", &book);
    let path = file.0.to_str().unwrap();
    let preview = answer(&stack.run(&["preview", "--rules", path, "--json"]).await);
    assert_eq!(preview["pinned"], 0);
    assert_eq!(preview["pins_unknown"], json!({ "count": 1, "examples": [ann] }));
    let counted = "1 pinned to a segment that the rule book does not have";
    let told = flat(&stack.run(&["preview", "--rules", path]).await);
    assert!(told.contains(counted), "{told}");

    system.config_table().put_wanted(&RuleBook::from_toml(&book).unwrap()).await.unwrap();
    assert_eq!(code(&stack.run(&["run"]).await), 0);
    assert_eq!(okta.group_names_of(&user), [NEW], "the rules decide");
    let listed = stack.run(&["pins"]).await;
    assert_eq!(code(&listed), 1);
    assert!(stdout(&listed).contains("not in the rule book"), "{}", stdout(&listed));
    assert!(stderr(&listed).contains("the rules decide"), "{}", stderr(&listed));
    let explained = answer(&stack.run(&["explain", &ann.to_string(), "--json"]).await);
    assert_eq!(explained["pin"]["can_be_followed"], false);
    let to_look_at = explained["to_look_at"].as_array().unwrap();
    assert_eq!(to_look_at.len(), 1, "{to_look_at:?}");
    assert!(to_look_at[0].as_str().unwrap().contains("pinned to returning"), "{to_look_at:?}");
    let unmatched = answer(&stack.run(&["unmatched", "--json"]).await);
    assert_eq!(unmatched["outcomes"][0]["outcome"], "pin_unknown");
    let attention = answer(&stack.run(&["status", "--json"]).await)["attention"].to_string();
    assert!(
        attention
            .contains("1 pinned to segments that the rule book does not have, as of the last run"),
        "{attention}"
    );
    let runs = answer(&stack.run(&["runs", "--json"]).await);
    assert_eq!(runs["runs"][0]["pins_unknown"], 1);
    let told = flat(&stack.run(&["runs", runs["runs"][0]["run_id"].as_str().unwrap()]).await);
    assert!(told.contains(counted), "{told}");
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
