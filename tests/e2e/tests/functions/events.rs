//! The invocations in `events/`, read as Lambda's runtime reads them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use lambda_http::RequestExt as _;
use outbound::{BoxFuture, Fixed};
use rules::{CustomerId, OrderId};
use segments::local::LocalSystem;
use simulators::{SimClock, World};
use state::{Cause, Expectation, LocalQueue, Message, Outgoing, Queue, Subject, WebhookId};
use webhook::{Answer, SigningSecrets, Webhook};

/// What every file's body is signed with, unless its name says otherwise.
const SECRET: &str = r#"{"secrets": ["shpss_example_webhook_secret"]}"#;
pub(crate) const CUSTOMER: u64 = 9_007_199_254_741_993;
const OTHER: u64 = 9_007_199_254_741_995;
const ORDER: u64 = 9_007_199_254_800_001;
/// How long messages wait here.
const SETTLE: Duration = Duration::from_secs(10);

/// The files whose signature is not to be good.
const UNSIGNED: [&str; 4] =
    ["body-tampered", "signature-malformed", "signature-missing", "signature-wrong"];

fn folder(function: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events").join(function)
}

pub(crate) fn text(function: &str, name: &str) -> String {
    std::fs::read_to_string(folder(function).join(format!("{name}.json"))).unwrap()
}

pub(crate) fn names(function: &str) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder(function))
        .unwrap()
        .map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

fn request(name: &str) -> lambda_http::Request {
    lambda_http::request::from_str(&text("webhook", name)).unwrap()
}

fn function(queue: Arc<dyn Queue>, clock: &SimClock) -> Webhook {
    Webhook {
        shop: "my-store.myshopify.com".parse().unwrap(),
        secrets: Arc::new(Fixed(Arc::new(SigningSecrets::from_json(SECRET).unwrap()))),
        queue,
        clock: Arc::new(clock.clone()),
        settle: SETTLE,
    }
}

/// Invokes the webhook function as its `main` does.
pub(crate) async fn invoke(name: &str, queue: Arc<dyn Queue>, clock: &SimClock) -> Answer {
    let request = request(name);
    let path = request.raw_http_path().to_owned();
    let (parts, body) = request.into_parts();
    let function = function(queue, clock);
    function.handle(&parts.method, &path, &parts.headers, &body).await
}

/// What a file leads to: the status, and whom to look at, why, and what should be seen then.
struct Row(&'static str, u16, &'static [(Whom, Cause, Option<Expectation>)]);

const ANYTHING: Option<Expectation> = None;
const THE_ORDER: Option<Expectation> =
    Some(Expectation { last_order: OrderId::new(ORDER), orders: None });
const ITS_FIGURES: Option<Expectation> =
    Some(Expectation { last_order: OrderId::new(ORDER), orders: Some(1) });

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whom {
    Customer,
    Other,
    Order,
    Shop,
}

impl Whom {
    fn subject(self) -> Subject {
        match self {
            Self::Customer => Subject::Customer(CustomerId::new(CUSTOMER)),
            Self::Other => Subject::Customer(CustomerId::new(OTHER)),
            Self::Order => Subject::Order(OrderId::new(ORDER)),
            Self::Shop => Subject::Shop,
        }
    }
}

const ROWS: [Row; 30] = [
    Row("another-shop", 401, &[]),
    Row("body-tampered", 401, &[]),
    Row("customer-created", 200, &[(Whom::Customer, Cause::Customer, ANYTHING)]),
    Row("customer-data-request", 200, &[(Whom::Customer, Cause::DataRequest, ANYTHING)]),
    Row("customer-deleted", 200, &[(Whom::Customer, Cause::Customer, ANYTHING)]),
    Row("customer-redact", 200, &[(Whom::Customer, Cause::Redact, ANYTHING)]),
    Row("customer-updated", 200, &[(Whom::Customer, Cause::Customer, ANYTHING)]),
    Row(
        "customers-merged",
        200,
        &[(Whom::Customer, Cause::Merge, ANYTHING), (Whom::Other, Cause::Merge, ANYTHING)],
    ),
    Row("guest-order", 200, &[]),
    Row("not-an-object", 400, &[]),
    Row("order-cancelled", 200, &[(Whom::Customer, Cause::Order, ANYTHING)]),
    Row("order-created", 200, &[(Whom::Customer, Cause::Order, THE_ORDER)]),
    Row("order-created-base64", 200, &[(Whom::Customer, Cause::Order, THE_ORDER)]),
    Row("order-edited", 200, &[(Whom::Order, Cause::Order, ANYTHING)]),
    Row("order-paid", 200, &[(Whom::Customer, Cause::Order, ANYTHING)]),
    Row("order-stub", 200, &[(Whom::Order, Cause::Order, THE_ORDER)]),
    Row("order-updated", 200, &[(Whom::Customer, Cause::Order, ANYTHING)]),
    Row("other-method", 405, &[]),
    Row("other-path", 404, &[]),
    Row("other-topic", 200, &[]),
    Row("purchasing-summary", 200, &[(Whom::Customer, Cause::PurchasingSummary, ITS_FIGURES)]),
    Row("redact-of-another-shop", 200, &[]),
    Row("redact-topic-forged", 200, &[]),
    Row("refund-created", 200, &[(Whom::Order, Cause::Refund, ANYTHING)]),
    Row("shop-redact", 200, &[(Whom::Shop, Cause::Redact, ANYTHING)]),
    Row("signature-malformed", 401, &[]),
    Row("signature-missing", 401, &[]),
    Row("signature-wrong", 401, &[]),
    Row("topic-missing", 200, &[(Whom::Customer, Cause::Order, ANYTHING)]),
    Row("topic-missing-unrecognisable", 200, &[]),
];

#[test]
fn every_file_has_a_row_here() {
    let rows: Vec<&str> = ROWS.iter().map(|Row(name, ..)| *name).collect();
    assert_eq!(names("webhook"), rows);
}

#[test]
fn every_signature_is_good_unless_the_name_says_otherwise() {
    let secrets = SigningSecrets::from_json(SECRET).unwrap();
    for name in names("webhook") {
        let request = request(&name);
        let signature = request.headers().get("x-shopify-hmac-sha256");
        let signature = signature.map_or("", |value| value.to_str().unwrap());
        let good = secrets.have_signed(request.body(), signature);
        assert_eq!(good, !UNSIGNED.contains(&name.as_str()), "{name}");
    }
}

/// The messages of a file that reached the function at `now`.
fn messages(row: &Row, now: Timestamp) -> Vec<Message> {
    let Row(name, _, looks) = row;
    let webhook_id = request(name).headers()["x-shopify-webhook-id"].to_str().unwrap().parse();
    let webhook_id: WebhookId = webhook_id.unwrap();
    let message = |(whom, cause, expect): &(Whom, Cause, Option<Expectation>)| {
        let mut message = Message::new(whom.subject(), *cause, now);
        message.expect = *expect;
        message.webhook_id = Some(webhook_id.clone());
        message
    };
    looks.iter().map(message).collect()
}

#[tokio::test]
async fn each_request_is_answered_and_queued_as_it_must_be() {
    for row in ROWS {
        let Row(name, status, _) = row;
        let clock = SimClock::new();
        let (now, queue) = (clock.now(), LocalQueue::new(Arc::new(clock.clone())));
        let answer = invoke(name, Arc::new(queue.clone()), &clock).await;
        assert_eq!(answer.status().as_u16(), status, "{name}");
        let expected = messages(&row, now);
        let due = (!expected.is_empty()).then(|| now + SETTLE);
        assert_eq!(queue.next_due(), due, "{name}");
        clock.advance(SETTLE);
        let queued = queue.receive(10).into_iter();
        let queued: Vec<_> =
            queued.map(|message| Message::from_json(&message.body).unwrap()).collect();
        assert_eq!(queued, expected, "{name}");
    }
}

#[tokio::test]
async fn the_queue_holds_nothing_of_the_person() {
    for Row(name, ..) in ROWS {
        let clock = SimClock::new();
        let queue = LocalQueue::new(Arc::new(clock.clone()));
        invoke(name, Arc::new(queue.clone()), &clock).await;
        clock.advance(SETTLE);
        for message in queue.receive(10) {
            let body = message.body.to_lowercase();
            for personal in ["ann", "example", "sample", "555", "45.5"] {
                assert!(!body.contains(personal), "{name}: {body}");
            }
        }
    }
}

/// A queue that does not answer.
pub(crate) struct NoQueue;

impl Queue for NoQueue {
    fn send(&self, _: Vec<Outgoing>) -> BoxFuture<'_, Result<(), state::Error>> {
        let (operation, code) = ("send to the queue", "no connection".to_owned());
        Box::pin(async move { Err(state::Error::Refused { operation, code, retryable: true }) })
    }
}

#[tokio::test]
async fn shopify_is_asked_to_come_back_if_the_queue_does_not_answer() {
    for Row(name, status, expected) in ROWS {
        let expected = if expected.is_empty() { status } else { 503 };
        let answer = invoke(name, Arc::new(NoQueue), &SimClock::new()).await;
        assert_eq!(answer.status().as_u16(), expected, "{name}");
    }
}

/// The world and the stack that the files find.
pub(crate) async fn world() -> (World, LocalSystem) {
    let world = e2e::contracts::recorded(World::new("my-store.myshopify.com".parse().unwrap()));
    let system = LocalSystem::of_events(&world).await.unwrap();
    // The messages say when their events came in.
    world.clock.advance_to("2026-10-05T09:00:11Z".parse().unwrap());
    (world, system)
}

#[test]
fn the_schedules_inputs_are_those_of_the_template() {
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../template.yaml");
    let template = std::fs::read_to_string(template).unwrap();
    let lines = template.lines().filter_map(|line| line.trim().strip_prefix("Input: "));
    let inputs: Vec<&str> = lines.map(|line| line.trim_matches(['"', '\''])).collect();
    let files = [("refresh-groups", "schedule"), ("resegment", "start"), ("resegment", "tick")];
    assert_eq!(inputs, files.map(|(function, name)| text(function, name).trim().to_owned()));
}
