//! What is known of personas, against a real engine.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use rules::SegmentName;
use serde_json::json;
use state::{ConfigTable, PersonaRow};

use crate::support::{BOOK, Chance, book, now, number, put, row, table, text};

fn vip() -> SegmentName {
    "vip".parse().unwrap()
}

async fn persona(table: &ConfigTable) -> PersonaRow {
    table.personas().await.unwrap().remove(&vip()).unwrap()
}

#[tokio::test]
async fn a_persona_that_nobody_noted_anything_about_is_unknown() {
    let (_, table) = table().await;
    table.put_wanted(&book(BOOK)).await.unwrap();
    let personas = table.personas().await.unwrap();
    let names: Vec<_> = personas.keys().map(SegmentName::as_str).collect();
    assert_eq!(names, ["new", "vip"]);
    assert!(personas.values().all(|persona| *persona == PersonaRow::default()));
}

#[tokio::test]
async fn a_creation_is_begun_once() {
    let (_, table) = table().await;
    table.put_wanted(&book(BOOK)).await.unwrap();
    assert!(table.begin_persona(&vip(), now()).await.unwrap());
    assert_eq!(persona(&table).await.create_begun, Some(now().to_string()));
    assert!(!table.begin_persona(&vip(), now() + Duration::from_nanos(1)).await.unwrap());
    assert!(table.begin_persona(&"new".parse().unwrap(), now()).await.unwrap());
}

#[tokio::test]
async fn a_beginning_whose_answer_was_lost_is_still_its_own_when_it_is_repeated() {
    let (_, table) = table().await;
    table.put_wanted(&book(BOOK)).await.unwrap();
    assert!(table.begin_persona(&vip(), now()).await.unwrap());
    assert!(table.begin_persona(&vip(), now()).await.unwrap());
    assert!(table.put_persona(&vip(), "persona_1", "{}").await.unwrap());
    assert!(!table.begin_persona(&vip(), now()).await.unwrap());
}

#[tokio::test]
async fn of_many_that_would_create_a_persona_one_does() {
    let (_, table) = table().await;
    table.put_wanted(&book(BOOK)).await.unwrap();
    let begins = (0..8).map(|number| {
        let (table, moment) = (table.clone(), now() + Duration::from_nanos(number));
        tokio::spawn(async move { table.begin_persona(&vip(), moment).await.unwrap() })
    });
    let mut begun = 0;
    for begin in begins.collect::<Vec<_>>() {
        begun += usize::from(begin.await.unwrap());
    }
    assert_eq!(begun, 1);
}

#[tokio::test]
async fn a_creation_that_was_refused_may_be_begun_again() {
    let (_, table) = table().await;
    table.put_wanted(&book(BOOK)).await.unwrap();
    assert!(table.begin_persona(&vip(), now()).await.unwrap());
    assert!(table.abandon_persona(&vip()).await.unwrap());
    assert_eq!(persona(&table).await, PersonaRow::default());
    assert!(table.begin_persona(&vip(), now()).await.unwrap());
}

#[tokio::test]
async fn a_persona_that_is_known_is_not_created() {
    let (_, table) = table().await;
    table.put_wanted(&book(BOOK)).await.unwrap();
    assert!(table.begin_persona(&vip(), now()).await.unwrap());
    assert!(table.put_persona(&vip(), "persona_1", "{}").await.unwrap());
    let (id, shown) = (Some("persona_1".to_owned()), Some("{}".to_owned()));
    assert_eq!(persona(&table).await, PersonaRow { id, shown, ..PersonaRow::default() });
    assert!(!table.begin_persona(&vip(), now()).await.unwrap());
    assert!(table.put_persona(&vip(), "persona_1", "{\"new\":1}").await.unwrap());
    assert_eq!(persona(&table).await.shown.as_deref(), Some("{\"new\":1}"));
}

#[tokio::test]
async fn whatever_stands_in_a_row_by_hand_keeps_a_creation_from_being_begun() {
    let (client, table) = table().await;
    for by_hand in ["persona_id", "persona_create_begun"] {
        put(&client, "segment", "vip", &[(by_hand, AttributeValue::Bool(true))]).await;
        assert!(!table.begin_persona(&vip(), now()).await.unwrap(), "{by_hand}");
    }
}

#[tokio::test]
async fn a_segment_that_is_gone_has_no_persona_and_is_not_made_by_noting_one() {
    let (client, table) = table().await;
    assert!(!table.begin_persona(&vip(), now()).await.unwrap());
    assert!(!table.abandon_persona(&vip()).await.unwrap());
    assert!(!table.put_persona(&vip(), "persona_1", "{}").await.unwrap());
    assert!(row(&client, "segment", "vip").await.is_empty());
}

#[tokio::test]
async fn writing_the_wanted_book_keeps_what_is_known_of_personas_and_their_rows_make_a_book() {
    let (client, table) = table().await;
    table.put_wanted(&book(BOOK)).await.unwrap();
    assert!(table.put_persona(&vip(), "persona_1", "{}").await.unwrap());
    let known = persona(&table).await;
    let edited = book(&BOOK.replace("500", "5"));
    table.put_wanted(&edited).await.unwrap();
    assert_eq!(persona(&table).await, known);
    assert_eq!(row(&client, "segment", "vip").await["persona_id"], text("persona_1"));
    let config = table.for_run(&Chance(1), true).await.unwrap();
    assert_eq!(config.wanted.unwrap(), edited);
}

#[tokio::test]
async fn fields_of_an_operator_come_back_as_json() {
    let (client, table) = table().await;
    let fields = AttributeValue::M(HashMap::from([
        ("model".to_owned(), text("large")),
        ("age".to_owned(), number(42)),
        ("weight".to_owned(), AttributeValue::N("0.75".into())),
        ("public".to_owned(), AttributeValue::Bool(false)),
        ("parent".to_owned(), AttributeValue::Null(true)),
        ("tags".to_owned(), AttributeValue::L(vec![text("a"), number(-1)])),
    ]));
    put(&client, "segment", "vip", &[("persona_fields", fields)]).await;
    let expected = json!({
        "model": "large", "age": 42, "weight": 0.75, "public": false, "parent": null,
        "tags": ["a", -1],
    });
    assert_eq!(serde_json::Value::from(persona(&table).await.fields), expected);
}

#[tokio::test]
async fn fields_that_are_none_are_refused_by_name() {
    let (client, table) = table().await;
    put(&client, "segment", "vip", &[("persona_fields", text("{}"))]).await;
    let error = table.personas().await.unwrap_err();
    assert!(error.to_string().contains("segment/vip: persona_fields is no map"), "{error}");
}
