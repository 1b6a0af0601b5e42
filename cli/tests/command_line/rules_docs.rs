//! What the documentation of the rule book shows: every book is one, and every command does what it should.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Output;

use clap::Parser;
use rules::{Analysis, Currency, Decision, Money, RuleBook, Segment, Totals};
use segments::Cli;

use crate::store::{Store, new_folder};
use crate::support::{BOOK, code, segments, stderr, stdout};

const DOCS: &str = include_str!("../../../docs/rules.md");

/// The blocks in this language, in order.
fn blocks(language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut block: Option<(bool, String)> = None;
    for line in DOCS.lines() {
        match (line.strip_prefix("```"), block.take()) {
            (Some(found), None) => block = Some((found == language, String::new())),
            (Some(_), Some((is_asked, text))) => blocks.extend(is_asked.then_some(text)),
            (None, open) => {
                block = open.map(|(is_asked, text)| (is_asked, text + line + "\n"));
            }
        }
    }
    assert!(block.is_none(), "a block is not closed");
    blocks
}

/// The command lines, without `segments`.
fn commands() -> Vec<Vec<String>> {
    let lines: Vec<String> = blocks("").iter().flat_map(|it| it.lines()).map(Into::into).collect();
    assert!(lines.len() > 10, "{lines:?}");
    let words = |line: String| -> Vec<String> {
        let arguments = line.strip_prefix("segments ").unwrap_or_else(|| panic!("{line}"));
        let quoted = arguments.split('"').enumerate();
        let parts = quoted.flat_map(|(place, part)| match place % 2 {
            0 => part.split_whitespace().map(Into::into).collect(),
            _ => vec![part.to_owned()],
        });
        parts.collect()
    };
    lines.into_iter().map(words).collect()
}

#[test]
fn every_book_is_valid_and_every_segment_can_win() {
    let books = blocks("toml");
    assert!(books.len() > 6);
    for text in books {
        let book = RuleBook::from_toml(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let analysis = Analysis::of(&book);
        assert!(analysis.is_clean(), "{analysis}\n{text}");
        assert_eq!(RuleBook::from_toml(&book.to_toml()), Ok(book));
    }
}

#[test]
fn the_books_decide_as_the_text_says() {
    let books: Vec<RuleBook> =
        blocks("toml").iter().map(|text| RuleBook::from_toml(text).unwrap()).collect();
    let of = |names: &[&str]| {
        let is_it = |book: &&RuleBook| {
            let found: Vec<_> = book.segments().iter().map(|it| it.name().as_str()).collect();
            found == names
        };
        books.iter().find(is_it).unwrap()
    };
    let decided = |book: &RuleBook, orders, spent: &str| {
        let spent = Money::new(spent.parse().unwrap(), Currency::USD);
        match book.decide(&Totals { orders, spent }) {
            Decision::Segment { segment, .. } => segment.name().to_string(),
            other => format!("{other:?}"),
        }
    };
    let promising = of(&["promising", "regular"]);
    assert_eq!(decided(promising, 4, "150"), "promising");
    assert_eq!(decided(promising, 4, "300"), "regular");
    let template = of(&["new", "returning", "vip"]);
    assert_eq!(decided(template, 1, "45.50"), "new");
    assert_eq!(decided(template, 1, "25.50"), "new");
    assert_eq!(decided(template, 0, "0"), "NoSegment");
    assert_eq!(decided(template, 1, "199.99"), "new");
    assert_eq!(decided(template, 1, "200"), "returning");
    let cookbook = of(&["vip", "returning", "new"]);
    for (orders, spent, segment) in
        [(0, "0", "new"), (1, "499.99", "new"), (2, "1", "returning"), (5, "1", "returning")]
    {
        assert_eq!(decided(cookbook, orders, spent), segment);
    }
    assert_eq!(decided(cookbook, 6, "1"), "vip");
    assert_eq!(decided(cookbook, 0, "500"), "vip");
    let personas: Vec<_> = cookbook.segments().iter().map(Segment::persona_name).collect();
    assert_eq!(personas, ["Shopify VIP Customer", "Shopify Returning Buyer", "Shopify New Buyer"]);
}

/// A run that was refused has an id that nobody knows beforehand.
fn needs_a_refused_run(command: &[String]) -> bool {
    command.iter().any(|argument| argument == "--accept")
}

#[test]
fn every_command_is_one() {
    for command in commands() {
        let line = ["segments".to_owned()].into_iter().chain(command.clone());
        assert!(Cli::try_parse_from(line).is_ok(), "{command:?}");
    }
    let shown: BTreeSet<String> = commands().iter().map(|it| it.join(" ")).collect();
    for command in ["check", "show", "apply", "export", "history", "rollback"] {
        let command = format!("rules {command}");
        assert!(shown.iter().any(|line| line.starts_with(&command)), "{command}");
    }
}

/// Runs a command as the text has it: beside the books, with the local store at its usual place.
async fn run(store: &Store, folder: &Path, command: &[String]) -> Output {
    let mut tool = segments(command);
    tool.current_dir(folder);
    for (name, value) in store.command(&[]).get_envs() {
        tool.env(name, value.unwrap());
    }
    tokio::task::spawn_blocking(move || tool.output().unwrap()).await.unwrap()
}

#[tokio::test]
async fn the_commands_do_what_the_text_says_one_after_the_other() {
    let store = Store::set_up().await;
    store.person("ann@example.com", 1, 45);
    // The first book is in use.
    store.system.worker().config.current().await.unwrap();
    let folder = new_folder();
    std::fs::create_dir_all(&folder).unwrap();
    std::os::unix::fs::symlink(&store.folder, folder.join(".segments")).unwrap();
    std::fs::write(folder.join("segments.toml"), BOOK).unwrap();
    let new = blocks("toml").into_iter().find(|it| it.starts_with("# new-book.toml")).unwrap();
    std::fs::write(folder.join("new-book.toml"), &new).unwrap();
    for command in commands().iter().filter(|command| !needs_a_refused_run(command)) {
        let output = run(&store, &folder, command).await;
        assert_eq!(code(&output), 0, "{command:?}: {}{}", stdout(&output), stderr(&output));
    }
    let table = store.system.config_table();
    let (history, rows) = (table.history().await.unwrap(), table.wanted_rows().await.unwrap());
    assert_eq!(history.in_use, Some(2), "the run put the new book into use");
    assert_eq!(history.books[0].book, Ok(RuleBook::from_toml(&new).unwrap()));
    let first = RuleBook::from_toml(BOOK).unwrap();
    assert_eq!(rows.book().unwrap(), first, "and the rollback wants the first one again");
    let exported = std::fs::read_to_string(folder.join("first-book.toml")).unwrap();
    assert_eq!(RuleBook::from_toml(&exported).unwrap(), first);
    std::fs::remove_dir_all(&folder).unwrap();
}
