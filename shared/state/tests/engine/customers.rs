//! The customers table against a real engine.

use crate::support::{ANN, BEN, CUSTOMERS, engine, run};
use jiff::Timestamp;
use rules::{Applied, Attributes, Group, Membership, PinnedTo, Totals, UserId};
use state::{
    Announcement, Answered, Cause, Claim, Customers, End, Entry, Erased, Grounds, Last, Lease,
    Match, Outcome, Pin, Read, Record, Salt, Tombstone, Transition, Version, Written,
};

async fn customers() -> Customers {
    Customers::new(engine().await, CUSTOMERS)
}

pub(crate) fn at() -> Timestamp {
    "2026-11-21T12:00:00.123456789Z".parse().unwrap()
}

fn user() -> UserId {
    "00u1".parse().unwrap()
}

fn done(written: Written) -> Version {
    match written {
        Written::Done(version) => version,
        other => panic!("not written: {other:?}"),
    }
}

fn empty() -> Entry {
    Entry::Customer(Box::default())
}

pub(crate) fn full() -> Entry {
    let totals = Totals { orders: 7, spent: "512.30 USD".split_once(' ').map(money).unwrap() };
    let group =
        Group { id: "00g1".parse().unwrap(), name: "Shopify VIP Customer".parse().unwrap() };
    let mut applied = Applied { attributes: Attributes::Set(totals), ..Applied::default() };
    applied.note(group.clone(), Membership::Member);
    let mut record = Record {
        lease: Some(Lease { until: at() }),
        read: Some(Read {
            at: at(),
            updated_at: at(),
            totals,
            last_order: Some(rules::OrderId::new(u64::MAX)),
        }),
        second_look: Some(at()),
        matched: Some(Match {
            user: user(),
            address: Salt::new([7; 64]).hash(&"Ann@Example.com".parse().unwrap()),
        }),
        applied,
        sought: Some(Salt::new([7; 64]).hash(&"Ben@Example.com".parse().unwrap())),
        segment: Some("vip".parse().unwrap()),
        pin: Some(pin("vip", "asked by the press team")),
        least_book: Some(2),
        last: Some(Last { outcome: Outcome::Applied, at: at(), book: 3 }),
        answered: Some(Answered { run: run("1"), outcome: Outcome::Applied }),
        transitions: Vec::new(),
        sequence: 1,
        announcing: Vec::new(),
    };
    record.remember(Transition {
        at: at(),
        from: None,
        to: Some("vip".parse().unwrap()),
        group: Some(group.name),
        cause: Cause::Order,
        grounds: Some(Grounds::Range(1)),
        totals,
        book: 3,
    });
    let pinned = Some(Grounds::Pin("asked by the press team".parse().unwrap()));
    let first = record.transitions[0].clone();
    for grounds in [pinned, None] {
        record.remember(Transition { grounds, ..first.clone() });
    }
    record.announcing.push(Announcement {
        sequence: 2,
        user: Some(user()),
        rule: Some("6 orders or more".into()),
        run: Some(run("1")),
        end: Some(End::Gone),
        transition: first,
    });
    Entry::Customer(Box::new(record))
}

/// A pin to a segment, since a moment ago.
pub(crate) fn pin(segment: &str, reason: &str) -> Pin {
    let to = PinnedTo::Segment(segment.parse().unwrap());
    Pin { to, reason: reason.parse().unwrap(), since: at() }
}

fn money((amount, currency): (&str, &str)) -> rules::Money {
    rules::Money::new(amount.parse().unwrap(), currency.parse().unwrap())
}

#[tokio::test]
async fn an_entry_comes_back_as_it_was_written() {
    let customers = customers().await;
    for (customer, entry) in [
        (ANN, full()),
        (
            BEN,
            Entry::Tombstone(Tombstone {
                at: at(),
                why: End::Redacted,
                seen: Some(at()),
                answered: Some(Answered { run: run("2"), outcome: Outcome::Redacted }),
                sequence: 7,
            }),
        ),
    ] {
        let version = done(customers.save(customer, &entry, None).await.unwrap());
        let found = customers.load(&[customer]).await.unwrap().remove(&customer).unwrap().unwrap();
        assert_eq!((found.version, found.entry), (version, entry));
    }
}

#[tokio::test]
async fn those_without_an_entry_are_left_out() {
    let customers = customers().await;
    let _ = customers.save(ANN, &empty(), None).await.unwrap();
    let found = customers.load(&[ANN, BEN]).await.unwrap();
    assert_eq!(found.keys().collect::<Vec<_>>(), [&ANN]);
}

#[tokio::test]
async fn of_two_writes_from_one_version_the_second_fails() {
    let customers = customers().await;
    assert_eq!(
        customers.save(ANN, &empty(), None).await,
        customers.save(BEN, &empty(), None).await
    );
    assert_eq!(customers.save(ANN, &full(), None).await.unwrap(), Written::Conflict);

    let read = customers.load(&[ANN]).await.unwrap().remove(&ANN).unwrap().unwrap().version;
    let _ = done(customers.save(ANN, &full(), Some(read)).await.unwrap());
    assert_eq!(customers.save(ANN, &empty(), Some(read)).await.unwrap(), Written::Conflict);
    let claims = [Claim::Take(user())];
    let late = customers.save_with(ANN, &empty(), Some(read), &claims).await.unwrap();
    assert_eq!(late, Written::Conflict);
    assert_eq!(customers.holder(&user()).await.unwrap(), None);
}

#[tokio::test]
async fn a_user_belongs_to_one_customer_until_released() {
    let customers = customers().await;
    let take = [Claim::Take(user())];
    let ann = done(customers.save_with(ANN, &empty(), None, &take).await.unwrap());
    assert_eq!(customers.holder(&user()).await.unwrap(), Some(ANN));

    let refused = customers.save_with(BEN, &empty(), None, &take).await.unwrap();
    assert_eq!(refused, Written::UserTaken);
    assert!(customers.load(&[BEN]).await.unwrap().is_empty(), "the entry was not written either");

    let ann = done(customers.save_with(ANN, &full(), Some(ann), &take).await.unwrap());
    let release = [Claim::Release(user())];
    let ann = done(customers.save_with(ANN, &empty(), Some(ann), &release).await.unwrap());
    let _ = done(customers.save_with(ANN, &empty(), Some(ann), &release).await.unwrap());
    let _ = done(customers.save_with(BEN, &empty(), None, &take).await.unwrap());
    assert_eq!(customers.holder(&user()).await.unwrap(), Some(BEN));
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_keeps_no_other_from_being_read() {
    let client = engine().await;
    let customers = Customers::new(client.clone(), CUSTOMERS);
    let _ = customers.save(ANN, &full(), None).await.unwrap();
    let text = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
    client
        .put_item()
        .table_name(CUSTOMERS)
        .item("pk", text(&format!("customer#{BEN}")))
        .item("sk", text("state"))
        .item("version", text("one"))
        .send()
        .await
        .unwrap();
    let found = customers.load(&[ANN, BEN]).await.unwrap();
    assert!(found[&ANN].is_ok());
    let error = found[&BEN].as_ref().unwrap_err();
    assert!(error.to_string().contains(&format!("customer#{BEN}: version")), "{error}");
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn more_customers_than_one_call_takes_are_read() {
    let customers = customers().await;
    let ids: Vec<_> = (1..=130).map(rules::CustomerId::new).collect();
    for id in &ids {
        let _ = customers.save(*id, &empty(), None).await.unwrap();
    }
    assert_eq!(customers.load(&ids).await.unwrap().len(), 130);
}

#[tokio::test]
async fn a_shop_that_asks_to_be_forgotten_leaves_nothing() {
    let customers = customers().await;
    let ids: Vec<_> = (1..=60).map(rules::CustomerId::new).collect();
    for id in &ids {
        let claim = Claim::Take(format!("00u{id}").parse().unwrap());
        let _ = customers.save_with(*id, &full(), None, &[claim]).await.unwrap();
    }
    while customers.erase_some().await.unwrap() == Erased::Some {}
    assert!(customers.load(&ids).await.unwrap().is_empty());
    assert_eq!(customers.holder(&"00u7".parse().unwrap()).await.unwrap(), None);
}

#[tokio::test]
async fn the_table_holds_no_address() {
    let client = engine().await;
    let customers = Customers::new(client.clone(), CUSTOMERS);
    let _ = customers.save(ANN, &full(), None).await.unwrap();
    let items = client.scan().table_name(CUSTOMERS).send().await.unwrap();
    let shown = format!("{items:?}").to_lowercase();
    assert!(shown.contains("shopify vip customer") && !shown.contains("example.com"), "{shown}");
}

#[tokio::test]
async fn an_engine_that_does_not_answer_is_an_error_that_may_pass() {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
        .region(aws_sdk_dynamodb::config::Region::new("us-east-1"))
        .credentials_provider(aws_sdk_dynamodb::config::Credentials::new("t", "t", None, None, "t"))
        .retry_config(aws_sdk_dynamodb::config::retry::RetryConfig::disabled())
        .endpoint_url("http://127.0.0.1:9")
        .build();
    let customers = Customers::new(aws_sdk_dynamodb::Client::from_conf(config), CUSTOMERS);
    let error = customers.load(&[ANN]).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
}
