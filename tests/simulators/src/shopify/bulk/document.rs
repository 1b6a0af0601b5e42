//! The query that a bulk operation is given, read and checked as Shopify checks it
//! ([limitations](https://shopify.dev/docs/api/usage/bulk-operations/queries#operation-restrictions)).

use async_graphql::Value;
use async_graphql::parser::parse_query;
use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, Field, OperationType, Selection, SelectionSet,
};

use crate::shopify::bulk::fields::{CUSTOMER, Kind, Of};
use crate::shopify::search::Search;

const LONGEST: usize = 65_535;
const MOST_CONNECTIONS: usize = 5;
const DEEPEST: usize = 2;

/// What is asked for of every customer that a search finds.
pub(crate) struct Plan {
    pub(crate) columns: Vec<Column>,
    pub(crate) search: Search,
}

/// One field of a row.
pub(crate) struct Column {
    /// What it is called in the row: its alias, or its name.
    pub(crate) key: String,
    pub(crate) field: String,
    /// The fields of its object, if it is one.
    pub(crate) parts: Vec<Column>,
}

/// What is wrong with a query, in Shopify's words where they are known.
type Wrong = Vec<String>;

impl Plan {
    pub(crate) fn read(query: &str) -> Result<Self, Wrong> {
        if query.len() > LONGEST {
            return Err(vec![format!("The query is longer than {LONGEST} bytes.")]);
        }
        let document = parse_query(query).map_err(|error| invalid(&error.to_string()))?;
        let DocumentOperations::Single(operation) = &document.operations else {
            return Err(invalid("it holds several operations"));
        };
        if operation.node.ty != OperationType::Query {
            return Err(vec![
                "Invalid operation type. Only `query` operations are supported.".to_owned(),
            ]);
        }
        let reader = Reader { document: &document };
        let fields = reader.fields(&operation.node.selection_set.node);
        reader.check_form(&fields)?;
        reader.customers(&fields)
    }
}

struct Reader<'a> {
    document: &'a ExecutableDocument,
}

/// A list in the query.
struct Connection<'a> {
    field: &'a Field,
    depth: usize,
    /// The list it is in, if that does not ask for its things' ids.
    nameless_parent: Option<&'a str>,
}

impl<'a> Reader<'a> {
    /// The fields of a selection, those of its fragments among them.
    fn fields(&self, selection: &'a SelectionSet) -> Vec<&'a Field> {
        let inside = |selection: &'a Selection| match selection {
            Selection::Field(field) => vec![&field.node],
            Selection::InlineFragment(inline) => self.fields(&inline.node.selection_set.node),
            Selection::FragmentSpread(spread) => self
                .document
                .fragments
                .get(&spread.node.fragment_name.node)
                .map_or_else(Vec::new, |fragment| self.fields(&fragment.node.selection_set.node)),
        };
        selection.items.iter().flat_map(|item| inside(&item.node)).collect()
    }

    fn fields_of(&self, field: &'a Field) -> Vec<&'a Field> {
        self.fields(&field.selection_set.node)
    }

    fn check_form(&self, fields: &[&'a Field]) -> Result<(), Wrong> {
        let mut wrong = Vec::new();
        if fields.iter().any(|field| matches!(name(field), "node" | "nodes")) {
            wrong.push("Bulk queries cannot contain a top level `node` field.".to_owned());
        }
        let mut found = Vec::new();
        self.connections(fields, 1, None, &mut found);
        if found.is_empty() {
            wrong.push("Bulk queries must contain at least one connection.".to_owned());
        }
        if found.len() > MOST_CONNECTIONS {
            wrong.push(format!(
                "Bulk queries cannot contain more than {MOST_CONNECTIONS} connections."
            ));
        }
        if found.iter().any(|connection| connection.depth > DEEPEST) {
            wrong.push(format!(
                "Bulk queries cannot contain connections with a nesting depth greater than {DEEPEST}."
            ));
        }
        wrong.extend(self.by_nodes(&found));
        wrong.extend(nameless(&found));
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }

    fn connections(
        &self,
        fields: &[&'a Field],
        depth: usize,
        nameless_parent: Option<&'a str>,
        found: &mut Vec<Connection<'a>>,
    ) {
        for field in fields {
            let below = self.fields_of(field);
            let items = below.iter().find(|it| name(it) == "edges");
            let nodes = items.map(|edges| self.fields_of(edges));
            let node = nodes.iter().flatten().find(|it| name(it) == "node");
            if items.is_some() || below.iter().any(|it| name(it) == "nodes") {
                found.push(Connection { field, depth, nameless_parent });
            }
            match node {
                Some(node) => {
                    let within = self.fields_of(node);
                    let named = within.iter().any(|it| name(it) == "id" && it.alias.is_none());
                    let nameless = (!named).then(|| name(field));
                    self.connections(&within, depth + 1, nameless, found);
                }
                None => self.connections(&below, depth, nameless_parent, found),
            }
        }
    }

    fn by_nodes(&self, found: &[Connection<'a>]) -> Option<String> {
        let names: Vec<&str> = found
            .iter()
            .filter(|it| self.fields_of(it.field).iter().any(|below| name(below) == "nodes"))
            .map(|it| name(it.field))
            .collect();
        let first = names.first()?;
        Some(format!(
            "All connection fields in a bulk query must select their contents using 'edges' > \
             'node', e.g: '{first} {{ edges {{ node {{'. Selecting via 'nodes' is not supported. \
             Invalid connection fields: '{}'.",
            names.join("', '")
        ))
    }

    /// What the simulated shop can answer: one list of customers, without lists in it.
    fn customers(&self, fields: &[&'a Field]) -> Result<Plan, Wrong> {
        let [customers] = fields else {
            return Err(invalid("this shop simulates one connection, and no more"));
        };
        if name(customers) != "customers" {
            return Err(no_such(name(customers), "QueryRoot"));
        }
        let edges = self.only(customers, "edges")?;
        let node = self.only(edges, "node")?;
        let query = customers.get_argument("query").and_then(|it| it.node.clone().into_const());
        let search = match query {
            Some(Value::String(query)) => Search::read(Some(&query)),
            _ => Search::default(),
        };
        Ok(Plan { columns: self.columns(&node.selection_set.node, &CUSTOMER)?, search })
    }

    fn only(&self, field: &'a Field, wanted: &str) -> Result<&'a Field, Wrong> {
        match self.fields_of(field).as_slice() {
            [only] if name(only) == wanted => Ok(only),
            _ => Err(invalid(&format!("'{}' must select '{wanted}' alone", name(field)))),
        }
    }

    fn columns(&self, selection: &'a SelectionSet, kind: &Kind) -> Result<Vec<Column>, Wrong> {
        self.fields(selection).into_iter().map(|field| self.column(field, kind)).collect()
    }

    fn column(&self, field: &'a Field, kind: &Kind) -> Result<Column, Wrong> {
        let own = name(field);
        let of = kind.field(own).or((own == "__typename").then_some(Of::Text));
        let selects = !field.selection_set.node.items.is_empty();
        let parts = match of.ok_or_else(|| no_such(own, kind.name))? {
            Of::Text if selects => {
                return Err(invalid(&format!(
                    "Selections can't be made on scalars (field '{own}')"
                )));
            }
            Of::Text => Vec::new(),
            Of::Object(of) if !selects => {
                return Err(invalid(&format!(
                    "Field must have selections (field '{own}' returns {} but has no selections)",
                    of.name
                )));
            }
            Of::Object(of) => self.columns(&field.selection_set.node, of)?,
        };
        let key = field.alias.as_ref().map_or(own, |alias| alias.node.as_str()).to_owned();
        Ok(Column { key, field: own.to_owned(), parts })
    }
}

fn nameless(found: &[Connection<'_>]) -> Option<String> {
    let mut parents: Vec<&str> = found.iter().filter_map(|it| it.nameless_parent).collect();
    parents.dedup();
    (!parents.is_empty()).then(|| {
        format!(
            "The parent 'node' field for a nested connection must select the 'id' field without an \
             alias and must be of 'ID' return type. Connection fields without 'id': {}.",
            parents.join(", ")
        )
    })
}

fn name(field: &Field) -> &str {
    field.name.node.as_str()
}

fn no_such(field: &str, kind: &str) -> Wrong {
    invalid(&format!("Field '{field}' doesn't exist on type '{kind}'"))
}

fn invalid(reason: &str) -> Wrong {
    vec![format!("Invalid bulk query: {reason}")]
}
