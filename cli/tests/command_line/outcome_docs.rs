//! Whatever a line of the log or a metric calls an end, the documents explain.

use std::collections::BTreeSet;

use state::Outcome;
use sync_customer::MessageEnd;
use webhook::Answer;

use crate::documents::{OPERATIONS, README};

/// The names in the first column of the tables of a section, a table each.
fn tables(docs: &str, heading: &str) -> Vec<BTreeSet<String>> {
    let begin = docs.find(heading).unwrap_or_else(|| panic!("{heading}"));
    let section = docs[begin..].lines().skip(1).take_while(|line| !line.starts_with('#'));
    let mut tables = Vec::new();
    for line in section {
        let names = || {
            let cell = line.split(" | ").next().unwrap_or_default();
            cell.split('`').skip(1).step_by(2).map(str::to_owned)
        };
        match tables.last_mut() {
            _ if line.starts_with("| outcome |") => tables.push(BTreeSet::new()),
            Some(table) if line.starts_with("| `") => table.extend(names()),
            _ => {}
        }
    }
    tables
}

fn named<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(str::to_owned).into()
}

#[test]
fn the_operations_explain_how_requests_and_messages_end_and_with_which_status() {
    let [requests, messages] = &tables(OPERATIONS, "### Outcomes\n")[..] else { panic!("two") };
    assert_eq!(*requests, named(Answer::ALL.map(Answer::as_str)));
    assert_eq!(*messages, named(MessageEnd::ALL.map(MessageEnd::as_str)));
    let section = &OPERATIONS[OPERATIONS.find("### Outcomes\n").unwrap()..];
    for answer in Answer::ALL {
        let name = format!("`{}`", answer.as_str());
        let row = section.lines().find(|line| line.starts_with("| `") && line.contains(&name));
        let status = answer.status().as_u16().to_string();
        assert!(row.unwrap().split(" | ").nth(1).unwrap().contains(&status), "{name}: {status}");
    }
}

#[test]
fn the_readme_explains_how_looks_end() {
    let [looks] = &tables(README, "## What becomes of a customer\n")[..] else { panic!("one") };
    assert_eq!(*looks, named(Outcome::ALL.map(Outcome::as_str)));
}
