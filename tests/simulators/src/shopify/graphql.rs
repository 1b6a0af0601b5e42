//! Running GraphQL documents, and what they cost.

use std::sync::{Arc, Mutex};

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, Field, OperationDefinition, OperationType, Selection,
    SelectionSet,
};
use async_graphql::{Positioned, Request, Variables, parser};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::lock::lock;
use crate::shopify::ShopifySim;
use crate::shopify::search::Search;
use crate::shopify::storage::Storage;

/// Objects that belong to their parent and cost nothing.
const FREE: [&str; 10] = [
    "amountSpent",
    "defaultEmailAddress",
    "edges",
    "node",
    "nodes",
    "pageInfo",
    "plan",
    "presentmentMoney",
    "shopMoney",
    "userErrors",
];
/// What a mutation costs, whatever it answers.
const MUTATION: u32 = 10;

/// A GraphQL request as its body has it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Body {
    query: String,
    variables: Option<Map<String, Value>>,
    operation_name: Option<String>,
}

impl Body {
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// The name of the operation, whether the request says it or only the document.
    pub(crate) fn operation(&self) -> Option<String> {
        let document = parser::parse_query(&self.query).ok();
        self.operation_name
            .clone()
            .or_else(|| document.and_then(|document| only_operation(&document)?.0))
    }

    /// What the query asks for, in points: one for each object, times the length of the list it is
    /// in. Shopify's own rules are finer; the product goes by the answer's figures, not by these.
    pub(crate) fn cost(&self) -> u32 {
        let Ok(document) = parser::parse_query(&self.query) else { return 0 };
        let Some((_, operation)) = only_operation(&document) else { return 0 };
        if operation.ty == OperationType::Mutation {
            let fields = u32::try_from(operation.selection_set.node.items.len());
            return MUTATION.saturating_mul(fields.unwrap_or(u32::MAX));
        }
        let costs = Costs { body: self, document: &document, operation };
        costs.of(&operation.selection_set.node)
    }

    /// Runs the query; gives `data`, `errors` and `extensions` as they go into the answer. `base` is
    /// the address under which the caller reaches the shop.
    pub(crate) async fn run(self, sim: &ShopifySim, base: &str) -> Map<String, Value> {
        let variables = Variables::from_json(self.variables.map_or(Value::Null, Value::Object));
        let warnings = Warnings::default();
        let mut request = Request::new(self.query)
            .variables(variables)
            .data(sim.clone())
            .data(Storage::beside(base))
            .data(warnings.clone());
        request.operation_name = self.operation_name;
        let response = sim.schema.execute(request).await;
        let mut answer = match serde_json::to_value(response) {
            Ok(Value::Object(answer)) => answer,
            _ => Map::new(),
        };
        answer.insert("extensions".to_owned(), warnings.extensions());
        if answer.get("data").is_some_and(Value::is_null) {
            answer.remove("data");
        }
        answer
    }
}

/// What searches of one request could not be searched by.
#[derive(Clone, Default)]
pub(crate) struct Warnings(Arc<Mutex<Vec<Value>>>);

impl Warnings {
    /// Reads a search, and notes which of its fields are none of the `searchable`.
    pub(crate) fn search(&self, path: &str, query: Option<&str>, searchable: &[&str]) -> Search {
        let search = Search::read(query);
        lock(&self.0).extend(search.warnings(path, query.unwrap_or_default(), searchable));
        search
    }

    fn extensions(&self) -> Value {
        let warnings = std::mem::take(&mut *lock(&self.0));
        if warnings.is_empty() { json!({}) } else { json!({ "search": warnings }) }
    }
}

fn only_operation(document: &ExecutableDocument) -> Option<(Option<String>, &OperationDefinition)> {
    match &document.operations {
        DocumentOperations::Single(operation) => Some((None, &operation.node)),
        DocumentOperations::Multiple(operations) => operations
            .iter()
            .next()
            .map(|(name, operation)| (Some(name.to_string()), &operation.node)),
    }
}

struct Costs<'a> {
    body: &'a Body,
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
}

impl Costs<'_> {
    fn of(&self, selection: &SelectionSet) -> u32 {
        selection.items.iter().map(|item| self.item(&item.node)).sum()
    }

    fn item(&self, selection: &Selection) -> u32 {
        match selection {
            Selection::Field(field) => self.field(&field.node),
            Selection::InlineFragment(fragment) => self.of(&fragment.node.selection_set.node),
            Selection::FragmentSpread(spread) => self
                .document
                .fragments
                .get(&spread.node.fragment_name.node)
                .map_or(0, |fragment| self.of(&fragment.node.selection_set.node)),
        }
    }

    fn field(&self, field: &Field) -> u32 {
        if field.selection_set.node.items.is_empty() {
            return 0;
        }
        let many = self.length(field);
        let free = FREE.contains(&field.name.node.as_str()) && field.arguments.is_empty();
        let own = u32::from(many.is_some() || !free);
        (own + self.of(&field.selection_set.node)).saturating_mul(many.unwrap_or(1))
    }

    /// How many of it there may be: as many as ids, or the size of the page.
    fn length(&self, field: &Field) -> Option<u32> {
        let argument = |name: &str| self.argument(field, name);
        match argument("ids") {
            Some(Value::Array(ids)) => u32::try_from(ids.len()).ok(),
            _ => argument("first").or_else(|| argument("last"))?.as_u64()?.try_into().ok(),
        }
    }

    fn argument(&self, field: &Field, name: &str) -> Option<Value> {
        let value: &Positioned<_> = field.get_argument(name)?;
        let value = value.node.clone().into_const_with(|variable| {
            match self.body.variables.as_ref().and_then(|them| them.get(variable.as_str())) {
                Some(value) => async_graphql::Value::from_json(value.clone()),
                None => Ok(self.default_of(variable.as_str())),
            }
        });
        value.ok()?.into_json().ok()
    }

    fn default_of(&self, variable: &str) -> async_graphql::Value {
        let mut defined = self.operation.variable_definitions.iter().map(|it| &it.node);
        let found = defined.find(|it| it.name.node == variable);
        found.and_then(|it| it.default_value()).cloned().unwrap_or_default()
    }
}
