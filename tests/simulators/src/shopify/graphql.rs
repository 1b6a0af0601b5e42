//! Running GraphQL documents, and what they cost.

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Positioned, Request, Variables, parser};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::shopify::ShopifySim;

/// Objects that belong to their parent and cost nothing.
const FREE: [&str; 6] =
    ["amountSpent", "defaultEmailAddress", "nodes", "pageInfo", "presentmentMoney", "shopMoney"];

/// A GraphQL request as its body has it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Body {
    query: String,
    #[serde(default)]
    variables: Map<String, Value>,
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
        let costs = Costs { body: self, document: &document };
        costs.of(&operation.selection_set.node)
    }

    /// Runs the query; gives `data` and `errors` as they go into the answer.
    pub(crate) async fn run(self, sim: &ShopifySim) -> Map<String, Value> {
        let variables = Variables::from_json(Value::Object(self.variables));
        let mut request = Request::new(self.query).variables(variables).data(sim.clone());
        request.operation_name = self.operation_name;
        let response = sim.schema.execute(request).await;
        let mut answer = match serde_json::to_value(response) {
            Ok(Value::Object(answer)) => answer,
            _ => Map::new(),
        };
        answer.remove("extensions");
        if answer.get("data").is_some_and(Value::is_null) {
            answer.remove("data");
        }
        answer
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
        let own = u32::from(many.is_some() || !FREE.contains(&field.name.node.as_str()));
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
            let value = self.body.variables.get(variable.as_str()).cloned().unwrap_or_default();
            async_graphql::Value::from_json(value)
        });
        value.ok()?.into_json().ok()
    }
}
