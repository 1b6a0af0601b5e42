//! Two calls at one run: whose it is, and what the other may still do.

use std::pin::pin;
use std::time::Duration;

use resegment::{Answer, Event, Status};
use simulators::Moment;

use crate::between::{Fate, at_each_call};
use crate::crashes::left;
use crate::first_run_crashes::places;
use crate::shop::{NEW, PAGE, Shop, wait_of};
use crate::tables::function;

/// Longer than a lease lives.
const LEASE: Duration = Duration::from_mins(3);

/// A shop whose first run has something of everything to do.
async fn shop() -> Shop {
    let shop = Shop::open().await;
    shop.people(2, 1, "10");
    shop.people(1, 6, "60");
    shop.strangers(PAGE, 0, "0");
    // The making of a persona that is under way cannot be called back, and is never repeated.
    for name in ["Shopify New Buyer", "Shopify VIP Customer"] {
        shop.world.mavera.add_persona(name);
    }
    shop.world.take_calls();
    shop
}

/// A shop whose run waits for its export, or has not begun.
async fn shop_at(exporting: bool) -> Shop {
    let shop = shop().await;
    if exporting {
        let begun = shop.begin().await;
        shop.world.clock.advance(wait_of(&begun));
        shop.world.take_calls();
    }
    shop
}

/// The run's next call.
async fn next_call(shop: &Shop, exporting: bool) -> Answer {
    if exporting { shop.tick().await } else { shop.begin().await }
}

#[tokio::test]
async fn a_step_whose_run_another_call_has_taken_writes_nothing_more() {
    for exporting in [false, true] {
        let whole = shop_at(exporting).await;
        next_call(&whole, exporting).await;
        let calls = whole.world.take_calls();
        assert!(calls.len() >= 2, "{calls:?}");
        for (nth, moment) in places(&calls) {
            let place = format!("{moment:?} call {nth} of {calls:?}");
            let shop = shop_at(exporting).await;
            shop.world.suspend_at(nth, moment);
            let mut first = pin!(next_call(&shop, exporting));
            tokio::select! {
                biased;
                () = shop.world.suspended() => {}
                answer = &mut first => panic!("{place}: {answer:?}"),
            }
            shop.world.clock.advance(LEASE);
            let second = shop.tick().await;
            let second = shop.finish(second).await;
            assert_eq!(second.status, Status::Done, "{place}: {second:?}");
            let run = second.run_id.unwrap();
            let record = shop.record(&run).await;
            let before = left(&shop, &record);

            shop.world.let_go_on();
            let late = first.await;
            assert_eq!((late.status, late.run_id), (Status::Wait, Some(run.clone())), "{place}");
            assert!(late.message.unwrap().contains("another call has taken the run"));
            assert_eq!(shop.system.queue().depth(), 0, "{place}");
            assert_eq!(shop.record(&run).await, record, "{place}");
            assert_eq!(left(&shop, &record), before, "{place}");
        }
    }
}

#[tokio::test]
async fn a_tick_beside_a_working_call_waits() {
    let shop = shop().await;
    shop.world.suspend_at(1, Moment::Before);
    let mut first = pin!(shop.begin());
    tokio::select! {
        biased;
        () = shop.world.suspended() => {}
        answer = &mut first => panic!("{answer:?}"),
    }
    shop.world.take_calls();
    let beside = shop.tick().await;
    assert_eq!(beside.status, Status::Wait);
    assert!(beside.message.unwrap().contains("another call is at it"));
    assert!(beside.wait_seconds.is_some_and(|wait| (1..=61).contains(&wait)));
    assert_eq!(shop.take_counts(), [0, 0, 0, 0]);
    shop.world.let_go_on();
    let answer = first.await;
    assert_eq!(answer.status, Status::Wait, "{answer:?}");
    assert_eq!(shop.finish(answer).await.status, Status::Done);
    assert_eq!(shop.world.okta.members(&shop.group(NEW)).len(), 2);
}

#[tokio::test]
async fn without_a_run_a_tick_is_one_call_to_the_tables_and_none_to_anybody_else() {
    let shop = Shop::open().await;
    // The first call fails, and there is no second one to fail.
    let made = at_each_call(Fate::EveryAnswerLost, None, async |calls| {
        let deadline = shop.world.clock.now() + Duration::from_mins(15);
        let function = function(&shop, &calls);
        let answer = Box::pin(function.handle(Event::default(), deadline)).await;
        assert_eq!(answer.is_err(), calls.is_befallen(), "{}", calls.place());
        assert!(answer.is_err() || answer.unwrap().status == Status::Idle);
    });
    assert_eq!(made.await, 1);
    assert_eq!(shop.take_counts(), [0, 0, 0, 0]);
}
