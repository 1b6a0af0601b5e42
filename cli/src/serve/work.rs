//! Working messages off.

use std::time::Duration;

use state::{Depth, Receive};
use tokio::sync::{Notify, watch};

use super::{System, stopped};
use crate::words;

/// The longest the queue is left alone: other processes put messages into the store, too.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How long to wait after the store did not answer.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// For how long another batch is begun once it is time to stop: whoever asks does not wait for hours of messages,
/// and the store keeps them.
const LAST_WORK: Duration = Duration::from_secs(30);

/// Works messages off until it is time to stop, and then what is due for a little longer. What comes in here is
/// told of, so that it need not wait for the end of a pause.
pub(super) async fn work<Q: Receive + Clone + 'static>(
    system: &System<Q>,
    arrivals: &Notify,
    mut stopping: watch::Receiver<bool>,
) {
    let mut last = None;
    loop {
        if *stopping.borrow() && system.now() >= *last.get_or_insert(system.now() + LAST_WORK) {
            return;
        }
        let pause = match system.work_once().await {
            Ok(Some(_)) => continue,
            Ok(None) if *stopping.borrow() => return,
            Ok(None) => pause(system).await,
            Err(error) => {
                tracing::error!(%error, "the queue does not answer");
                if *stopping.borrow() {
                    return;
                }
                AFTER_FAILURE
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = arrivals.notified() => {}
            () = stopped(&mut stopping) => {}
        }
    }
}

async fn pause<Q: Receive + Clone + 'static>(system: &System<Q>) -> Duration {
    let Ok(Some(due)) = system.queue().next_due().await else { return LONGEST_PAUSE };
    let left = Duration::try_from(due.duration_since(system.now())).unwrap_or_default();
    left.min(LONGEST_PAUSE)
}

/// What is left for the next time, in words.
pub(super) async fn left(system: &System) -> String {
    match system.queue().depth().await {
        Ok(0) => "Nothing waits.".to_owned(),
        Ok(1) => "1 message waits in the store.".to_owned(),
        Ok(count) => format!("{} messages wait in the store.", words::count(count)),
        Err(error) => format!("How many messages wait in the store is not known ({error})."),
    }
}

#[cfg(test)]
#[cfg(feature = "demo")]
mod tests {
    use rules::{CustomerId, RuleBook};
    use simulators::okta::GroupKind;
    use simulators::{NewCustomer, Service, World};
    use state::{Cause, Message, Outgoing, Queue, Subject};

    use super::*;
    use crate::local::{LocalSystem, Options};

    /// A system with messages about so many customers.
    async fn with_messages(world: &World, count: u64) -> LocalSystem {
        let book = RuleBook::from_toml(include_str!("../../../segments.toml")).unwrap();
        for segment in book.segments() {
            world.okta.add_group(segment.okta_group_name().as_str(), GroupKind::Okta);
        }
        let system = LocalSystem::start(Options::simulated(world).unwrap()).await.unwrap();
        system.config_table().put_wanted(&book).await.unwrap();
        system.refresh_groups().await.unwrap();
        let customers = world.shopify.add_customers(count, |number| {
            NewCustomer::with_email(&format!("person-{number}@example.com"))
        });
        let message = |customer: CustomerId| {
            let about = Subject::Customer(customer);
            let message = Message::new(about, Cause::Customer, world.clock.now());
            Outgoing { message, delay: Duration::ZERO }
        };
        let messages = customers.into_iter().map(message).collect();
        // By now the shop's totals have settled.
        world.clock.advance(Duration::from_hours(1));
        system.queue().send(messages).await.unwrap();
        system
    }

    #[tokio::test]
    async fn asked_to_stop_it_ends_what_is_in_hand_and_leaves_what_would_take_long() {
        let world = World::new("my-store.myshopify.com".parse().unwrap());
        let system = with_messages(&world, 50).await;
        world.faults().set_latency(Service::Shopify, Duration::from_secs(8));
        let (_stop, stopping) = watch::channel(true);
        work(&system, &Notify::new(), stopping).await;
        // The fourth batch of ten was begun in time.
        assert_eq!(system.queue().depth(), 10);
    }

    #[tokio::test]
    async fn asked_to_stop_it_works_off_what_takes_no_time() {
        let world = World::new("my-store.myshopify.com".parse().unwrap());
        let system = with_messages(&world, 50).await;
        let (_stop, stopping) = watch::channel(true);
        work(&system, &Notify::new(), stopping).await;
        assert_eq!(system.queue().depth(), 0);
    }
}
