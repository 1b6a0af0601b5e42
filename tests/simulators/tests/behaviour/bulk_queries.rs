//! Which queries are run in bulk, and what is said of the others.

use serde_json::{Value, json};

use crate::bulk::{start, text};
use crate::calling::world;

async fn refusals(query: &str) -> Vec<String> {
    let answer = start(&world(), query).await;
    assert_eq!(answer["bulkOperation"], Value::Null, "{query}");
    let errors = answer["userErrors"].as_array().unwrap();
    let invalid = |error: &Value| error["code"] == "INVALID" && error["field"] == json!(["query"]);
    assert!(errors.iter().all(invalid), "{query}");
    errors.iter().map(|error| text(error, "message").to_owned()).collect()
}

#[tokio::test]
async fn the_form_is_checked_in_shopifys_words() {
    let nested = "{ customers { edges { node { orders { edges { node { id } } } } } } }";
    let deep =
        "{ a { edges { node { id b { edges { node { id c { edges { node { id } } } } } } } } } }";
    let lists = "a { edges { node { id } } }";
    let six = format!(
        "{{ customers {{ edges {{ node {{ id {} }} }} }} }}",
        ["b", "c", "d", "e", "f"].map(|name| format!("{name}: {lists}")).join(" ")
    );
    let cases = [
        (
            "mutation { shop { id } }",
            vec!["Invalid operation type. Only `query` operations are supported."],
        ),
        (
            "#graphql\n{ customers { nodes { id } } }",
            vec![
                "All connection fields in a bulk query must select their contents using 'edges' > \
                 'node', e.g: 'customers { edges { node {'. Selecting via 'nodes' is not supported. \
                 Invalid connection fields: 'customers'.",
            ],
        ),
        (
            "{ node(id: \"gid://shopify/Customer/1\") { id } }",
            vec![
                "Bulk queries cannot contain a top level `node` field.",
                "Bulk queries must contain at least one connection.",
            ],
        ),
        ("{ shop { id } }", vec!["Bulk queries must contain at least one connection."]),
        (
            deep,
            vec!["Bulk queries cannot contain connections with a nesting depth greater than 2."],
        ),
        (&six, vec!["Bulk queries cannot contain more than 5 connections."]),
        (
            nested,
            vec![
                "The parent 'node' field for a nested connection must select the 'id' field without \
                 an alias and must be of 'ID' return type. Connection fields without 'id': customers.",
            ],
        ),
    ];
    for (query, messages) in cases {
        assert_eq!(refusals(query).await, messages, "{query}");
    }
}

#[tokio::test]
async fn the_fields_are_checked_against_the_schema() {
    let of = |fields: &str| format!("{{ customers {{ edges {{ node {{ {fields} }} }} }} }}");
    let cases = [
        (of("ordersCount"), "Field 'ordersCount' doesn't exist on type 'Customer'"),
        (of("amountSpent { cents }"), "Field 'cents' doesn't exist on type 'MoneyV2'"),
        (of("amountSpent"), "Field must have selections (field 'amountSpent'"),
        (of("id { x }"), "Selections can't be made on scalars (field 'id')"),
        ("{ products { edges { node { id } } } }".to_owned(), "Field 'products' doesn't exist"),
        ("{ customers { edges { node { id }".to_owned(), "Invalid bulk query: "),
        (of("id orders { edges { node { id } } }"), "Field 'orders' doesn't exist"),
    ];
    for (query, reason) in cases {
        let refusals = refusals(&query).await;
        assert_eq!(refusals.len(), 1, "{query}");
        assert!(refusals[0].contains(reason), "{query}: {refusals:?}");
    }
}

#[tokio::test]
async fn a_query_is_at_most_65535_bytes_long() {
    let query = "{ customers { edges { node { id } } } }";
    let longest = format!("{query}{}", " ".repeat(65_535 - query.len()));
    assert_eq!(start(&world(), &longest).await["userErrors"], json!([]));
    assert_eq!(refusals(&format!("{longest} ")).await.len(), 1);
}
