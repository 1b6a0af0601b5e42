//! Each function may do what it does, and nothing else.

use std::collections::BTreeSet;

use announcements::{DETAIL_TYPE, SOURCE};
use resegment::{Start, Status};
use simulators::NewCustomer;
use yaml_serde::Value;

use crate::aws::Right;
use crate::deployed::{BOOK, Deployed};
use crate::document::{Document, items, text};

/// What the code does not do itself.
struct Beside {
    functions: &'static [&'static str],
    action: &'static str,
    resource: &'static str,
    /// Who does it.
    reason: &'static str,
}

const BESIDE: [Beside; 8] = [
    Beside { functions: &ALL, action: "logs:CreateLogStream", resource: "logs", reason: "Lambda" },
    Beside { functions: &ALL, action: "logs:PutLogEvents", resource: "logs", reason: "Lambda" },
    Beside { functions: &ALL, action: "xray:PutTraceSegments", resource: "*", reason: "Lambda" },
    Beside { functions: &ALL, action: "xray:PutTelemetryRecords", resource: "*", reason: "Lambda" },
    Beside {
        functions: &["SyncCustomerFunction"],
        action: "sqs:ReceiveMessage",
        resource: "SyncQueue",
        reason: "Lambda hands the function its messages",
    },
    Beside {
        functions: &["SyncCustomerFunction"],
        action: "sqs:DeleteMessage",
        resource: "SyncQueue",
        reason: "Lambda takes off what the function is done with",
    },
    Beside {
        functions: &["SyncCustomerFunction"],
        action: "sqs:GetQueueAttributes",
        resource: "SyncQueue",
        reason: "Lambda looks how full the queue is",
    },
    Beside {
        functions: &["RefreshGroupsFunction", "ResegmentFunction"],
        action: "sqs:SendMessage",
        resource: "CallDeadLetters",
        reason: "Lambda buries a call that failed three times",
    },
];
/// The functions.
pub(crate) const ALL: [&str; 4] =
    ["WebhookFunction", "SyncCustomerFunction", "RefreshGroupsFunction", "ResegmentFunction"];

/// A day of everything that makes a function call AWS.
async fn a_full_day() -> Deployed {
    let stack = Deployed::open().await;
    stack.refresh_groups().await;
    orders_and_farewells(&stack).await;
    one_user_for_two(&stack).await;
    full_runs(&stack).await;
    shop_that_leaves(&stack).await;
    stack
}

async fn orders_and_farewells(stack: &Deployed) {
    let world = &stack.world;
    for name in ["ann", "ben", "cleo"] {
        let email = format!("{name}@example.com");
        world.okta.add_user(&email, &email);
        let (customer, _) = world.shopify.add_customer(NewCustomer::with_email(&email));
        let (_, placed) = world.shopify.place_order(customer, "45.50".parse().unwrap()).unwrap();
        stack.deliver(&placed).await;
        stack.settle().await;
        let farewell = match name {
            "ann" => world.shopify.change_email(customer, Some("anna@example.com")).unwrap(),
            "ben" => world.shopify.delete_customer(customer).unwrap(),
            _ => world.shopify.redact_customer(customer).unwrap(),
        };
        stack.deliver(&farewell).await;
        stack.settle().await;
    }
}

/// Two customers are found at Okta as the same user: one by the login, one by the e-mail address.
async fn one_user_for_two(stack: &Deployed) {
    let world = &stack.world;
    let (login, email) = ("dora@example.com", "dora@home.example.com");
    world.okta.add_user(login, email);
    for address in [login, email] {
        let (customer, _) = world.shopify.add_customer(NewCustomer::with_email(address));
        let (_, placed) = world.shopify.place_order(customer, "45.50".parse().unwrap()).unwrap();
        stack.deliver(&placed).await;
        stack.settle().await;
    }
}

async fn full_runs(stack: &Deployed) {
    stack.people("new", 60, 1, "45.50");
    assert_eq!(stack.run(Start::default()).await.status, Status::Done);
    stack.wants(&BOOK.replace("\"500\"", "\"5\"")).await;
    stack.refresh_groups().await;
    let refused = stack.run(Start::default()).await;
    assert_eq!(refused.status, Status::Refused);
    let accept = Start { accept: refused.run_id, ..Start::default() };
    assert_eq!(stack.run(accept).await.status, Status::Done);
    let dry = Start { dry_run: true, verify: true, ..Start::default() };
    assert_eq!(stack.run(dry).await.status, Status::Done);
}

async fn shop_that_leaves(stack: &Deployed) {
    stack.deliver(&stack.world.shopify.redact_shop()).await;
    stack.settle().await;
}

/// A statement of a role, with the condition of the template that it is under.
type Statement<'a> = (Option<&'a str>, &'a Value);

fn statements<'a>(document: &'a Document, function: &str) -> Vec<Statement<'a>> {
    let role = document.resource(function).text("Role");
    let role = document.resource(role.trim_start_matches("${").trim_end_matches(".Arn}"));
    let [policy] = items(role.get("Policies"))[..] else { panic!("{function}: one policy") };
    let statements = policy["PolicyDocument"]["Statement"].as_sequence().unwrap().iter();
    let conditioned = |statement: &'a Value| match statement {
        Value::Tagged(tagged) => (tagged.value[0].as_str(), &tagged.value[1]),
        statement => (None, statement),
    };
    statements.map(conditioned).collect()
}

/// What a function's role allows where every condition of the template holds.
fn allowed(document: &Document, function: &str) -> BTreeSet<Right> {
    allowed_without(document, function, &[])
}

/// What a function's role allows where these conditions do not hold, and all others do.
fn allowed_without(document: &Document, function: &str, conditions: &[&str]) -> BTreeSet<Right> {
    let mut rights = BTreeSet::new();
    for (condition, statement) in statements(document, function) {
        if condition.is_some_and(|condition| conditions.contains(&condition)) {
            continue;
        }
        assert_eq!(statement["Effect"], "Allow");
        let resources: Vec<_> =
            items(&statement["Resource"]).into_iter().map(|it| resource(&text(it))).collect();
        for action in items(&statement["Action"]) {
            let action = text(action);
            assert!(!action.contains('*'), "{function}: {action}");
            rights.extend(resources.iter().map(|it| (action.clone(), it.clone())));
        }
    }
    rights
}

/// The logical id of the resource that an ARN names, or what kind of thing it is.
fn resource(arn: &str) -> String {
    if let Some((_, bus)) = arn.split_once(":event-bus/") {
        return bus.replace(['$', '{', '}'], "");
    }
    if arn.contains(":log-group:") {
        return "logs".to_owned();
    }
    let name = arn.replace(['$', '{', '}'], "");
    name.trim_end_matches(".Arn").trim_end_matches(".Id").to_owned()
}

fn beside(function: &str) -> BTreeSet<Right> {
    let beside = BESIDE.iter().filter(|right| right.functions.contains(&function));
    beside
        .inspect(|right| assert!(!right.reason.is_empty()))
        .map(|right| (right.action.to_owned(), right.resource.to_owned()))
        .collect()
}

#[tokio::test]
async fn each_function_may_do_what_it_does_and_nothing_else() {
    let stack = Box::pin(a_full_day()).await;
    let (mut missing, mut idle) = (Vec::new(), Vec::new());
    for function in ALL {
        let needed: BTreeSet<_> = &stack.used(function) | &beside(function);
        let allowed = allowed(&stack.document, function);
        let of_function = |(action, resource): &Right| format!("{function} {action} {resource}");
        missing.extend(needed.difference(&allowed).map(of_function));
        idle.extend(allowed.difference(&needed).map(of_function));
    }
    assert_eq!(missing, [""; 0], "what is done and not allowed");
    assert_eq!(idle, [""; 0], "what is allowed and never done");
}

/// The actions on the bus.
fn of_bus(rights: &BTreeSet<Right>) -> Vec<&str> {
    let actions = rights.iter().map(|(action, _)| action.as_str());
    actions.filter(|action| action.starts_with("events:")).collect()
}

#[tokio::test]
async fn nobody_looks_for_the_default_bus_and_nobody_may() {
    let stack = Deployed::with_bus("default").await;
    stack.refresh_groups().await;
    orders_and_farewells(&stack).await;
    let worker = "SyncCustomerFunction";
    assert_eq!(of_bus(&stack.used(worker)), ["events:PutEvents"]);
    let on_default = allowed_without(&stack.document, worker, &["HasOtherEventBus"]);
    assert_eq!(of_bus(&on_default), ["events:PutEvents"]);
    let on_none = allowed_without(&stack.document, worker, &["HasOtherEventBus", "HasEventBus"]);
    assert_eq!(of_bus(&on_none), [""; 0]);
}

#[test]
fn nothing_but_our_own_events_may_be_put_on_the_bus() {
    let document = Document::read();
    let mut statements = statements(&document, "SyncCustomerFunction").into_iter();
    let put = statements.find(|(_, statement)| statement["Action"] == "events:PutEvents");
    let condition = &put.unwrap().1["Condition"];
    assert_eq!(condition["StringEquals"]["events:detail-type"], DETAIL_TYPE);
    assert_eq!(condition["ForAllValues:StringEquals"]["events:source"], SOURCE);
    // Without a source, that would be true as well.
    assert_eq!(condition["Null"]["events:source"], "false");
}

/// Lambda stops what comes round sixteen times, unless it is told that this is meant
/// ([recursive loops](https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html)).
#[test]
fn whoever_sends_to_the_queue_it_is_fed_from_may_do_so_again_and_again() {
    let document = Document::read();
    let mut in_loops = Vec::new();
    for function in document.functions() {
        let rights = allowed(&document, function.id);
        let events = function.events().into_iter();
        let fed_from = events.filter(|event| event.value["Type"] == "SQS");
        let mut fed_from = fed_from.map(|event| resource(&event.text("Queue")));
        if fed_from.any(|queue| rights.contains(&("sqs:SendMessage".to_owned(), queue))) {
            in_loops.push(function.id);
            assert_eq!(function.text("RecursiveLoop"), "Allow", "{}", function.id);
        } else {
            assert!(function.get("RecursiveLoop").is_null(), "{} is in no loop", function.id);
        }
    }
    assert_eq!(in_loops, ["SyncCustomerFunction"]);
}

#[test]
fn what_is_not_done_by_the_code_is_not_done_by_it() {
    // An exception that the calls make needless has to go.
    let document = Document::read();
    for right in BESIDE {
        for function in right.functions {
            let own = (right.action.to_owned(), right.resource.to_owned());
            assert!(allowed(&document, function).contains(&own), "{function} {}", right.action);
        }
    }
}

#[test]
fn each_function_writes_to_its_own_logs_alone_and_has_a_role_of_its_own() {
    let document = Document::read();
    let roles: BTreeSet<_> =
        document.functions().iter().map(|function| function.text("Role")).collect();
    assert_eq!(roles.len(), ALL.len());
    for function in document.functions() {
        let role = function.text("Role");
        let role = document.resource(role.trim_start_matches("${").trim_end_matches(".Arn}"));
        let statement = &items(role.get("Policies"))[0]["PolicyDocument"]["Statement"][0];
        let group = format!(":log-group:/aws/lambda/{}:*", function.text("FunctionName"));
        assert!(text(&statement["Resource"]).ends_with(&group), "{}", function.id);
    }
}

#[test]
fn the_webhook_reads_no_table_and_none_but_its_own_secret() {
    let rights = allowed(&Document::read(), "WebhookFunction");
    assert!(rights.iter().all(|(action, _)| !action.starts_with("dynamodb:")), "{rights:?}");
    let secrets = rights.iter().filter(|(action, _)| action.starts_with("secretsmanager:"));
    let secrets: Vec<_> = secrets.map(|(_, secret)| secret.as_str()).collect();
    assert_eq!(secrets, ["WebhookSecret"]);
}
