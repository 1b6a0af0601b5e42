//! What `--help` says of every command.

use clap::{Command, CommandFactory};
use segments::Cli;

/// Every command that can be carried out, by its whole name.
fn commands() -> Vec<(String, Command)> {
    fn add(name: &str, command: &Command, found: &mut Vec<(String, Command)>) {
        if !command.is_subcommand_required_set() {
            found.push((name.to_owned(), command.clone()));
        }
        for below in command.get_subcommands() {
            add(&format!("{name} {}", below.get_name()), below, found);
        }
    }
    let mut found = Vec::new();
    add("segments", &Cli::command(), &mut found);
    found
}

/// What a command's help says after its options.
fn after(command: &Command) -> String {
    command.get_after_help().map(ToString::to_string).unwrap_or_default()
}

/// The lines below a heading, up to the next one.
fn below<'t>(text: &'t str, heading: &str) -> Vec<&'t str> {
    let lines = text.lines().skip_while(|line| !line.starts_with(heading)).skip(1);
    lines.take_while(|line| !line.is_empty()).collect()
}

#[test]
fn every_command_says_by_which_exit_codes_it_ends() {
    let all = commands();
    assert!(all.len() > 20, "{all:?}");
    for (name, command) in all {
        let help = after(&command);
        let codes = below(&help, "Exit codes:");
        let code = |line: &&str| line.split_whitespace().next()?.parse::<u8>().ok();
        let codes: Vec<u8> = codes.iter().filter_map(code).collect();
        assert!(codes.len() >= 2, "{name}: {help}");
        assert_eq!((codes[0], codes.contains(&2)), (0, true), "{name}: {codes:?}");
        assert!(codes.is_sorted(), "{name}: {codes:?}");
    }
}

#[test]
fn every_command_has_examples_and_each_is_a_command_line_of_it() {
    for (name, command) in commands() {
        let help = after(&command);
        let examples = below(&help, "Example");
        assert!(!examples.is_empty(), "{name}: {help}");
        for example in examples {
            let example = example.trim();
            assert!(example.starts_with(&name), "{name}: {example}");
            let line = example.split(['|', '>']).next().unwrap();
            let arguments = line.split('"').enumerate().flat_map(|(place, part)| match place % 2 {
                0 => part.split_whitespace().collect(),
                _ => vec![part],
            });
            if let Err(error) = Cli::read(arguments) {
                panic!("{example}: {error}");
            }
        }
    }
}

#[test]
fn an_argument_too_many_and_an_address_are_not_repeated() {
    for line in [
        &["segments", "unpin", "ann", "smith@example.com"][..],
        &["segments", "explain", "7", "smith@example.com"],
        &["segments", "pin", "7", "vip", "--reason", "Ann", "asked"],
    ] {
        let error = Cli::read(line).unwrap_err().to_string();
        assert!(error.contains("unexpected argument '…' found"), "{error}");
        assert!(!error.contains("smith") && !error.contains("asked"), "{error}");
    }
    for line in [
        &["segments", "ann@example.com"][..],
        &["segments", "members", "ann@example.com"],
        &["segments", "status", "--stack", "ann@example.com"],
        &["segments", "status", "--ann@example.com"],
    ] {
        let error = Cli::read(line).unwrap_err().to_string();
        assert!(error.contains("'…'") && !error.contains("ann@"), "{error}");
    }
    let error = Cli::read(["segments", "explain", "7", "--jsom"]).unwrap_err().to_string();
    assert!(error.contains("'--jsom'") && error.contains("'--json'"), "{error}");
}
