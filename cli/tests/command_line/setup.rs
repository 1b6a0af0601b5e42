//! `segments setup`.

use std::collections::BTreeMap;
use std::process::Stdio;

use http::Method;
use serde_json::Value;
use simulators::okta::{GroupKind, NewServiceApp};
use simulators::{Fault, Matching, Moment, Service};

use crate::people::json;
use crate::schemas::hold;
use crate::site::{Kind, Site, TOPICS};
use crate::support::{File, code, run, stderr, stdout};

const GROUPS: [&str; 3] =
    ["Shopify New Customer", "Shopify Returning Customer", "Shopify VIP Customer"];
const URL: &str = "https://hooks.example/webhooks/shopify";

/// The command line, with the default book.
fn line<'a>(book: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["setup", "--rules", book, "--webhook-url", "https://hooks.example"], more].concat()
}

fn book() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../segments.toml").to_owned()
}

fn assert_whole(site: &Site) {
    for name in ["shopify_total_spent", "shopify_orders_count"] {
        assert_eq!(site.world.okta.attribute_type(name).as_deref(), Some("number"));
    }
    for name in GROUPS {
        assert_eq!(site.world.okta.groups_named(name).len(), 1, "{name}");
    }
    let subscriptions = site.world.shopify.subscriptions();
    let topics: Vec<_> = subscriptions.iter().map(|subscription| subscription.topic).collect();
    assert_eq!(topics, TOPICS);
    assert!(subscriptions.iter().all(|it| it.uri == URL), "{subscriptions:?}");
}

fn nothing_was_made(site: &Site) -> bool {
    site.world.okta.attribute_type("shopify_total_spent").is_none()
        && GROUPS.iter().all(|name| site.world.okta.groups_named(name).is_empty())
        && site.world.shopify.subscriptions().is_empty()
}

#[tokio::test]
async fn one_command_makes_everything_and_the_next_has_nothing_to_do() {
    for kind in Kind::BOTH {
        let (site, book) = (Site::bare(kind).await, book());
        let output = site.run(&line(&book, &["--yes"])).await;
        assert_eq!(code(&output), 0, "{kind:?}: {}", stderr(&output));
        let told = stdout(&output);
        for words in ["to make", "rule book", "shopify_total_spent", "VIP", "orders/create", URL] {
            assert!(told.contains(words), "{words}: {told}");
        }
        assert!(told.contains("segments doctor"), "{told}");
        assert_whole(&site);
        let groups = site.system.config_table().groups().await.unwrap();
        assert!(groups.values().all(|row| row.id.is_some()), "{groups:?}");
        site.world.take_calls();
        let again = site.run(&line(&book, &[])).await;
        assert_eq!(code(&again), 0, "{}", stderr(&again));
        assert!(stdout(&again).ends_with("Nothing to do.\n"), "{}", stdout(&again));
        assert!(!stdout(&again).contains("to make"), "{}", stdout(&again));
        let written = site.world.take_calls().into_iter().filter(|call| {
            call.operation.as_deref() == Some("Subscribe")
                || call.service == Service::Okta && call.method != http::Method::GET
        });
        assert_eq!(written.count(), 0);
    }
}

#[tokio::test]
async fn a_dry_run_shows_the_plan_and_makes_nothing_not_even_the_store() {
    let (site, book) = (Site::bare(Kind::Local).await, book());
    let mut command = site.anywhere(&line(&book, &["--dry-run"]));
    command.arg("--store").arg(site.unmade());
    let output = run(command).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let told = stdout(&output);
    for words in ["local store in", "3 segments, in USD", "it was a dry run"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert!(nothing_was_made(&site) && !site.unmade().exists());
}

#[tokio::test]
async fn in_json_it_says_how_each_thing_is_and_how_many_were_made() {
    for kind in Kind::BOTH {
        let (site, book) = (Site::bare(kind).await, book());
        let in_json = async |more| {
            let arguments = line(&book, &[more, "--json"]);
            let output = site.run(&arguments).await;
            assert_eq!(code(&output), 0, "{kind:?}: {}", stderr(&output));
            hold(&arguments, &output);
            json(&output)
        };
        let states = |told: &Value| -> BTreeMap<String, usize> {
            let states = told["things"].as_array().unwrap().iter().map(|it| &it["state"]);
            states.fold(BTreeMap::new(), |mut all, state| {
                *all.entry(state.as_str().unwrap().to_owned()).or_default() += 1;
                all
            })
        };
        let dry = in_json("--dry-run").await;
        assert_eq!((&dry["made"], states(&dry)), (&0.into(), [("to_make".to_owned(), 16)].into()));
        assert!(nothing_was_made(&site));
        let made = in_json("--yes").await;
        assert_eq!((&made["made"], states(&made)), (&16.into(), [("there".to_owned(), 16)].into()));
        assert_whole(&site);
        let again = in_json("--yes").await;
        assert_eq!(
            (&again["made"], states(&again)),
            (&0.into(), [("there".to_owned(), 16)].into())
        );
    }
}

#[tokio::test]
async fn what_could_not_be_made_is_said_in_json_too() {
    let (site, book) = (Site::bare(Kind::Stack).await, book());
    site.world.okta.add_attribute("shopify_orders_count", "string");
    let create = Matching::call(Method::POST, "/api/v1/groups");
    site.world.faults().always(Service::Okta, create, Fault::Status(403));
    let arguments = line(&book, &["--yes", "--json"]);
    let output = site.run(&arguments).await;
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    hold(&arguments, &output);
    let told = json(&output);
    let things = told["things"].as_array().unwrap().iter();
    let left: Vec<_> = things.filter(|it| it["state"] != "there").map(|it| &it["state"]).collect();
    assert_eq!(left, ["wrong", "to_make", "to_make", "to_make"]);
    assert_eq!(told["made"], 12);
    assert!(!told["problems"].as_array().unwrap().is_empty(), "{told}");
}

#[tokio::test]
async fn a_store_is_made_where_there_was_none() {
    let (site, book) = (Site::bare(Kind::Local).await, book());
    let on_unmade = |arguments: &[&str]| {
        let mut command = site.anywhere(arguments);
        command.arg("--store").arg(site.unmade());
        run(command)
    };
    let output = on_unmade(&line(&book, &["--yes"])).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_whole(&site);
    let again = on_unmade(&line(&book, &["--yes"])).await;
    assert!(stdout(&again).ends_with("Nothing to do.\n"), "{}", stdout(&again));
}

#[tokio::test]
async fn without_anybody_to_ask_nothing_is_made() {
    let (site, book) = (Site::bare(Kind::Stack).await, book());
    let mut command = site.command(&line(&book, &[]));
    command.stdin(Stdio::null());
    let output = run(command).await;
    assert_eq!(code(&output), 2);
    let complaint = stderr(&output);
    for words in ["to make", "Nobody is here to be asked", "--yes", "--dry-run"] {
        assert!(complaint.contains(words), "{words}: {complaint}");
    }
    assert!(nothing_was_made(&site));
}

#[tokio::test]
async fn without_an_address_a_local_store_gets_no_subscriptions_and_it_is_said() {
    let (site, book) = (Site::bare(Kind::Local).await, book());
    site.set_variable("WEBHOOK_URL", "");
    let output = site.run(&["setup", "--rules", &book, "--yes"]).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("give --webhook-url"), "{}", stdout(&output));
    assert!(site.world.shopify.subscriptions().is_empty());
    assert_eq!(site.world.okta.groups_named(GROUPS[0]).len(), 1);
}

#[tokio::test]
async fn a_stack_knows_its_own_address() {
    let (site, book) = (Site::bare(Kind::Stack).await, book());
    let output = site.run(&["setup", "--rules", &book, "--yes"]).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let subscriptions = site.world.shopify.subscriptions();
    assert_eq!(subscriptions.len(), 10);
    assert!(subscriptions.iter().all(|it| it.uri == site.endpoint()), "{subscriptions:?}");
}

#[tokio::test]
async fn merges_are_left_out_if_their_scope_is_not_granted() {
    let (site, book) = (Site::bare(Kind::Local).await, book());
    site.world.shopify.set_scopes(&["read_customers", "read_orders"]);
    let output = site.run(&line(&book, &["--yes"])).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("read_customer_merge"), "{}", stdout(&output));
    assert_eq!(site.world.shopify.subscriptions().len(), 9);
}

#[tokio::test]
async fn what_a_person_has_to_see_to_is_told_with_exit_code_1() {
    let (site, book) = (Site::bare(Kind::Stack).await, book());
    site.world.okta.add_attribute("shopify_orders_count", "string");
    site.world.okta.add_group(GROUPS[0], GroupKind::App);
    let output = site.run(&line(&book, &["--yes"])).await;
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    let told = stdout(&output);
    for words in
        ["WRONG", "shopify_orders_count is of type string", "an application or Okta itself"]
    {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert_eq!(site.world.shopify.subscriptions().len(), 10);
}

#[tokio::test]
async fn a_book_that_is_stored_already_stays() {
    let site = Site::set_up(Kind::Local).await;
    let text = crate::support::BOOK.replace("\"500\"", "\"700\"");
    let file = File::new("another-book.toml", &text);
    let output = site.run(&["setup", "--yes", "--rules", file.0.to_str().unwrap()]).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("segments rules apply"), "{}", stdout(&output));
    let stored = site.system.config_table().wanted_rows().await.unwrap().book().unwrap();
    assert_eq!(stored, rules::RuleBook::from_toml(crate::support::BOOK).unwrap());
}

#[tokio::test]
async fn a_wrong_book_or_address_stops_before_anything_is_made() {
    let site = Site::bare(Kind::Local).await;
    let file = File::new("wrong-book.toml", "currency = \"USD\"");
    let file = file.0.to_str().unwrap();
    let good = book();
    for (arguments, words) in [
        (vec!["setup", "--yes", "--rules", file], "not a valid rule book"),
        (vec!["setup", "--yes", "--rules", "missing.toml"], "cannot be read"),
        (
            vec!["setup", "--yes", "--rules", &good, "--webhook-url", "http://hooks.example"],
            "https",
        ),
    ] {
        let output = site.run(&arguments).await;
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(stderr(&output).contains(words), "{words}: {}", stderr(&output));
    }
    assert!(nothing_was_made(&site));
}

#[tokio::test]
async fn a_service_that_does_not_answer_or_refuses_is_named() {
    let (site, book) = (Site::bare(Kind::Stack).await, book());
    site.world.okta.revoke_token(true);
    let output = site.run(&line(&book, &["--yes"])).await;
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("okta"), "{}", stderr(&output));
    site.world.okta.revoke_token(false);
    let refused = Fault::Status(403);
    site.world.faults().always(Service::Shopify, Matching::any(), refused);
    let output = site.run(&line(&book, &["--yes"])).await;
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("shopify"), "{}", stderr(&output));
    assert!(nothing_was_made(&site));
}

#[tokio::test]
async fn killed_in_the_middle_the_tool_ends_the_same_when_it_is_run_again() {
    let book = book();
    for nth in [8, 12, 17, 22] {
        let site = Site::bare(Kind::Local).await;
        site.world.suspend_at(nth, Moment::After);
        let mut command = site.command(&line(&book, &["--yes"]));
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = tokio::process::Command::from(command).kill_on_drop(true).spawn().unwrap();
        tokio::select! {
            () = site.world.suspended() => child.kill().await.unwrap(),
            _ = child.wait() => panic!("it makes fewer calls than {nth}"),
        }
        let output = site.run(&line(&book, &["--yes"])).await;
        assert_eq!(code(&output), 0, "call {nth}: {}", stderr(&output));
        assert_whole(&site);
    }
}

#[tokio::test]
async fn a_service_app_sets_up_with_the_scopes_for_it_and_says_which_it_lacks() {
    let daily = ["okta.users.read", "okta.users.manage", "okta.groups.read", "okta.groups.manage"];
    let more = ["okta.schemas.read", "okta.schemas.manage"];
    let (site, book) = (Site::bare(Kind::Local).await, book());
    let app = site.world.okta.add_service_app(&NewServiceApp::default());
    site.set_secret("OKTA_SECRET", &app.secret);
    let output = site.run(&line(&book, &["--yes"])).await;
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    let told = stdout(&output);
    assert!(told.contains("grant the app okta.schemas.read and okta.schemas.manage"), "{told}");
    assert_eq!(site.world.okta.groups_named(GROUPS[0]).len(), 1, "the rest was made");
    assert!(site.world.okta.attribute_type("shopify_total_spent").is_none());

    site.world.okta.set_app_scopes(&app.client_id, &[&daily[..], &more[..1]].concat());
    let output = site.run(&line(&book, &["--yes"])).await;
    assert_eq!(code(&output), 1);
    assert!(stderr(&output).contains("was granted okta.schemas.manage"), "{}", stderr(&output));

    site.world.okta.set_app_scopes(&app.client_id, &[&daily[..], &more[..]].concat());
    let output = site.run(&line(&book, &["--yes"])).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_whole(&site);

    site.world.okta.set_app_scopes(&app.client_id, &daily);
    let arguments = line(&book, &["--json"]);
    let output = site.run(&arguments).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    hold(&arguments, &output);
    let things = json(&output)["things"].as_array().unwrap().clone();
    let left: Vec<&Value> = things.iter().filter(|it| it["state"] != "there").collect();
    assert_eq!((left.len(), &left[0]["state"]), (1, &"left_out".into()));
    assert!(left[0]["what"].as_str().unwrap().contains("not looked at"), "{left:?}");
}

/// What a terminal shows, and the exit code, if this is typed there once it is asked for.
#[cfg(target_os = "linux")]
async fn at_a_terminal(command: std::process::Command, typed: &str) -> (String, i32) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let words = [command.get_program()].into_iter().chain(command.get_args());
    let words: Vec<String> = words.map(|it| format!("'{}'", it.to_str().unwrap())).collect();
    let mut terminal = tokio::process::Command::new("script");
    terminal.args(["-qec", &words.join(" "), "/dev/null"]).kill_on_drop(true);
    terminal.current_dir(command.get_current_dir().unwrap());
    terminal.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    terminal.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = terminal.spawn().unwrap();
    let (mut keys, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let (mut shown, mut is_typed) = (Vec::new(), false);
    while screen.read_buf(&mut shown).await.unwrap() > 0 {
        if !is_typed && shown.ends_with(b"[y/N] ") {
            keys.write_all(typed.as_bytes()).await.unwrap();
            is_typed = true;
        }
    }
    (String::from_utf8(shown).unwrap(), child.wait().await.unwrap().code().unwrap())
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_person_is_shown_the_plan_and_asked_and_the_answer_counts() {
    let (site, book) = (Site::bare(Kind::Local).await, book());
    let (shown, exit) = at_a_terminal(site.command(&line(&book, &[])), "n\n").await;
    assert_eq!(exit, 1, "{shown}");
    for words in ["to make", "Make these? [y/N]", "Nothing was made."] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(nothing_was_made(&site));
    let (shown, exit) = at_a_terminal(site.command(&line(&book, &[])), "y\n").await;
    assert_eq!(exit, 0, "{shown}");
    assert_eq!(shown.matches("Okta attribute shopify_total_spent").count(), 1, "{shown}");
    assert_whole(&site);
}
