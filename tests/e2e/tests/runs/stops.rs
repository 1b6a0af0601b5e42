//! What an operator says while a call is under way.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use bytes::Bytes;
use http::{Method, Request, Response};
use outbound::{BoxFuture, Chunks, Clock, Transport, TransportFailure};
use resegment::{EndedAs, Status};
use simulators::World;
use state::{ConfigTable, Runs};

use crate::shop::Shop;

/// What an operator does.
#[derive(Debug, Clone, Copy)]
enum Act {
    Cancel,
    Pause,
}

/// The way to the services, on which an operator waits for the next write to Mavera.
struct Operator {
    world: World,
    orders: Mutex<Option<Orders>>,
}

/// What the operator does then, once.
struct Orders {
    act: Act,
    /// How long Mavera takes meanwhile.
    takes: Duration,
    config: ConfigTable,
    runs: Runs,
}

impl Operator {
    /// Has the operator act during the next write to Mavera, which takes so long.
    fn will(&self, shop: &Shop, act: Act, takes: Duration) {
        let (config, runs) = (shop.system.config_table().clone(), shop.system.runs().clone());
        *self.orders.lock().unwrap() = Some(Orders { act, takes, config, runs });
    }

    fn take_orders(&self) -> Option<Orders> {
        self.orders.lock().unwrap().take()
    }

    async fn act(&self, Orders { act, takes, config, runs }: Orders) {
        self.world.clock.sleep(takes).await;
        match act {
            Act::Cancel => {
                let run = runs.active().await.unwrap().unwrap();
                config.cancel_run(&run).await.unwrap();
            }
            Act::Pause => {
                config.put_setting("paused", AttributeValue::Bool(true)).await.unwrap();
            }
        }
    }
}

impl Transport for Operator {
    fn send(
        &self,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportFailure>> {
        let is_of_persona = request.uri().path().starts_with("/api/v1/personas");
        let is_write = is_of_persona && request.method() != Method::GET;
        let orders = if is_write { self.take_orders() } else { None };
        Box::pin(async move {
            if let Some(orders) = orders {
                self.act(orders).await;
            }
            self.world.transport().send(request, timeout).await
        })
    }

    fn open(
        &self,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> BoxFuture<'_, Result<Response<Box<dyn Chunks>>, TransportFailure>> {
        Box::pin(async move { self.world.transport().open(request, timeout).await })
    }
}

/// A shop with customers in two segments, and its operator.
async fn shop() -> (Shop, Arc<Operator>) {
    let mut operator = None;
    let shop = Shop::open_with(|world, options| {
        let made = Arc::new(Operator { world: world.clone(), orders: Mutex::default() });
        options.transport = Arc::clone(operator.insert(made)) as Arc<dyn Transport>;
    })
    .await;
    shop.people(3, 1, "10");
    shop.people(3, 6, "600");
    (shop, operator.unwrap())
}

#[tokio::test]
async fn a_run_that_is_cancelled_while_it_creates_a_persona_creates_no_other() {
    let (shop, operator) = shop().await;
    operator.will(&shop, Act::Cancel, Duration::ZERO);
    let answer = shop.begin().await;
    assert_eq!(answer.status, Status::Failed, "{answer:?}");
    assert_eq!(shop.record(&answer.run_id.unwrap()).await.end().unwrap().how, EndedAs::Cancelled);
    assert_eq!(shop.world.mavera.personas().len(), 1);
}

#[tokio::test]
async fn a_run_that_is_paused_while_it_creates_a_persona_creates_the_next_when_it_is_resumed() {
    let (shop, operator) = shop().await;
    operator.will(&shop, Act::Pause, Duration::ZERO);
    let answer = shop.begin().await;
    assert_eq!((answer.status, answer.wait_seconds), (Status::Wait, Some(60)), "{answer:?}");
    assert_eq!(shop.world.mavera.personas().len(), 1);
    shop.system.set("paused", AttributeValue::Bool(false)).await.unwrap();
    assert_eq!(shop.finish(answer).await.status, Status::Done);
    assert_eq!(shop.world.mavera.personas().len(), 2);
}

#[tokio::test]
async fn a_call_notices_after_a_minute_what_was_said_while_it_was_at_work() {
    for (act, status) in [(Act::Pause, Status::Wait), (Act::Cancel, Status::Failed)] {
        let (shop, operator) = shop().await;
        shop.full_run().await;
        shop.people(1, 1, "10");
        shop.people(1, 6, "600");
        shop.world.take_calls();
        operator.will(&shop, act, Duration::from_mins(1));
        let answer = shop.begin().await;
        assert_eq!(answer.status, status, "{answer:?}");
        assert_eq!(shop.take_counts()[3], 1, "the second persona waits, changed as it is");
    }
}
