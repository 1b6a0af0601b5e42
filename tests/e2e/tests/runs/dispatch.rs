//! Messages to the workers, as many as the queue may hold.

use aws_sdk_dynamodb::types::AttributeValue;
use resegment::{PhaseName, Status};

use crate::shop::{Shop, wait_of};

const SHALLOW: usize = 20;

#[tokio::test]
async fn no_more_is_queued_than_the_queue_may_hold() {
    let shop = Shop::open().await;
    let people = shop.people(100, 1, "10");
    shop.system.set("queue_shallow", AttributeValue::N(SHALLOW.to_string())).await.unwrap();
    let mut answer = shop.begin().await;
    let depth = || shop.system.queue().depth();
    assert_eq!((answer.status, depth()), (Status::Wait, SHALLOW));

    // Nobody works: the queue stays full.
    shop.world.clock.advance(wait_of(&answer));
    answer = shop.tick().await;
    assert_eq!((answer.status, answer.phase), (Status::Wait, Some(PhaseName::Dispatch)));
    assert!(answer.message.as_ref().unwrap().contains("full"), "{answer:?}");
    assert_eq!((depth(), answer.progress.unwrap().dispatched), (SHALLOW, 20));

    let mut looked_at = Vec::new();
    while answer.status == Status::Wait {
        if let Some(report) = shop.system.work_once().await.unwrap() {
            looked_at.extend(report.done.iter().map(|done| done.customer));
        }
        shop.world.clock.advance(wait_of(&answer));
        answer = shop.tick().await;
        assert!(depth() <= SHALLOW, "{} messages", depth());
    }
    assert_eq!(answer.status, Status::Done, "{answer:?}");
    assert_eq!(shop.record(answer.run_id.as_ref().unwrap()).await.dispatched, 100);
    looked_at.sort();
    assert_eq!(looked_at, people.iter().map(|person| person.customer).collect::<Vec<_>>());
}
