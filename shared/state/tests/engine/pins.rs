//! What a person decides for one customer, against a real engine.

use std::time::Duration;

use jiff::Timestamp;
use rules::{CustomerId, PinnedTo};
use state::{
    Customers, End, Entry, Last, Lease, Listed, Outcome, Pin, Pinned, Record, Tombstone, Version,
    Written,
};

use crate::customers::{at, full, pin};
use crate::support::{ANN, BEN, CUSTOMERS, engine};

async fn customers() -> Customers {
    Customers::new(engine().await, CUSTOMERS)
}

/// A moment when no lease is held.
fn later() -> Timestamp {
    at() + Duration::from_mins(5)
}

async fn found(customers: &Customers, id: CustomerId) -> (Version, Record) {
    let found = customers.load(&[id]).await.unwrap().remove(&id).unwrap().unwrap();
    match found.entry {
        Entry::Customer(record) => (found.version, *record),
        other @ Entry::Tombstone(_) => panic!("{other:?}"),
    }
}

/// The book that is in use.
const BOOK: u64 = 4;

async fn pinned(customers: &Customers, pin: Option<&Pin>) -> Pinned {
    customers.pin(ANN, pin, BOOK, later()).await.unwrap()
}

#[tokio::test]
async fn a_customer_nobody_has_looked_at_is_pinned_and_unpinned() {
    let customers = customers().await;
    let vip = pin("vip", "asked by the press team");
    assert_eq!(pinned(&customers, Some(&vip)).await, Pinned::Done { before: None });
    let record = found(&customers, ANN).await.1;
    let decided = Record { least_book: Some(BOOK), ..Record::default() };
    assert_eq!(record, Record { pin: Some(vip.clone()), ..decided.clone() });
    assert_eq!(pinned(&customers, None).await, Pinned::Done { before: Some(vip) });
    assert_eq!(found(&customers, ANN).await.1, decided);
}

#[tokio::test]
async fn a_pin_changes_nothing_else_but_that_nobody_has_looked_since() {
    let customers = customers().await;
    let _ = customers.save(ANN, &full(), None).await.unwrap();
    let Entry::Customer(before) = full() else { panic!() };
    let outside = Pin { to: PinnedTo::Outside, ..pin("vip", "wants no mail") };
    let _ = pinned(&customers, Some(&outside)).await;
    let least_book = Some(BOOK);
    let expected = Record { pin: Some(outside), last: None, least_book, ..*before };
    assert_eq!(found(&customers, ANN).await.1, expected);
}

#[tokio::test]
async fn what_is_so_already_is_not_written_and_keeps_its_moment() {
    let customers = customers().await;
    assert_eq!(pinned(&customers, None).await, Pinned::Already(None));
    assert!(customers.load(&[ANN]).await.unwrap().is_empty(), "no entry is made for nothing");
    let vip = pin("vip", "asked by the press team");
    let _ = pinned(&customers, Some(&vip)).await;
    let (version, _) = found(&customers, ANN).await;
    let again = Pin { since: later(), ..vip.clone() };
    assert_eq!(pinned(&customers, Some(&again)).await, Pinned::Already(Some(vip.clone())));
    assert_eq!(found(&customers, ANN).await.0, version);
    let other_reason = pin("vip", "asked by the founder");
    let before = Some(vip);
    assert_eq!(pinned(&customers, Some(&other_reason)).await, Pinned::Done { before });
}

#[tokio::test]
async fn who_is_gone_or_redacted_is_not_pinned() {
    let customers = customers().await;
    for why in [End::Gone, End::Redacted] {
        let stone =
            Entry::Tombstone(Tombstone { at: at(), why, seen: None, answered: None, sequence: 0 });
        let version = customers.load(&[ANN]).await.unwrap().remove(&ANN);
        let version = version.map(|found| found.unwrap().version);
        let _ = customers.save(ANN, &stone, version).await.unwrap();
        let vip = pin("vip", "asked by the press team");
        assert_eq!(pinned(&customers, Some(&vip)).await, Pinned::Ended(why));
    }
}

#[tokio::test]
async fn a_worker_that_has_the_customer_in_hand_is_left_to_finish() {
    let customers = customers().await;
    let until = later() + Duration::from_secs(5);
    let lease = Some(Lease { until });
    let leased = Entry::Customer(Box::new(Record { lease, ..Record::default() }));
    let _ = customers.save(ANN, &leased, None).await.unwrap();
    let vip = pin("vip", "asked by the press team");
    assert_eq!(pinned(&customers, Some(&vip)).await, Pinned::InHand { until });
    assert_eq!(found(&customers, ANN).await.1.pin, None);
    let done = customers.pin(ANN, Some(&vip), 0, until).await.unwrap();
    assert_eq!(done, Pinned::Done { before: None });
}

#[tokio::test]
async fn a_worker_that_read_the_customer_before_cannot_undo_the_pin() {
    let customers = customers().await;
    let _ = customers.save(ANN, &full(), None).await.unwrap();
    let (read, record) = found(&customers, ANN).await;
    let _ = pinned(&customers, Some(&pin("new", "asked by the press team"))).await;
    let late = Entry::Customer(Box::new(record));
    assert_eq!(customers.save(ANN, &late, Some(read)).await.unwrap(), Written::Conflict);
}

#[tokio::test]
async fn the_pinned_are_listed_and_nobody_else() {
    let customers = customers().await;
    let last = Some(Last { outcome: Outcome::Applied, at: at(), book: 1 });
    let other = Entry::Customer(Box::new(Record { last, ..Record::default() }));
    let _ = customers.save(BEN, &other, None).await.unwrap();
    let vip = pin("vip", "asked by the press team");
    let _ = pinned(&customers, Some(&vip)).await;
    let page = customers.list(Listed::Pinned, 0, 1, None).await.unwrap();
    let [(id, Ok(Entry::Customer(record)))] = &page.customers[..] else { panic!("{page:?}") };
    assert_eq!((*id, record.pin.as_ref()), (ANN, Some(&vip)));
}
