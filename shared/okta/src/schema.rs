//! The user schema: which attributes a profile may hold.

use std::collections::BTreeMap;

use http::Method;
use outbound::{Error, ErrorKind, Repeat};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::answer;
use crate::attributes::AttributeName;
use crate::budget::Bucket;
use crate::client::Session;

/// The schema of the default user type, which is everybody's unless an org made further types.
const PATH: [&str; 4] = ["meta", "schemas", "user", "default"];

/// The custom attributes of the default user type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserSchema(BTreeMap<String, AttributeKind>);

/// What an attribute holds
/// ([schemas](https://developer.okta.com/docs/api/openapi/okta-management/management/tag/Schema/)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttributeKind {
    /// Any number.
    Number,
    /// A whole number.
    Integer,
    /// Text.
    String,
    /// True or false.
    Boolean,
    /// Several values.
    Array,
    /// A kind that was added to Okta after this was written.
    #[serde(other)]
    Other,
}

impl AttributeKind {
    /// The name that Okta's console has for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Integer => "integer",
            Self::String => "string",
            Self::Boolean => "boolean",
            Self::Array => "array",
            Self::Other => "of a kind not known here",
        }
    }
}

/// An attribute to be added, of the kind number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberAttribute<'a> {
    /// The variable name.
    pub name: &'a AttributeName,
    /// What people read.
    pub title: &'a str,
}

#[derive(Deserialize)]
struct Answer {
    definitions: Definitions,
}

#[derive(Deserialize)]
struct Definitions {
    #[serde(default)]
    custom: Custom,
}

#[derive(Default, Deserialize)]
struct Custom {
    #[serde(default)]
    properties: BTreeMap<String, Definition>,
}

#[derive(Deserialize)]
struct Definition {
    #[serde(rename = "type")]
    kind: AttributeKind,
}

impl From<Answer> for UserSchema {
    fn from(answer: Answer) -> Self {
        let properties = answer.definitions.custom.properties;
        Self(properties.into_iter().map(|(name, it)| (name, it.kind)).collect())
    }
}

impl UserSchema {
    /// What an attribute holds; none if there is no such attribute.
    pub fn kind(&self, name: &AttributeName) -> Option<AttributeKind> {
        self.0.get(name.as_str()).copied()
    }
}

impl Session<'_> {
    /// The custom attributes of users.
    ///
    /// # Errors
    /// If the call fails. It asks for a right that daily work does not need.
    pub async fn user_schema(&self) -> Result<UserSchema, Error> {
        const OPERATION: &str = "read user schema";
        let found: Option<Answer> = self.one(Bucket::Schemas, OPERATION, &PATH).await?;
        let missing = || self.call(OPERATION, Method::GET, &PATH, Repeat::Safe);
        found.map(UserSchema::from).ok_or_else(|| missing().error(ErrorKind::NotFound))
    }

    /// Adds attributes to the user schema, in one call; the rest of it stays. Users see them and cannot
    /// change them. Adding them again changes nothing.
    ///
    /// # Errors
    /// [`Forbidden`](ErrorKind::Forbidden) without the right to manage schemas;
    /// [`Rejected`](ErrorKind::Rejected) if an attribute is there already and holds something else; or if
    /// the call fails otherwise.
    pub async fn add_number_attributes(
        &self,
        attributes: &[NumberAttribute<'_>],
    ) -> Result<(), Error> {
        let definition = |attribute: &NumberAttribute<'_>| {
            let definition = json!({
                "title": attribute.title,
                "type": "number",
                "scope": "NONE",
                "permissions": [{ "principal": "SELF", "action": "READ_ONLY" }],
            });
            (attribute.name.as_str().to_owned(), definition)
        };
        let properties: Map<String, Value> = attributes.iter().map(definition).collect();
        let custom = json!({ "id": "#custom", "type": "object", "properties": properties });
        let call = self
            .call("add attributes to the user schema", Method::POST, &PATH, Repeat::Safe)
            .json(&json!({ "definitions": { "custom": custom } }))?;
        let answer = self.send(Bucket::Schemas, &call).await?;
        let schema = UserSchema::from(answer::json::<Answer>(&call, answer.body())?);
        if attributes.iter().all(|added| schema.kind(added.name).is_some()) {
            return Ok(());
        }
        Err(call.error(ErrorKind::Unreadable { detail: "a schema without the new attributes" }))
    }
}
