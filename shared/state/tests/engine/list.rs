//! Lists of customers, against a real engine.

use rules::CustomerId;
use state::{
    Cause, Claim, Customers, End, Entry, Last, Listed, Outcome, Record, Tombstone, Transition,
};

use crate::customers::{at, full};
use crate::support::{ANN, BEN, CUSTOMERS, engine};

const CLEO: CustomerId = CustomerId::new(9_007_199_254_741_999);

async fn customers() -> Customers {
    Customers::new(engine().await, CUSTOMERS)
}

async fn listed(customers: &Customers, which: Listed<'_>) -> Vec<(CustomerId, Entry)> {
    let (mut found, parts) = (Vec::new(), 4);
    for part in 0..parts {
        let mut place = None;
        loop {
            let page = customers.list(which, part, parts, place).await.unwrap();
            found.extend(page.customers.into_iter().map(|(id, entry)| (id, entry.unwrap())));
            place = page.next;
            if place.is_none() {
                break;
            }
        }
    }
    found.sort_by_key(|(customer, _)| *customer);
    found
}

fn ended(segment: Option<&str>, outcome: Outcome) -> Entry {
    let last = Some(Last { outcome, at: at(), book: 1 });
    let segment = segment.map(|name| name.parse().unwrap());
    Entry::Customer(Box::new(Record { segment, last, ..Record::default() }))
}

#[tokio::test]
async fn a_segment_s_customers_come_with_their_history_and_without_others() {
    let customers = customers().await;
    let claim = Claim::Take("00u1".parse().unwrap());
    let _ = customers.save_with(ANN, &full(), None, &[claim]).await.unwrap();
    let _ = customers.save(BEN, &ended(Some("new"), Outcome::Applied), None).await.unwrap();
    let stone = Tombstone { at: at(), why: End::Gone, seen: None, answered: None, sequence: 0 };
    let _ = customers.save(CLEO, &Entry::Tombstone(stone), None).await.unwrap();
    let vip = "vip".parse().unwrap();
    assert_eq!(listed(&customers, Listed::InSegment(&vip)).await, [(ANN, full())]);
    let nobody = "returning".parse().unwrap();
    assert_eq!(listed(&customers, Listed::InSegment(&nobody)).await, []);
}

#[tokio::test]
async fn customers_are_found_by_how_their_last_look_ended() {
    let customers = customers().await;
    let unmatched = ended(None, Outcome::Unmatched);
    let taken = ended(Some("vip"), Outcome::UserTaken);
    let _ = customers.save(ANN, &unmatched, None).await.unwrap();
    let _ = customers.save(BEN, &taken, None).await.unwrap();
    let _ = customers.save(CLEO, &ended(None, Outcome::Unchanged), None).await.unwrap();
    let which = [Outcome::Unmatched, Outcome::UserTaken, Outcome::GroupGone];
    let found = listed(&customers, Listed::EndedAs(&which)).await;
    assert_eq!(found, [(ANN, unmatched.clone()), (BEN, taken)]);
    let found = listed(&customers, Listed::EndedAs(&[Outcome::Unmatched])).await;
    assert_eq!(found, [(ANN, unmatched)]);
}

#[test]
fn a_customer_is_in_a_segment_since_they_came_into_it_whatever_its_group_was_called_since() {
    let change = |second, from: Option<&str>, to: Option<&str>| Transition {
        at: jiff::Timestamp::from_second(second).unwrap(),
        from: from.map(|name| name.parse().unwrap()),
        to: to.map(|name| name.parse().unwrap()),
        group: None,
        cause: Cause::Order,
        grounds: None,
        totals: rules::Totals {
            orders: 1,
            spent: rules::Money::new(1.into(), rules::Currency::USD),
        },
        book: 1,
    };
    let mut record = Record::default();
    assert_eq!(record.in_segment_since(), None);
    record.remember(change(1, None, Some("new")));
    record.remember(change(2, Some("new"), Some("vip")));
    record.remember(change(3, Some("vip"), Some("vip")));
    assert_eq!(record.in_segment_since().unwrap().as_second(), 2);
    for second in 4..30 {
        record.remember(change(second, Some("vip"), Some("vip")));
    }
    assert_eq!(record.in_segment_since(), None);
}
