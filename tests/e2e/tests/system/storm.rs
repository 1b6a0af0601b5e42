use std::time::Duration;

use http::Method;
use jiff::Timestamp;
use simulators::Service;
use webhook::Answer;

use crate::harness::{NEW, Person, Shop, held};

/// How often Shopify delivers the event, all at once.
const COPIES: usize = 1_000;

impl Shop {
    /// Has two workers work side by side, as many as `template.yaml` lets there be, until the queue is
    /// empty.
    async fn settle_by_two(&self) {
        while let Some(due) = self.system.queue().next_due() {
            self.world.clock.advance_to(due);
            let (one, other) = tokio::join!(self.system.work_once(), self.system.work_once());
            assert!(one.unwrap().is_some() || other.unwrap().is_some());
        }
    }

    fn writes_to_okta(&self) -> Vec<String> {
        let calls = self.calls(Service::Okta).into_iter();
        calls.filter(|call| call.method != Method::GET).map(|call| call.to_string()).collect()
    }

    /// Delivers one event of a customer's only order again and again, the copies so far apart.
    async fn storm(&self, ann: &Person, apart: Duration) {
        let order = self.buys(ann, "45.50").await;
        self.world.take_calls();
        let webhook = self.world.shopify.update_order(order, "25.50".parse().unwrap()).unwrap();
        let began: Timestamp = self.now();
        for _ in 0..COPIES {
            assert_eq!(self.deliver(&webhook).await, Answer::Queued(1));
            self.wait(apart);
        }
        // All of them have come before the first is due.
        assert!(self.now() < began + Duration::from_secs(10));
    }
}

#[tokio::test]
async fn one_event_a_thousand_times_at_once_is_one_write_to_okta_and_three_reads_from_shopify() {
    for apart in [Duration::ZERO, Duration::from_millis(9)] {
        let shop = Shop::open().await;
        let ann = shop.person("ann@example.com");
        shop.storm(&ann, apart).await;
        shop.settle_by_two().await;
        assert_eq!(shop.held(&ann.user), held(NEW, "25.5", 1));
        assert_eq!(shop.writes_to_okta(), ["okta POST /api/v1/users/{id}"]);
        let reads = shop.calls(Service::Shopify).len();
        assert!(reads <= 3, "{reads} reads, with {apart:?} between the copies");
        assert!(shop.system.queue().dead_letters().is_empty());
    }
}
