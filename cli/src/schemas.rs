//! The schemas in docs/schemas name the very values that the code has.

use std::collections::BTreeSet;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Asserts that a place in the schemas, such as `common.schema.json#/$defs/outcome`, names the values of an
/// enum and no others. The tag is the field that tells variants apart; none if it is the value itself, or the
/// only field's name.
#[track_caller]
pub(crate) fn assert_names<T: DeserializeOwned>(place: &str, tag: &str) {
    assert_eq!(named_at(place, tag), values::<T>(tag), "{place}");
}

fn named_at(place: &str, tag: &str) -> BTreeSet<String> {
    let (document, pointer) = place.split_once('#').unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schemas");
    let text = std::fs::read_to_string(folder.join(document)).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let schema = document.pointer(pointer).unwrap_or_else(|| panic!("nothing is at {place}"));
    named(schema, tag)
}

/// The values of an enum, as whoever brings another one is told.
fn values<T: DeserializeOwned>(tag: &str) -> BTreeSet<String> {
    let other = if tag.is_empty() { json!("?") } else { json!({ tag: "?" }) };
    let complaint = serde_json::from_value::<T>(other).err().unwrap().to_string();
    let (_, values) = complaint.split_once("expected ").unwrap();
    values.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn named(schema: &Value, tag: &str) -> BTreeSet<String> {
    let below = |schemas: &Value| {
        let schemas = schemas.as_array().into_iter().flatten();
        schemas.flat_map(|schema| named(schema, tag)).collect::<BTreeSet<_>>()
    };
    let of_fields = match schema["properties"].as_object() {
        None => BTreeSet::new(),
        Some(fields) if tag.is_empty() => fields.keys().cloned().collect(),
        Some(fields) => named(&fields[tag], ""),
    };
    let enumerated = schema["enum"].as_array().into_iter().flatten();
    let own = enumerated.chain(schema.get("const")).filter_map(Value::as_str).map(str::to_owned);
    own.chain(below(&schema["oneOf"])).chain(of_fields).collect()
}

#[test]
fn what_runs_say() {
    assert_names::<state::Outcome>("common.schema.json#/$defs/outcome", "");
    assert_names::<resegment::EndedAs>("common.schema.json#/$defs/ended_as", "");
    assert_names::<resegment::PhaseName>("common.schema.json#/$defs/phase_name", "");
    assert_names::<resegment::Phase>("run.schema.json#/$defs/phase", "name");
    assert_names::<resegment::List>("run.schema.json#/$defs/list", "");
    assert_names::<resegment::PersonaEnd>("run.schema.json#/$defs/persona", "outcome");
    assert_names::<rules::Refusal>("common.schema.json#/$defs/refusal", "why");
}

#[test]
fn what_comparisons_say() {
    assert_names::<comparison::Why>("common.schema.json#/$defs/differing/propertyNames", "");
    assert_names::<comparison::Standing>("common.schema.json#/$defs/standing", "");
    let bad = "run.schema.json#/$defs/figures/properties/bad";
    assert_names::<comparison::Bad>(&format!("{bad}/propertyNames"), "");
    let line = format!("{bad}/additionalProperties/properties/examples/items");
    assert_names::<comparison::BadLine>(&line, "");
}

#[test]
fn what_customers_and_groups_say() {
    let status = "status.schema.json#/properties/groups_without_id/items/properties/status";
    let found = state::GroupStatus::ALL.map(|status| status.as_str().to_owned());
    assert_eq!(named_at(status, ""), found.into());
    assert_names::<state::Cause>("explain.schema.json#/$defs/transition/properties/cause", "");
    let holds = "explain.schema.json#/$defs/holds/properties";
    assert_names::<rules::Attributes>(&format!("{holds}/attributes"), "");
    let group = format!("{holds}/groups/additionalProperties/properties/membership");
    assert_names::<rules::Membership>(&group, "");
    let ended = "explain.schema.json#/$defs/applied/oneOf/2/properties/why";
    assert_names::<state::End>(ended, "");
    let held = values::<okta::Held<u64>>("");
    let none = held.into_iter().filter(|it| it != "value").collect();
    assert_eq!(named_at("explain.schema.json#/$defs/no_value", ""), none);
}
