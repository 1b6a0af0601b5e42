//! When a part of our own fails or changes: the queue, the tables, the secrets, or a record that makes
//! the program panic.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use outbound::{BoxFuture, Chunks, SystemRandom, Transport, TransportFailure};
use segments::local::{LocalSecrets, LocalSystem, Options, WEBHOOK_SECRET};
use simulators::{Fault, Matching, Service};
use state::{ConfigCache, Customers, Entry, LocalQueue, Outgoing, Queue};
use sync_customer::{Record, Worker};
use webhook::Answer;

use crate::harness::{NEW, Person, Shop, held, nothing};

/// A queue that takes nothing.
struct Refusing;

impl Queue for Refusing {
    fn send(&self, _: Vec<Outgoing>) -> BoxFuture<'_, Result<(), state::Error>> {
        let code = "ServiceUnavailable".to_owned();
        let error = state::Error::Refused { operation: "send", code, retryable: true };
        Box::pin(async { Err(error) })
    }
}

/// A queue that does not take what it is asked to first.
struct RefusingOnce {
    queue: LocalQueue,
    has_refused: AtomicBool,
}

impl Queue for RefusingOnce {
    fn send(&self, messages: Vec<Outgoing>) -> BoxFuture<'_, Result<(), state::Error>> {
        if self.has_refused.swap(true, Ordering::Relaxed) {
            self.queue.send(messages)
        } else {
            Refusing.send(messages)
        }
    }
}

/// A queue that takes everything, and never says so.
struct Silent(LocalQueue);

impl Queue for Silent {
    fn send(&self, messages: Vec<Outgoing>) -> BoxFuture<'_, Result<(), state::Error>> {
        Box::pin(async {
            self.0.send(messages).await?;
            Refusing.send(Vec::new()).await
        })
    }
}

impl RefusingOnce {
    fn of(shop: &Shop) -> Arc<Self> {
        Arc::new(Self { queue: shop.system.queue().clone(), has_refused: AtomicBool::new(false) })
    }
}

/// A way to the services that panics when asked for one of the users.
struct Panicking {
    way: Arc<dyn Transport>,
    about: String,
}

impl Transport for Panicking {
    fn send(
        &self,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportFailure>> {
        assert!(!request.uri().path().contains(&self.about), "a mistake in this program");
        self.way.send(request, timeout)
    }

    fn open(
        &self,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> BoxFuture<'_, Result<Response<Box<dyn Chunks>>, TransportFailure>> {
        self.way.open(request, timeout)
    }
}

/// A worker like the system's, with another queue and another table of customers.
fn worker(shop: &Shop, queue: Arc<dyn Queue>, customers: Customers) -> Worker {
    let own = shop.system.worker();
    let clock = Arc::new(shop.world.clock.clone());
    let table = shop.system.config_table().clone();
    Worker {
        shopify: own.shopify.clone(),
        okta: own.okta.clone(),
        config: ConfigCache::new(table, clock.clone(), Arc::new(SystemRandom)),
        customers,
        queue,
        event_bus: own.event_bus.clone(),
        clock,
        random: Arc::new(SystemRandom),
    }
}

/// An order's message, received when it is due.
async fn received(shop: &Shop, person: &Person) -> Vec<Record> {
    shop.order(person.customer, "45.50").await;
    due(shop)
}

/// What is in the queue, received when it is due.
fn due(shop: &Shop) -> Vec<Record> {
    shop.wait(Duration::from_secs(11));
    let messages = shop.system.queue().receive(10);
    let record =
        |message: state::Received| Record { id: message.id.to_string(), body: message.body };
    messages.into_iter().map(record).collect()
}

#[tokio::test]
async fn while_the_queue_takes_nothing_nothing_is_written_and_the_records_come_back() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    let records = received(&shop, &ann).await;
    let worker = worker(&shop, Arc::new(Refusing), shop.system.customers().clone());
    let deadline = shop.world.clock.now() + Duration::from_mins(1);
    let report = worker.handle(records.clone(), deadline).await;
    assert_eq!(report.failed, [records[0].id.clone()]);
    assert_eq!((shop.held(&ann.user), shop.okta_calls()), (nothing(), Vec::new()));
    shop.settle().await;
    assert_eq!(shop.held(&ann.user), held(NEW, "45.5", 1));
}

#[tokio::test]
async fn what_is_put_off_while_the_queue_takes_nothing_comes_back_itself() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    let anna = shop.person("anna@example.com").user;
    shop.deliver(&shop.set_email(ann.customer, Some("anna@example.com"))).await;
    let records = due(&shop);
    let ten = Duration::from_mins(10);
    shop.world.faults().during(ten, Service::Okta, Matching::any(), Fault::Status(503));
    let worker = worker(&shop, Arc::new(Refusing), shop.system.customers().clone());
    let report = worker.handle(records.clone(), shop.now() + Duration::from_mins(1)).await;
    assert_eq!(report.failed, [records[0].id.clone()]);
    assert_eq!(report.tally.of("deferred"), 1);
    shop.settle().await;
    assert_eq!((shop.held(&ann.user), shop.held(&anna)), (nothing(), held(NEW, "45.5", 1)));
}

#[tokio::test]
async fn a_second_look_that_the_queue_does_not_take_is_asked_for_again() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "20").await;
    let order = shop.buys(&ann, "600").await;
    shop.world.shopify.set_totals_lag(Duration::from_secs(45));
    shop.deliver(&shop.world.shopify.cancel_order(order).unwrap()).await;
    let records = due(&shop);
    let worker = worker(&shop, RefusingOnce::of(&shop), shop.system.customers().clone());
    let report = worker.handle(records, shop.now() + Duration::from_mins(1)).await;
    assert_eq!((report.failed.len(), report.tally.of("deferred")), (1, 1));
    shop.settle().await;
    assert_eq!(shop.held(&ann.user), held(NEW, "20", 1));
}

/// Seed 388 of the simulation: each time a message came back, it was put off as well, and so there were ever more.
#[tokio::test]
async fn messages_do_not_multiply_in_a_queue_that_never_says_what_it_takes() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    let records = received(&shop, &ann).await;
    let queue = shop.system.queue().clone();
    let worker = worker(&shop, Arc::new(Silent(queue.clone())), shop.system.customers().clone());
    let before = queue.depth();
    for times in 1..=3 {
        let report = worker.handle(records.clone(), shop.now() + Duration::from_mins(1)).await;
        assert_eq!((report.failed.len(), report.tally.of("deferred")), (1, 1));
        assert_eq!(queue.depth(), before + times, "a second look each time, and nothing else");
    }
    shop.settle().await;
    assert_eq!(shop.held(&ann.user), held(NEW, "45.5", 1));
}

#[tokio::test]
async fn a_redaction_stands_whatever_the_queue_takes_after_it() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "600").await;
    shop.deliver(&shop.world.shopify.redact_customer(ann.customer).unwrap()).await;
    let records = due(&shop);
    let worker = worker(&shop, RefusingOnce::of(&shop), shop.system.customers().clone());
    let report = worker.handle(records, shop.now() + Duration::from_mins(1)).await;
    assert_eq!((report.failed.len(), report.tally.of("deferred")), (0, 1));
    assert!(matches!(shop.entry(ann.customer).await, Some(Entry::Tombstone(_))));
    assert_eq!(shop.system.customers().holder(&ann.user).await.unwrap(), None);
    shop.settle().await;
    assert_eq!(shop.held(&ann.user), nothing());
}

#[tokio::test]
async fn while_the_table_does_not_answer_messages_wait() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    let records = received(&shop, &ann).await;
    let elsewhere = Customers::new(shop.system.dynamodb().clone(), "no-such-table");
    let worker = worker(&shop, Arc::new(shop.system.queue().clone()), elsewhere);
    let deadline = shop.world.clock.now() + Duration::from_mins(1);
    let report = worker.handle(records, deadline).await;
    assert_eq!((report.failed.len(), report.tally.of("deferred")), (0, 1));
    assert_eq!(shop.okta_calls(), [""; 0]);
    shop.settle().await;
    assert_eq!(shop.held(&ann.user), held(NEW, "45.5", 1));
}

#[tokio::test]
async fn a_panic_is_kept_to_its_record() {
    let shop = Shop::open().await;
    let (ann, ben) = (shop.person("ann@example.com"), shop.person("ben@example.com"));
    let mut options = Options::simulated(&shop.world).unwrap();
    options.transport = Arc::new(Panicking { way: options.transport, about: ann.user.to_string() });
    let fragile = LocalSystem::start(options).await.unwrap();
    let book = shop.system.config_table().load(None, shop.now(), &SystemRandom).await.unwrap();
    fragile.config_table().put_wanted(&book.book.book).await.unwrap();
    fragile.refresh_groups().await.unwrap();

    for person in [&ann, &ben] {
        let (_, webhook) = shop.place(person.customer, "45.50");
        let (method, path) = (http::Method::POST, webhook::PATH);
        fragile.deliver(&method, path, &webhook.headers, &webhook.body).await;
    }
    shop.wait(Duration::from_secs(11));
    let report = fragile.work_once().await.unwrap().unwrap();
    assert_eq!((report.tally.of("panicked"), report.tally.of("applied")), (1, 1));
    assert_eq!(shop.held(&ben.user), held(NEW, "45.5", 1));

    fragile.settle().await.unwrap();
    assert_eq!(fragile.queue().dead_letters().len(), 2, "the event and its second look");
}

#[tokio::test]
async fn a_rotated_secret_is_taken_within_a_minute_of_being_stored() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    let secrets = Arc::new(LocalSecrets::simulated(&shop.world));
    let mut options = Options::simulated(&shop.world).unwrap();
    options.secrets = secrets.clone();
    let system = LocalSystem::start(options).await.unwrap();
    let deliver_from = async |domain: &str| {
        let webhook = shop.place(ann.customer, "1").1.from_shop(domain);
        let (method, path) = (http::Method::POST, webhook::PATH);
        system.deliver(&method, path, &webhook.headers, &webhook.body).await
    };
    let deliver = async || deliver_from("my-store.myshopify.com").await;
    let old = shop.world.shopify.webhook_secret();
    assert_eq!(deliver().await, Answer::Queued(1));
    shop.wait(Duration::from_mins(2));
    shop.world.shopify.rotate_webhook_secret("new");
    assert_eq!(deliver().await, Answer::Unauthorized);
    secrets.put(WEBHOOK_SECRET, serde_json::json!({ "secrets": [old, "new"] }).to_string());
    shop.wait(Duration::from_secs(59));
    assert_eq!(deliver().await, Answer::Unauthorized, "refusals cause one read a minute");
    shop.wait(Duration::from_secs(1));
    let other_shop = deliver_from("other.myshopify.com").await;
    assert_eq!(other_shop, Answer::Unauthorized, "the new secret serves our shop alone");
    assert_eq!(deliver().await, Answer::Queued(1));

    secrets.remove(WEBHOOK_SECRET);
    shop.wait(Duration::from_mins(5));
    assert_eq!(deliver().await, Answer::Unavailable);
}
