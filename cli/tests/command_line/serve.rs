//! `segments serve`: what it has answered for is never lost.

use std::process::Stdio;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use outbound::{BaseUrl, Network, Randomness, Transport};
use rules::UserId;
use rust_decimal::Decimal;
use simulators::{Moment, NewCustomer, SimRandom, Webhook};
use state::{Depth, Receive};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::store::{Store, new_folder};
use crate::support::segments;

const NEW: &str = "Shopify New Customer";
/// At a port that nobody else has.
pub(crate) const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

/// The tool at work, until it is stopped or killed.
pub(crate) struct Serving {
    child: Child,
    url: String,
    network: Network,
}

impl Serving {
    async fn start(store: &Store) -> Self {
        Self::of(store.command(&SERVE)).await
    }

    /// The one that a command line begins.
    pub(crate) async fn of(command: std::process::Command) -> Self {
        let mut command = Command::from(command);
        command.stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).await.unwrap();
        let url = line.split(' ').find(|word| word.starts_with("http://")).unwrap().to_owned();
        child.stdout = Some(said.into_inner());
        let base = BaseUrl::configured("http://127.0.0.1").unwrap();
        Self { child, url, network: Network::new(&[&base]).unwrap() }
    }

    /// Posts a webhook; none if no answer came.
    pub(crate) async fn post(&self, webhook: &Webhook) -> Option<StatusCode> {
        let mut request = Request::post(&self.url).body(webhook.body.clone()).unwrap();
        *request.headers_mut() = webhook.headers.clone();
        let answer = self.network.send(request, Duration::from_secs(30)).await;
        answer.ok().map(|answer| answer.status())
    }

    async fn signal(&self, name: &str) {
        let process = self.child.id().unwrap().to_string();
        let sent = Command::new("kill").args([name, &process]).status().await.unwrap();
        assert!(sent.success());
    }

    /// Asks it to stop; gives its exit code and what it said last.
    pub(crate) async fn stop(mut self) -> (Option<i32>, String) {
        self.signal("-TERM").await;
        let mut said = String::new();
        let mut out = self.child.stdout.take().unwrap();
        out.read_to_string(&mut said).await.unwrap();
        (self.child.wait().await.unwrap().code(), said)
    }
}

/// Customers with an Okta user, each with a first order and the webhook that tells of it.
fn first_orders(store: &Store, count: usize) -> Vec<(UserId, Webhook)> {
    let order = |number: usize| {
        let address = format!("person-{number}@example.com");
        let user = store.world.okta.add_user(&address, &address);
        let (customer, _) = store.world.shopify.add_customer(NewCustomer::with_email(&address));
        (user, store.world.shopify.place_order(customer, Decimal::from(42)).unwrap().1)
    };
    (0..count).map(order).collect()
}

#[tokio::test]
async fn killed_at_any_moment_it_has_lost_nothing_that_it_answered_for() {
    let store = Store::set_up().await;
    let mut orders = first_orders(&store, 120);
    let (chance, mut accepted, mut kills) = (Chance(SimRandom::new(7)), Vec::new(), 0);
    while !orders.is_empty() {
        let serving = Serving::start(&store).await;
        for (user, webhook) in take(&mut orders, 4 + chance.below(8)) {
            assert_eq!(serving.post(&webhook).await, Some(StatusCode::OK));
            accepted.push(user);
        }
        // It is killed before or after one of the worker's calls, or at once; while more come in.
        let call = chance.below(10);
        if call > 0 {
            let moment = [Moment::Before, Moment::After][usize::from(chance.below(2) == 0)];
            store.world.suspend_at(u32::try_from(call).unwrap(), moment);
            store.world.suspended().await;
        }
        let under_way = take(&mut orders, 4);
        let posted = join_all(under_way.iter().map(|(_, webhook)| serving.post(webhook)));
        let (statuses, ()) = tokio::join!(posted, serving.signal("-KILL"));
        store.world.cancel_suspension();
        kills += 1;
        for ((user, webhook), status) in under_way.into_iter().zip(statuses) {
            match status {
                Some(StatusCode::OK) => accepted.push(user),
                _ => orders.push((user, webhook)),
            }
        }
    }
    assert!(kills > 5, "{kills}");
    // What was in work when it was killed comes back.
    while let Some(due) = store.system.queue().next_due().await.unwrap() {
        store.world.clock.advance_to(due);
        store.system.work_once().await.unwrap();
    }
    assert_eq!(accepted.len(), 120);
    for user in &accepted {
        assert_eq!(store.world.okta.group_names_of(user), [NEW]);
    }
    assert_eq!(store.system.queue().dead_letters().await, Ok(vec![]));
}

/// The last so many, or as many as there are.
fn take<T>(all: &mut Vec<T>, most: usize) -> Vec<T> {
    all.split_off(all.len().saturating_sub(most))
}

struct Chance(SimRandom);

impl Chance {
    fn below(&self, limit: usize) -> usize {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        usize::try_from(u32::from_le_bytes(bytes)).unwrap() % limit
    }
}

async fn join_all<T>(work: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    use futures_util::stream::{FuturesOrdered, StreamExt};

    work.into_iter().collect::<FuturesOrdered<_>>().collect().await
}

#[tokio::test]
async fn asked_to_stop_it_works_off_what_is_due_and_keeps_the_rest() {
    let store = Store::set_up().await;
    let orders = first_orders(&store, 12);
    let serving = Serving::start(&store).await;
    for (_, webhook) in &orders {
        assert_eq!(serving.post(webhook).await, Some(StatusCode::OK));
    }
    let (code, said) = serving.stop().await;
    assert_eq!(code, Some(0), "{said}");
    for (user, _) in &orders {
        assert_eq!(store.world.okta.group_names_of(user), [NEW]);
    }
    // Each order is looked at once more, when the shop's totals have surely settled.
    let waiting = store.system.queue().depth().await.unwrap();
    assert!(said.contains(&format!("{waiting} messages wait in the store.")), "{said}");
    assert!(store.system.queue().next_due().await.unwrap().is_some());
}

#[tokio::test]
async fn a_forged_webhook_is_refused_and_leaves_nothing() {
    let store = Store::set_up().await;
    let (_, webhook) = first_orders(&store, 1).remove(0);
    let forged = Webhook { body: Bytes::from_static(b"{\"customer\":{\"id\":1}}"), ..webhook };
    let serving = Serving::start(&store).await;
    assert_eq!(serving.post(&forged).await, Some(StatusCode::UNAUTHORIZED));
    let (_, said) = serving.stop().await;
    assert!(said.contains("Nothing waits."), "{said}");
}

#[tokio::test]
async fn a_full_run_of_the_local_store_is_made_and_watched_here() {
    let store = Store::set_up().await;
    let order = |number: u64| {
        let address = format!("person-{number}@example.com");
        NewCustomer::with_email(&address).with_totals(1, 45.into())
    };
    store.world.shopify.add_customers(30, order);
    let users = store.world.okta.add_users(30, |number| {
        let address = format!("person-{number}@example.com");
        (address.clone(), address)
    });
    let output = store.run(&["run"]).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(users.iter().all(|user| store.world.okta.group_names_of(user) == [NEW]));
}

#[test]
fn without_a_store_a_command_says_how_to_make_one() {
    let elsewhere = new_folder();
    let mut command = segments(["pause", "--store"]);
    let output = command.arg(&elsewhere).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("segments setup") && !elsewhere.exists(), "{said}");
}
