//! `segments simulators`: what functions that run elsewhere call.

use std::process::Stdio;
use std::time::Duration;

use bytes::Bytes;
use clap::Parser;
use http::{Request, Response};
use outbound::{BaseUrl, Network, Transport};
use rules::{RuleBook, Segment};
use segments::Cli;
use serde_json::{Value, json};
use simulators::World;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::support::{File, code, segments, stderr};

const DOCS: &str = include_str!("../../../docs/local.md");
/// What the functions are led to the simulators by, where these are at their usual ports.
const ENVIRONMENT: &str = include_str!("../../../events/environment.json");

/// The command at work, at ports that nobody else has.
struct Simulators {
    /// Ended when it is dropped.
    _child: Child,
    network: Network,
    environment: Value,
}

impl Simulators {
    async fn start(file: &str) -> Self {
        let file = File::new(file, "");
        let mut command =
            segments(["simulators", "--listen", "127.0.0.1:0", "--aws", "127.0.0.1:0"]);
        command.arg("--env-file").arg(&file.0);
        let mut command = Command::from(command);
        let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = said.next_line().await.unwrap().unwrap();
        assert!(line.starts_with("Serving until Ctrl-C."), "{line}");
        let environment = std::fs::read_to_string(&file.0).unwrap();
        let environment: Value = serde_json::from_str(&environment).unwrap();
        let base = BaseUrl::configured("http://127.0.0.1").unwrap();
        let network = Network::new(&[&base]).unwrap();
        Self { _child: child, network, environment: environment["Parameters"].clone() }
    }

    fn variable(&self, name: &str) -> &str {
        self.environment[name].as_str().unwrap()
    }

    /// Calls AWS by one of its JSON protocols.
    async fn aws(&self, target: &str, content: &Value) -> (u16, Value) {
        let request = Request::post(self.variable("AWS_ENDPOINT_URL"))
            .header("x-amz-target", target)
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-date", "20261005T090000Z")
            .header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=local/20261005/us-east-1/dynamodb/aws4_request, \
                 SignedHeaders=host;x-amz-date, Signature=local",
            );
        let request = request.body(Bytes::from(content.to_string())).unwrap();
        read(&self.network.send(request, Duration::from_secs(30)).await.unwrap())
    }

    async fn get(&self, address: String) -> (u16, Value) {
        let request = Request::get(address).body(Bytes::new()).unwrap();
        read(&self.network.send(request, Duration::from_secs(30)).await.unwrap())
    }
}

fn read(answer: &Response<Bytes>) -> (u16, Value) {
    (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap())
}

#[tokio::test]
async fn the_committed_environment_leads_to_the_usual_ports_and_is_otherwise_the_same() {
    let simulators = Simulators::start("usual-ports.json").await;
    let ports = |text: &str| {
        let (shopify, aws) = ("SHOPIFY_API_URL", "AWS_ENDPOINT_URL");
        let shopify = simulators.variable(shopify).strip_suffix("/shopify").unwrap();
        text.replace("http://127.0.0.1:9090", shopify)
            .replace("http://127.0.0.1:9091", simulators.variable(aws))
    };
    let committed: Value = serde_json::from_str(&ports(ENVIRONMENT)).unwrap();
    assert_eq!(committed["Parameters"], simulators.environment);
}

#[tokio::test]
async fn a_stack_is_there_whose_groups_are_known_and_whose_secrets_are_good() {
    let simulators = Simulators::start("a-stack.json").await;
    let key = json!({ "kind": { "S": "group" }, "name": { "S": "Shopify VIP Customer" } });
    let asked = json!({ "TableName": simulators.variable("CONFIG_TABLE"), "Key": key });
    let (status, row) = simulators.aws("DynamoDB_20120810.GetItem", &asked).await;
    assert_eq!(status, 200, "{row}");
    assert!(row["Item"]["okta_group_id"]["S"].is_string(), "{row}");
    for variable in ["WEBHOOK_SECRET_ID", "SHOPIFY_SECRET_ID", "OKTA_SECRET_ID", "MAVERA_SECRET_ID"]
    {
        let asked = json!({ "SecretId": simulators.variable(variable) });
        let (status, secret) = simulators.aws("secretsmanager.GetSecretValue", &asked).await;
        assert_eq!(status, 200, "{variable}");
        let secret: Value = serde_json::from_str(secret["SecretString"].as_str().unwrap()).unwrap();
        assert!(secret.is_object());
    }
    let services = simulators.variable("OKTA_ORG_URL").strip_suffix("/okta").unwrap();
    let ann = format!("{services}/control/users/ann@example.com");
    assert_eq!(simulators.get(ann).await.1["groups"], json!([]));
}

#[tokio::test]
async fn what_is_sent_to_the_queue_is_received_once_and_counted() {
    let simulators = Simulators::start("a-queue.json").await;
    let queue = simulators.variable("SYNC_QUEUE_URL");
    let bodies =
        ["not ours", r#"{"subject":"shop","cause":"redact","as_of":"2026-10-05T09:00:01Z"}"#];
    let entry = |(id, body): (usize, &&str)| json!({ "Id": id.to_string(), "MessageBody": body });
    let entries: Vec<Value> = bodies.iter().enumerate().map(entry).collect();
    let sent = json!({ "QueueUrl": queue, "Entries": entries });
    let (_, sent) = simulators.aws("AmazonSQS.SendMessageBatch", &sent).await;
    assert_eq!(sent["Successful"].as_array().unwrap().len(), 2);
    let asked = json!({ "QueueUrl": queue, "MaxNumberOfMessages": 10 });
    let (_, received) = simulators.aws("AmazonSQS.ReceiveMessage", &asked).await;
    let received = received["Messages"].as_array().unwrap().clone();
    let received: Vec<&str> =
        received.iter().map(|message| message["Body"].as_str().unwrap()).collect();
    assert_eq!(received, bodies);
    let (_, again) = simulators.aws("AmazonSQS.ReceiveMessage", &asked).await;
    assert_eq!(again["Messages"], json!([]));
    let (_, depth) = simulators.aws("AmazonSQS.GetQueueAttributes", &asked).await;
    assert_eq!(depth["Attributes"]["ApproximateNumberOfMessages"], "2");
}

#[tokio::test]
async fn what_is_put_on_the_bus_can_be_read() {
    let simulators = Simulators::start("a-bus.json").await;
    let entry = json!({ "Source": "segments", "DetailType": "test", "Detail": r#"{"to":"vip"}"# });
    let (status, _) = simulators.aws("AWSEvents.PutEvents", &json!({ "Entries": [entry] })).await;
    assert_eq!(status, 200);
    let events = format!("{}/events", simulators.variable("AWS_ENDPOINT_URL"));
    assert_eq!(simulators.get(events).await.1[0]["detail"], json!({ "to": "vip" }));
}

#[tokio::test]
async fn what_is_not_there_is_refused_as_aws_refuses_it() {
    let simulators = Simulators::start("refusals.json").await;
    let calls = [
        (
            "secretsmanager.GetSecretValue",
            json!({ "SecretId": "other" }),
            "ResourceNotFoundException",
        ),
        ("secretsmanager.ListSecrets", json!({}), "UnknownOperationException"),
        (
            "AmazonSQS.ReceiveMessage",
            json!({ "QueueUrl": "http://127.0.0.1/other" }),
            "QueueDoesNotExist",
        ),
        ("Lambda.Invoke", json!({}), "UnknownOperationException"),
    ];
    for (target, content, code) in calls {
        let (status, answer) = simulators.aws(target, &content).await;
        assert_eq!((status, &answer["__type"]), (400, &json!(code)), "{target}");
    }
}

#[test]
fn it_does_not_listen_to_other_machines() {
    for option in ["--listen", "--aws"] {
        let output = segments(["simulators", option, "0.0.0.0:0"]).output().unwrap();
        assert_eq!(code(&output), 2);
        assert!(stderr(&output).contains("0.0.0.0:0 is not on this machine"), "{option}");
    }
}

#[test]
fn the_people_of_the_events_come_first_in_a_new_shop() {
    let world = World::new("my-store.myshopify.com".parse().unwrap());
    let people = world.add_people_of_events().unwrap();
    for (customer, events) in [
        (people.buyer, include_str!("../../../events/sync-customer/batch.json")),
        (people.nameless, include_str!("../../../events/sync-customer/batch.json")),
        (people.twofold, include_str!("../../../events/sync-customer/customer-ambiguous.json")),
        (people.inactive, include_str!("../../../events/sync-customer/customer-inactive.json")),
        (people.rival, include_str!("../../../events/sync-customer/customer-user-taken.json")),
        (
            people.foreign,
            include_str!("../../../events/sync-customer/customer-other-currency.json"),
        ),
        (
            people.misfit,
            include_str!("../../../events/sync-customer/customer-profile-refused.json"),
        ),
        (people.pinned, include_str!("../../../events/sync-customer/customer-pin-unknown.json")),
        (
            people.spent_10_500,
            include_str!("../../../events/sync-customer/customer-group-gone.json"),
        ),
        (
            people.spent_11_500,
            include_str!("../../../events/sync-customer/customer-group-without-id.json"),
        ),
        (
            people.spent_12_500,
            include_str!("../../../events/sync-customer/customer-group-rule-managed.json"),
        ),
    ] {
        assert!(events.contains(&customer.to_string()), "{customer}");
    }
    let of_guest = include_str!("../../../events/sync-customer/order-of-guest.json");
    assert!(of_guest.contains(&people.guest_order.to_string()));
}

#[test]
fn the_book_ends_with_the_default_one() {
    let read = |text| RuleBook::from_toml(text).unwrap();
    let book = read(include_str!("../../../events/segments.toml"));
    let default = read(include_str!("../../../segments.toml"));
    let ended = book.segments().iter().rev().zip(default.segments().iter().rev());
    for (segment, default) in ended {
        let told = |segment: &Segment| {
            let (label, persona) = (segment.label().to_owned(), segment.persona_name().to_owned());
            (segment.to_string(), segment.okta_group_name().clone(), label, persona)
        };
        assert_eq!(told(segment), told(default));
    }
    assert!(book.segments().len() > default.segments().len());
}

#[test]
fn every_command_line_of_the_documentation_is_one() {
    let commands: Vec<&str> = DOCS.lines().filter(|line| line.starts_with("segments ")).collect();
    assert!(!commands.is_empty());
    for command in commands {
        assert!(Cli::try_parse_from(command.split_whitespace()).is_ok(), "{command}");
    }
}
