//! The first day, by the tool alone: everything is set up, people order, it is asked why they are where they
//! are, and the page shows them.

use std::process::{Command, Output};

use aws_sdk_dynamodb::types::AttributeValue;
use http::StatusCode;
use rules::{CustomerId, UserId};
use rust_decimal::Decimal;
use segments::local::{LocalSystem, Options};
use serde_json::{Value, json};
use simulators::{NewCustomer, Webhook};

use crate::people::{NEW, VIP, json};
use crate::serve::{SERVE, Serving};
use crate::site::{Kind, Site};
use crate::support::{code, run, stderr, stdout};

/// The tool on a store that nobody has made yet.
fn tool(site: &Site, arguments: &[&str]) -> Command {
    let mut command = site.anywhere(arguments);
    command.env("SETTLE_SECONDS", "0").arg("--store").arg(site.unmade());
    command
}

async fn good(site: &Site, arguments: &[&str]) -> Output {
    let output = run(tool(site, arguments)).await;
    assert_eq!(code(&output), 0, "{arguments:?}: {}{}", stdout(&output), stderr(&output));
    output
}

/// Looks at a customer at once, and not when Shopify's totals have surely settled: what a person would
/// set in the table.
async fn without_delay(site: &Site) {
    let options = Options::simulated(&site.world).unwrap();
    let system = LocalSystem::open(options, &site.unmade()).await.unwrap();
    system.set("settle_seconds", AttributeValue::N("0".to_owned())).await.unwrap();
}

/// Somebody with an Okta user, and the webhook of their first order.
fn orders(site: &Site, address: &str, amount: u32) -> (CustomerId, UserId, Webhook) {
    let user = site.world.okta.add_user(address, address);
    let (customer, _) = site.world.shopify.add_customer(NewCustomer::with_email(address));
    let (_, webhook) = site.world.shopify.place_order(customer, Decimal::from(amount)).unwrap();
    (customer, user, webhook)
}

async fn explained(site: &Site, customer: CustomerId) -> Value {
    json(&good(site, &["explain", &customer.to_string(), "--json"]).await)
}

#[tokio::test]
async fn what_is_set_up_and_served_puts_who_orders_where_they_belong_and_shows_why() {
    let site = Site::bare(Kind::Local).await;
    let book = concat!(env!("CARGO_MANIFEST_DIR"), "/../segments.toml");
    good(&site, &["setup", "--rules", book, "--yes"]).await;
    assert!(site.world.shopify.subscriptions().iter().all(|it| it.uri == site.endpoint()));
    without_delay(&site).await;

    let (ann, ann_s_user, first) = orders(&site, "ann@example.com", 42);
    let (bob, bob_s_user, second) = orders(&site, "bob@example.com", 650);
    let serving = Serving::of(tool(&site, &SERVE)).await;
    for webhook in [first, second] {
        assert_eq!(serving.post(&webhook).await, Some(StatusCode::OK));
    }
    let (exit, said) = serving.stop().await;
    assert_eq!(exit, Some(0), "{said}");

    for (customer, user, segment, group, spent) in
        [(ann, ann_s_user, "new", NEW, 42.into()), (bob, bob_s_user, "vip", VIP, 650.into())]
    {
        assert_eq!(site.world.okta.group_names_of(&user), [group]);
        let answer = explained(&site, customer).await;
        let totals = &answer["shopify"]["totals"];
        assert_eq!((&totals["orders"], amount(&totals["spent"]["amount"])), (&json!(1), spent));
        assert_eq!(answer["rules"]["segment"], segment);
        assert_eq!(answer["applied"]["segment"], segment);
        assert_eq!(answer["applied"]["okta_user_id"], user.as_str());
        assert_eq!(answer["okta"]["user"]["groups"], json!([group]));
        let held = &answer["okta"]["user"]["attributes"];
        assert_eq!(held["orders_count"], json!({ "value": 1 }));
        assert_eq!(amount(&held["total_spent"]["value"]), spent);
        let change = &answer["history"][0];
        assert_eq!((&change["to"], &change["cause"]), (&json!(segment), &json!("order")));
        assert_eq!(answer["next"]["kind"], "nothing");
    }
    reported(&site).await;
}

fn amount(text: &Value) -> Decimal {
    text.as_str().unwrap().parse().unwrap()
}

/// The page has the same figures.
async fn reported(site: &Site) {
    good(site, &["run"]).await;
    let page = site.unmade().join("report.html");
    good(site, &["report", "--out", page.to_str().unwrap()]).await;
    let page = std::fs::read_to_string(page).unwrap();
    let (_, page) = page.split_once("</style>").unwrap();
    let text = words(page);
    for figures in [
        "In a segment 2 Their revenue 692 USD",
        "VIP Customer 1 50.0 % 1.0 650 650 93.9 %",
        "New Buyer 1 50.0 % 1.0 42 42 6.1 %",
        "nobody moved",
    ] {
        assert!(text.contains(figures), "{figures}: {text}");
    }
}

/// The text of a page, without its marks.
fn words(page: &str) -> String {
    let mut text = String::new();
    for part in page.split('<') {
        let (_, after) = part.split_once('>').unwrap_or(("", part));
        text.push_str(after);
        text.push(' ');
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
