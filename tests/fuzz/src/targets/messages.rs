//! The bodies of queued messages.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use state::Message;

use super::{Play, Target};
use crate::input::{Part, Sample};

/// The bodies of the messages in the worker's invocations.
fn bodies() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/sync-customer");
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    // In the same order everywhere, so that a case is the same everywhere.
    let files: BTreeSet<_> = files.map(|file| file.path()).collect();
    let texts = files.into_iter().filter_map(|file| std::fs::read_to_string(file).ok());
    let invocations = texts.filter_map(|text| serde_json::from_str::<Value>(&text).ok());
    let records = invocations.filter_map(|mut it| Some(it["Records"].as_array_mut()?.clone()));
    records.flatten().filter_map(|record| record["body"].as_str().map(str::to_owned)).collect()
}

pub(super) fn target() -> Target {
    let parts = |bodies: &[String]| bodies.iter().cloned().map(Part::of).collect();
    let sample = |bodies: &[String]| Sample { way: 0, parts: parts(bodies) };
    let play = |_, parts: Vec<Part>| {
        Box::pin(async move {
            let read = parts.iter().filter_map(|part| Message::from_json(&part.text()).ok());
            let merged = read.reduce(Message::merged);
            if let Some(message) = merged {
                let again = Message::from_json(&message.to_json());
                assert_eq!(again.ok(), Some(message), "what is written can be read");
            }
        }) as Play<'static>
    };
    // Alone, and two that are joined.
    let bodies = bodies();
    let samples = bodies.chunks(1).chain(bodies.windows(2)).map(sample).collect();
    Target { name: "messages", samples, play: Box::new(play) }
}
