//! The crate is pure, and stays so.

use std::collections::BTreeSet;
use std::process::Command;

/// What the crate is made of. None of them knows a clock, an environment, a network or a runtime;
/// `toml_datetime` reads and writes dates and asks for none.
const ALLOWED: [&str; 15] = [
    "arrayvec",
    "iso_country",
    "iso_currency",
    "lazy_static",
    "num-traits",
    "rust_decimal",
    "serde",
    "serde_core",
    "serde_spanned",
    "thiserror",
    "toml",
    "toml_datetime",
    "toml_parser",
    "toml_writer",
    "winnow",
];

/// What runs while the crate is compiled, and is no part of it.
const MACROS: [&str; 6] =
    ["proc-macro2", "quote", "serde_derive", "syn", "thiserror-impl", "unicode-ident"];

#[test]
fn the_rules_depend_on_nothing_that_waits_or_asks_the_world() {
    let cargo = std::env::var("CARGO").unwrap();
    let output = Command::new(cargo)
        .args(["tree", "--offline", "--locked", "-p", "rules"])
        .args(["-e", "normal", "--prefix", "none", "--format", "{p}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    let found: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(found.contains("rules") && found.contains("rust_decimal"), "not a tree: {tree}");
    let allowed: BTreeSet<&str> = ALLOWED.into_iter().chain(MACROS).chain(["rules"]).collect();
    let foreign: Vec<_> = found.difference(&allowed).collect();
    assert!(foreign.is_empty(), "the rules may not depend on {foreign:?}");
}

#[test]
fn the_rules_use_no_part_of_std_that_asks_the_world() {
    crate::support::assert_pure(env!("CARGO_MANIFEST_DIR"));
}
