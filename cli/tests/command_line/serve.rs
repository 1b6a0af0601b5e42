//! `segments serve`: what it has answered for is never lost.

use std::process::Stdio;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use bytes::Bytes;
use http::{Request, StatusCode};
use outbound::{BaseUrl, Network, Randomness, Transport};
use rules::{RuleBook, UserId};
use rust_decimal::Decimal;
use simulators::{Moment, NewCustomer, SimRandom, Webhook};
use state::{Depth, Receive};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::store::{Store, new_folder};
use crate::support::{BOOK, segments};

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

    /// Where it listens.
    fn host(&self) -> &str {
        let (_, rest) = self.url.split_once("://").unwrap();
        rest.split('/').next().unwrap()
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

/// A connection with a request whose end never comes. It is taken by then.
async fn half_a_request(serving: &Serving) -> TcpStream {
    let mut stream = TcpStream::connect(serving.host()).await.unwrap();
    stream.write_all(b"POST / HTTP/1.1\r\nhost: x\r\n").await.unwrap();
    assert_eq!(bare_status(&raw(serving, "GET / HTTP/1.1", b"").await), "404");
    stream
}

#[tokio::test]
async fn a_request_without_an_end_does_not_keep_it_from_stopping() {
    let store = Store::set_up().await;
    let serving = Serving::start(&store).await;
    let _stream = half_a_request(&serving).await;
    let stopped = tokio::time::timeout(Duration::from_mins(2), serving.stop()).await;
    let (code, said) = stopped.expect("it does not stop");
    assert_eq!(code, Some(0), "{said}");
}

#[tokio::test]
async fn asked_twice_it_stops_at_once() {
    let store = Store::set_up().await;
    let serving = Serving::start(&store).await;
    // It would wait for this one.
    let _stream = half_a_request(&serving).await;
    serving.signal("-TERM").await;
    while TcpStream::connect(serving.host()).await.is_ok() {}
    let (code, said) = serving.stop().await;
    assert!(code == Some(130) && !said.contains("Stopped."), "{code:?}: {said}");
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

/// Sends a request as it is written here; gives the whole answer.
async fn raw(serving: &Serving, head: &str, body: &[u8]) -> String {
    let host = serving.host();
    let mut stream = TcpStream::connect(host).await.unwrap();
    let head = format!("{head}\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// The status of an answer that holds nothing else.
fn bare_status(answer: &str) -> &str {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let said: Vec<&str> = lines.map(|line| line.split(':').next().unwrap()).collect();
    let plain = ["allow", "connection", "content-length", "date"];
    assert!(body.is_empty() && said.iter().all(|name| plain.contains(name)), "{answer}");
    status
}

#[tokio::test]
async fn a_refusal_over_the_network_tells_nothing_but_its_status() {
    let store = Store::set_up().await;
    let (_, webhook) = first_orders(&store, 1).remove(0);
    let serving = Serving::start(&store).await;
    let (path, length) = (webhook::PATH, webhook.body.len());
    let signature = webhook.header("x-shopify-hmac-sha256");
    let post = format!("POST {path} HTTP/1.1\r\ncontent-length: {length}");
    let signed = format!("{post}\r\nx-shopify-hmac-sha256: {signature}");
    let odd = store.world.shopify.sign(b"[]");
    let no_object =
        format!("POST {path} HTTP/1.1\r\ncontent-length: 2\r\nx-shopify-hmac-sha256: {odd}");
    for (status, head, body) in [
        ("401", post.clone(), &webhook.body[..]),
        ("401", format!("{signed}x"), &webhook.body),
        ("401", format!("{signed}\r\nx-shopify-shop-domain: other.myshopify.com"), &webhook.body),
        ("400", no_object, b"[]"),
        ("405", format!("GET {path} HTTP/1.1"), b""),
        ("405", signed.replacen("POST", "PUT", 1), &webhook.body),
        ("404", "GET / HTTP/1.1".to_owned(), b""),
        ("404", signed.replacen(path, "/admin", 1), &webhook.body),
        ("400", "POST / HTTP/1.1\r\ncontent-length: -1".to_owned(), b""),
        ("400", format!("POST {path} HTTP/1.1\r\ntransfer-encoding: x"), b""),
        ("200", signed.clone(), &webhook.body),
    ] {
        assert_eq!(bare_status(&raw(&serving, &head, body).await), status, "{head}");
    }
}

#[tokio::test]
async fn a_body_without_an_end_is_refused_once_it_is_too_large() {
    const PIECE: usize = 1 << 20;
    let store = Store::set_up().await;
    let serving = Serving::start(&store).await;
    let stream = TcpStream::connect(serving.host()).await.unwrap();
    let (mut answers, mut requests) = stream.into_split();
    let path = webhook::PATH;
    let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
    requests.write_all(head.as_bytes()).await.unwrap();
    let blank = vec![b' '; PIECE];
    let piece = [format!("{PIECE:x}\r\n").as_bytes(), &blank, b"\r\n"].concat();
    let mut sent = 0;
    let mut answer = [0; 12];
    {
        let answered = answers.read_exact(&mut answer);
        tokio::pin!(answered);
        // It ends with the answer, or with the connection, which may take the answer with it.
        loop {
            tokio::select! {
                biased;
                _ = &mut answered => break,
                written = requests.write_all(&piece) => match written {
                    Ok(()) => sent += 1,
                    Err(_) => break,
                },
            }
            // What the network itself holds may come on top of the ten.
            assert!(sent < 30, "it takes more and more");
        }
    }
    assert!(answer == [0; 12] || answer == *b"HTTP/1.1 413", "{answer:?}");
    assert!(sent >= 10, "{sent}");
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

/// What it warns of, and its exit code.
async fn warned(mut command: std::process::Command) -> (String, Option<i32>) {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = Command::from(command).kill_on_drop(true).spawn().unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    said.next_line().await.unwrap().unwrap();
    let process = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &process]).status().await.unwrap().success());
    let output = child.wait_with_output().await.unwrap();
    (String::from_utf8(output.stderr).unwrap(), output.status.code())
}

#[tokio::test]
async fn without_a_rule_book_it_says_so_and_what_to_do() {
    let store = Store::set_up().await;
    assert_eq!(warned(store.command(&SERVE)).await, (String::new(), Some(0)));
    let (client, table) = (store.system.dynamodb(), store.system.tables().config);
    for segment in RuleBook::from_toml(BOOK).unwrap().segments() {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let row = client.delete_item().table_name(table).key("kind", text("segment"));
        row.key("name", text(segment.name().as_str())).send().await.unwrap();
    }
    let (said, code) = warned(store.command(&SERVE)).await;
    let setup = format!("segments setup --store {}\n", store.folder.display());
    assert!(
        said.starts_with("Warning: no rule book is stored") && said.ends_with(&setup),
        "{said}"
    );
    assert_eq!((said.lines().count(), code), (1, Some(0)));
}

#[test]
fn without_a_setting_a_command_says_in_which_file_it_may_be() {
    let folder = new_folder();
    std::fs::create_dir_all(&folder).unwrap();
    let output = segments(SERVE).current_dir(&folder).output().unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains(&folder.join(".env").display().to_string()), "{said}");
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
