//! `segments rules history` and `rules export`, run as a person runs them.

use std::process::Output;

use aws_sdk_dynamodb::types::AttributeValue;
use rules::RuleBook;
use serde_json::{Value, json};

use crate::store::{Store, new_folder};
use crate::support::{BOOK, File, Stack, code, segments, stderr, stdout};

fn cheaper() -> String {
    BOOK.replace("\"500\"", "\"400\"")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(output)))
}

/// A stack that has used two books, and wants a third.
async fn three_books() -> Stack {
    let stack = Stack::deployed().await;
    let table = stack.served.system.config_table();
    stack.run(&["run"]).await;
    table.put_wanted(&RuleBook::from_toml(&cheaper()).unwrap()).await.unwrap();
    stack.run(&["run"]).await;
    let third = BOOK.replace("VIP Customer\"", "Very Important Customer\"");
    table.put_wanted(&RuleBook::from_toml(&third).unwrap()).await.unwrap();
    stack
}

#[tokio::test]
async fn history_tells_what_each_book_changed_and_what_is_wanted() {
    let stack = three_books().await;
    let output = stack.run(&["rules", "history"]).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let told = stdout(&output);
    let parts: Vec<&str> = told.trim_end().split("\n\n").collect();
    let [wanted, second, first] = parts[..] else { panic!("{told}") };
    assert!(wanted.starts_with("The wanted book is not in use yet; it changes:\n"), "{told}");
    assert!(wanted.contains("label \"VIP Customer\" becomes \"Very Important Customer\""));
    assert!(second.starts_with("Version 2, in use: 3 segments in USD, accepted "), "{told}");
    assert!(second.contains(" by run 20"), "{told}");
    assert!(second.contains("segment \"vip\": 500.00 USD or more becomes 400.00"), "{told}");
    assert!(first.starts_with("Version 1: 3 segments in USD, accepted "), "{told}");
    assert!(first.lines().last().unwrap().starts_with("  hash "), "{told}");
}

#[tokio::test]
async fn history_answers_in_json_by_the_records_of_runs() {
    let stack = three_books().await;
    let answer = json(&stack.run(&["rules", "history", "--json"]).await);
    assert_eq!(answer["in_use"], 2);
    let wanted = &answer["wanted"];
    assert_eq!((&wanted["in_use"], &wanted["errors"]), (&json!(false), &json!([])));
    assert_eq!(wanted["changes"][0]["change"], "label");
    let versions = answer["versions"].as_array().unwrap();
    let of = |field: &str| versions.iter().map(|it| it[field].clone()).collect::<Vec<_>>();
    assert_eq!(of("version"), [2, 1]);
    assert_eq!(of("in_use"), [true, false]);
    assert_eq!((&versions[1]["changes"], &versions[1]["error"]), (&Value::Null, &Value::Null));
    let changes = json!([{
        "change": "range",
        "segment": "vip",
        "from": { "spend_at_least": "500" },
        "to": { "spend_at_least": "400" },
        "words": "segment \"vip\": 500.00 USD or more becomes 400.00 USD or more",
    }]);
    assert_eq!(versions[0]["changes"], changes);
    let run = versions[0]["run_id"].as_str().unwrap().parse().unwrap();
    let record = stack.record(&run).await;
    assert_eq!(versions[0]["hash"], record.book.unwrap().hash);
    let accepted_at = versions[0]["accepted_at"].as_str().unwrap().parse().unwrap();
    assert!(record.started_at <= accepted_at);
}

#[tokio::test]
async fn a_book_that_was_accepted_at_once_has_no_run() {
    let store = Store::set_up().await;
    store.system.worker().config.current().await.unwrap();
    let told = stdout(&store.run(&["rules", "history"]).await);
    assert!(told.starts_with("Version 1, in use: 3 segments in USD, accepted "), "{told}");
    assert!(told.contains(", at once, since no book was in use\n"), "{told}");
    let answer = json(&store.run(&["rules", "history", "--json"]).await);
    assert_eq!(answer["wanted"], json!({ "in_use": true, "errors": [], "changes": [] }));
    assert_eq!(answer["versions"][0]["run_id"], Value::Null);
}

#[tokio::test]
async fn what_is_exported_passes_the_check_and_is_the_same_book() {
    let stack = three_books().await;
    let third = BOOK.replace("VIP Customer\"", "Very Important Customer\"");
    for (which, expected) in [
        (&[][..], third.as_str()),
        (&["--wanted"], third.as_str()),
        (&["--accepted"], &cheaper()),
        (&["--version", "1"], BOOK),
    ] {
        let output = stack.run(&[&["rules", "export"], which].concat()).await;
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let exported = RuleBook::from_toml(&stdout(&output)).unwrap();
        assert_eq!(exported, RuleBook::from_toml(expected).unwrap(), "{which:?}");
        let file = File::new("exported.toml", &stdout(&output));
        let check = segments(["rules", "check"]).arg(&file.0).output().unwrap();
        assert_eq!(code(&check), 0, "{}", stdout(&check));
        let again = stack.run(&["rules", "apply", file.0.to_str().unwrap(), "--dry-run"]).await;
        assert_eq!(stdout(&again).contains("Nothing to do"), expected == third, "{which:?}");
    }
}

#[tokio::test]
async fn a_file_that_exists_is_left_alone() {
    let store = Store::set_up().await;
    let folder = new_folder();
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("exported.toml");
    let export = ["rules", "export", "-o", file.to_str().unwrap()];
    let output = store.run(&export).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("exported.toml: 3 segments in USD"), "{}", stdout(&output));
    let written = std::fs::read_to_string(&file).unwrap();
    assert_eq!(RuleBook::from_toml(&written).unwrap(), RuleBook::from_toml(BOOK).unwrap());
    std::fs::write(&file, "# mine").unwrap();
    let output = store.run(&export).await;
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("exists: name another file"), "{}", stderr(&output));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "# mine");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn a_book_that_is_not_there_is_not_exported() {
    let store = Store::set_up().await;
    for (which, words) in [
        (&["--accepted"][..], "no rule book is in use in the local store yet"),
        (&["--version", "4"], "there is no version 4: no rule book was ever in use"),
        (&["--accepted", "--version", "4"], "cannot be used with"),
    ] {
        let output = store.run(&[&["rules", "export"], which].concat()).await;
        assert_eq!(code(&output), 2);
        assert!(stderr(&output).contains(words), "{which:?}: {}", stderr(&output));
        assert!(stdout(&output).is_empty());
    }
    let (client, table) = (store.system.dynamodb(), store.system.tables().config);
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let row = client.put_item().table_name(table).item("kind", text("segment"));
    row.item("name", text("mine")).send().await.unwrap();
    let complaint = stderr(&store.run(&["rules", "export"]).await);
    assert!(complaint.contains("the rows are no valid rule book; --accepted"), "{complaint}");
    assert!(complaint.contains("segment \"mine\": label"), "{complaint}");
    let told = stdout(&store.run(&["rules", "history"]).await);
    assert!(told.contains("The wanted book is invalid; full runs refuse it:"), "{told}");
}
