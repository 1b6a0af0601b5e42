//! Requests and answers of a GraphQL API, by its schema.

use std::collections::BTreeMap;
use std::sync::Arc;

use apollo_compiler::executable::{Field, Selection, SelectionSet, Type};
use apollo_compiler::response::JsonMap;
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Name, Node, Schema, request};
use rust_decimal::Decimal;
use serde_json::{Map, Value};

/// A schema, and the documents that were valid by it.
pub(crate) struct GraphQl {
    schema: Arc<Valid<Schema>>,
    documents: BTreeMap<String, Result<Valid<ExecutableDocument>, String>>,
}

impl GraphQl {
    /// A schema that somebody else keeps valid.
    pub(crate) fn new(schema: Schema) -> Self {
        Self { schema: Arc::new(Valid::assume_valid(schema)), documents: BTreeMap::new() }
    }

    /// What is wrong with a document and its variables.
    pub(crate) fn wrong_with_request(&mut self, text: &str, variables: &Value) -> Vec<String> {
        let schema = Arc::clone(&self.schema);
        let document = match self.document(text) {
            Ok(document) => document,
            Err(error) => return vec![error],
        };
        let Ok(operation) = document.operations.get(None) else {
            return vec!["not one operation".to_owned()];
        };
        let variables: JsonMap = serde_json::from_str(&variables.to_string()).unwrap_or_default();
        let unknown = variables.keys().filter(|name| {
            !operation.variables.iter().any(|own| own.name.as_str() == name.as_str())
        });
        let mut wrong: Vec<_> =
            unknown.map(|name| format!("no such variable: {}", name.as_str())).collect();
        if request::coerce_variable_values(&schema, operation, &variables).is_err() {
            wrong.push("the variables do not fit".to_owned());
        }
        wrong
    }

    /// What is wrong with the data that answers a document.
    pub(crate) fn wrong_with_data(&mut self, text: &str, data: &Value) -> Vec<String> {
        let schema = Arc::clone(&self.schema);
        match self.document(text).map(|document| (document, document.operations.get(None))) {
            Ok((document, Ok(operation))) => {
                let answer = Answer { schema: &schema, document };
                answer.wrong_with_object("data", &[&operation.selection_set], data)
            }
            Ok(_) | Err(_) => vec!["no document".to_owned()],
        }
    }

    /// What is wrong with a line of the file that a bulk operation makes of a document.
    pub(crate) fn wrong_with_line(&mut self, text: &str, line: &Value) -> Vec<String> {
        let schema = Arc::clone(&self.schema);
        let Ok(document) = self.document(text) else { return vec!["no document".to_owned()] };
        let Ok(operation) = document.operations.get(None) else { return Vec::new() };
        let answer = Answer { schema: &schema, document };
        let mut set = &operation.selection_set;
        for name in [None, Some("edges"), Some("node")] {
            let mut fields = set.fields();
            let named =
                |it: &&Node<Field>| name.is_none_or(|name| it.response_key().as_str() == name);
            let Some(field) = fields.find(named) else { return vec!["no nodes".to_owned()] };
            set = &field.selection_set;
        }
        answer.wrong_with_object("line", &[set], line)
    }

    fn document(&mut self, text: &str) -> Result<&Valid<ExecutableDocument>, String> {
        let schema = &self.schema;
        let parse = || {
            let parsed = ExecutableDocument::parse_and_validate(schema, text, "document");
            parsed.map_err(|errors| errors.to_string())
        };
        let known = self.documents.entry(text.to_owned()).or_insert_with(parse);
        known.as_ref().map_err(Clone::clone)
    }
}

/// An answer to a document.
struct Answer<'a> {
    schema: &'a Schema,
    document: &'a ExecutableDocument,
}

impl<'a> Answer<'a> {
    fn wrong_with_object(
        &self,
        place: &str,
        sets: &[&'a SelectionSet],
        value: &Value,
    ) -> Vec<String> {
        let Some(object) = value.as_object() else { return vec![format!("{place}: no object")] };
        let mut asked: BTreeMap<&Name, Vec<&Field>> = BTreeMap::new();
        for set in sets {
            self.collect(set, object, &mut asked);
        }
        let unknown = object.keys().filter(|key| !asked.keys().any(|name| name.as_str() == *key));
        let mut wrong: Vec<_> =
            unknown.map(|key| format!("{place}.{key}: not asked for")).collect();
        for (key, fields) in asked {
            let place = format!("{place}.{key}");
            let sets: Vec<_> = fields.iter().map(|field| &field.selection_set).collect();
            match (object.get(key.as_str()), fields.first()) {
                (Some(value), Some(field)) => {
                    wrong.extend(self.wrong_with_value(&place, field.ty(), &sets, value));
                }
                _ => wrong.push(format!("{place}: missing")),
            }
        }
        wrong
    }

    /// The fields that are asked of an object, by their names in the answer.
    fn collect(
        &self,
        set: &'a SelectionSet,
        object: &Map<String, Value>,
        asked: &mut BTreeMap<&'a Name, Vec<&'a Field>>,
    ) {
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => {
                    asked.entry(field.response_key()).or_default().push(field);
                }
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.type_condition.as_ref();
                    if condition.is_none_or(|condition| self.is_a(object, &set.ty, condition)) {
                        self.collect(&fragment.selection_set, object, asked);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let Some(fragment) = spread.fragment_def(self.document) else { continue };
                    if self.is_a(object, &set.ty, fragment.type_condition()) {
                        self.collect(&fragment.selection_set, object, asked);
                    }
                }
            }
        }
    }

    /// Whether an object is of a type, by its name or by its global id.
    fn is_a(&self, object: &Map<String, Value>, declared: &Name, wanted: &Name) -> bool {
        let text = |key: &str| object.get(key).and_then(Value::as_str);
        let by_id = || text("id")?.strip_prefix("gid://shopify/")?.split('/').next();
        let name = text("__typename").or_else(by_id).unwrap_or(declared.as_str());
        name == wanted.as_str()
            || self.schema.get_object(name).is_some_and(|object| {
                object.implements_interfaces.iter().any(|it| it.as_str() == wanted.as_str())
            })
    }

    fn wrong_with_value(
        &self,
        place: &str,
        kind: &Type,
        sets: &[&'a SelectionSet],
        value: &Value,
    ) -> Vec<String> {
        if value.is_null() {
            let missing = kind.is_non_null().then(|| format!("{place}: null"));
            return missing.into_iter().collect();
        }
        match (kind, value) {
            (Type::List(inner) | Type::NonNullList(inner), Value::Array(items)) => items
                .iter()
                .flat_map(|item| self.wrong_with_value(&format!("{place}[]"), inner, sets, item))
                .collect(),
            (Type::List(_) | Type::NonNullList(_), _) => vec![format!("{place}: no list")],
            (Type::Named(name) | Type::NonNullNamed(name), value) => {
                self.wrong_with_named(place, name, sets, value)
            }
        }
    }

    fn wrong_with_named(
        &self,
        place: &str,
        name: &Name,
        sets: &[&'a SelectionSet],
        value: &Value,
    ) -> Vec<String> {
        let fits = match self.schema.types.get(name) {
            Some(ExtendedType::Scalar(_)) => is_scalar(name, value),
            Some(ExtendedType::Enum(values)) => {
                value.as_str().is_some_and(|value| values.values.contains_key(value))
            }
            Some(_) => return self.wrong_with_object(place, sets, value),
            None => false,
        };
        if fits { Vec::new() } else { vec![format!("{place}: no {name}")] }
    }
}

/// Whether a value is written as a scalar is
/// ([scalars](https://shopify.dev/docs/api/admin-graphql/2026-10/scalars)).
fn is_scalar(name: &str, value: &Value) -> bool {
    let text = value.as_str();
    match name {
        "Boolean" => value.is_boolean(),
        "Int" => value.as_i64().is_some_and(|it| i32::try_from(it).is_ok()),
        "Float" => value.is_number(),
        "String" | "ID" | "FormattedString" | "HTML" => value.is_string(),
        "UnsignedInt64" => text.is_some_and(|it| it.parse::<u64>().is_ok()),
        "Decimal" | "Money" => text.is_some_and(|it| it.parse::<Decimal>().is_ok()),
        "DateTime" => text.is_some_and(|it| it.parse::<jiff::Timestamp>().is_ok()),
        "URL" => text.is_some_and(|it| it.starts_with("https://") || it.starts_with("http://")),
        // One that nobody here has asked for yet.
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const QUERY: &str = "query Q($id: ID!) { shop { name } nodes(ids: [$id]) { id ... on Item { size unit tags } } }";

    fn graphql() -> GraphQl {
        let schema = "interface Node { id: ID! } enum Unit { CM } scalar UnsignedInt64
             type Shop { name: String! } type Query { shop: Shop! nodes(ids: [ID!]!): [Node]! }
             type Item implements Node { id: ID! size: UnsignedInt64! unit: Unit tags: [String!]! }
             type Other implements Node { id: ID! }";
        GraphQl::new(Schema::parse(schema, "schema").unwrap())
    }

    #[test]
    fn every_slip_in_an_answer_is_found() {
        let item = |item: Value| json!({ "shop": { "name": "x" }, "nodes": [item, null] });
        let whole =
            json!({ "id": "gid://shopify/Item/1", "size": "1", "unit": null, "tags": ["a"] });
        let with = |field: &str, value: Value| {
            let mut changed = whole.clone();
            changed[field] = value;
            graphql().wrong_with_data(QUERY, &item(changed))
        };
        assert_eq!(with("unit", json!("CM")), [""; 0]);
        assert_eq!(with("unit", json!("INCH")), ["data.nodes[].unit: no Unit"]);
        assert_eq!(with("size", json!(1)), ["data.nodes[].size: no UnsignedInt64"]);
        assert_eq!(with("size", Value::Null), ["data.nodes[].size: null"]);
        assert_eq!(with("tags", json!("a")), ["data.nodes[].tags: no list"]);
        assert_eq!(with("tags", json!([null])), ["data.nodes[].tags[]: null"]);
        assert_eq!(with("more", json!(1)), ["data.nodes[].more: not asked for"]);
        let other = json!({ "id": "gid://shopify/Other/1" });
        assert_eq!(graphql().wrong_with_data(QUERY, &item(other)), [""; 0]);
        let missing = json!({ "nodes": [] });
        assert_eq!(graphql().wrong_with_data(QUERY, &missing), ["data.shop: missing"]);
    }

    #[test]
    fn every_slip_in_a_request_is_found() {
        let with = |variables| graphql().wrong_with_request(QUERY, &variables);
        assert_eq!(with(json!({ "id": "1" })), [""; 0]);
        assert_eq!(with(json!({})), ["the variables do not fit"]);
        assert_eq!(with(json!({ "id": [1] })), ["the variables do not fit"]);
        assert_eq!(with(json!({ "id": "1", "more": 1 })), ["no such variable: more"]);
        assert_ne!(graphql().wrong_with_request("{ shop { size } }", &json!({})), [""; 0]);
    }
}
