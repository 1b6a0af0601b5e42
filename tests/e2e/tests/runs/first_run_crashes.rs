//! A first run that is killed at any remote call: who is there already is put right, and no persona is
//! paid for twice.

use std::collections::BTreeMap;
use std::time::Duration;

use http::Method;
use resegment::{Event, PersonaEnd, Record, Start, Status};
use simulators::{CallRecord, Moment, Outcome, Service};

use crate::crashes::left;
use crate::shop::{NEW, PAGE, RETURNING, Shop, VIP};

/// Longer than a lease lives.
const LEASE: Duration = Duration::from_mins(3);

/// The places in these calls to stop at: before and after each that changes something, and after each
/// that only reads.
pub(crate) fn places(calls: &[CallRecord]) -> Vec<(u32, Moment)> {
    let places = (1..).zip(calls).flat_map(|(nth, call)| {
        let reads = match &call.operation {
            Some(operation) => operation != "StartExport",
            None => call.method == Method::GET,
        };
        [(!reads).then_some((nth, Moment::Before)), Some((nth, Moment::After))]
    });
    places.flatten().collect()
}

/// A run that reads the members of all groups, from its start to its end.
async fn whole_run(shop: &Shop) -> Record {
    let start = Start { verify: true, ..Start::default() };
    let begun = shop.system.resegment(Event { start: Some(start) }).await.unwrap();
    end_of(shop, begun).await
}

async fn end_of(shop: &Shop, answer: resegment::Answer) -> Record {
    let answer = shop.finish(answer).await;
    assert_eq!(answer.status, Status::Done, "{answer:?}");
    shop.record(answer.run_id.as_ref().unwrap()).await
}

/// A run that is killed at its `nth` call, and gone on with after that.
async fn killed(shop: &Shop, (nth, moment): (u32, Moment)) -> Record {
    shop.world.suspend_at(nth, moment);
    tokio::select! {
        biased;
        () = shop.world.suspended() => {}
        record = whole_run(shop) => panic!("no call {nth}: {record:?}"),
    }
    shop.world.clock.advance(LEASE);
    let answer = shop.tick().await;
    end_of(shop, answer).await
}

/// A shop of more than one page that nobody has looked after, and that is not as it should be: somebody
/// put two into groups by hand.
async fn large_shop() -> Shop {
    let shop = Shop::open().await;
    let new = shop.people(1, 1, "10").remove(0);
    let vip = shop.people(1, 6, "60").remove(0);
    shop.strangers(PAGE, 0, "0");
    shop.world.okta.add_members(&shop.group(VIP), [&new.user]).unwrap();
    shop.world.okta.add_members(&shop.group(RETURNING), [&vip.user]).unwrap();
    // Creating a persona is the one thing that is not repeated: that is shown below.
    for name in ["Shopify New Buyer", "Shopify VIP Customer"] {
        shop.world.mavera.add_persona(name);
    }
    shop.world.take_calls();
    shop
}

#[tokio::test]
async fn a_first_run_with_an_export_killed_at_any_call_ends_as_one_that_was_not() {
    let whole = large_shop().await;
    let record = whole_run(&whole).await;
    let expected = left(&whole, &record);
    assert_eq!(record.dispatched, 2);
    assert_eq!(whole.world.okta.members(&whole.group(NEW)).len(), 1);
    let (report, calls) = (record.report, whole.world.take_calls());
    for place in places(&calls) {
        let shop = large_shop().await;
        let record = killed(&shop, place).await;
        assert_eq!(left(&shop, &record), expected, "killed at {place:?} of {calls:?}");
        assert_eq!(record.report, report, "killed at {place:?} of {calls:?}");
        assert_eq!(shop.world.shopify.bulk_operations().len(), 1, "{place:?} of {calls:?}");
        assert_eq!(shop.world.forbidden_calls(), []);
    }
}

/// A shop that lacks two personas.
async fn shop_without_personas() -> Shop {
    let shop = Shop::open().await;
    shop.people(2, 1, "10");
    shop.people(1, 6, "60");
    shop.world.take_calls();
    shop
}

/// How often the making of each persona was carried out.
fn made(shop: &Shop) -> BTreeMap<String, u32> {
    let mut made = BTreeMap::new();
    for exchange in shop.world.exchanges() {
        let call = exchange.call;
        let carried_out = matches!(call.outcome, Outcome::Answered(201) | Outcome::SuspendedAfter);
        if call.service == Service::Mavera && call.method == Method::POST && carried_out {
            let body: serde_json::Value = serde_json::from_slice(exchange.request.body()).unwrap();
            *made.entry(body["name"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    made
}

/// What the configuration knows of the personas: their segments and ids.
async fn ids(shop: &Shop) -> Vec<(String, Option<String>)> {
    let rows = shop.system.config_table().personas().await.unwrap();
    rows.into_iter().map(|(segment, row)| (segment.to_string(), row.id)).collect()
}

/// What a run tells of a persona it could not keep.
fn failures(record: &Record) -> Vec<&str> {
    let ends = record.personas.values().filter_map(|end| match end {
        PersonaEnd::Failed { detail } => Some(detail.as_str()),
        _ => None,
    });
    ends.collect()
}

#[tokio::test]
async fn a_run_killed_at_any_call_to_mavera_pays_for_no_persona_twice() {
    let whole = shop_without_personas().await;
    let record = whole_run(&whole).await;
    let (expected, expected_ids) = (left(&whole, &record), ids(&whole).await);
    assert_eq!(expected_ids.iter().filter(|(_, id)| id.is_some()).count(), 2);
    let calls = whole.world.take_calls();
    let of_mavera = |nth: u32| calls[usize::try_from(nth - 1).unwrap()].service == Service::Mavera;
    let places: Vec<_> = places(&calls).into_iter().filter(|(nth, _)| of_mavera(*nth)).collect();
    assert_eq!(places.len(), 6, "for each of two: the look, and before and after its making");
    for place in places {
        let shop = shop_without_personas().await;
        let record = killed(&shop, place).await;
        let made = made(&shop);
        assert!(made.values().all(|times| *times == 1), "{place:?}: {made:?}");
        if place.1 == Moment::Before {
            // Nobody can tell that it was not carried out.
            let [detail] = failures(&record)[..] else { panic!("{place:?}: {record:?}") };
            assert!(detail.contains("remove persona_create_begun"), "{place:?}: {detail}");
            assert_eq!(made.len(), 1, "{place:?}");
        } else {
            assert_eq!(left(&shop, &record), expected, "{place:?}");
            assert_eq!(ids(&shop).await, expected_ids, "{place:?}");
            assert_eq!((failures(&record).len(), made.len()), (0, 2), "{place:?}");
        }
    }
}
