//! `segments rules apply` and `rules rollback`, run as a person runs them.

use std::process::Output;

use aws_sdk_dynamodb::types::AttributeValue;
use rules::RuleBook;
use serde_json::{Value, json};

use crate::meddler;
use crate::store::{Store, new_folder};
use crate::support::{BOOK, File, STACK, Stack, code, run, segments, stderr, stdout};

fn cheaper() -> String {
    BOOK.replace("\"500\"", "\"400\"")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(output)))
}

/// Applies a book to a stack.
async fn apply(stack: &Stack, name: &str, book: &str, more: &[&str]) -> Output {
    let file = File::new(name, book);
    let mut arguments = vec!["rules", "apply", file.0.to_str().unwrap()];
    arguments.extend(more);
    stack.run(&arguments).await
}

async fn wanted(stack: &Stack) -> RuleBook {
    stack.served.system.config_table().wanted_rows().await.unwrap().book().unwrap()
}

fn book(text: &str) -> RuleBook {
    RuleBook::from_toml(text).unwrap()
}

/// A stack whose first book is in use.
async fn in_use() -> Stack {
    let stack = Stack::deployed().await;
    assert_eq!(code(&stack.run(&["run"]).await), 0);
    stack
}

#[tokio::test]
async fn apply_shows_what_changes_and_says_what_comes_next() {
    let stack = in_use().await;
    let output = apply(&stack, "cheaper.toml", &cheaper(), &[]).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let told = stdout(&output);
    for words in [
        "cheaper.toml: 3 segments in USD",
        "note: no segment: 0 orders, below 400.00 USD",
        "Changes to the wanted book of stack my-stack:",
        "  segment \"vip\": 500.00 USD or more becomes 400.00 USD or more",
        "Written. Version 1 stays in use until a full run puts this book into use",
        "segments preview --stack my-stack",
        "segments run --stack my-stack",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert!(!told.contains("without") && !told.contains("no usable id"), "{told}");
    assert_eq!(wanted(&stack).await, book(&cheaper()));
    assert_eq!(code(&stack.run(&["run"]).await), 0);
    let history = stack.served.system.config_table().history().await.unwrap();
    assert_eq!(history.in_use, Some(2));
}

#[tokio::test]
async fn applying_the_wanted_book_is_nothing_to_do() {
    let stack = in_use().await;
    let output = apply(&stack, "same.toml", BOOK, &[]).await;
    assert_eq!(code(&output), 0);
    let told = stdout(&output);
    assert!(told.contains("Nothing to do: it is the wanted book of stack my-stack."), "{told}");
    assert!(told.contains("It is the book in use, version 1."), "{told}");
    apply(&stack, "same-cheaper.toml", &cheaper(), &[]).await;
    let told = stdout(&apply(&stack, "same-again.toml", &cheaper(), &[]).await);
    assert!(told.contains("Nothing to do") && told.contains("Version 1 stays in use"), "{told}");
}

#[tokio::test]
async fn a_dry_run_shows_and_writes_nothing() {
    let stack = in_use().await;
    let output = apply(&stack, "tried.toml", &cheaper(), &["--dry-run"]).await;
    let told = stdout(&output);
    assert!(told.contains("500.00 USD or more becomes 400.00 USD or more"), "{told}");
    assert!(told.contains("Nothing was written: it was a dry run."), "{told}");
    assert_eq!((code(&output), wanted(&stack).await), (0, book(BOOK)));
}

#[tokio::test]
async fn a_group_without_an_id_is_told_with_what_to_do() {
    let stack = in_use().await;
    let regrouped = BOOK.replace("\"Shopify VIP Customer\"\npersona", "\"Best\"\npersona");
    let told = stdout(&apply(&stack, "regrouped.toml", &regrouped, &[]).await);
    assert!(told.contains("group \"Shopify VIP Customer\" becomes \"Best\""), "{told}");
    assert!(told.contains("no usable id yet, and full runs wait for them:\n  Best\n"), "{told}");
    assert!(told.contains("segments setup --stack my-stack"), "{told}");
}

#[tokio::test]
async fn apply_answers_in_json() {
    let stack = in_use().await;
    let regrouped = cheaper().replace("\"Shopify VIP Customer\"\npersona", "\"Best\"\npersona");
    let answer =
        json(&apply(&stack, "json-tried.toml", &regrouped, &["--json", "--dry-run"]).await);
    let expected = json!({
        "valid": true,
        "outcome": "would_write",
        "findings": [{
            "severity": "note",
            "finding": "no segment: 0 orders, below 400.00 USD",
        }],
        "stored": "book",
        "stored_errors": [],
        "changes": [
            {
                "change": "group",
                "segment": "vip",
                "from": "Shopify VIP Customer",
                "to": "Best",
                "words": "segment \"vip\": group \"Shopify VIP Customer\" becomes \"Best\"",
            },
            {
                "change": "range",
                "segment": "vip",
                "from": { "spend_at_least": "500" },
                "to": { "spend_at_least": "400" },
                "words": "segment \"vip\": 500.00 USD or more becomes 400.00 USD or more",
            },
        ],
        "meanwhile": [],
        "version_in_use": 1,
        "is_in_use": false,
        "groups_without_id": ["Best"],
    });
    assert_eq!(answer, expected);
    let answer = json(&apply(&stack, "json-written.toml", &regrouped, &["--json"]).await);
    assert_eq!(answer["outcome"], "written");
    let answer = json(&apply(&stack, "json-again.toml", &regrouped, &["--json"]).await);
    assert_eq!((&answer["outcome"], &answer["changes"]), (&json!("unchanged"), &json!([])));
}

#[tokio::test]
async fn an_invalid_book_is_refused_before_anything_is_asked() {
    let file = File::new("invalid-applied.toml", &BOOK.replace("\"500\"", "\"-500\""));
    let stack = ["rules", "apply", file.0.to_str().unwrap(), "--stack", STACK];
    let output = segments(stack).output().unwrap();
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("is negative"), "{}", stderr(&output));
    let output = segments(stack).arg("--json").output().unwrap();
    assert_eq!((code(&output), json(&output)["valid"].as_bool()), (2, Some(false)));
}

#[tokio::test]
async fn what_somebody_adds_meanwhile_keeps_everything_from_being_written() {
    let stack = in_use().await;
    for more in [&[][..], &["--json"]] {
        let file = File::new("meddled.toml", &cheaper());
        let name = format!("mine{}", more.len());
        let tables = meddler::adds_a_segment(&stack, &name).await;
        let mut command = stack.command(&["rules", "apply", file.0.to_str().unwrap()]);
        command.args(more).env("AWS_ENDPOINT_URL_DYNAMODB", tables);
        let output = run(command).await;
        assert_eq!(code(&output), 3, "{}", stderr(&output));
        let complaint = stderr(&output);
        let told = format!("somebody changed the rows meanwhile: segment {name} was added");
        assert!(complaint.contains(&told), "{complaint}");
        assert!(!stdout(&output).contains("Written"), "{}", stdout(&output));
        if !more.is_empty() {
            let answer = json(&output);
            assert_eq!(answer["outcome"], "changed_meanwhile");
            assert_eq!(answer["meanwhile"], json!(["segment mine1 was added"]));
        }
        let table = stack.served.system.config_table();
        let rows = table.wanted_rows().await.unwrap();
        assert!(rows.names().any(|row| row == name));
    }
    let told = stdout(&apply(&stack, "after-meddling.toml", &cheaper(), &[]).await);
    assert!(told.contains("no valid rule book, and are replaced:"), "{told}");
    assert!(told.contains("segment \"mine0\": "), "{told}");
    assert_eq!(wanted(&stack).await, book(&cheaper()));
}

#[tokio::test]
async fn a_local_store_is_made_for_its_first_book() {
    let folder = new_folder();
    std::fs::create_dir_all(&folder).unwrap();
    let in_folder = |arguments: &[&str]| {
        let mut command = segments(["rules"]);
        command.args(arguments).current_dir(&folder);
        command.env("SHOPIFY_SHOP", "my-store.myshopify.com");
        command.env("OKTA_ORG_URL", "https://example.okta.com");
        command.output().unwrap()
    };
    std::fs::write(folder.join("segments.toml"), BOOK).unwrap();
    let missing = in_folder(&["history"]);
    assert_eq!(code(&missing), 2);
    assert!(stderr(&missing).contains("no local store in .segments"), "{}", stderr(&missing));

    let output = in_folder(&["apply", "segments.toml"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let told = stdout(&output);
    assert!(
        told.contains("There is no rule book in the local store yet: all of it is new."),
        "{told}"
    );
    assert!(told.contains("Written. No book is in use yet"), "{told}");
    assert!(
        told.contains("wait for them:\n  Shopify VIP Customer\n  Shopify Returning Customer\n"),
        "{told}"
    );
    let history = stdout(&in_folder(&["history"]));
    assert!(history.contains("The wanted book is not in use yet."), "{history}");
    assert!(history.contains("No rule book was ever in use."), "{history}");
    let rollback = in_folder(&["rollback"]);
    assert_eq!(code(&rollback), 2);
    assert!(stderr(&rollback).contains("no rule book is in use yet"), "{}", stderr(&rollback));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn a_currency_comes_with_the_book() {
    let store = Store::set_up().await;
    let file = File::new("euro.toml", &BOOK.replace("USD", "EUR"));
    let output = store.run(&["rules", "apply", file.0.to_str().unwrap()]).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let told = stdout(&output);
    assert!(told.contains("currency: USD becomes EUR; no amount is converted"), "{told}");
    let config = store.system.worker().config.current().await.unwrap();
    assert_eq!(config.book.book.currency().code(), "EUR");
    let again = format!("segments preview --store {}", store.folder.display());
    let told = store.run(&["rules", "apply", file.0.to_str().unwrap(), "--dry-run"]).await;
    assert!(!stdout(&told).contains(&again), "it is in use: {}", stdout(&told));
}

#[tokio::test]
async fn apply_says_what_is_wrong_with_a_table_that_does_not_answer() {
    let stack = in_use().await;
    let file = File::new("unanswered.toml", BOOK);
    let mut command = stack.command(&["rules", "apply", file.0.to_str().unwrap()]);
    // Nothing listens on the port of the discard service.
    command.env("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9");
    let output = run(command).await;
    assert_eq!(code(&output), 2);
    let complaint = stderr(&output);
    assert!(
        complaint.contains("load the wanted book: no connection; check the AWS"),
        "{complaint}"
    );
}

#[tokio::test]
async fn rollback_wants_the_book_before_and_a_run_puts_it_into_use() {
    let stack = in_use().await;
    apply(&stack, "newer.toml", &cheaper(), &[]).await;
    assert_eq!(code(&stack.run(&["run"]).await), 0);
    let dry = stack.run(&["rules", "rollback", "--dry-run"]).await;
    assert!(stdout(&dry).contains("Nothing was written"), "{}", stdout(&dry));
    assert_eq!(wanted(&stack).await, book(&cheaper()));

    let output = stack.run(&["rules", "rollback"]).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let told = stdout(&output);
    for words in [
        "Version 1, accepted ",
        "400.00 USD or more becomes 500.00 USD or more",
        "Written. Version 2 stays in use until a full run puts this book into use, if its guard",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert_eq!(wanted(&stack).await, book(BOOK));
    assert_eq!(code(&stack.run(&["run"]).await), 0);
    let history = stack.served.system.config_table().history().await.unwrap();
    assert_eq!((history.in_use, &history.books[0].book), (Some(3), &Ok(book(BOOK))));

    let answer = json(&stack.run(&["rules", "rollback", "1", "--json"]).await);
    assert_eq!((&answer["outcome"], &answer["is_in_use"]), (&json!("unchanged"), &json!(true)));
}

/// What an operator wants to be rid of when a run was refused.
#[tokio::test]
async fn rollback_drops_a_wanted_book_that_is_not_in_use() {
    let stack = in_use().await;
    apply(&stack, "second.toml", &cheaper(), &[]).await;
    assert_eq!(code(&stack.run(&["run"]).await), 0);
    let slip = BOOK.replace("\"500\"", "\"5\"");
    apply(&stack, "slip.toml", &slip, &[]).await;

    let output = stack.run(&["rules", "rollback"]).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let told = stdout(&output);
    for words in [
        "The wanted book is not in use. Back to the one that is:\nVersion 2, accepted ",
        "5.00 USD or more becomes 400.00 USD or more",
        "It is the book in use, version 2.",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert_eq!(wanted(&stack).await, book(&cheaper()));

    // Now the wanted one is in use, so the next step back is the one before.
    let told = stdout(&stack.run(&["rules", "rollback"]).await);
    assert!(told.starts_with("Version 1, accepted "), "{told}");
    assert_eq!(wanted(&stack).await, book(BOOK));
}

#[tokio::test]
async fn rollback_puts_right_rows_that_are_no_book() {
    let stack = in_use().await;
    let (client, table) = (stack.served.system.dynamodb(), stack.served.system.tables().config);
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let row = client.put_item().table_name(table).item("kind", text("segment"));
    row.item("name", text("mine")).send().await.unwrap();
    let output = stack.run(&["rules", "rollback"]).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("It is the book in use, version 1."), "{}", stdout(&output));
    assert_eq!(wanted(&stack).await, book(BOOK));
}

#[tokio::test]
async fn rollback_to_nowhere_says_what_there_is_and_what_to_do() {
    let stack = in_use().await;
    let output = stack.run(&["rules", "rollback"]).await;
    assert_eq!(code(&output), 2);
    let complaint = stderr(&output);
    assert!(complaint.contains("version 1 is in use and wanted, and there is none"), "{complaint}");
    let apply = format!("segments rules apply FILE --stack {STACK}");
    assert!(complaint.contains(&apply), "{complaint}");
    let complaint = stderr(&stack.run(&["rules", "rollback", "7"]).await);
    assert!(complaint.contains("there is no version 7; there is 1"), "{complaint}");
}

#[tokio::test]
async fn ids_in_rows_that_stay_are_kept() {
    let stack = in_use().await;
    let table = stack.served.system.tables().config;
    let id = || async {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let row = stack.served.system.dynamodb().get_item().table_name(table);
        let row = row.key("kind", text("segment")).key("name", text("vip")).send().await.unwrap();
        row.item.unwrap().get("okta_group_id").cloned()
    };
    let before = id().await;
    assert!(before.is_some());
    apply(&stack, "kept.toml", &cheaper(), &[]).await;
    assert_eq!(id().await, before);
}
