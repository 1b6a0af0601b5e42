//! Reading all customers at once, against a real engine.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use rules::CustomerId;
use state::{Answered, Claim, Customers, End, Entry, Outcome, Record, Tombstone};

use crate::customers::{at, full};
use crate::support::{ANN, BEN, CUSTOMERS, Item, engine, run, text};

async fn customers() -> (Client, Customers) {
    let client = engine().await;
    let customers = Customers::new(client.clone(), CUSTOMERS);
    (client, customers)
}

/// Everybody in a table that is read in so many parts, and how many pages that took.
async fn everybody(customers: &Customers, parts: i32) -> (Vec<(CustomerId, Entry)>, usize) {
    let (mut found, mut pages) = (Vec::new(), 0);
    for part in 0..parts {
        let mut place = None;
        loop {
            let page = customers.scan(part, parts, place).await.unwrap();
            assert!(page.strangers.is_empty(), "{:?}", page.strangers);
            found.extend(page.customers.into_iter().map(|(id, entry)| (id, entry.unwrap())));
            pages += 1;
            place = page.next;
            if place.is_none() {
                break;
            }
        }
    }
    (found, pages)
}

async fn put(client: &Client, pk: &str, sk: &str, fields: Item) {
    let request = client.put_item().table_name(CUSTOMERS).set_item(Some(fields));
    request.item("pk", text(pk)).item("sk", text(sk)).send().await.unwrap();
}

fn mark(chance: &str, outcome: Outcome) -> Answered {
    Answered { run: run(chance), outcome }
}

fn customer(answered: Option<Answered>) -> Entry {
    Entry::Customer(Box::new(Record { answered, ..Record::default() }))
}

#[tokio::test]
async fn parts_hold_each_customer_once_and_no_claims() {
    let (client, customers) = customers().await;
    let ids: Vec<_> = (1..=60).map(CustomerId::new).collect();
    for id in &ids {
        let claim = Claim::Take(format!("00u{id}").parse().unwrap());
        let _ = customers.save_with(*id, &full(), None, &[claim]).await.unwrap();
    }
    let large = text(&"x".repeat(300_000));
    for number in 0..12 {
        let fields = Item::from([("note".to_owned(), large.clone())]);
        put(&client, &format!("customer#{number}"), "note", fields).await;
    }
    for parts in [1, 4] {
        let (found, pages) = everybody(&customers, parts).await;
        let mut found: Vec<_> = found.into_iter().map(|(id, _)| id).collect();
        found.sort_unstable();
        assert_eq!(found, ids, "in {parts} parts");
        assert!(parts > 1 || pages > 1, "the table fills more than one page");
    }
}

#[tokio::test]
async fn an_empty_table_is_one_empty_page() {
    let (_, customers) = customers().await;
    assert_eq!(everybody(&customers, 1).await, (Vec::new(), 1));
}

#[tokio::test]
async fn all_that_a_run_compares_is_read_and_the_history_is_not() {
    let (_, customers) = customers().await;
    let gone = Entry::Tombstone(Tombstone {
        at: at(),
        why: End::Gone,
        seen: Some(at()),
        answered: Some(mark("1", Outcome::Gone)),
        sequence: 0,
    });
    let _ = customers.save(ANN, &full(), None).await.unwrap();
    let _ = customers.save(BEN, &gone, None).await.unwrap();
    let found: BTreeMap<_, _> = everybody(&customers, 1).await.0.into_iter().collect();

    let Entry::Customer(whole) = full() else { panic!() };
    assert!(!whole.transitions.is_empty() && whole.second_look.is_some());
    let expected = Record {
        transitions: Vec::new(),
        announcing: Vec::new(),
        sequence: 0,
        second_look: None,
        least_book: None,
        ..*whole
    };
    assert_eq!(found[&ANN], Entry::Customer(Box::new(expected)));
    assert_eq!(found[&BEN], gone);
}

#[tokio::test]
async fn what_cannot_be_read_keeps_nobody_from_being_read() {
    let (client, customers) = customers().await;
    let _ = customers.save(ANN, &full(), None).await.unwrap();
    put(&client, &format!("customer#{BEN}"), "state", Item::new()).await;
    put(&client, "customer#zoe", "state", Item::new()).await;
    put(&client, "note", "to self", Item::new()).await;
    let page = customers.scan(0, 1, None).await.unwrap();
    let found: BTreeMap<_, _> = page.customers.into_iter().collect();
    assert_eq!(found.keys().collect::<Vec<_>>(), [&ANN, &BEN]);
    assert!(found[&ANN].is_ok());
    let error = found[&BEN].as_ref().unwrap_err().to_string();
    assert!(error.contains(&format!("customer#{BEN}")), "{error}");
    let [stranger] = page.strangers.as_slice() else { panic!("{:?}", page.strangers) };
    assert_eq!(stranger.to_string(), "customer#zoe: pk holds no customer id");
}

#[tokio::test]
async fn answers_are_those_of_the_run_that_is_asked_about() {
    let (client, customers) = customers().await;
    let [ann, ben, cat, dan, eva, fay] = [1, 2, 3, 4, 5, 6].map(CustomerId::new);
    let gone = |answered| {
        Entry::Tombstone(Tombstone { at: at(), why: End::Gone, seen: None, answered, sequence: 0 })
    };
    for (id, entry) in [
        (ann, customer(Some(mark("1", Outcome::Applied)))),
        (ben, customer(Some(mark("2", Outcome::Applied)))),
        (cat, customer(None)),
        (dan, gone(Some(mark("1", Outcome::Gone)))),
        (eva, gone(Some(mark("2", Outcome::Gone)))),
    ] {
        let _ = customers.save(id, &entry, None).await.unwrap();
    }
    let unreadable = Item::from([("answered".to_owned(), text("applied"))]);
    put(&client, &format!("customer#{fay}"), "state", unreadable).await;
    let nobody = CustomerId::new(7);
    let asked = [ann, ben, cat, dan, eva, fay, nobody];
    let found = customers.answered(&run("1"), &asked).await.unwrap();
    let expected = [(ann, mark("1", Outcome::Applied)), (dan, mark("1", Outcome::Gone))];
    assert_eq!(found, BTreeMap::from(expected));
    assert!(customers.answered(&run("1"), &[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_answers_of_more_customers_than_one_call_takes_are_read() {
    let (_, customers) = customers().await;
    let ids: Vec<_> = (1..=230).map(CustomerId::new).collect();
    for id in &ids {
        let entry = customer(Some(mark("1", Outcome::Unchanged)));
        let _ = customers.save(*id, &entry, None).await.unwrap();
    }
    assert_eq!(customers.answered(&run("1"), &ids).await.unwrap().len(), 230);
}
