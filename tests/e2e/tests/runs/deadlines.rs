//! The function's time: no call outlasts it, and what one call did not come to the next one does.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use bytes::Bytes;
use http::{Request, Response};
use outbound::{BoxFuture, Chunks, Transport, TransportFailure};
use resegment::PhaseName::{self, Accept, Dispatch, Export, Personas, Preflight, ReadOkta, Settle};
use resegment::{Answer, EndedAs, Event, Start, Status};
use simulators::{Matching, Moment, Outcome, Service, World};

use crate::crashes::{Left, left};
use crate::shop::{NEW, PAGE, Shop, wait_of};

/// With less time than this the function begins nothing.
const TOO_SHORT: Duration = Duration::from_secs(12);
/// Time for one step, while every call takes [`SLOW`].
const ONE_STEP: Duration = Duration::from_secs(16);
const SLOW: Duration = Duration::from_secs(2);
const SERVICES: [Service; 4] = [Service::Shopify, Service::Storage, Service::Okta, Service::Mavera];
/// Longer than a lease lives.
const LEASE: Duration = Duration::from_mins(3);
/// How many plans that never end are enough.
const MOST_PLANS: usize = 5;

/// A shop whose first run has something of everything to do, and a queue that holds few messages.
async fn shop() -> Shop {
    let shop = Shop::open().await;
    shop.people(9, 1, "10");
    shop.people(1, 6, "60");
    shop.strangers(PAGE, 0, "0");
    shop.system.set("queue_shallow", AttributeValue::N("4".into())).await.unwrap();
    shop.world.take_calls();
    shop
}

/// Calls the function, which is stopped after so long; it has to answer before that.
async fn call(shop: &Shop, start: Option<Start>, time: Duration) -> Answer {
    let deadline = shop.world.clock.now() + time;
    let called = shop.system.resegmenter().handle(Event { start }, deadline);
    let answer = Box::pin(called).await.unwrap();
    assert!(shop.world.clock.now() <= deadline, "too late: {answer:?}");
    answer
}

/// What a run leaves that one long call after the other made.
async fn expected() -> Left {
    let shop = shop().await;
    let record = shop.full_run().await;
    left(&shop, &record)
}

/// A call with too little time begins nothing, and leaves the run to the next one.
async fn nothing_is_begun(shop: &Shop) -> PhaseName {
    let before = shop.system.queue().depth();
    shop.world.take_calls();
    let answer = call(shop, None, TOO_SHORT).await;
    assert_eq!(answer.status, Status::Continue, "{answer:?}");
    assert_eq!(shop.take_counts(), [0, 0, 0, 0]);
    assert_eq!(shop.system.queue().depth(), before);
    answer.phase.unwrap()
}

#[tokio::test]
async fn a_run_in_calls_of_one_step_each_ends_as_one_in_long_calls() {
    let shop = shop().await;
    for service in SERVICES {
        shop.world.faults().set_latency(service, SLOW);
    }
    let mut answer = call(&shop, Some(Start::default()), TOO_SHORT).await;
    let mut phases = Vec::new();
    while matches!(answer.status, Status::Continue | Status::Wait) {
        if answer.status == Status::Wait {
            shop.settle().await;
            shop.world.clock.advance(wait_of(&answer));
        }
        phases.push(nothing_is_begun(&shop).await);
        // The lease was given back, or this call would have to wait.
        answer = call(&shop, None, ONE_STEP).await;
    }
    assert_eq!(answer.status, Status::Done, "{answer:?}");
    let record = shop.record(answer.run_id.as_ref().unwrap()).await;
    assert_eq!(left(&shop, &record), expected().await);
    phases.dedup();
    assert_eq!(phases, [Preflight, Export, ReadOkta, Accept, Dispatch, Personas, Settle]);
}

#[tokio::test]
async fn a_service_that_does_not_answer_keeps_no_call_beyond_its_time() {
    let expected = expected().await;
    for service in SERVICES {
        let shop = shop().await;
        shop.world.faults().set_latency(service, Duration::from_mins(20));
        let time = Duration::from_secs(40);
        let mut answer = call(&shop, Some(Start::default()), time).await;
        for _ in 0..5 {
            shop.world.clock.advance(wait_of(&answer));
            answer = call(&shop, None, time).await;
        }
        shop.world.faults().set_latency(service, Duration::ZERO);
        let answer = shop.finish(answer).await;
        assert_eq!(answer.status, Status::Done, "{service}: {answer:?}");
        // A persona that Mavera did not answer for is left to the next run.
        if service != Service::Mavera {
            let record = shop.record(answer.run_id.as_ref().unwrap()).await;
            assert_eq!(left(&shop, &record), expected, "{service}");
        }
    }
}

/// The function is killed when it has the file of the export, at the `nth` of its calls from now.
async fn killed_at_the_download(shop: &Shop, nth: u32) {
    shop.world.suspend_at(nth, Moment::After);
    tokio::select! {
        biased;
        () = shop.world.suspended() => {}
        answer = shop.tick() => panic!("{answer:?}"),
    }
    let killed = shop.world.take_calls().pop().unwrap();
    assert_eq!((killed.service, killed.outcome), (Service::Storage, Outcome::SuspendedAfter));
    shop.world.clock.advance(LEASE);
}

#[tokio::test]
async fn five_plans_that_never_end_fail_the_run() {
    let shop = shop().await;
    let begun = shop.begin().await;
    shop.world.clock.advance(wait_of(&begun));
    // The status, three groups' members, who has changed, and the file; then the status and the file.
    for nth in [6, 2, 2, 2, 2] {
        killed_at_the_download(&shop, nth).await;
    }
    let answer = shop.tick().await;
    assert_eq!(answer.status, Status::Failed, "{answer:?}");
    let message = answer.message.unwrap();
    assert!(message.contains(&format!("{MOST_PLANS} times")), "{message}");
    assert!(message.contains("more memory"), "{message}");
    let record = shop.record(answer.run_id.as_ref().unwrap()).await;
    assert_eq!((record.end().unwrap().how, record.dispatched), (EndedAs::Failed, 0));
    assert_eq!(shop.system.queue().depth(), 0);
    assert_eq!(shop.world.okta.members(&shop.group(NEW)).len(), 0);
    assert_eq!(shop.tick().await.status, Status::Idle, "the next run can begin");
}

#[tokio::test]
async fn a_plan_that_a_service_put_off_is_none_that_never_ended() {
    let shop = shop().await;
    shop.world.faults().always(Service::Storage, Matching::any(), simulators::Fault::Status(503));
    let mut answer = shop.begin().await;
    for _ in 0..=MOST_PLANS {
        shop.world.clock.advance(wait_of(&answer));
        answer = shop.tick().await;
        assert_eq!(answer.status, Status::Wait, "{answer:?}");
    }
    assert_eq!(answer.phase, Some(PhaseName::Plan));
    shop.world.faults().clear();
    assert_eq!(shop.finish(answer).await.status, Status::Done);
}

/// The way to the services, on which files come in slowly.
struct Slowly {
    inner: Arc<dyn Transport>,
    world: World,
}

/// A file that takes so long for each piece.
struct Pieces {
    inner: Box<dyn Chunks>,
    world: World,
}

/// How long a piece takes.
const PIECE: Duration = Duration::from_secs(9);

impl Transport for Slowly {
    fn send(
        &self,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportFailure>> {
        self.inner.send(request, timeout)
    }

    fn open(
        &self,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> BoxFuture<'_, Result<Response<Box<dyn Chunks>>, TransportFailure>> {
        Box::pin(async move {
            let answer = self.inner.open(request, timeout).await?;
            let world = self.world.clone();
            Ok(answer.map(|inner| Box::new(Pieces { inner, world }) as Box<dyn Chunks>))
        })
    }
}

impl Chunks for Pieces {
    fn next(
        &mut self,
        timeout: Duration,
    ) -> BoxFuture<'_, Result<Option<Bytes>, TransportFailure>> {
        self.world.clock.advance(PIECE.min(timeout));
        if timeout < PIECE {
            return Box::pin(async { Err(TransportFailure::Timeout) });
        }
        self.inner.next(timeout)
    }
}

#[tokio::test]
async fn a_download_that_outlasts_the_function_is_a_plan_that_never_ended() {
    let shop = Shop::open_with(|world, options| {
        let inner = Arc::clone(&options.transport);
        options.transport = Arc::new(Slowly { inner, world: world.clone() });
    })
    .await;
    shop.strangers(PAGE + 1, 0, "0");
    shop.world.set_piece_size(1_000);
    let begun = shop.begin().await;
    shop.world.clock.advance(wait_of(&begun));
    let time = Duration::from_mins(2);
    for _ in 0..MOST_PLANS {
        let answer = call(&shop, None, time).await;
        assert_eq!(
            (answer.status, answer.phase),
            (Status::Continue, Some(PhaseName::Plan)),
            "{answer:?}"
        );
    }
    let answer = call(&shop, None, time).await;
    assert_eq!(answer.status, Status::Failed, "{answer:?}");
    let message = answer.message.unwrap();
    assert!(message.contains(&format!("begun {MOST_PLANS} times")), "{message}");
}

#[tokio::test]
async fn a_service_that_asks_a_run_to_wait_for_a_day_fails_it() {
    let shop = shop().await;
    let always = simulators::Fault::ShopifyThrottled;
    shop.world.faults().always(Service::Shopify, Matching::any(), always);
    let begun = shop.world.clock.now();
    let mut answer = shop.begin().await;
    while answer.status == Status::Wait {
        let waited = shop.world.clock.now().duration_since(begun);
        assert!(waited.as_hours() < 30, "{answer:?}");
        shop.world.clock.advance(wait_of(&answer).max(Duration::from_mins(10)));
        answer = shop.tick().await;
    }
    assert_eq!(answer.status, Status::Failed, "{answer:?}");
    let waited = shop.world.clock.now().duration_since(begun);
    assert!(waited.as_hours() >= 24, "{waited}");
}
