//! What the documentation of the rule book shows: every book is one, and every command does what it should.

use std::collections::BTreeSet;

use clap::Parser;
use rules::{Analysis, Currency, Decision, Money, RuleBook, Segment, Totals};
use segments::Cli;

use crate::documented::{Town, play_on};
use crate::documents::{RULES, blocks, commands, words};
use crate::scripts;
use crate::site::Kind;
use crate::support::BOOK;

#[test]
fn every_book_is_valid_and_every_segment_can_win() {
    let books = blocks(RULES, "toml");
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
        blocks(RULES, "toml").iter().map(|text| RuleBook::from_toml(text).unwrap()).collect();
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

#[test]
fn every_command_is_one() {
    let shown: BTreeSet<String> = commands(RULES).into_iter().collect();
    for command in &shown {
        let line = ["segments".to_owned()].into_iter().chain(words(command));
        assert!(Cli::try_parse_from(line).is_ok(), "{command:?}");
    }
    for command in ["check", "show", "apply", "export", "history", "rollback"] {
        let command = format!("segments rules {command}");
        assert!(shown.iter().any(|line| line.starts_with(&command)), "{command}");
    }
}

#[tokio::test]
async fn the_commands_do_what_the_text_says_one_after_the_other() {
    let mut town = Town::at_work(Kind::Local).await;
    play_on(&mut town, RULES, scripts::RULES).await;
    let table = town.site.system.config_table();
    let (history, rows) = (table.history().await.unwrap(), table.wanted_rows().await.unwrap());
    assert_eq!(history.in_use, Some(2), "the accepted run put the new book into use");
    let new = blocks(RULES, "toml").into_iter().find(|it| it.starts_with("# new-book.toml"));
    assert_eq!(history.books[0].book, Ok(RuleBook::from_toml(&new.unwrap()).unwrap()));
    let first = RuleBook::from_toml(BOOK).unwrap();
    assert_eq!(rows.book().unwrap(), first, "and the rollback wants the first one again");
    let exported = std::fs::read_to_string(town.site.folder().join("first-book.toml")).unwrap();
    assert_eq!(RuleBook::from_toml(&exported).unwrap(), first);
}
