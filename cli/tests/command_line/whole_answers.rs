//! Answers that have something to say in every field.

use std::time::Duration;

use jiff::Timestamp;
use resegment::{Record, Summary};
use rules::{CustomerId, RuleBook};
use serde_json::{Value, json};
use state::{Begun, Cause, Entry, Lease, Message, Outcome, Outgoing, Queue, Subject};

use crate::people::json;
use crate::store::Store;
use crate::support::{BOOK, File, Stack, code, stderr};

const BEGUN: &str = "2026-11-21T03:00:00Z";
const EXPORT: &str = "gid://shopify/BulkOperation/7";

/// The command lines, and what they answered.
pub(crate) async fn answers() -> Vec<(Vec<String>, Value)> {
    let mut told = Told(Vec::new());
    let store = Store::set_up().await;
    told.by(&store, &["runs", "--watch", "--json"]).await;
    told.runs(&store).await;
    told.group_lost(&store).await;
    let store = Store::set_up().await;
    told.customers(&store).await;
    told.previews().await;
    told.0
}

struct Told(Vec<(Vec<String>, Value)>);

impl Told {
    async fn by(&mut self, store: &Store, arguments: &[&str]) -> &Value {
        let output = store.run(arguments).await;
        assert_ne!(output.stdout, b"", "{arguments:?}: {}", stderr(&output));
        self.keep(arguments, json(&output))
    }

    fn keep(&mut self, arguments: &[&str], answer: Value) -> &Value {
        let arguments = arguments.iter().map(|&it| it.to_owned()).collect();
        self.0.push((arguments, answer));
        &self.0.last().unwrap().1
    }

    /// Runs that were kept are told exactly as they were kept.
    async fn runs(&mut self, store: &Store) {
        let given = records();
        for (left, given) in (0..given.len()).rev().zip(&given) {
            let record: Record = serde_json::from_value(given.clone()).unwrap();
            keep(store, &record, left == 0).await;
            let told = self.by(store, &["runs", record.run_id.as_str(), "--json"]).await;
            assert_eq!(told, given);
        }
        let ended = given.iter().find(|given| given["phase"]["name"] == "ended").unwrap();
        let ended = ended["run_id"].as_str().unwrap();
        self.by(store, &["runs", ended, "--watch", "--json"]).await;
        self.by(store, &["runs", "--json"]).await;
        let active = given.last().unwrap()["run_id"].as_str().unwrap();
        self.by(store, &["runs", "cancel", active, "--json"]).await;
        self.by(store, &["pause", "--json"]).await;
        self.by(store, &["resume", "--json"]).await;
    }

    /// Of a system that lacks a group, has runs, and is looked after by `doctor`. A message waits.
    async fn group_lost(&mut self, store: &Store) {
        let group = store.world.okta.groups_named("Shopify VIP Customer").remove(0);
        store.world.okta.delete_group(&group).unwrap();
        store.system.refresh_groups().await.unwrap();
        store.system.worker().config.current().await.unwrap();
        let about = Subject::Customer(CustomerId::new(7));
        let message = Message::new(about, Cause::Order, store.world.clock.now());
        let outgoing = Outgoing { message, delay: Duration::ZERO };
        store.system.queue().send(vec![outgoing]).await.unwrap();
        self.by(store, &["status", "--json"]).await;
        self.by(store, &["doctor", "--json"]).await;
        self.by(store, &["setup", "--dry-run", "--json"]).await;
    }

    async fn customers(&mut self, store: &Store) {
        let (ann, _) = store.person("ann@example.com", 1, 45);
        store.look_at(&[ann]).await;
        store.world.shopify.place_order(ann, 700.into()).unwrap();
        store.look_at(&[ann]).await;
        let pinned = store.run(&["pin", &ann.to_string(), "new", "--reason", "a trial"]).await;
        assert_eq!(code(&pinned), 0, "{}", stderr(&pinned));
        store.work().await;
        in_hand(store, ann).await;
        let dearer = RuleBook::from_toml(&BOOK.replace("\"500\"", "\"5000\"")).unwrap();
        store.system.config_table().put_wanted(&dearer).await.unwrap();
        self.explain(store, ann).await;

        let (bob, _) = store.person("bob@example.com", 1, 45);
        self.explain(store, bob).await;
        store.world.shopify.set_customer_currency(bob, "EUR".parse().unwrap()).unwrap();
        self.explain(store, bob).await;
        store.world.shopify.show_amount(bob, Some("much")).unwrap();
        self.explain(store, bob).await;

        store.keep(7, Outcome::Unmatched).await;
        self.explain(store, CustomerId::new(7)).await;
        store.spoil(ann).await;
        self.explain(store, ann).await;

        let (cyd, _) = store.person("cyd@example.com", 1, 45);
        store.look_at(&[cyd]).await;
        store.world.shopify.delete_customer(cyd).unwrap();
        self.explain(store, cyd).await;
        store.look_at(&[cyd]).await;
        self.explain(store, cyd).await;
        store.world.shopify.revoke_tokens();
        self.explain(store, cyd).await;
    }

    async fn explain(&mut self, store: &Store, customer: CustomerId) {
        self.by(store, &["explain", &customer.to_string(), "--json"]).await;
    }

    async fn previews(&mut self) {
        let stack = Stack::deployed().await;
        stack.people(30, 1, 45);
        assert_eq!(code(&stack.run(&["run"]).await), 0);
        let listed = json(&stack.run(&["runs", "--json"]).await);
        let run = ["runs", listed["runs"][0]["run_id"].as_str().unwrap(), "--json"];
        self.keep(&run, json(&stack.run(&run).await));
        for (name, text) in [
            ("whole-answer.toml", BOOK.replace("\"500\"", "\"5\"")),
            ("whole-answer-invalid.toml", "currency = \"USD\"".to_owned()),
        ] {
            let file = File::new(name, &text);
            let arguments = ["preview", "--json", "--rules", file.0.to_str().unwrap()];
            let output = stack.run(&arguments).await;
            self.keep(&arguments, json(&output));
        }
    }
}

/// Keeps a run, and its summary if it has ended.
async fn keep(store: &Store, record: &Record, is_active: bool) {
    let (runs, at) = (store.system.runs(), store.world.clock.now());
    let begun = runs.begin(&record.run_id, record, at, at).await.unwrap();
    let Begun::Ours(hold) = begun else { panic!("{begun:?}") };
    if !is_active {
        let given = if record.report.is_some() { summary(record) } else { bare_summary(record) };
        let summary: Summary = serde_json::from_value(given).unwrap();
        let _ = runs.end(&hold, record, &summary, None::<&()>, at).await.unwrap();
    }
}

/// Has a worker take a customer in hand, and not come back.
async fn in_hand(store: &Store, customer: CustomerId) {
    let mut found = store.system.customers().load(&[customer]).await.unwrap();
    let mut found = found.remove(&customer).unwrap().unwrap();
    let Entry::Customer(record) = &mut found.entry else { panic!("{found:?}") };
    record.lease = Some(Lease { until: Timestamp::now() + Duration::from_mins(5) });
    let customers = store.system.customers();
    let _ = customers.save(customer, &found.entry, Some(found.version)).await.unwrap();
}

fn summary(record: &Record) -> Value {
    json!({
        "run_id": record.run_id,
        "started_at": BEGUN,
        "ended_at": "2026-11-21T03:20:00Z",
        "ended_as": "done",
        "reason": "after the outage",
        "message": "one look was lost",
        "book": 2,
        "dispatched": 7,
        "outcomes": { "applied": 6 },
        "unanswered": 1,
        "segments": [{ "segment": "vip", "cohort": cohort() }],
        "pinned": 1,
        "pins_unknown": 1,
        "shift": shift(),
    })
}

/// Of a run that came to nothing.
fn bare_summary(record: &Record) -> Value {
    json!({
        "run_id": record.run_id,
        "started_at": BEGUN,
        "ended_at": BEGUN,
        "ended_as": "cancelled",
        "dispatched": 0,
        "outcomes": {},
        "unanswered": 0,
        "segments": [],
        "pinned": 0,
        "pins_unknown": 0,
    })
}

fn cohort() -> Value {
    json!({ "customers": 7, "orders": 21, "spent": "4200.5" })
}

fn shift() -> Value {
    json!({
        "lines": 9, "unreadable": 2, "customers": 7, "customers_before": 8, "placed": 6, "moved": 3,
    })
}

/// Runs in every phase: with no more than every run has, and then with all that a run may have.
fn records() -> Vec<Value> {
    let refusals = refusals();
    let id = |number: usize| format!("20261121T030000Z-{number:06}");
    let bare = bare_phases().into_iter().enumerate();
    let bare = bare.map(|(number, phase)| bare_record(&id(number), &phase));
    let whole = whole_phases().into_iter().enumerate();
    let whole = whole.map(|(number, phase)| {
        record(&id(number + 100), &phase, &refusals[number % refusals.len()])
    });
    bare.chain(whole).collect()
}

fn bare_phases() -> Vec<Value> {
    vec![
        json!({ "name": "preflight" }),
        json!({ "name": "export", "intent": BEGUN, "polls": 0 }),
        json!({ "name": "read_okta", "lists": [] }),
        json!({ "name": "plan", "tries": 0 }),
        json!({ "name": "settle", "place": { "chunk": 0, "offset": 0 } }),
        json!({
            "name": "settle",
            "place": { "chunk": 0, "offset": 3 },
            "missing": { "count": 0, "since": BEGUN },
        }),
    ]
}

fn whole_phases() -> Vec<Value> {
    vec![
        json!({ "name": "ended", "how": "refused", "at": "2026-11-21T03:20:00Z" }),
        json!({
            "name": "export", "intent": BEGUN, "id": EXPORT, "polls": 2, "poll_at": BEGUN, "lost_id": EXPORT,
        }),
        json!({
            "name": "read_okta",
            "lists": [
                { "members": { "name": "Shopify VIP Customer", "id": "00g1" } },
                { "changed_since": BEGUN },
                "everybody",
            ],
            "from": "https://my-org.okta.com/api/v1/users?after=00u1",
            "export": EXPORT,
        }),
        json!({ "name": "plan", "export": EXPORT, "tries": 1 }),
        json!({ "name": "dispatch", "chunk": 0, "offset": 3 }),
        json!({
            "name": "settle",
            "place": { "chunk": 0, "offset": 3 },
            "missing": { "count": 1, "since": BEGUN, "empty_since": BEGUN },
        }),
    ]
}

fn refusals() -> Vec<Value> {
    vec![
        json!({ "why": "moved", "moved": 3, "placed": 6, "max_percent": 20 }),
        json!({ "why": "shrunk", "before": 20, "now": 7, "max_percent": 50 }),
        json!({ "why": "unreadable", "unreadable": 2, "lines": 9 }),
        json!({ "why": "empty", "placed": 6 }),
    ]
}

/// A run that has everything a run may have, and more than one at once can have.
fn record(id: &str, phase: &Value, refusal: &Value) -> Value {
    json!({
        "run_id": id,
        "started_at": BEGUN,
        "reason": "after the outage",
        "verify": true,
        "accept": "20261120T030000Z-4f21aa",
        "phase": phase,
        "begun": [{ "phase": "preflight", "at": BEGUN }],
        "setbacks": 1,
        "stuck_since": BEGUN,
        "wait_until": BEGUN,
        "exports_lost": 1,
        "message": "Okta does not answer",
        "shop": { "customers": 7, "missing_subscriptions": ["orders/edited"] },
        "okta": {
            "pages": { "fence": 1, "count": 2 },
            "begun_at": BEGUN,
            "members": true,
            "whole": ["Shopify VIP Customer"],
            "everybody": false,
            "users": 7,
            "unreadable": 1,
            "restarts": 1,
            "gone": ["Shopify New Customer"],
        },
        "book": book(phase["name"] == "plan"),
        "report": { "figures": figures(), "shift": shift(), "unreadable_entries": 1 },
        "refusal": refusal,
        "ids": { "fence": 1, "count": 1 },
        "dispatched": 7,
        "outcomes": { "applied": 6 },
        "unanswered": 1,
        "lost": ["706405506930370084"],
        "postponed": ["706405506930370085"],
        "personas": {
            "new": { "outcome": "failed", "detail": "the persona was not found" },
            "vip": { "outcome": "updated" },
        },
        "calls": { "okta": 3, "shopify": 5 },
    })
}

/// A run that has no more than every run has.
fn bare_record(id: &str, phase: &Value) -> Value {
    let nothing = json!({ "fence": 0, "count": 0 });
    json!({
        "run_id": id,
        "started_at": BEGUN,
        "verify": false,
        "phase": phase,
        "begun": [{ "phase": "preflight", "at": BEGUN }],
        "setbacks": 0,
        "exports_lost": 0,
        "okta": {
            "pages": nothing,
            "members": false,
            "whole": [],
            "everybody": false,
            "users": 0,
            "unreadable": 0,
            "restarts": 0,
            "gone": [],
        },
        "ids": nothing,
        "dispatched": 0,
        "outcomes": {},
        "unanswered": 0,
        "lost": [],
        "postponed": [],
        "personas": {},
        "calls": {},
    })
}

/// The book of a run, which gets its version after the plan.
fn book(is_at_plan: bool) -> Value {
    let text = "currency = \"USD\"\n[[segment]]\nname = \"vip\"\nlabel = \"VIP\"\n\
                okta_group_name = \"Shopify VIP Customer\"\nwhen = [\
                { orders_at_least = 2, orders_at_most = 9 },\
                { spend_at_least = \"10\", spend_below = \"99.5\" }]\n";
    let content = json!(RuleBook::from_toml(text).unwrap());
    let hash = "0".repeat(64);
    if is_at_plan {
        json!({ "hash": hash, "instead_of": 1, "content": content })
    } else {
        json!({ "hash": hash, "version": 2, "instead_of": 1, "content": content })
    }
}

fn figures() -> Value {
    let counted = json!({ "count": 1, "examples": ["7"] });
    let movement = |from: Value, to: Value| json!({ "from": from, "to": to, "customers": 3, "spent": "-1.5", "examples": ["7"] });
    json!({
        "lines": 9,
        "customers": 7,
        "unchanged": 4,
        "differing": { "moved": 3 },
        "users_found": 2,
        "bad": { "amount": { "count": 2, "examples": [{ "customer": "7" }, { "line": 3 }] } },
        "duplicates": counted,
        "other_currency": counted,
        "no_email": counted,
        "unmatched": 1,
        "tombstones": 1,
        "strangers": { "count": 1, "examples": ["00u1"] },
        "pinned": 1,
        "pins_unknown": counted,
        "unsummed": 1,
        "segments": [{ "segment": "vip", "cohort": cohort() }],
        "outside": cohort(),
        "histogram": { "counts": vec![[0; 16]; 24] },
        "movements": [
            movement(json!({ "segment": "new" }), json!({ "segment": "vip" })),
            { "from": "former_group", "to": "outside", "customers": 1, "spent": "0" },
        ],
        "placed": 6,
        "moved": 3,
    })
}
