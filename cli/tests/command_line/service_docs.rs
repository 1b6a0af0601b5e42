//! What the documentation shows: every command line is one, and every secret is read.

use clap::Parser;
use segments::Cli;
use serde_json::Value;
use simulators::World;
use simulators::okta::NewServiceApp;
use webhook::SigningSecrets;

const SHOPIFY: &str = include_str!("../../../docs/shopify.md");
const OKTA: &str = include_str!("../../../docs/okta.md");
const OPERATIONS: &str = include_str!("../../../docs/operations.md");
const README: &str = include_str!("../../../README.md");

/// The lines of the blocks in a language.
fn lines(docs: &'static str, language: &str) -> Vec<&'static str> {
    let (mut found, mut inside) = (Vec::new(), None);
    for line in docs.lines() {
        match (line.strip_prefix("```"), inside) {
            (Some(opened), None) => inside = Some(opened == language),
            (Some(_), Some(_)) => inside = None,
            (None, Some(true)) => found.push(line),
            (None, _) => {}
        }
    }
    assert_eq!(inside, None, "a block is not closed");
    found
}

#[test]
fn every_command_line_is_one() {
    for docs in [SHOPIFY, OKTA, OPERATIONS] {
        let commands = lines(docs, "");
        assert!(commands.len() > 2);
        for line in commands {
            assert!(line.starts_with("segments "), "{line}");
            assert_is_one(line);
        }
    }
}

#[test]
fn every_command_line_of_the_readme_is_one() {
    let line = |line: &'static str| {
        let arguments = line.strip_prefix("cargo run ")?.split_once("-- ")?.1;
        let (command, _) = arguments.split_once(" # ").unwrap_or((arguments, ""));
        Some(format!("segments {command}").replace("<run_id>", "20261121T030000Z-4f21aa"))
    };
    let commands: Vec<String> = lines(README, "").into_iter().filter_map(line).collect();
    assert!(commands.len() > 10);
    for command in commands {
        assert_is_one(&command);
    }
}

/// Quotes hold one argument together, and nothing else does.
fn assert_is_one(line: &str) {
    let arguments = line.split('"').enumerate().flat_map(|(place, part)| match place % 2 {
        0 => part.split_whitespace().collect(),
        _ => vec![part],
    });
    if let Err(error) = Cli::try_parse_from(arguments) {
        panic!("{line}: {error}");
    }
}

#[test]
fn every_command_named_in_the_text_is_there() {
    for docs in [SHOPIFY, OKTA, OPERATIONS] {
        for quoted in docs.split('`').filter(|it| it.starts_with("segments ")) {
            let words = quoted.split_whitespace().chain(["--help"]);
            let help = Cli::try_parse_from(words).err().map(|error| error.kind());
            assert_eq!(help, Some(clap::error::ErrorKind::DisplayHelp), "{quoted}");
        }
    }
}

#[test]
fn every_secret_is_one_that_is_read() {
    let mut secrets = Vec::new();
    for docs in [SHOPIFY, OKTA] {
        secrets.extend(lines(docs, "json"));
    }
    assert_eq!(secrets.len(), 5);
    let world = World::new("my-store.myshopify.com".parse().unwrap());
    let app = world.okta.add_service_app(&NewServiceApp::default());
    for secret in secrets {
        let filled = secret.replace('…', "x");
        let mut keys: Value = serde_json::from_str(&filled).unwrap();
        let is_read = if keys.get("secrets").is_some() {
            SigningSecrets::from_json(&filled).is_ok()
        } else if keys.get("private_key").is_some() {
            keys["private_key"] = app.secret["private_key"].clone();
            keys.to_string().parse::<okta::OktaCredentials>().is_ok()
        } else if keys.get("api_token").is_some() {
            filled.parse::<okta::OktaCredentials>().is_ok()
        } else {
            filled.parse::<shopify::ShopifyCredentials>().is_ok()
        };
        assert!(is_read, "{secret}");
    }
}
