//! An API by its OpenAPI description: which calls there are, and what they and their answers hold.

use std::collections::{BTreeMap, BTreeSet};

use http::{Method, Request, Response};
use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};
use simulators::RecordedExchange;

/// An API's operations.
pub struct OpenApi {
    operations: Vec<Operation>,
    error: Validator,
}

struct Operation {
    id: String,
    method: Method,
    /// The path's segments; none where anything may stand.
    path: Vec<Option<String>>,
    query: BTreeSet<String>,
    body: Option<Validator>,
    /// The OAuth scopes that it asks for.
    scopes: BTreeSet<String>,
    /// By status; none where nothing is answered.
    answers: BTreeMap<u16, Option<Validator>>,
}

impl OpenApi {
    /// Reads a description of OpenAPI 3.0.
    ///
    /// # Errors
    /// If it is none.
    pub fn read(document: &Value) -> Result<Self, String> {
        let reader = Reader::new(document);
        let paths = document["paths"].as_object().ok_or("no paths")?;
        let mut operations = Vec::new();
        for (path, item) in paths {
            for (method, operation) in item.as_object().into_iter().flatten() {
                if let Ok(method) = method.to_uppercase().parse::<Method>()
                    && operation["operationId"].is_string()
                {
                    operations.push(reader.operation(path, method, operation)?);
                }
            }
        }
        let error = reader.validator(&json!({ "$ref": "#/components/schemas/Error" }))?;
        Ok(Self { operations, error })
    }

    /// The names of all operations.
    pub fn operations(&self) -> BTreeSet<&str> {
        self.operations.iter().map(|operation| operation.id.as_str()).collect()
    }

    /// The name of the operation that a recorded call is; none if there is no such operation.
    pub fn operation_of(&self, exchange: &RecordedExchange) -> Option<&str> {
        self.find(&exchange.request).map(|operation| operation.id.as_str())
    }

    /// The OAuth scopes that a recorded call asks for; none if there is no such operation.
    pub fn scopes_of(&self, exchange: &RecordedExchange) -> Option<&BTreeSet<String>> {
        self.find(&exchange.request).map(|operation| &operation.scopes)
    }

    /// The name of the operation that a request is; none if there is no such operation.
    pub fn operation_at<B>(&self, request: &Request<B>) -> Option<&str> {
        self.find(request).map(|operation| operation.id.as_str())
    }

    /// What is wrong with a recorded call, by the contract: its request and its answer.
    pub fn violations(&self, exchange: &RecordedExchange) -> Vec<String> {
        self.wrong(&exchange.request, exchange.response.as_ref())
    }

    /// What is wrong with a request and its answer, by the contract.
    pub fn wrong<B: AsRef<[u8]>>(
        &self,
        request: &Request<B>,
        answer: Option<&Response<B>>,
    ) -> Vec<String> {
        let Some(operation) = self.find(request) else {
            return vec![format!(
                "{} {}: no such operation",
                request.method(),
                request.uri().path()
            )];
        };
        let mut wrong = operation.wrong_with_request(request);
        wrong.extend(answer.into_iter().flat_map(|it| self.wrong_with_response(operation, it)));
        wrong.into_iter().map(|wrong| format!("{}: {wrong}", operation.id)).collect()
    }

    /// What is wrong with a recorded call's request, by the contract.
    pub fn wrong_with_request(&self, exchange: &RecordedExchange) -> Vec<String> {
        self.wrong(&exchange.request, None)
    }

    /// The operation at a path: of two, the one with fewer variable parts.
    fn find<B>(&self, request: &Request<B>) -> Option<&Operation> {
        let path: Vec<&str> = request.uri().path().split('/').skip(1).collect();
        let found =
            self.operations.iter().filter(|it| it.method == request.method() && it.is_at(&path));
        found.min_by_key(|operation| operation.path.iter().filter(|it| it.is_none()).count())
    }

    fn wrong_with_response<B: AsRef<[u8]>>(
        &self,
        operation: &Operation,
        response: &Response<B>,
    ) -> Vec<String> {
        let status = response.status().as_u16();
        let body = response.body().as_ref();
        let validator = match operation.answers.get(&status) {
            Some(Some(validator)) => validator,
            Some(None) if body.is_empty() => return Vec::new(),
            Some(None) => return vec![format!("{status} has a body")],
            // What any call may meet is not listed with each.
            None if matches!(status, 400 | 401 | 404 | 405 | 412 | 500..) => &self.error,
            None => return vec![format!("{status} is not among the answers")],
        };
        wrong_with_json(validator, body).into_iter().map(|it| format!("{status}: {it}")).collect()
    }
}

impl Operation {
    fn is_at(&self, path: &[&str]) -> bool {
        let fits =
            |(own, given): (&Option<String>, &&str)| own.as_ref().is_none_or(|own| own == given);
        self.path.len() == path.len() && self.path.iter().zip(path).all(fits)
    }

    fn wrong_with_request<B: AsRef<[u8]>>(&self, request: &Request<B>) -> Vec<String> {
        let query =
            url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
        let unknown = query.filter(|(name, _)| !self.query.contains(name.as_ref()));
        let mut wrong: Vec<String> =
            unknown.map(|(name, _)| format!("no such parameter: {name}")).collect();
        let body = request.body().as_ref();
        match &self.body {
            Some(validator) => wrong.extend(wrong_with_json(validator, body)),
            None if !body.is_empty() => wrong.push("the request has a body".to_owned()),
            None => {}
        }
        wrong
    }
}

/// Where JSON is not as its schema says. Values are left out: they may be personal.
fn wrong_with_json(validator: &Validator, body: &[u8]) -> Vec<String> {
    match serde_json::from_slice(body) {
        Ok(json) => validator
            .iter_errors(&json)
            .map(|error| format!("{}: {}", error.instance_path(), error.masked()))
            .collect(),
        Err(error) => vec![format!("not JSON: {error}")],
    }
}

/// The scopes among the ways to be authorised.
fn scopes(security: &Value) -> BTreeSet<String> {
    let ways = security.as_array().into_iter().flatten();
    let scopes = ways.filter_map(|way| way["oauth2"].as_array()).flatten();
    scopes.filter_map(|scope| scope.as_str().map(str::to_owned)).collect()
}

/// Reads operations, with the components they refer to.
struct Reader<'a> {
    document: &'a Value,
    components: Value,
}

impl<'a> Reader<'a> {
    fn new(document: &'a Value) -> Self {
        let schemas = document["components"]["schemas"].as_object();
        let plain =
            |(name, schema): (&String, &Value)| (name.clone(), plain_schema(schema, Place::Part));
        let schemas: Map<String, Value> = schemas.into_iter().flatten().map(plain).collect();
        Self { document, components: json!({ "schemas": schemas }) }
    }

    fn operation(
        &self,
        path: &str,
        method: Method,
        operation: &Value,
    ) -> Result<Operation, String> {
        let segment = |part: &str| (!part.starts_with('{')).then(|| part.to_owned());
        let body = self.json_schema(&operation["requestBody"]);
        let mut answers = BTreeMap::new();
        for (status, answer) in operation["responses"].as_object().into_iter().flatten() {
            let status = status.parse().map_err(|_| format!("{path}: status {status}"))?;
            let schema = self.json_schema(answer);
            answers.insert(status, schema.map(|schema| self.validator(schema)).transpose()?);
        }
        Ok(Operation {
            id: operation["operationId"].as_str().unwrap_or_default().to_owned(),
            method,
            path: path.split('/').skip(1).map(segment).collect(),
            query: self.query(&operation["parameters"]),
            body: body.map(|schema| self.validator(schema)).transpose()?,
            scopes: scopes(&operation["security"]),
            answers,
        })
    }

    fn query(&self, parameters: &Value) -> BTreeSet<String> {
        let parameters = parameters.as_array().into_iter().flatten().map(|it| self.resolved(it));
        let in_query = parameters.filter(|parameter| parameter["in"] == "query");
        in_query.filter_map(|parameter| parameter["name"].as_str().map(str::to_owned)).collect()
    }

    fn json_schema(&self, content: &'a Value) -> Option<&'a Value> {
        self.resolved(content).get("content")?.get("application/json")?.get("schema")
    }

    fn resolved(&self, value: &'a Value) -> &'a Value {
        let reference = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
        reference.and_then(|pointer| self.document.pointer(pointer)).unwrap_or(value)
    }

    fn validator(&self, schema: &Value) -> Result<Validator, String> {
        let mut schema = plain_schema(schema, Place::Whole);
        schema["components"] = self.components.clone();
        jsonschema::options()
            .with_draft(Draft::Draft202012)
            .should_validate_formats(true)
            .should_ignore_unknown_formats(true)
            .build(&schema)
            .map_err(|error| error.to_string())
    }
}

/// Whether a schema describes a value by itself, or together with others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Whole,
    Part,
}

/// A schema of OpenAPI 3.0 as JSON Schema: null where it is allowed, and no field that the contract
/// does not know, unless it says that others may come.
fn plain_schema(schema: &Value, place: Place) -> Value {
    let Some(given) = schema.as_object() else { return schema.clone() };
    let mut plain: Map<String, Value> = given
        .iter()
        .map(|(keyword, value)| (keyword.clone(), plain_keyword(keyword, value)))
        .collect();
    let open =
        given.contains_key("additionalProperties") || given.get("x-okta-extensible").is_some();
    if given.get("x-okta-extensible").is_some() {
        plain.insert("additionalProperties".to_owned(), Value::Bool(true));
    }
    let describes = |keyword: &str| given.contains_key(keyword);
    let properties = given.get("properties").and_then(Value::as_object);
    let says_fields = properties.is_some_and(|properties| !properties.is_empty())
        || ["$ref", "allOf", "anyOf", "oneOf"].into_iter().any(describes);
    if place == Place::Whole && says_fields && !open {
        plain.insert("unevaluatedProperties".to_owned(), Value::Bool(false));
    }
    if given.get("nullable") == Some(&Value::Bool(true)) {
        return json!({ "anyOf": [plain, { "type": "null" }] });
    }
    Value::Object(plain)
}

fn plain_keyword(keyword: &str, value: &Value) -> Value {
    match (keyword, value) {
        ("properties", Value::Object(properties)) => properties
            .iter()
            .map(|(name, schema)| (name.clone(), plain_schema(schema, Place::Whole)))
            .collect::<Map<_, _>>()
            .into(),
        ("items" | "additionalProperties", schema) => plain_schema(schema, Place::Whole),
        ("allOf" | "anyOf" | "oneOf", Value::Array(parts)) => {
            parts.iter().map(|part| plain_schema(part, Place::Part)).collect()
        }
        _ => value.clone(),
    }
}
