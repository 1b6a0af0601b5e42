//! The simulated shop's schema against Shopify's: a part of it, and nothing else.

use apollo_compiler::ast::InputValueDefinition;
use apollo_compiler::schema::{Component, ExtendedType, FieldDefinition, InputObjectType};
use apollo_compiler::{Node, Schema};
use simulators::shopify;

use crate::at_hand::shopify_schema;

/// Everything in `part` that `whole` does not have, or has otherwise.
fn differences(part: &Schema, whole: &Schema) -> Vec<String> {
    let own = part.types.iter().filter(|(_, kind)| !kind.is_built_in());
    own.flat_map(|(name, own)| match whole.types.get(name) {
        Some(real) => of_type(name, own, real),
        None => vec![format!("{name}: no such type")],
    })
    .collect()
}

fn of_type(name: &str, own: &ExtendedType, real: &ExtendedType) -> Vec<String> {
    match (own, real) {
        (ExtendedType::Scalar(_), ExtendedType::Scalar(_)) => Vec::new(),
        (ExtendedType::Enum(own), ExtendedType::Enum(real)) => {
            let unknown = own.values.keys().filter(|value| !real.values.contains_key(*value));
            unknown.map(|value| format!("{name}: no such value: {value}")).collect()
        }
        (ExtendedType::Interface(own), ExtendedType::Interface(real)) => {
            fields(name, own.fields.values(), |field| real.fields.get(field))
        }
        (ExtendedType::Object(own), ExtendedType::Object(real)) => {
            let implemented =
                |it: &str| real.implements_interfaces.iter().any(|real| real.as_str() == it);
            let unknown = own.implements_interfaces.iter().filter(|it| !implemented(it.as_str()));
            let interfaces =
                unknown.map(|it| format!("{name}: does not implement {}", it.as_str()));
            interfaces
                .chain(fields(name, own.fields.values(), |field| real.fields.get(field)))
                .collect()
        }
        (ExtendedType::InputObject(own), ExtendedType::InputObject(real)) => {
            arguments(name, &values(own), &values(real))
        }
        _ => vec![format!("{name}: another kind of type")],
    }
}

fn fields<'a>(
    name: &str,
    own: impl Iterator<Item = &'a Component<FieldDefinition>>,
    real: impl Fn(&str) -> Option<&'a Component<FieldDefinition>>,
) -> Vec<String> {
    own.flat_map(|own| {
        let place = format!("{name}.{}", own.name);
        match real(&own.name) {
            None => vec![format!("{place}: no such field")],
            Some(real) if own.ty != real.ty => {
                vec![format!("{place}: {}, not {}", real.ty, own.ty)]
            }
            Some(real) => arguments(&place, &own.arguments, &real.arguments),
        }
    })
    .collect()
}

fn values(input: &InputObjectType) -> Vec<Node<InputValueDefinition>> {
    input.fields.values().map(|field| field.node.clone()).collect()
}

fn arguments(
    place: &str,
    own: &[Node<InputValueDefinition>],
    real: &[Node<InputValueDefinition>],
) -> Vec<String> {
    let same = |own: &InputValueDefinition, real: &InputValueDefinition| {
        own.name == real.name && own.ty == real.ty && own.default_value == real.default_value
    };
    let wrong = own.iter().filter(|own| !real.iter().any(|real| same(own, real)));
    let needed = real.iter().filter(|real| real.is_required());
    let missing = needed.filter(|real| !own.iter().any(|own| own.name == real.name));
    let named = |it: &Node<InputValueDefinition>| format!("{place}: the argument {}", it.name);
    wrong.chain(missing).map(named).collect()
}

fn parsed(text: &str) -> Schema {
    Schema::parse(text, "schema").unwrap()
}

#[test]
fn the_simulated_schema_is_a_part_of_shopifys() {
    let Some(whole) = shopify_schema() else { return };
    let part = parsed(&shopify::sdl());
    assert_eq!(differences(&part, &whole), Vec::<String>::new());
    assert!(part.get_object("Customer").is_some_and(|customer| customer.fields.len() > 10));
}

#[test]
fn every_difference_between_schemas_is_found() {
    let whole = parsed(
        "interface Node { id: ID! }
         enum Unit { CM M }
         type Query { item(id: ID!, unit: Unit = M): Item }
         type Item implements Node { id: ID! size: Int! }
         input Filter { size: Int! unit: Unit! }",
    );
    let with = |part: &str| differences(&parsed(part), &whole);
    let none: Vec<String> = Vec::new();
    assert_eq!(with("type Query { item(id: ID!): Item } type Item { size: Int! }"), none);
    assert_eq!(with("type Item { weight: Int }"), ["Item.weight: no such field"]);
    assert_eq!(with("type Item { size: Int }"), ["Item.size: Int!, not Int"]);
    assert_eq!(with("type Query { item: Item } "), ["Query.item: the argument id"]);
    let part = "type Query { item(id: ID!, unit: Unit = CM): Item } enum Unit { CM MILE }";
    assert_eq!(with(part), ["Query.item: the argument unit", "Unit: no such value: MILE"]);
    assert_eq!(with("scalar Item"), ["Item: another kind of type"]);
    assert_eq!(with("type Thing { id: ID }"), ["Thing: no such type"]);
    let part = "input Filter { size: Int }";
    assert_eq!(with(part), ["Filter: the argument size", "Filter: the argument unit"]);
    let part = "type Item implements Named { id: ID! }";
    assert_eq!(with(part), ["Item: does not implement Named"]);
}
