//! `segments explain`.

use simulators::Service;
use simulators::okta::UserStatus;

use crate::people::{NEW, VIP, json};
use crate::store::Store;
use crate::support::{BOOK, Stack, code, run, stderr, stdout};

const ANN: &str = "Ann.Marked@example.com";

#[tokio::test]
async fn a_customer_in_their_place_is_explained_from_the_inputs_to_the_history() {
    let store = Store::set_up().await;
    let (ann, user) = store.person(ANN, 1, 45);
    store.look_at(&[ann]).await;
    let output = store.run(&["explain", &ann.to_string()]).await;
    assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
    let shown = stdout(&output);
    for words in [
        &format!("Customer {ann}"),
        "1 order, 45.00 USD",
        "new, by rule book version 1",
        &format!("Okta user {user}, {NEW}, attributes 1 order, 45.00 USD"),
        "attributes: orders 1, spent 45",
        "nothing to do: Okta holds what it should",
        "1 order, and 6 or more are asked for",
        "no segment   new, range 1",
        "All is well.",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(shown.lines().all(|line| line.chars().count() <= 100), "{shown}");
    let answer = json(&store.run(&["explain", &ann.gid(), "--json"]).await);
    assert_eq!(answer["customer_id"], ann.to_string());
    assert_eq!(answer["shopify"]["found"], "present");
    assert_eq!(answer["shopify"]["totals"]["orders"], 1);
    assert_eq!((&answer["rules"]["segment"], &answer["rules"]["book"]), (&"new".into(), &1.into()));
    let verdicts = answer["rules"]["segments"].as_array().unwrap().iter();
    let verdicts: Vec<_> = verdicts.map(|rule| rule["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["no_match", "no_match", "wins"]);
    assert_eq!(answer["applied"]["kind"], "customer");
    assert_eq!(answer["applied"]["okta_user_id"], user.as_str());
    assert_eq!(answer["okta"]["user"]["groups"][0], NEW);
    assert_eq!(answer["next"]["kind"], "nothing");
    assert_eq!(
        (&answer["history"][0]["to"], &answer["history"][0]["cause"]),
        (&"new".into(), &"customer".into())
    );
    assert_eq!(answer["to_look_at"], serde_json::json!([]));
}

#[tokio::test]
async fn a_customer_nobody_has_looked_at_is_foretold_and_nothing_is_written() {
    let store = Store::set_up().await;
    let (ann, user) = store.person(ANN, 7, 45);
    let (before, _) = (store.everything().await, store.world.take_calls());
    let output = store.run(&["explain", &ann.to_string(), "--json"]).await;
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    let answer = json(&output);
    assert_eq!(
        (&answer["applied"]["kind"], &answer["next"]["kind"]),
        (&"nothing".into(), &"changes".into())
    );
    assert_eq!(answer["rules"]["book"], serde_json::Value::Null, "none is accepted yet");
    assert_eq!(answer["next"]["okta_user_id"], user.as_str());
    let changes = ["set totals to 7 orders, 45.00 USD".to_owned(), format!("join {VIP}")];
    assert_eq!(answer["next"]["changes"], serde_json::json!(changes));
    assert_eq!(store.everything().await, before);
    let calls = store.world.take_calls();
    let writes = calls.iter().filter(|call| call.service == Service::Okta && call.method != "GET");
    assert_eq!(writes.count(), 0);

    store.look_at(&[ann]).await;
    assert_eq!(store.world.okta.group_names_of(&user), [VIP]);
    assert_eq!(code(&store.run(&["explain", &ann.to_string()]).await), 0);
}

#[tokio::test]
async fn a_customer_who_has_outgrown_a_segment_is_told_the_way_to_the_next() {
    let store = Store::set_up().await;
    let (ann, user) = store.person(ANN, 1, 45);
    store.look_at(&[ann]).await;
    store.world.shopify.set_totals(ann, 8, "900".parse().unwrap()).unwrap();
    let output = store.run(&["explain", &ann.to_string()]).await;
    assert_eq!(code(&output), 1);
    let shown = stdout(&output);
    let plan = format!("set totals to 8 orders, 900.00 USD, join {VIP}, leave {NEW}");
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [plan.as_str(), "the rules put the customer into vip, and applied is new"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert_eq!(store.world.okta.group_names_of(&user), [NEW]);
}

#[tokio::test]
async fn an_address_finds_the_customer_and_is_printed_nowhere() {
    let store = Store::set_up().await;
    let (ann, _) = store.person(ANN, 1, 45);
    store.person("ann.marked@example.co", 1, 45);
    store.look_at(&[ann]).await;
    for form in [&["explain", "ann.marked@EXAMPLE.com"][..], &["explain", ANN, "--json"]] {
        let output = store.run(form).await;
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        assert!(stdout(&output).contains(&ann.to_string()), "{}", stdout(&output));
        let said = (stdout(&output) + &stderr(&output)).to_lowercase();
        assert!(!said.contains("marked") && !said.contains("example.com"), "{said}");
    }
}

#[tokio::test]
async fn an_address_of_nobody_or_of_several_says_so_and_is_not_repeated() {
    let store = Store::set_up().await;
    let nobody = store.run(&["explain", ANN]).await;
    assert_eq!(code(&nobody), 2);
    assert!(stderr(&nobody).contains("finds no customer with that address"), "{}", stderr(&nobody));
    let (one, other) = (store.customer(ANN, 1, 45), store.customer(ANN, 2, 90));
    let several = stderr(&store.run(&["explain", ANN]).await);
    assert!(
        several.contains(&format!("2 customers have that address: {one}, {other}")),
        "{several}"
    );
    let slip = stderr(&store.run(&["explain", "Ann.Marked example.com"]).await);
    assert!(slip.contains("that is no customer"), "{slip}");
    assert!(![stderr(&nobody), several, slip].concat().contains("Marked"));
}

#[tokio::test]
async fn a_customer_the_shop_does_not_have_is_told_apart_from_one_who_is_gone() {
    let store = Store::set_up().await;
    let unknown = store.run(&["explain", "7", "--json"]).await;
    assert_eq!(code(&unknown), 0, "{}", stderr(&unknown));
    let answer = json(&unknown);
    assert_eq!(
        (&answer["shopify"]["found"], &answer["applied"]["kind"]),
        (&"gone".into(), &"nothing".into())
    );

    let (ann, user) = store.person(ANN, 1, 45);
    store.look_at(&[ann]).await;
    store.world.shopify.delete_customer(ann).unwrap();
    let going = store.run(&["explain", &ann.to_string(), "--json"]).await;
    let answer = json(&going);
    assert_eq!((code(&going), &answer["next"]["kind"]), (1, &"end".into()));
    let parting = ["clear totals".to_owned(), format!("leave {NEW}")];
    assert_eq!(answer["next"]["parting"], serde_json::json!(parting));

    store.look_at(&[ann]).await;
    assert_eq!(store.world.okta.group_names_of(&user), [""; 0]);
    let gone = store.run(&["explain", &ann.to_string()]).await;
    assert_eq!(code(&gone), 0, "{}", stdout(&gone));
    assert!(stdout(&gone).contains("gone since 2"), "{}", stdout(&gone));
}

#[tokio::test]
async fn what_stands_in_the_way_is_named_with_what_to_do() {
    let store = Store::set_up().await;
    let ann = store.customer(ANN, 1, 45);
    store.look_at(&[ann]).await;
    let output = store.run(&["explain", &ann.to_string(), "--json"]).await;
    let answer = json(&output);
    assert_eq!(code(&output), 1);
    assert_eq!(
        (&answer["applied"]["outcome"], &answer["next"]["outcome"]),
        (&"unmatched".into(), &"unmatched".into())
    );
    let told = answer["to_look_at"].to_string();
    assert!(told.contains("Okta has no user with the customer's address"), "{told}");
    assert_eq!(told.matches("Okta has no user").count(), 1, "{told}");

    store.world.shopify.set_customer_currency(ann, "EUR".parse().unwrap()).unwrap();
    let answer = json(&store.run(&["explain", &ann.to_string(), "--json"]).await);
    assert_eq!(answer["rules"]["other_currency"], "EUR");
    assert_eq!(answer["next"]["outcome"], "other_currency");
}

#[tokio::test]
async fn a_user_of_another_customer_is_not_taken_from_them() {
    let store = Store::set_up().await;
    let (ann, _) = store.person(ANN, 1, 45);
    store.look_at(&[ann]).await;
    let double = store.customer(ANN, 1, 45);
    let answer = json(&store.run(&["explain", &double.to_string(), "--json"]).await);
    assert_eq!(answer["next"]["outcome"], "user_taken");
}

#[tokio::test]
async fn what_somebody_changed_in_okta_by_hand_is_seen() {
    let store = Store::set_up().await;
    let (ann, user) = store.person(ANN, 1, 45);
    store.look_at(&[ann]).await;
    let (new, vip) = (store.world.okta.groups_named(NEW), store.world.okta.groups_named(VIP));
    store.world.okta.remove_member(&new[0], &user).unwrap();
    store.world.okta.add_member(&vip[0], &user).unwrap();
    store.world.okta.set_attribute(&user, "shopify_orders_count", 9.into()).unwrap();
    let output = store.run(&["explain", &ann.to_string(), "--json"]).await;
    let differences = &json(&output)["okta"]["differences"];
    let expected = [
        format!("the user is not in {NEW}"),
        format!("the user is in {VIP}, too"),
        "the two attributes hold something else".to_owned(),
    ];
    assert_eq!((code(&output), differences), (1, &serde_json::json!(expected)));
}

#[tokio::test]
async fn a_wanted_book_that_would_decide_otherwise_is_mentioned() {
    let store = Store::set_up().await;
    let (ann, _) = store.person(ANN, 1, 45);
    store.look_at(&[ann]).await;
    let cheaper = rules::RuleBook::from_toml(&BOOK.replace("\"500\"", "\"40\"")).unwrap();
    store.system.config_table().put_wanted(&cheaper).await.unwrap();
    let output = store.run(&["explain", &ann.to_string(), "--json"]).await;
    assert_eq!((code(&output), &json(&output)["rules"]["wanted"]["segment"]), (0, &"vip".into()));
}

#[tokio::test]
async fn without_okta_the_rest_is_told_and_okta_is_named() {
    let store = Store::set_up().await;
    let (ann, user) = store.person(ANN, 1, 45);
    store.look_at(&[ann]).await;
    for more in [&["--json"][..], &[]] {
        let mut command = store.command(&[&["explain", &ann.to_string()], more].concat());
        command.env("OKTA_SECRET", r#"{"api_token":"wrong"}"#);
        let output = run(command).await;
        assert_eq!(code(&output), 2, "{}", stdout(&output));
        assert!(stderr(&output).contains("okta gave no answer"), "{}", stderr(&output));
        if more.is_empty() {
            let shown = stdout(&output).split_whitespace().collect::<Vec<_>>().join(" ");
            for words in ["Okta not known Next not known", "okta was not reached: "] {
                assert!(shown.contains(words), "{words}: {shown}");
            }
            continue;
        }
        let answer = json(&output);
        assert_eq!(answer["not_reached"][0]["service"], "okta");
        assert_eq!(answer["rules"]["segment"], "new");
        assert_eq!(answer["applied"]["okta_user_id"], user.as_str());
        assert_eq!(answer["okta"], serde_json::json!({ "user": null, "differences": [] }));
        assert_eq!(answer["next"], serde_json::Value::Null);
        assert_eq!(answer["to_look_at"].as_array().unwrap().len(), 1, "{answer}");
    }
}

#[tokio::test]
async fn without_shopify_a_customer_s_id_still_tells_what_was_done_and_an_address_tells_nothing() {
    let store = Store::set_up().await;
    let (ann, user) = store.person(ANN, 1, 45);
    store.look_at(&[ann]).await;
    store.world.shopify.revoke_tokens();
    let output = store.run(&["explain", &ann.to_string(), "--json"]).await;
    let answer = json(&output);
    assert_eq!((code(&output), &answer["not_reached"][0]["service"]), (2, &"shopify".into()));
    assert_eq!(answer["shopify"], serde_json::json!({ "found": "not_reached" }));
    assert_eq!(
        (&answer["rules"], &answer["next"]),
        (&serde_json::Value::Null, &serde_json::Value::Null)
    );
    assert_eq!(
        (&answer["applied"]["segment"], &answer["okta"]["user"]["id"]),
        (&"new".into(), &user.as_str().into())
    );
    let output = store.run(&["explain", ANN, "--json"]).await;
    assert_eq!((code(&output), stdout(&output).as_str()), (2, ""));
    assert!(stderr(&output).contains("shopify"), "{}", stderr(&output));
}

#[tokio::test]
async fn a_customer_with_another_address_is_parted_from_the_user_of_the_old_one() {
    let store = Store::set_up().await;
    let (ann, before) = store.person(ANN, 1, 45);
    store.look_at(&[ann]).await;
    let after = store.world.okta.add_user("new@example.com", "new@example.com");
    store.world.shopify.change_email(ann, Some("new@example.com")).unwrap();
    let output = store.run(&["explain", &ann.to_string(), "--json"]).await;
    let next = &json(&output)["next"];
    assert_eq!((code(&output), &next["okta_user_id"]), (1, &after.as_str().into()));
    let parting = ["clear totals".to_owned(), format!("leave {NEW}")];
    let changes = ["set totals to 1 order, 45.00 USD".to_owned(), format!("join {NEW}")];
    assert_eq!(next["parting"], serde_json::json!(parting));
    assert_eq!(next["changes"], serde_json::json!(changes));
    store.look_at(&[ann]).await;
    assert_eq!(store.world.okta.group_names_of(&before), [""; 0]);
    assert_eq!(store.world.okta.group_names_of(&after), [NEW]);
}

#[tokio::test]
async fn a_user_who_was_deactivated_since_is_seen() {
    let store = Store::set_up().await;
    let (ann, user) = store.person(ANN, 1, 45);
    store.look_at(&[ann]).await;
    store.world.okta.set_status(&user, UserStatus::Deprovisioned).unwrap();
    let output = store.run(&["explain", &ann.to_string(), "--json"]).await;
    let answer = json(&output);
    assert_eq!((code(&output), &answer["okta"]["user"]["is_deactivated"]), (1, &true.into()));
    assert_eq!(answer["okta"]["differences"][0], "the user is deactivated");
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_is_told_and_hides_nothing_else() {
    let store = Store::set_up().await;
    let (ann, _) = store.person(ANN, 1, 45);
    store.look_at(&[ann]).await;
    store.spoil(ann).await;
    let output = store.run(&["explain", &ann.to_string(), "--json"]).await;
    let answer = json(&output);
    assert_eq!((code(&output), &answer["applied"]["kind"]), (1, &"unreadable".into()));
    assert_eq!(
        (&answer["rules"]["segment"], &answer["next"]),
        (&"new".into(), &serde_json::Value::Null)
    );
}

#[tokio::test]
async fn a_stack_s_customer_is_explained_by_the_stack_s_own_secrets() {
    let stack = Stack::deployed().await;
    let users = stack.people(1, 1, 45);
    assert_eq!(code(&stack.run(&["run"]).await), 0);
    let output = stack.run(&["explain", "person-1-45-0@example.com", "--json"]).await;
    let answer = json(&output);
    assert_eq!(code(&output), 0, "{}{answer}", stderr(&output));
    assert_eq!(answer["okta"]["user"]["id"], users[0].as_str());
    assert_eq!(answer["history"][0]["cause"], "schedule");
}

#[tokio::test]
async fn a_person_who_changed_their_address_in_both_places_keeps_what_they_have() {
    let store = Store::set_up().await;
    let (ann, user) = store.person(ANN, 1, 45);
    store.look_at(&[ann]).await;
    store.world.okta.set_attribute(&user, "email", "new@example.com".into()).unwrap();
    store.world.shopify.change_email(ann, Some("new@example.com")).unwrap();
    let output = store.run(&["explain", &ann.to_string(), "--json"]).await;
    let next = &json(&output)["next"];
    assert_eq!(
        (code(&output), &next["kind"], &next["parting"]),
        (0, &"nothing".into(), &serde_json::json!([]))
    );
    store.look_at(&[ann]).await;
    assert_eq!(store.world.okta.group_names_of(&user), [NEW]);
}
