//! `segments doctor`: a test for each fault that it has to find. Those of groups, attributes and rights in
//! Okta are in `doctor_okta`, those of the queue in `doctor_queue`.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use http::StatusCode;
use jiff::SignedDuration;
use resegment::{EndedAs, Start};
use serde_json::{Value, json};
use simulators::shopify::{CLIENT_ID, CLIENT_SECRET};
use simulators::{Fault, Matching, NewCustomer, Service};

use crate::people;
use crate::site::{Kind, Site};
use crate::store::Store;
use crate::support::{code, run, stderr, stdout};

/// What is found, as JSON, and the exit code.
pub(crate) async fn examined(site: &Site, more: &[&str]) -> (Value, i32) {
    let output = site.run(&[&["doctor", "--json"], more].concat()).await;
    let found = serde_json::from_slice(&output.stdout);
    (found.unwrap_or_else(|_| panic!("{}", stderr(&output))), code(&output))
}

/// The checks of a name.
pub(crate) fn checks<'a>(found: &'a Value, name: &str) -> Vec<&'a Value> {
    found["checks"].as_array().unwrap().iter().filter(|check| check["check"] == name).collect()
}

pub(crate) fn states(found: &Value, name: &str) -> Vec<String> {
    checks(found, name).iter().map(|it| it["state"].as_str().unwrap().to_owned()).collect()
}

/// One check is in this state and says this; nothing else is wrong.
pub(crate) async fn assert_found(site: &Site, name: &str, state: &str, words: &str) {
    let (found, exit) = examined(site, &[]).await;
    let place = format!("{:?} {name}: {found:#}", site.kind);
    let told = |check: &&Value| check["state"] == state && check.to_string().contains(words);
    let about = checks(&found, name);
    assert!(about.iter().any(told), "{state} {words}: {place}");
    let good = |check: &&Value| check["state"] == "ok" || check["mend"].is_string();
    assert!(about.iter().all(good), "{place}");
    let others = found["checks"].as_array().unwrap().iter().filter(|it| it["check"] != name);
    for other in others {
        assert!(["ok", "warning"].contains(&other["state"].as_str().unwrap()), "{other}: {place}");
    }
    let expected = match state {
        "wrong" => 1,
        "unknown" => 2,
        _ => 0,
    };
    assert_eq!(exit, expected, "{place}");
}

/// The same for both kinds of target, once this has gone wrong.
pub(crate) async fn assert_finds(name: &str, state: &str, words: &str, fault: impl AsyncFn(&Site)) {
    for kind in Kind::BOTH {
        let site = Site::set_up(kind).await;
        fault(&site).await;
        assert_found(&site, name, state, words).await;
    }
}

#[tokio::test]
async fn a_system_that_is_well_has_nothing_wrong_and_nothing_to_be_seen_to() {
    for kind in Kind::BOTH {
        let site = Site::set_up(kind).await;
        site.system.run(Start::default(), |_| ()).await.unwrap();
        site.world.take_calls();
        let (found, exit) = examined(&site, &[]).await;
        assert_eq!((&found["worst"], exit), (&json!("ok"), 0), "{kind:?}: {found:#}");
        assert_eq!(site.world.forbidden_calls(), vec![]);
        let output = site.run(&["doctor"]).await;
        let told = stdout(&output);
        assert!(told.contains("All is well with "), "{told}");
        for secret in
            [simulators::shopify::ACCESS_TOKEN, simulators::okta::API_TOKEN, "simulated-w"]
        {
            assert!(!told.contains(secret) && !found.to_string().contains(secret), "{told}");
        }
    }
}

#[tokio::test]
async fn each_line_names_the_mend() {
    let site = Site::set_up(Kind::Stack).await;
    site.world.okta.remove_attribute("shopify_total_spent");
    let output = site.run(&["doctor"]).await;
    assert_eq!(code(&output), 1);
    let told = stdout(&output);
    let line = told.lines().find(|line| line.contains("shopify_total_spent")).unwrap();
    assert!(
        line.starts_with("WRONG") && line.contains("To mend it: `segments setup --stack my-stack`"),
        "{line}"
    );
    assert!(told.contains("stack my-stack: 1 wrong"), "{told}");
}

#[tokio::test]
async fn credentials_that_shopify_refuses() {
    assert_finds("shopify_credentials", "wrong", "docs/shopify.md", async |site| {
        site.world.shopify.revoke_tokens();
    })
    .await;
}

#[tokio::test]
async fn credentials_of_another_shop() {
    assert_finds("shopify_credentials", "wrong", "another shop answers", async |site| {
        site.world.shopify.answer_as_shop("other.myshopify.com");
    })
    .await;
}

#[tokio::test]
async fn a_secret_that_holds_something_else() {
    assert_finds("okta_credentials", "wrong", "has no", async |site| {
        site.set_secret("OKTA_SECRET", &json!({}));
    })
    .await;
}

#[tokio::test]
async fn credentials_that_okta_refuses() {
    assert_finds("okta_credentials", "wrong", "docs/okta.md", async |site| {
        site.world.okta.revoke_token(true);
    })
    .await;
}

#[tokio::test]
async fn credentials_that_mavera_refuses() {
    assert_finds("mavera_credentials", "wrong", "not accepted", async |site| {
        site.world.mavera.rotate_key("mvra_live_another");
    })
    .await;
}

#[tokio::test]
async fn without_a_key_for_mavera_there_is_nothing_wrong() {
    assert_finds("mavera_credentials", "ok", "no personas are kept", async |site| {
        site.set_secret("MAVERA_SECRET", &json!({}));
    })
    .await;
}

#[tokio::test]
async fn a_scope_that_is_not_granted() {
    for kind in Kind::BOTH {
        let site = Site::set_up(kind).await;
        site.world.shopify.set_scopes(&["write_customers", "read_customer_merge"]);
        assert_found(&site, "shopify_scopes", "wrong", "not granted read_orders").await;
    }
}

#[tokio::test]
async fn an_api_version_that_is_about_to_end() {
    assert_finds("shopify_api_version", "warning", "within three months", async |site| {
        site.world.shopify.set_supported_versions(&["2026-10", "2027-01", "2027-04"]);
    })
    .await;
}

#[tokio::test]
async fn an_api_version_that_falls_forward() {
    assert_finds("shopify_api_version", "wrong", "2027-01 answers", async |site| {
        site.world.shopify.set_supported_versions(&["2027-01", "2027-04"]);
    })
    .await;
}

#[tokio::test]
async fn a_shop_that_counts_in_another_currency() {
    assert_finds("currency", "wrong", "the rule book is in USD, the shop in EUR", async |site| {
        site.world.shopify.set_currency("EUR".parse().unwrap());
    })
    .await;
}

/// Has Shopify delete a subscription, as it does after eight failures.
fn lose_a_subscription(site: &Site) {
    let lost = site.world.shopify.subscriptions().remove(0);
    site.world.shopify.remove_subscription(&lost.id).unwrap();
}

#[tokio::test]
async fn a_subscription_that_shopify_deleted_and_fix_makes_it_again() {
    for kind in Kind::BOTH {
        let site = Site::set_up(kind).await;
        lose_a_subscription(&site);
        assert_found(&site, "subscriptions", "wrong", "nobody is told of orders/create").await;
        assert_eq!(site.world.shopify.subscriptions().len(), 9, "it only looked");
        let (found, exit) = examined(&site, &["--fix"]).await;
        assert_eq!(found["fixed"], json!(["orders/create"]), "{found:#}");
        assert_eq!(
            (states(&found, "subscriptions"), exit),
            (vec!["ok".to_owned()], 0),
            "{found:#}"
        );
        let subscriptions = site.world.shopify.subscriptions();
        assert_eq!(subscriptions.len(), 10);
        assert!(subscriptions.iter().all(|it| it.uri == site.endpoint()));
        let (found, _) = examined(&site, &["--fix"]).await;
        assert_eq!(found["fixed"], json!([]));
        assert_eq!(site.world.shopify.subscriptions().len(), 10);
    }
}

#[tokio::test]
async fn a_subscription_that_points_elsewhere_and_fix_leaves_that_one_alone() {
    let site = Site::set_up(Kind::Stack).await;
    let lost = site.world.shopify.subscriptions().remove(0);
    site.world.shopify.remove_subscription(&lost.id).unwrap();
    site.world.shopify.add_subscription(lost.topic, "https://elsewhere.example/").unwrap();
    assert_found(&site, "subscriptions", "wrong", "orders/create only go elsewhere").await;
    let (found, exit) = examined(&site, &["--fix"]).await;
    assert_eq!((&found["fixed"], exit), (&json!(["orders/create"]), 0));
    assert_eq!(site.world.shopify.subscriptions().len(), 11);
}

#[tokio::test]
async fn a_subscription_that_shopify_will_not_make_again() {
    let site = Site::set_up(Kind::Local).await;
    lose_a_subscription(&site);
    let refused = Fault::Status(503);
    site.world.faults().always(Service::Shopify, Matching::operation("Subscribe"), refused);
    let (found, exit) = examined(&site, &["--fix"]).await;
    assert_eq!((states(&found, "fix"), exit), (vec!["wrong".to_owned()], 1), "{found:#}");
    assert_eq!(states(&found, "subscriptions"), ["wrong"]);
}

#[tokio::test]
async fn the_apps_client_secret_that_is_not_among_the_webhook_secrets() {
    let by_client = json!({ "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET });
    for kind in Kind::BOTH {
        let site = Site::set_up(kind).await;
        site.set_secret("SHOPIFY_SECRET", &by_client);
        assert_found(&site, "webhook_secrets", "wrong", "client secret is not among them").await;
        let both = [simulators::shopify::WEBHOOK_SECRET, CLIENT_SECRET];
        site.set_secret("WEBHOOK_SECRET", &json!({ "secrets": both }));
        assert_found(&site, "webhook_secrets", "ok", "is among them").await;
    }
}

#[tokio::test]
async fn webhook_secrets_that_are_none() {
    assert_finds("webhook_secrets", "wrong", "store the webhook secrets as", async |site| {
        site.set_secret("WEBHOOK_SECRET", &json!({ "secrets": [] }));
    })
    .await;
}

#[tokio::test]
async fn an_endpoint_that_goes_by_other_secrets() {
    assert_finds("endpoint", "wrong", "refuses a signed request", async |site| {
        site.set_secret("WEBHOOK_SECRET", &json!({ "secrets": ["another"] }));
    })
    .await;
}

#[tokio::test]
async fn an_endpoint_that_takes_everything() {
    assert_finds("endpoint", "wrong", "a forged request with 200, not 401", async |site| {
        site.replace_endpoint(StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn an_endpoint_where_nothing_is() {
    assert_finds("endpoint", "wrong", "there is nothing at", async |site| {
        site.replace_endpoint(StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn a_ping_leaves_nothing_in_the_queue() {
    let site = Site::set_up(Kind::Local).await;
    let (found, _) = examined(&site, &[]).await;
    assert_eq!(states(&found, "endpoint"), ["ok"]);
    assert_eq!(state::Depth::depth(site.system.queue()).await, Ok(0));
}

#[tokio::test]
async fn settings_that_cannot_be_used() {
    assert_finds("config_table", "wrong", "settings/settings", async |site| {
        let share = AttributeValue::N("0".to_owned());
        site.system.set("okta_rate_share", share).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_system_without_a_rule_book() {
    let site = Site::bare(Kind::Stack).await;
    let (found, exit) = examined(&site, &[]).await;
    assert_eq!((states(&found, "rule_book"), exit), (vec!["wrong".to_owned()], 1), "{found:#}");
}

#[tokio::test]
async fn tables_that_are_not_there() {
    let site = Site::set_up(Kind::Stack).await;
    for (variable, check) in [
        ("CONFIG_TABLE", "config_table"),
        ("CUSTOMERS_TABLE", "customers_table"),
        ("RUNS_TABLE", "runs_table"),
    ] {
        let before = site.variable(variable);
        site.set_variable(variable, "elsewhere");
        assert_found(&site, check, "wrong", "ResourceNotFoundException").await;
        site.set_variable(variable, &before);
    }
}

#[tokio::test]
async fn a_paused_system() {
    assert_finds("paused", "warning", "segments resume", async |site| {
        site.system.set("paused", AttributeValue::Bool(true)).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_last_run_that_was_refused() {
    assert_finds("last_run", "wrong", "refused", async |site| {
        let shop = &site.world.shopify;
        let customers = shop.add_customers(30, |_| NewCustomer::default());
        site.system.run(Start::default(), |_| ()).await.unwrap();
        // A shop that has lost most of its customers since is not believed.
        for customer in &customers[..20] {
            shop.delete_customer(*customer).unwrap();
        }
        let refused = site.system.run(Start::default(), |_| ()).await.unwrap();
        assert_eq!(refused.status, resegment::Status::Refused, "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn runs_that_are_cancelled_night_after_night() {
    let store = Store::set_up().await;
    let last_run = async || {
        let found = people::json(&store.run(&["doctor", "--json"]).await);
        checks(&found, "last_run")[0].clone()
    };
    store.keep_run(Duration::from_hours(60), EndedAs::Done, None).await;
    store.keep_run(Duration::from_hours(1), EndedAs::Cancelled, None).await;
    let found = last_run().await;
    assert_eq!(found["state"], "warning", "{found}");
    assert!(found["finding"].as_str().unwrap().contains("no run was done for 60h"), "{found}");
    store.keep_run(Duration::from_mins(30), EndedAs::Done, None).await;
    store.keep_run(Duration::from_mins(20), EndedAs::Cancelled, None).await;
    assert_eq!(last_run().await["state"], "ok");
}

#[tokio::test]
async fn clocks_that_differ() {
    assert_finds("clock", "warning", "behind Okta's", async |site| {
        site.world.okta.set_clock_skew(SignedDuration::from_mins(2));
    })
    .await;
    assert_finds("clock", "wrong", "ahead of Okta's", async |site| {
        site.world.okta.set_clock_skew(SignedDuration::from_hours(-1));
    })
    .await;
}

#[tokio::test]
async fn what_does_not_answer_is_not_known_and_the_rest_is_looked_at() {
    let site = Site::set_up(Kind::Stack).await;
    site.world.faults().always(Service::Okta, Matching::any(), Fault::Status(503));
    assert_found(&site, "okta_credentials", "unknown", "look again later").await;
}

#[tokio::test]
async fn a_target_that_is_not_there_cannot_be_looked_at() {
    let site = Site::set_up(Kind::Local).await;
    let mut command = site.anywhere(&["doctor", "--store"]);
    command.arg(site.unmade());
    let output = run(command).await;
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("segments setup"), "{}", stderr(&output));
    let site = Site::set_up(Kind::Stack).await;
    let output = run(site.anywhere(&["doctor", "--stack", "another"])).await;
    assert_eq!(code(&output), 2);
}
