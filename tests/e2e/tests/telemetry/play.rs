//! Everything that can happen, with marked people and marked answers.

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use resegment::{Start, Status};
use rules::{CustomerId, PinnedTo, RuleBook};
use segments::local::{OKTA_SECRET, WEBHOOK_SECRET};
use serde_json::{Value, json};
use simulators::okta::GroupKind;
use simulators::{BusTrouble, Buyer, Fault, Matching, NewCustomer, Service, Webhook};
use state::Pin;

use crate::marks::{self, PERSONAL};
use crate::stage::Stage;
use crate::wire::Spoiled;

/// The webhook that is followed through the lines.
pub(crate) const FOLLOWED: &str = "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043";

/// Plays everything, with all that is said on standard output, and writes down which secrets were used.
#[tokio::test]
#[ignore = "the others play it in a process of its own"]
async fn everything() {
    let stage = Stage::open().await;
    let ann = person(&stage);
    webhooks(&stage, ann).await;
    events(&stage, ann).await;
    outages(&stage, ann).await;
    pins(&stage, ann).await;
    runs(&stage).await;
    groups(&stage).await;
    mistakes(&stage, ann).await;
    ends(&stage, ann).await;
    let secrets: BTreeSet<String> = stage.wire.secrets();
    let secrets: Vec<_> = secrets.into_iter().collect();
    std::fs::write(std::env::var(marks::FILE).unwrap(), secrets.join("\n")).unwrap();
}

fn person(stage: &Stage) -> CustomerId {
    let user = stage.world.okta.add_user(marks::EMAIL, marks::EMAIL);
    for (name, value) in [("firstName", marks::FIRST_NAME), ("lastName", marks::LAST_NAME)] {
        stage.world.okta.set_attribute(&user, name, value.into()).unwrap();
    }
    stage.world.shopify.add_customer(new(marks::EMAIL)).0
}

fn new(email: &str) -> NewCustomer {
    let mut new = NewCustomer::with_email(email);
    new.first_name = Some(marks::FIRST_NAME.to_owned());
    new.last_name = Some(marks::LAST_NAME.to_owned());
    new
}

/// The same webhook with all that Shopify might put into it, and with a signature that is overheard.
fn marked(stage: &Stage, webhook: Webhook) -> Webhook {
    let mut body: Value = serde_json::from_slice(&webhook.body).unwrap();
    body["contact_email"] = marks::EMAIL.into();
    body["phone"] = marks::PHONE.into();
    body["browser_ip"] = marks::ADDRESS.into();
    body["note"] = marks::NOTE.into();
    body["billing_address"] = json!({
        "first_name": marks::FIRST_NAME,
        "last_name": marks::LAST_NAME,
        "address1": marks::STREET,
        "city": marks::CITY,
        "phone": marks::PHONE,
    });
    let webhook = webhook.with_body(body.to_string(), &stage.world.shopify.webhook_secret());
    stage.wire.overhear(webhook.header("x-shopify-hmac-sha256"));
    webhook
}

/// Texts as services word their refusals, with all the marks in them.
fn personal() -> String {
    PERSONAL.join(" ")
}

async fn order(stage: &Stage, customer: CustomerId) {
    let (_, webhook) = stage.world.shopify.place_order(customer, "45.50".parse().unwrap()).unwrap();
    stage.deliver(&marked(stage, webhook)).await;
}

/// An order, worked off once, while something is in trouble.
async fn troubled_order(stage: &Stage, customer: CustomerId) {
    order(stage, customer).await;
    stage.world.clock.advance(Duration::from_secs(11));
    stage.work().await;
}

/// Webhooks that are not taken, each for its own reason.
async fn webhooks(stage: &Stage, ann: CustomerId) {
    let (_, webhook) = stage.world.shopify.place_order(ann, "1".parse().unwrap()).unwrap();
    let good = marked(stage, webhook);
    let secret = stage.world.shopify.webhook_secret();
    let personal = personal();
    stage.request(&Method::GET, webhook::PATH, &good).await;
    stage.request(&Method::POST, &format!("/{}", marks::EMAIL), &good).await;
    for webhook in [
        good.clone().with_wrong_signature(),
        good.clone().tampered(),
        good.clone().without_header("x-shopify-hmac-sha256"),
        good.clone().with_header("x-shopify-hmac-sha256", marks::EMAIL),
        good.clone().from_shop(marks::OTHER_EMAIL),
        good.clone().with_topic(marks::OTHER_EMAIL),
        good.clone().with_topic("customers/redact"),
        good.clone().with_header("x-shopify-webhook-id", marks::OTHER_EMAIL),
        good.clone().with_body(json!([personal]).to_string(), &secret),
        good.clone().with_body(personal.clone(), &secret),
        good.clone().with_body(json!({ "customer": { "id": personal } }).to_string(), &secret),
        good.clone().with_body(json!({ "id": personal, "email": personal }).to_string(), &secret),
        good.clone().with_body(Bytes::from_static(&[0xff, 0xfe]), &secret),
    ] {
        stage.deliver(&webhook).await;
    }
    let guest = stage.world.shopify.place_order(Buyer::Guest, "1".parse().unwrap()).unwrap().1;
    stage.deliver(&marked(stage, guest)).await;
    // Secrets that cannot be had, or make no sense.
    let stored = json!({ "secrets": [secret] }).to_string();
    for text in [personal.clone(), json!({ "secrets": personal }).to_string()] {
        stage.world.clock.advance(Duration::from_mins(6));
        stage.secrets.put(WEBHOOK_SECRET, text);
        stage.deliver(&good).await;
    }
    stage.secrets.put(WEBHOOK_SECRET, stored);
    stage.world.clock.advance(Duration::from_mins(6));
    stage.settle().await;
}

/// Webhooks of every topic, worked off.
async fn events(stage: &Stage, ann: CustomerId) {
    let shopify = &stage.world.shopify;
    let amount = || "300.00".parse().unwrap();
    let (order, placed) = shopify.place_order(ann, amount()).unwrap();
    let placed = marked(stage, placed).with_header("x-shopify-webhook-id", FOLLOWED);
    // Shopify tells of one order in several ways; the looks are one.
    for webhook in [placed, shopify.update_order(order, amount()).unwrap()] {
        stage.deliver(&marked(stage, webhook)).await;
    }
    stage.settle().await;
    let (other, made) = shopify.add_customer(new(marks::OTHER_EMAIL));
    stage.deliver(&marked(stage, made)).await;
    for webhook in [
        shopify.edit_order(order, amount()).unwrap(),
        shopify.refund_order(order, "10".parse().unwrap()).unwrap(),
        shopify.cancel_order(order).unwrap(),
        shopify.place_order(other, amount()).unwrap().1,
        shopify.request_data(ann).unwrap(),
        shopify.change_email(other, None).unwrap(),
        shopify.change_email(other, Some(marks::OTHER_EMAIL)).unwrap(),
        shopify.merge(ann, other).unwrap(),
    ] {
        stage.deliver(&marked(stage, webhook)).await;
        stage.settle().await;
    }
}

/// Services that do not answer, or refuse and repeat in their answers what they were told.
async fn outages(stage: &Stage, ann: CustomerId) {
    let personal = personal();
    let okta = json!({
        "errorCode": "E0000001",
        "errorSummary": personal,
        "errorId": marks::EMAIL,
        "errorCauses": [{ "errorSummary": personal }],
    });
    let graphql = |code: &str| {
        let extensions = json!({ "code": code, "value": personal, "problems": [personal] });
        json!({ "errors": [{ "message": personal, "extensions": extensions }] }).to_string()
    };
    let host = |url: String| url::Url::parse(&url).unwrap().host_str().unwrap().to_owned();
    let okta_host = host(stage.world.okta_url());
    let shop_host = host(stage.world.shopify_url());
    let mut spoiled: Vec<(&str, u16, String)> = Vec::new();
    for status in [200, 201, 400, 401, 403, 404, 409, 429, 500, 503] {
        spoiled.push((&okta_host, status, okta.to_string()));
        spoiled.push((&okta_host, status, personal.clone()));
        spoiled.push((&shop_host, status, personal.clone()));
    }
    for code in ["THROTTLED", "ACCESS_DENIED", "INTERNAL_SERVER_ERROR", "BAD", marks::EMAIL] {
        spoiled.push((&shop_host, 200, graphql(code)));
    }
    spoiled.push((&shop_host, 200, json!({ "errors": personal }).to_string()));
    for (host, status, body) in spoiled {
        stage.wire.spoil(host, Spoiled::Answer(status, body), 3);
        troubled_order(stage, ann).await;
        stage.refresh_groups().await;
        stage.wire.let_pass();
        stage.settle().await;
    }
    for (service, fault) in [
        (Service::Okta, Fault::Okta429 { reset_after: Duration::from_secs(30) }),
        (Service::Okta, Fault::Connect),
        (Service::Okta, Fault::TruncatedBody),
        (Service::Shopify, Fault::ShopifyThrottled),
        (Service::Shopify, Fault::Timeout { done: false }),
    ] {
        stage.world.faults().times(2, service, Matching::any(), fault);
        order(stage, ann).await;
        stage.settle().await;
    }
    // A secret that holds what it should not.
    let stored = stage.okta_secret.clone();
    for text in [personal.clone(), json!({ "api_token": 7, "x": personal }).to_string()] {
        stage.secrets.put(OKTA_SECRET, text);
        stage.world.clock.advance(Duration::from_mins(6));
        troubled_order(stage, ann).await;
    }
    stage.secrets.put(OKTA_SECRET, stored);
    stage.world.clock.advance(Duration::from_mins(6));
    stage.settle().await;
}

/// A person decides for a customer, with a reason that is nobody else's business, and takes it back; and
/// those who are to be told of it cannot be reached at first.
async fn pins(stage: &Stage, ann: CustomerId) {
    for code in ["InternalFailure", "ThrottlingException", "AccessDeniedException"] {
        let pin = Pin {
            to: PinnedTo::Segment("returning".parse().unwrap()),
            reason: marks::NOTE.parse().unwrap(),
            since: stage.world.clock.now(),
        };
        for pin in [Some(&pin), None] {
            stage.listener.service().lasting_trouble(BusTrouble::EveryEntry(code));
            let now = stage.world.clock.now();
            stage.system.customers().pin(ann, pin, 0, now).await.unwrap();
            troubled_order(stage, ann).await;
            stage.listener.service().mend();
            stage.settle().await;
        }
    }
}

/// Runs with each of their ends.
async fn runs(stage: &Stage) {
    let shopify = &stage.world.shopify;
    let email = |number: u64| format!("{number}.{}", marks::OTHER_EMAIL);
    let people = shopify
        .add_customers(30, |number| new(&email(number)).with_totals(1, "10".parse().unwrap()));
    stage.world.okta.add_users(20, |number| {
        let name = email(u64::try_from(number).unwrap());
        (name.clone(), name)
    });
    // The second finds the same share, of people who are not looked for again.
    for _ in 0..2 {
        assert_eq!(stage.run().await, Status::Done);
    }
    stage.set("guard_min_customers", "5").await;
    for customer in people.iter().take(15) {
        stage.world.clock.advance(Duration::from_secs(1));
        shopify.set_totals(*customer, 9, "900".parse().unwrap()).unwrap();
    }
    assert_eq!(stage.run().await, Status::Refused);
    let dry = Start { dry_run: true, ..Start::default() };
    assert_eq!(stage.resegment(Some(dry)).await.unwrap().status, Status::Done);
    // A start that makes no sense.
    let book = RuleBook::from_toml(include_str!("../../../../segments.toml")).unwrap();
    let wrong = Start { rules: Some(book), ..Start::default() };
    assert!(stage.resegment(Some(wrong)).await.is_none());
    let refused = json!({ "errors": [{
        "message": personal(),
        "extensions": { "code": "argumentLiteralsIncompatible" },
    }] });
    let host = url::Url::parse(&stage.world.shopify_url()).unwrap();
    let answer = Spoiled::Answer(200, refused.to_string());
    stage.wire.spoil(host.host_str().unwrap(), answer, u32::MAX);
    assert_eq!(stage.run().await, Status::Failed);
    stage.wire.let_pass();
    stage.set("guard_max_moved_percent", "100").await;
    let begun = stage.resegment(Some(Start::default())).await.unwrap();
    assert_eq!(begun.status, Status::Wait, "{begun:?}");
    stage.system.config_table().cancel_run(&begun.run_id.unwrap()).await.unwrap();
    stage.world.clock.advance(Duration::from_mins(2));
    stage.resegment(None).await;
    stage.settle().await;
}

/// Groups that are not as the rule book has them.
async fn groups(stage: &Stage) {
    let name = "Shopify VIP Customer";
    let vip = stage.world.okta.groups_named(name).remove(0);
    stage.world.okta.rename_group(&vip, "Very important").unwrap();
    stage.refresh_groups().await;
    stage.world.okta.delete_group(&vip).unwrap();
    stage.refresh_groups().await;
    stage.world.okta.add_group(name, GroupKind::Okta);
    stage.refresh_groups().await;
}

/// Panics, and records that are none of ours.
async fn mistakes(stage: &Stage, ann: CustomerId) {
    for url in [stage.world.okta_url(), stage.world.shopify_url()] {
        let host = url::Url::parse(&url).unwrap().host_str().unwrap().to_owned();
        stage.wire.spoil(&host, Spoiled::Panic(personal()), 2);
        troubled_order(stage, ann).await;
        stage.refresh_groups().await;
        stage.wire.let_pass();
        stage.settle().await;
    }
    for body in [personal(), json!({ "subject": personal() }).to_string()] {
        stage.system.queue().send_raw(body, Duration::ZERO);
        stage.settle().await;
    }
}

/// People and the shop are forgotten.
async fn ends(stage: &Stage, ann: CustomerId) {
    let shopify = &stage.world.shopify;
    let webhooks = [shopify.redact_customer(ann).unwrap(), shopify.delete_customer(ann).unwrap()];
    for webhook in webhooks.into_iter().chain([shopify.redact_shop()]) {
        stage.deliver(&webhook).await;
        stage.settle().await;
    }
}
