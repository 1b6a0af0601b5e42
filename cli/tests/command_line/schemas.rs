//! The schemas of what commands answer in JSON. Every such answer that any test sees is held against its own.

use std::collections::BTreeMap;
use std::process::{Command, Output};
use std::sync::LazyLock;

use jsonschema::{Draft, Registry, Validator};
use serde_json::{Value, json};

use crate::support::{stderr, stdout};

macro_rules! documents {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../../docs/schemas/", $name)))),*]
    };
}

/// The documents, by name.
pub(crate) static DOCUMENTS: LazyLock<BTreeMap<&str, Value>> = LazyLock::new(|| {
    let documents = documents![
        "common.schema.json",
        "doctor.schema.json",
        "explain.schema.json",
        "pause.schema.json",
        "preview.schema.json",
        "run.schema.json",
        "runs-cancel.schema.json",
        "runs-watch.schema.json",
        "runs.schema.json",
        "setup.schema.json",
        "status.schema.json",
    ];
    let read = |(name, text)| (name, serde_json::from_str(text).unwrap());
    documents.map(read).into()
});

/// Stands for the folder that the documents are in, and name each other in.
const FOLDER: &str = "json-schema:///";

static REGISTRY: LazyLock<Registry<'static>> = LazyLock::new(|| {
    let mut registry = Registry::new();
    for (name, document) in &*DOCUMENTS {
        registry = registry.add(format!("{FOLDER}{name}"), document.clone()).unwrap();
    }
    registry.prepare().unwrap()
});

/// What judges by a document, or by a part of one: `run.schema.json#/$defs/phase`.
pub(crate) fn validator(place: &str) -> Validator {
    let schema = json!({ "$ref": format!("{FOLDER}{place}") });
    let options = jsonschema::options().with_draft(Draft::Draft202012).with_registry(&REGISTRY);
    options.should_validate_formats(true).build(&schema).unwrap()
}

/// The document that a command line's answer has to meet; none if it is to answer in words, or has no
/// schema.
pub(crate) fn document_of(arguments: &[impl AsRef<str>]) -> Option<&'static str> {
    let arguments: Vec<&str> = arguments.iter().map(AsRef::as_ref).collect();
    let has = |option| arguments.contains(&option);
    if !has("--json") {
        return None;
    }
    let names_one = arguments.get(1).is_some_and(|it| !it.starts_with('-'));
    match *arguments.first()? {
        "doctor" => Some("doctor.schema.json"),
        "explain" => Some("explain.schema.json"),
        "pause" | "resume" => Some("pause.schema.json"),
        "preview" => Some("preview.schema.json"),
        "runs" if arguments.get(1) == Some(&"cancel") => Some("runs-cancel.schema.json"),
        "runs" if has("--watch") => Some("runs-watch.schema.json"),
        "runs" if names_one => Some("run.schema.json"),
        "runs" => Some("runs.schema.json"),
        "setup" => Some("setup.schema.json"),
        "status" => Some("status.schema.json"),
        _ => None,
    }
}

/// What a command was called with.
pub(crate) fn arguments_of(command: &Command) -> Vec<String> {
    command.get_args().map(|it| it.to_string_lossy().into_owned()).collect()
}

/// Holds an answer against the schema of its command line. A command that could not answer has none.
pub(crate) fn hold(arguments: &[impl AsRef<str>], output: &Output) {
    let Some(document) = document_of(arguments).filter(|_| !output.stdout.is_empty()) else {
        return;
    };
    let answer: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}{}", stdout(output), stderr(output)));
    let validator = validator(document);
    let wrong = |error: jsonschema::ValidationError<'_>| {
        format!("{} at {} ({})", error, error.instance_path(), error.schema_path())
    };
    let wrongs: Vec<String> = validator.iter_errors(&answer).map(wrong).collect();
    assert!(wrongs.is_empty(), "{document}: {}\n{answer:#}", wrongs.join("\n"));
}
