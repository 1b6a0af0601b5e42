//! `segments preview`, run as a person runs it.

use std::process::Output;

use rules::RuleBook;
use serde_json::{Value, json};
use simulators::shopify::{BulkEnd, BulkError};

use crate::store::Store;
use crate::support::{BOOK, File, Stack, code, segments, stderr, stdout};

const NEW: &str = "Shopify New Customer";

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(output)))
}

fn cheaper(amount: u32) -> String {
    BOOK.replace("\"500\"", &format!("\"{amount}\""))
}

/// A stack with 30 new customers and 6 returning ones, all in their groups.
async fn stack() -> Stack {
    let stack = Stack::deployed().await;
    stack.people(30, 1, 45);
    stack.people(6, 2, 450);
    assert_eq!(code(&stack.run(&["run"]).await), 0);
    stack
}

async fn preview(stack: &Stack, name: &str, book: &str, more: &[&str]) -> Output {
    let file = File::new(name, book);
    let mut arguments = vec!["preview", "--rules", file.0.to_str().unwrap()];
    arguments.extend(more);
    stack.run(&arguments).await
}

#[tokio::test]
async fn a_preview_tells_who_would_move_with_shares_revenue_and_examples() {
    let stack = stack().await;
    let before = stack.served.system.config_table().history().await.unwrap().in_use;
    let output = preview(&stack, "preview.toml", &cheaper(400), &[]).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let told = stdout(&output);
    for words in [
        "preview.toml in stack my-stack. Nothing was written.",
        "from returning",
        "to vip",
        "6 (16.7 %), 2,700 USD",
        "returning to vip: ",
        "would let this pass: 6 of the 36 customers with a segment",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let flat = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("(16.7 %; up to 20 % may)"), "{told}");
    let (_, examples) = flat.split_once("returning to vip: ").unwrap();
    let (examples, _) = examples.split_once(" Guard").unwrap();
    assert_eq!(examples.split(", ").count(), 5, "{told}");
    // The first line names the file, however long its path is.
    assert!(told.lines().skip(1).all(|line| line.chars().count() <= 100), "{told}");
    assert_eq!(stack.served.system.config_table().history().await.unwrap().in_use, before);
    assert_eq!(stack.served.system.runs().active().await.unwrap(), None);
}

#[tokio::test]
async fn a_preview_that_the_guard_would_refuse_exits_with_1() {
    let stack = stack().await;
    let output = preview(&stack, "refused.toml", &cheaper(5), &[]).await;
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    let told = stdout(&output).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("would refuse this: 36 of the 36 customers"), "{told}");
    assert!(told.contains("30 (83.3 %), 1,350 USD"), "{told}");
}

#[tokio::test]
async fn a_preview_answers_in_json() {
    let stack = stack().await;
    let renamed = cheaper(400).replace("\"Shopify New Customer\"\npersona", "\"Fresh\"\npersona");
    let answer = json(&preview(&stack, "preview-json.toml", &renamed, &["--json"]).await);
    let book = RuleBook::from_toml(&renamed).unwrap();
    assert_eq!(answer["book"]["hash"], resegment::book_hash(&book));
    assert_eq!(answer["book"]["currency"], "USD");
    assert!(answer["book"]["file"].as_str().unwrap().ends_with("preview-json.toml"));
    let guard = json!({
        "would_refuse": false,
        "refusal": null,
        "message": null,
        "shift": {
            "lines": 36, "unreadable": 0, "customers": 36, "customers_before": 36,
            "placed": 36, "moved": 6,
        },
        "moved_percent": "16.67",
        "max_moved_percent": 20,
        "min_customers": 25,
        "max_shrink_percent": 50,
    });
    assert_eq!(answer["guard"], guard);
    let movement = &answer["movements"][0];
    assert_eq!(answer["movements"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&movement["from"], &movement["to"]),
        (&json!({ "segment": "returning" }), &json!({ "segment": "vip" }),)
    );
    assert_eq!((&movement["customers"], &movement["spent"]), (&json!(6), &json!("2700")));
    assert_eq!(movement["percent"], "16.67");
    assert_eq!(movement["examples"].as_array().unwrap().len(), 5);
    assert_eq!(answer["segments"][0]["segment"], "vip");
    assert_eq!(answer["differing"]["moved"], 6);
    assert_eq!(answer["groups_without_id"], json!(["Fresh"]));

    let refused = json(&preview(&stack, "refused-json.toml", &cheaper(5), &["--json"]).await);
    assert_eq!(refused["guard"]["would_refuse"], true);
    assert_eq!(refused["guard"]["refusal"]["why"], "moved");
    assert_eq!(refused["guard"]["refusal"]["max_percent"], 20);
}

#[tokio::test]
async fn without_a_file_it_is_the_wanted_book_whether_its_groups_are_ready_or_not() {
    let stack = stack().await;
    let users = stack.people(1, 1, 46);
    let nobody = stdout(&stack.run(&["preview"]).await);
    assert!(nobody.contains("What would follow from the wanted rule book"), "{nobody}");
    assert!(nobody.contains("1, 46 USD"), "who comes from no segment has no share: {nobody}");
    let gold = format!(
        "{BOOK}\n[[segment]]\nname = \"gold\"\nlabel = \"Gold\"\nokta_group_name = \"Gold\"\n\
         when = [{{ orders_at_least = 0 }}]\n"
    );
    let wanted = RuleBook::from_toml(&gold).unwrap();
    stack.served.system.config_table().put_wanted(&wanted).await.unwrap();
    let output = stack.run(&["preview"]).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("without a usable id: Gold."), "{}", stdout(&output));
    assert!(stack.groups_of(&users[0]).is_empty());
}

#[tokio::test]
async fn a_book_that_moves_nobody_says_so() {
    let stack = stack().await;
    let output = preview(&stack, "nobody.toml", BOOK, &[]).await;
    assert_eq!(code(&output), 0);
    assert!(stdout(&output).contains("Nobody would move."), "{}", stdout(&output));
}

#[tokio::test]
async fn a_local_store_is_previewed_alike() {
    let store = Store::set_up().await;
    let person = |number: u64| {
        let email = format!("person-{number}@example.com");
        simulators::NewCustomer::with_email(&email).with_totals(1, 45.into())
    };
    store.world.shopify.add_customers(3, person);
    let output = store.run(&["preview"]).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let told = stdout(&output);
    assert!(told.contains("the wanted rule book in the local store"), "{told}");
    assert!(told.contains("would let this pass: nobody has a segment yet"), "{told}");
    assert!(told.contains("3, 135 USD") && told.contains("(none) to new: "), "{told}");
}

#[tokio::test]
async fn a_shop_that_cannot_be_read_is_no_preview() {
    let stack = Stack::deployed().await;
    stack.people(300, 1, 45);
    let denied = BulkEnd::Failed(BulkError::AccessDenied);
    stack.served.world.shopify.end_next_bulk_operation(denied);
    let output = stack.run(&["preview"]).await;
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("grant it read_customers"), "{}", stderr(&output));
    assert!(stdout(&output).is_empty());
}

#[tokio::test]
async fn rows_that_are_no_book_are_told_line_by_line() {
    let stack = stack().await;
    let users = stack.people(1, 1, 45);
    let text = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
    let (client, table) = (stack.served.system.dynamodb(), stack.served.system.tables().config);
    let row = client.put_item().table_name(table).item("kind", text("segment"));
    row.item("name", text("mine")).send().await.unwrap();
    let output = stack.run(&["preview"]).await;
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("  segment \"mine\": label"), "{}", stderr(&output));
    assert_ne!(stack.groups_of(&users[0]), [NEW]);
    // A book from a file can be tried all the same.
    assert_eq!(code(&preview(&stack, "despite.toml", BOOK, &[]).await), 0);
}

#[test]
fn a_book_that_cannot_be_had_is_named_before_anything_is_asked() {
    let output = segments(["preview", "--rules", "no-such-book.toml"]).output().unwrap();
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("no-such-book.toml cannot be read"), "{}", stderr(&output));
    let output = segments(["preview"]).output().unwrap();
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("--stack"), "{}", stderr(&output));
}
