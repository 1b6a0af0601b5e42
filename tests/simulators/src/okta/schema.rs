//! The user schema: which attributes a profile may hold.

use std::collections::BTreeMap;

use ::http::Response;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::okta::OktaSim;
use crate::okta::answers::{Answer, Refusal, moment, ok};

/// The attributes every org has; all of them text.
const BASE: [&str; 31] = [
    "city",
    "costCenter",
    "countryCode",
    "department",
    "displayName",
    "division",
    "email",
    "employeeNumber",
    "firstName",
    "honorificPrefix",
    "honorificSuffix",
    "lastName",
    "locale",
    "login",
    "manager",
    "managerId",
    "middleName",
    "mobilePhone",
    "nickName",
    "organization",
    "postalAddress",
    "preferredLanguage",
    "primaryPhone",
    "profileUrl",
    "secondEmail",
    "state",
    "streetAddress",
    "timezone",
    "title",
    "userType",
    "zipCode",
];

/// What an attribute can hold.
const KINDS: [&str; 5] = ["array", "boolean", "integer", "number", "string"];

/// The custom attributes, by name, each with its definition.
pub(crate) struct Attributes(BTreeMap<String, Value>);

impl Attributes {
    /// The two that hold Shopify's figures.
    pub(crate) fn new() -> Self {
        let number = |title: &str| json!({ "title": title, "type": "number", "scope": "NONE" });
        Self(BTreeMap::from([
            ("shopify_total_spent".to_owned(), number("Shopify Total Spent")),
            ("shopify_orders_count".to_owned(), number("Shopify Orders Count")),
        ]))
    }

    pub(crate) fn add(&mut self, name: &str, definition: Value) {
        self.0.insert(name.to_owned(), definition);
    }

    /// Takes definitions: all of them, or none if one is wrong.
    fn take(&mut self, given: &Map<String, Value>) -> Result<(), Refusal> {
        given.iter().try_for_each(|(name, definition)| self.check_definition(name, definition))?;
        for (name, definition) in given {
            match definition {
                Value::Null => self.remove(name),
                definition => self.add(name, definition.clone()),
            }
        }
        Ok(())
    }

    /// What an attribute holds; none if there is none.
    pub(crate) fn kind(&self, name: &str) -> Option<&str> {
        self.0.get(name)?["type"].as_str()
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// What Okta checks before it takes a definition. Null takes the attribute away.
    fn check_definition(&self, name: &str, definition: &Value) -> Result<(), Refusal> {
        let wrong = |cause: String| Err(Refusal::invalid(name, cause));
        if definition.is_null() {
            return Ok(());
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if !name.starts_with(|first: char| first.is_ascii_alphabetic()) || !name.bytes().all(plain)
        {
            return wrong(format!("{name}: The variable name is not valid."));
        }
        if BASE.iter().any(|base| base.eq_ignore_ascii_case(name)) {
            return wrong(format!("{name}: The name collides with a base attribute."));
        }
        if definition["title"].as_str().is_none_or(str::is_empty) {
            return wrong(format!("{name}: The title cannot be left blank."));
        }
        let kind = definition["type"].as_str().unwrap_or_default();
        if !KINDS.contains(&kind) {
            return wrong(format!("{name}: The type is not valid."));
        }
        let held = self.0.get(name).and_then(|held| held["type"].as_str());
        if held.is_some_and(|held| held != kind) {
            return wrong(format!("{name}: The type of an attribute cannot be changed."));
        }
        Ok(())
    }

    /// Whether the schema has every attribute, each with a value of its type.
    pub(crate) fn check(&self, profile: &Map<String, Value>) -> Result<(), Refusal> {
        profile.iter().try_for_each(|(name, value)| self.check_one(name, value))
    }

    fn check_one(&self, name: &str, value: &Value) -> Result<(), Refusal> {
        let kind = if BASE.contains(&name) {
            "string"
        } else {
            let defined = self.0.get(name).and_then(|definition| definition["type"].as_str());
            defined.ok_or_else(|| {
                let cause = format!("Property name {name} does not exist in the schema.");
                Refusal::invalid("profile", cause)
            })?
        };
        let fits = match kind {
            "number" => value.is_number(),
            "integer" => value.is_i64() || value.is_u64(),
            "boolean" => value.is_boolean(),
            "array" => value.is_array(),
            _ => value.is_string(),
        };
        if fits || value.is_null() {
            return Ok(());
        }
        Err(Refusal::invalid(name, format!("{name}: The value is not of the type {kind}.")))
    }
}

impl OktaSim {
    /// `GET /api/v1/meta/schemas/user/{schemaId}`.
    pub(crate) fn user_schema(&self, id: &str, base: &str) -> Answer {
        if id != "default" {
            return Err(Refusal::not_found(id, "UserSchema"));
        }
        Ok(self.shown_schema(base))
    }

    /// `POST /api/v1/meta/schemas/user/{schemaId}`: adds custom attributes, or removes those given
    /// as null.
    pub(crate) fn update_user_schema(&self, id: &str, body: &Value, base: &str) -> Answer {
        if id != "default" {
            return Err(Refusal::not_found(id, "UserSchema"));
        }
        let given = body["definitions"]["custom"]["properties"].as_object();
        if let Some(given) = given {
            self.lock().attributes.take(given)?;
        }
        Ok(self.shown_schema(base))
    }

    fn shown_schema(&self, base: &str) -> Response<Bytes> {
        let text = |name: &&str| {
            let definition = json!({ "title": name, "type": "string", "scope": "NONE" });
            ((*name).to_owned(), definition)
        };
        let base_attributes: Map<String, Value> = BASE.iter().map(text).collect();
        let directory = self.lock();
        let address = format!("{base}/meta/schemas/user/osc1sim0000000000001");
        ok(&json!({
            "id": address,
            "$schema": "http://json-schema.org/draft-04/schema#",
            "name": "user",
            "title": "User",
            "type": "object",
            "created": moment(self.now()),
            "lastUpdated": moment(self.now()),
            "definitions": {
                "base": {
                    "id": "#base",
                    "type": "object",
                    "properties": base_attributes,
                    "required": ["login"],
                },
                "custom": {
                    "id": "#custom",
                    "type": "object",
                    "properties": directory.attributes.0,
                    "required": [],
                },
            },
            "properties": {
                "profile": {
                    "allOf": [
                        { "$ref": "#/definitions/custom" },
                        { "$ref": "#/definitions/base" },
                    ],
                },
            },
            "_links": { "self": { "href": address, "method": "GET", "rel": "self" } },
        }))
    }
}
