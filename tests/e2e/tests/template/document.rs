//! The template, read as YAML with `CloudFormation`'s tags.

use std::fs;
use std::path::Path;

use yaml_serde::Value;

/// A file of the repository.
pub(crate) fn file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)).unwrap()
}

/// The template.
pub(crate) struct Document(Value);

/// A parameter, resource or output by its logical id.
#[derive(Clone, Copy)]
pub(crate) struct Part<'a> {
    pub(crate) id: &'a str,
    pub(crate) value: &'a Value,
}

impl Document {
    pub(crate) fn read() -> Self {
        Self(yaml_serde::from_str(&file("template.yaml")).unwrap())
    }

    /// What is at this path, such as `Globals/Function`.
    pub(crate) fn at(&self, path: &str) -> &Value {
        at(&self.0, path)
    }

    /// The parts of a section, such as `Resources`.
    pub(crate) fn parts(&self, section: &str) -> Vec<Part<'_>> {
        let parts = self.at(section).as_mapping().unwrap().iter();
        parts.map(|(id, value)| Part { id: id.as_str().unwrap(), value }).collect()
    }

    /// The resources of a type, such as `AWS::SQS::Queue`. Fails if there are none.
    pub(crate) fn of_type(&self, kind: &str) -> Vec<Part<'_>> {
        let mut parts = self.parts("Resources");
        parts.retain(|part| part.value["Type"] == kind);
        assert!(!parts.is_empty(), "no {kind}");
        parts
    }

    pub(crate) fn resource(&self, id: &str) -> Part<'_> {
        let mut parts = self.parts("Resources").into_iter();
        parts.find(|part| part.id == id).unwrap_or_else(|| panic!("no resource {id}"))
    }

    /// The functions.
    pub(crate) fn functions(&self) -> Vec<Part<'_>> {
        self.of_type("AWS::Serverless::Function")
    }
}

impl<'a> Part<'a> {
    /// A property, by its path; null if it is not there.
    pub(crate) fn get(self, path: &str) -> &'a Value {
        at(&self.value["Properties"], path)
    }

    /// A property as [`text`].
    pub(crate) fn text(self, path: &str) -> String {
        text(self.get(path))
    }

    /// A property as a number.
    pub(crate) fn number(self, path: &str) -> u64 {
        let number = self.get(path).as_u64();
        number.unwrap_or_else(|| panic!("{} has no number {path}", self.id))
    }

    /// The events of a function.
    pub(crate) fn events(self) -> Vec<Part<'a>> {
        let events = self.get("Events").as_mapping().into_iter().flatten();
        events.map(|(id, value)| Part { id: id.as_str().unwrap(), value }).collect()
    }
}

fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    path.split('/').fold(value, |value, key| untagged(value).get(key).unwrap_or(&Value::Null))
}

/// The value without its tag.
fn untagged(value: &Value) -> &Value {
    match value {
        Value::Tagged(tagged) => &tagged.value,
        value => value,
    }
}

/// Of `!If` what holds if the condition does.
fn chosen(value: &Value) -> &Value {
    match value {
        Value::Tagged(tagged) if tagged.tag == "If" => &tagged.value[1],
        value => value,
    }
}

/// The items of a list, or the one thing in its place.
pub(crate) fn items(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Sequence(items) => items.iter().map(chosen).collect(),
        value => vec![value],
    }
}

/// A scalar as `!Sub` would be given it: `${Name}` for a reference, `${Name.Arn}` for an attribute. Of
/// `!If` what holds if the condition does.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(is) => is.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Tagged(tagged) => match (tagged.tag.to_string().as_str(), &tagged.value) {
            ("!Ref" | "!GetAtt", Value::String(name)) => format!("${{{name}}}"),
            ("!Sub", Value::String(text)) => text.clone(),
            ("!If", Value::Sequence(parts)) => text(&parts[1]),
            (tag, value) => panic!("{tag} {value:?}"),
        },
        value => panic!("not a scalar: {value:?}"),
    }
}

/// Everything in a value that is text, with the tags resolved as [`text`] does.
pub(crate) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Sequence(items) => items.iter().flat_map(texts).collect(),
        Value::Mapping(members) => members.values().flat_map(texts).collect(),
        Value::Tagged(tagged) => match &tagged.value {
            Value::Sequence(items) => items.iter().flat_map(texts).collect(),
            _ => vec![text(value)],
        },
        value => vec![text(value)],
    }
}
