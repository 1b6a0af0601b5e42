//! What the documentation shows: every command line is one, and every secret is read.

use clap::Parser;
use segments::Cli;
use serde_json::Value;
use simulators::World;
use simulators::okta::NewServiceApp;
use webhook::SigningSecrets;

use crate::documents::{OKTA, OPERATIONS, README, SHOPIFY, blocks, commands, words};

#[test]
fn every_command_line_is_one() {
    for docs in [SHOPIFY, OKTA, OPERATIONS] {
        let shown = blocks(docs, "");
        assert_eq!(shown.iter().flat_map(|it| it.lines()).count(), commands(docs).len());
    }
    for line in [SHOPIFY, OKTA, OPERATIONS, README].into_iter().flat_map(commands) {
        let line = line.replace("<run_id>", "20261121T030000Z-4f21aa");
        let tool = ["segments".to_owned()];
        if let Err(error) = Cli::try_parse_from(tool.into_iter().chain(words(&line))) {
            panic!("{line}: {error}");
        }
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
        secrets.extend(blocks(docs, "json"));
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
