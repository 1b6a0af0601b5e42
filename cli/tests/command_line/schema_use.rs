//! The schemas hold what is there, and nothing else: every field of theirs is seen somewhere, and no other
//! field passes.

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::schemas::{DOCUMENTS, document_of, validator};
use crate::whole_answers::answers;

/// A place in the documents.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    document: String,
    pointer: String,
}

impl Place {
    fn document(name: &str) -> Self {
        Self { document: name.to_owned(), pointer: String::new() }
    }

    fn schema(&self) -> &'static Value {
        let document = &DOCUMENTS[self.document.as_str()];
        document.pointer(&self.pointer).unwrap_or_else(|| panic!("nothing is at {self:?}"))
    }

    fn within(&self, part: &str) -> Self {
        let Self { document, pointer } = self.clone();
        Self { document, pointer: format!("{pointer}/{part}") }
    }

    /// Where a reference leads that stands here.
    fn led_to(&self, reference: &str) -> Self {
        let (document, pointer) = reference.split_once('#').unwrap_or((reference, ""));
        let document = if document.is_empty() { &self.document } else { document };
        Self { document: document.to_owned(), pointer: pointer.to_owned() }
    }

    fn name(&self) -> String {
        format!("{}#{}", self.document, self.pointer)
    }

    /// Whether this is a field that is not required.
    fn may_be_left_out(&self) -> bool {
        let Some((schema, name)) = self.pointer.rsplit_once("/properties/") else { return false };
        let schema = Self { pointer: schema.to_owned(), ..self.clone() }.schema();
        let required = schema["required"].as_array();
        let is_field = !name.contains('/');
        is_field && required.is_none_or(|required| !required.contains(&json!(name)))
    }

    /// The fields and the alternatives here.
    fn parts(&self) -> Vec<Self> {
        let schema = self.schema();
        let fields = schema["properties"].as_object().into_iter().flatten();
        let fields = fields.map(|(name, _)| self.within(&format!("properties/{name}")));
        let ways = 0..schema["oneOf"].as_array().map_or(0, Vec::len);
        fields.chain(ways.map(|way| self.within(&format!("oneOf/{way}")))).collect()
    }

    /// The schemas of what there may be any number of, and of what is used elsewhere.
    fn others(&self) -> Vec<Self> {
        let schema = self.schema();
        let single = ["items", "additionalProperties"].into_iter();
        let single = single.filter(|keyword| schema[keyword].is_object());
        let shared = schema["$defs"].as_object().into_iter().flatten();
        let shared = shared.map(|(name, _)| self.within(&format!("$defs/{name}")));
        single.map(|keyword| self.within(keyword)).chain(shared).collect()
    }

    /// Everything below that can hold something.
    fn all(&self, found: &mut BTreeSet<Self>) {
        for part in self.parts() {
            if part.schema()["type"] != "null" {
                found.insert(part.clone());
            }
            part.all(found);
        }
        self.others().iter().for_each(|other| other.all(found));
    }
}

/// The places at which something was seen, or was left out. Null is nothing.
#[derive(Default)]
struct Seen {
    places: BTreeSet<Place>,
    left_out: BTreeSet<Place>,
    validators: BTreeMap<Place, Validator>,
}

impl Seen {
    fn see(&mut self, place: &Place, value: &Value) {
        if value.is_null() {
            return;
        }
        self.places.insert(place.clone());
        let schema = place.schema();
        if let Some(reference) = schema["$ref"].as_str() {
            self.see(&place.led_to(reference), value);
        }
        for (name, _) in schema["properties"].as_object().into_iter().flatten() {
            let field = place.within(&format!("properties/{name}"));
            match value.get(name) {
                Some(value) => self.see(&field, value),
                None => drop(self.left_out.insert(field)),
            }
        }
        let ways = 0..schema["oneOf"].as_array().map_or(0, Vec::len);
        for way in ways.map(|way| place.within(&format!("oneOf/{way}"))) {
            if self.is_so(&way, value) {
                self.see(&way, value);
            }
        }
        if schema["additionalProperties"].is_object() {
            let place = place.within("additionalProperties");
            value.as_object().into_iter().flatten().for_each(|(_, value)| self.see(&place, value));
        }
        if schema["items"].is_object() {
            let place = place.within("items");
            value.as_array().into_iter().flatten().for_each(|value| self.see(&place, value));
        }
    }

    fn is_so(&mut self, place: &Place, value: &Value) -> bool {
        let kept = self.validators.entry(place.clone());
        kept.or_insert_with(|| validator(&place.name())).is_valid(value)
    }
}

#[tokio::test]
async fn everything_in_the_schemas_is_seen_somewhere_and_what_need_not_be_there_is_left_out_once() {
    let (mut seen, mut all) = (Seen::default(), BTreeSet::new());
    for (arguments, answer) in answers().await {
        seen.see(&Place::document(document_of(&arguments).unwrap()), &answer);
    }
    DOCUMENTS.keys().for_each(|name| Place::document(name).all(&mut all));
    let never = all.difference(&seen.places);
    let never: Vec<String> = never.map(Place::name).collect();
    assert!(never.is_empty(), "never seen: {never:#?}");
    let always = all.iter().filter(|place| place.may_be_left_out());
    let always = always.filter(|place| !seen.left_out.contains(place));
    let always: Vec<String> = always.map(Place::name).collect();
    assert!(always.is_empty(), "never left out: {always:#?}");
}

#[tokio::test]
async fn a_field_that_is_unknown_or_missing_fails() {
    let mut documents = BTreeSet::new();
    for (arguments, answer) in answers().await {
        let document = document_of(&arguments).unwrap();
        let validator = validator(document);
        assert!(validator.is_valid(&answer));
        for pointer in objects(&answer) {
            let mut more = answer.clone();
            more.pointer_mut(&pointer).unwrap()["surprise"] = json!("!");
            assert!(!validator.is_valid(&more), "{document}: a surprise in {pointer:?} passes");
        }
        for name in required(document, &answer) {
            let mut less = answer.clone();
            less.as_object_mut().unwrap().remove(&name);
            assert!(!validator.is_valid(&less), "{document}: {name} may be missing");
        }
        documents.insert(document);
    }
    // All but the one that the others share.
    assert_eq!(documents.len(), DOCUMENTS.len() - 1);
}

/// The fields that an answer cannot do without: all of them, except that of a run some come with time.
fn required(document: &str, answer: &Value) -> Vec<String> {
    let of_run = DOCUMENTS["run.schema.json"]["required"].as_array().unwrap();
    let is_run = answer.get("run_id").is_some() && document.starts_with("run");
    let names = answer.as_object().unwrap().keys().cloned();
    names.filter(|name| !is_run || of_run.contains(&json!(name))).collect()
}

/// Where the objects of an answer are.
fn objects(answer: &Value) -> Vec<String> {
    let below = |name: &str, value: &Value| {
        let below = objects(value).into_iter();
        below.map(|pointer| format!("/{name}{pointer}")).collect::<Vec<_>>()
    };
    match answer {
        Value::Object(fields) => {
            let below = fields.iter().flat_map(|(name, value)| below(name, value));
            [String::new()].into_iter().chain(below).collect()
        }
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(n, item)| below(&n.to_string(), item)).collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn every_document_is_a_schema_that_leaves_nothing_open_and_describes_everything() {
    for (name, document) in &*DOCUMENTS {
        jsonschema::meta::validate(document).unwrap_or_else(|error| panic!("{name}: {error}"));
        for keyword in ["$schema", "title", "description"] {
            assert!(document[keyword].is_string(), "{name} has no {keyword}");
        }
        check(&Place::document(name));
    }
}

fn check(place: &Place) {
    let schema = place.schema();
    if schema["properties"].is_object() {
        assert_eq!(schema["additionalProperties"], false, "{} is open", place.name());
        for required in schema["required"].as_array().into_iter().flatten() {
            let field = &schema["properties"][required.as_str().unwrap()];
            assert!(field.is_object(), "{} requires {required}", place.name());
        }
    }
    for part in place.parts() {
        let is_field = part.pointer.rsplit('/').nth(1) == Some("properties");
        let is_tag = part.schema().get("const").is_some() || part.schema().get("enum").is_some();
        assert!(!is_field || is_tag || is_described(&part), "{} says nothing", part.name());
        check(&part);
    }
    place.others().iter().for_each(check);
}

/// Whether it is said what stands there, here or where a reference leads.
fn is_described(place: &Place) -> bool {
    let schema = place.schema();
    let ways = schema["oneOf"].as_array().map_or(0, Vec::len);
    schema["description"].is_string()
        || schema["type"] == "null"
        || schema["$ref"].as_str().is_some_and(|it| is_described(&place.led_to(it)))
        || ways > 0 && (0..ways).all(|way| is_described(&place.within(&format!("oneOf/{way}"))))
}
