//! The tool as a process, and a stack for it to work with.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use http::{Request, Response, StatusCode};
use resegment::{Answer, Event, Record, Start, Status};
use rules::{RuleBook, UserId};
use segments::local::{LocalSystem, Options};
use serde_json::{Value, json};
use simulators::okta::GroupKind;
use simulators::{NewCustomer, World};
use state::RunId;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::dead_letter_queue::{self, DeadLetterQueue};
use crate::schemas;

/// What the stack is called.
pub(crate) const STACK: &str = "my-stack";
/// The default book.
pub(crate) const BOOK: &str = include_str!("../../../segments.toml");

/// A file that is gone when this is dropped.
pub(crate) struct File(pub(crate) PathBuf);

impl File {
    pub(crate) fn new(name: &str, text: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&path, text).unwrap();
        Self(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).unwrap();
    }
}

pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The tool, with credentials that are good nowhere but here.
pub(crate) fn segments<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_segments"));
    command.args(arguments).envs([
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ]);
    command
}

/// Runs a command and waits for its end. What it answers in JSON meets its schema.
pub(crate) async fn run(mut command: Command) -> Output {
    let arguments = schemas::arguments_of(&command);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    schemas::hold(&arguments, &output);
    output
}

/// What the function's stand-in does with the next call instead of answering it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// Carries it out, and the answer is lost.
    AnswerLost,
    /// The function fails.
    Fails,
    /// Nothing comes back, ever.
    Hangs,
}

/// A stack: the real handlers, behind stand-ins for Lambda and SQS.
pub(crate) struct Stack {
    pub(crate) served: Arc<Served>,
    url: String,
    serving: [JoinHandle<()>; 2],
}

/// What stands behind the stand-ins.
pub(crate) struct Served {
    pub(crate) world: World,
    pub(crate) system: LocalSystem,
    /// What is in the dead-letter queue.
    pub(crate) dead_letters: Mutex<DeadLetterQueue>,
    /// Where the simulated services are.
    services: String,
    /// What happens to the next calls, the last one first.
    mishaps: Mutex<Vec<Option<Mishap>>>,
    /// Somebody waits in vain.
    pub(crate) hangs: Notify,
}

impl Drop for Stack {
    fn drop(&mut self) {
        self.serving.iter().for_each(JoinHandle::abort);
    }
}

impl Stack {
    /// A shop that is set up, without customers.
    pub(crate) async fn deployed() -> Self {
        let world = e2e::contracts::recorded(World::new("my-store.myshopify.com".parse().unwrap()));
        let book = RuleBook::from_toml(BOOK).unwrap();
        for segment in book.segments() {
            world.okta.add_group(segment.okta_group_name().as_str(), GroupKind::Okta);
        }
        let system = LocalSystem::start(Options::simulated(&world).unwrap()).await.unwrap();
        system.config_table().put_wanted(&book).await.unwrap();
        system.refresh_groups().await.unwrap();
        world.clock.advance(Duration::from_mins(1));
        let (mishaps, hangs) = (Mutex::default(), Notify::new());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let services = format!("http://{}", listener.local_addr().unwrap());
        let simulated = simulators::serve(world.clone(), listener);
        let simulated = tokio::spawn(async move { simulated.await.unwrap() });
        let dead_letters = Mutex::default();
        let served = Served { world, system, dead_letters, services, mishaps, hangs };
        let served = Arc::new(served);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(answer).with_state(Arc::clone(&served));
        let serving = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { served, url, serving: [serving, simulated] }
    }

    /// The tool, led to this stack's services and given its name.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.anywhere(arguments);
        command.args(["--stack", STACK]);
        command
    }

    /// The tool, led to this stack's services.
    pub(crate) fn anywhere(&self, arguments: &[&str]) -> Command {
        let mut command = segments(arguments);
        command.env("AWS_ENDPOINT_URL", &self.url);
        command.env("AWS_ENDPOINT_URL_DYNAMODB", self.served.system.dynamodb_url());
        command
    }

    /// Runs the tool against this stack.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Output {
        run(self.command(arguments)).await
    }

    /// What happens to the next calls of the function, in order; none stands for a good one.
    pub(crate) fn let_calls_end(&self, mishaps: &[Option<Mishap>]) {
        *self.served.mishaps.lock().unwrap() = mishaps.iter().rev().copied().collect();
    }

    /// Customers with an Okta user, who were there before anybody listened.
    pub(crate) fn people(&self, count: usize, orders: u64, spent: u32) -> Vec<UserId> {
        let world = &self.served.world;
        let name = |number: usize| format!("person-{orders}-{spent}-{number}@example.com");
        world.shopify.add_customers(u64::try_from(count).unwrap(), |number| {
            let name = name(usize::try_from(number).unwrap());
            NewCustomer::with_email(&name).with_totals(orders, spent.into())
        });
        world.okta.add_users(count, |number| (name(number), name(number)))
    }

    /// A run that begins and has to wait.
    pub(crate) async fn begin(&self) -> RunId {
        let event = Event { start: Some(Start::default()) };
        let answer = self.served.system.resegment(event).await.unwrap();
        assert_eq!(answer.status, Status::Wait, "{answer:?}");
        answer.run_id.unwrap()
    }

    pub(crate) async fn record(&self, run: &RunId) -> Record {
        self.served.system.runs().record(run).await.unwrap().unwrap()
    }

    pub(crate) fn groups_of(&self, user: &UserId) -> Vec<String> {
        self.served.world.okta.group_names_of(user)
    }
}

/// [Lambda](https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html), as far as the tool uses
/// it, SQS and the Secrets Manager.
async fn answer(State(served): State<Arc<Served>>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let function = format!("/2015-03-31/functions/{STACK}-resegment/");
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let operation = target.unwrap_or_default().split_once('.').unwrap_or_default();
    match parts.uri.path().strip_prefix(&function) {
        Some("configuration") => json_answer(&served.configuration()),
        Some("invocations") => invoked(served, body).await,
        _ => match operation {
            ("AmazonSQS", operation) => {
                json_answer(&served.sqs(operation, &serde_json::from_slice(&body).unwrap()))
            }
            ("secretsmanager", "GetSecretValue") => {
                let request: Value = serde_json::from_slice(&body).unwrap();
                json_answer(
                    &json!({ "SecretString": secret(request["SecretId"].as_str().unwrap()) }),
                )
            }
            _ => not_found(),
        },
    }
}

async fn invoked(served: Arc<Served>, body: Bytes) -> Response<Body> {
    let mishap = served.mishaps.lock().unwrap().pop().flatten();
    match mishap {
        Some(Mishap::Hangs) => {
            served.hangs.notify_one();
            std::future::pending().await
        }
        Some(Mishap::Fails) => failed("the table of runs: no answer in time"),
        Some(Mishap::AnswerLost) => {
            handled(served, body).await;
            let mut answer = json_answer(&json!({ "message": "Service unavailable" }));
            *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            answer
        }
        None => handled(served, body).await,
    }
}

/// The function's future keeps to one thread, so a thread of its own polls it.
async fn handled(served: Arc<Served>, body: Bytes) -> Response<Body> {
    let runtime = Handle::current();
    let handled = move || runtime.block_on(served.handled(&body));
    tokio::task::spawn_blocking(handled).await.unwrap()
}

impl Served {
    fn configuration(&self) -> Value {
        let tables = self.system.tables();
        json!({ "Environment": { "Variables": {
            "CONFIG_TABLE": tables.config,
            "CUSTOMERS_TABLE": tables.customers,
            "CUSTOMERS_TABLE": tables.customers,
            "RUNS_TABLE": tables.runs,
            "SYNC_QUEUE_URL": "http://127.0.0.1/queue",
            "SHOPIFY_SHOP": self.world.shopify.domain(),
            "SHOPIFY_API_URL": format!("{}/shopify", self.services),
            "OKTA_ORG_URL": format!("{}/okta", self.services),
            "SHOPIFY_SECRET_ID": "shopify",
            "OKTA_SECRET_ID": "okta",
        } } })
    }

    fn sqs(&self, operation: &str, request: &Value) -> Value {
        if let Some(answer) = self.dead_letters.lock().unwrap().answer(operation, request) {
            return answer;
        }
        match operation {
            "GetQueueAttributes" => json!({ "Attributes": {
                "ApproximateNumberOfMessages": self.system.queue().depth().to_string(),
                "ApproximateNumberOfMessagesDelayed": "0",
                "ApproximateNumberOfMessagesNotVisible": "0",
                "RedrivePolicy": dead_letter_queue::REDRIVE_POLICY,
            } }),
            "SendMessageBatch" => {
                let entries = request["Entries"].as_array().unwrap();
                let taken = entries.iter().map(|entry| {
                    let delay = Duration::from_secs(entry["DelaySeconds"].as_u64().unwrap());
                    self.system.queue().send_raw(entry["MessageBody"].as_str().unwrap(), delay);
                    json!({ "Id": entry["Id"], "MessageId": "sent", "MD5OfMessageBody": "" })
                });
                json!({ "Successful": taken.collect::<Vec<_>>(), "Failed": [] })
            }
            other => panic!("SQS is not asked to {other}"),
        }
    }

    /// What the function answers. What it would have its caller wait for is over by then: the time has
    /// passed, and the workers have worked.
    async fn handled(&self, body: &[u8]) -> Response<Body> {
        let event: Event = serde_json::from_slice(body).unwrap();
        match self.system.resegment(event).await {
            Ok(mut answer) => {
                self.pass(&mut answer).await;
                json_answer(&json!(answer))
            }
            Err(error) => failed(&error.to_string()),
        }
    }

    /// Has the schedule go on with the active run until it ends.
    pub(crate) async fn advance_to_the_end(&self) {
        loop {
            let mut answer = self.system.resegment(Event::default()).await.unwrap();
            if !matches!(answer.status, Status::Continue | Status::Wait) {
                return;
            }
            self.pass(&mut answer).await;
        }
    }

    async fn pass(&self, answer: &mut Answer) {
        if let Some(seconds) = answer.wait_seconds {
            answer.wait_seconds = Some(0);
            let until = self.world.clock.now() + Duration::from_secs(seconds);
            self.system.settle_until(until).await.unwrap();
            self.world.clock.advance_to(until);
        }
    }
}

/// The stack's secrets.
fn secret(id: &str) -> String {
    let secret = match id {
        "shopify" => json!({ "access_token": simulators::shopify::ACCESS_TOKEN }),
        "okta" => json!({ "api_token": simulators::okta::API_TOKEN }),
        other => panic!("there is no secret {other}"),
    };
    secret.to_string()
}

fn json_answer(value: &Value) -> Response<Body> {
    Response::new(Body::from(value.to_string()))
}

fn failed(message: &str) -> Response<Body> {
    let error = json!({ "errorType": "ResegmentError", "errorMessage": message });
    let mut answer = json_answer(&error);
    let kind = http::HeaderValue::from_static("Unhandled");
    answer.headers_mut().insert("x-amz-function-error", kind);
    answer
}

fn not_found() -> Response<Body> {
    let mut answer = json_answer(&json!({ "Type": "User", "Message": "Function not found" }));
    *answer.status_mut() = StatusCode::NOT_FOUND;
    let kind = http::HeaderValue::from_static("ResourceNotFoundException");
    answer.headers_mut().insert("x-amzn-errortype", kind);
    answer
}
