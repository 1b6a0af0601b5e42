//! The rights that the documentation lists for each command.

use std::collections::{BTreeMap, BTreeSet};

use crate::needs::Need;

/// The rights by command, from the table under "Who may do what". What is listed for every command is with
/// each of them.
pub(crate) fn documented(docs: &str) -> BTreeMap<String, BTreeSet<Need>> {
    let (_, section) = docs.split_once("\n## Who may do what\n").unwrap();
    let mut rows = section.lines().skip_while(|line| !line.starts_with('|'));
    let columns: Vec<Vec<&str>> = cells(rows.next().unwrap()).map(quoted_and_not).collect();
    let rows = rows.skip(1).take_while(|line| line.starts_with('|'));
    let mut all = BTreeMap::<String, BTreeSet<Need>>::new();
    for row in rows {
        let mut cells = cells(row);
        let commands: Vec<&str> = quoted(cells.next().unwrap()).collect();
        let needs: BTreeSet<Need> = cells
            .zip(&columns[1..])
            .flat_map(|(cell, column)| quoted(cell).map(|right| need(column, right)))
            .collect();
        for command in commands {
            assert!(all.insert(command.to_owned(), needs.clone()).is_none(), "{command} twice");
        }
    }
    all
}

/// Every other part of a cell is in quotes.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

fn quoted_and_not(cell: &str) -> Vec<&str> {
    cell.split('`').map(str::trim).collect()
}

fn cells(row: &str) -> impl Iterator<Item = &str> {
    row.trim_matches('|').split('|').map(str::trim)
}

/// A column says the service and what of it: "`dynamodb:` on the runs table".
fn need(column: &[&str], right: &str) -> Need {
    match column {
        [_, service, on] => {
            Need::new(&format!("{service}{right}"), on.strip_prefix("on the ").unwrap())
        }
        _ => Need::new(right, "others"),
    }
}
